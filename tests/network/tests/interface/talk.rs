//! Classes whose live queries, sockets and streams the client of `client/live.mjs`, `client/sockets.mjs` and `client/streams.mjs` uses.

use std::sync::atomic::{AtomicU32, Ordering};

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Wrong;

/// What a client says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Said {
    Words(String),
    /// To be closed so.
    Leave(u16),
    /// That somebody else is closed so.
    Dismiss {
        user: String,
        code: u16,
    },
}

/// What it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Welcome { user: String, path: String },
    Words { user: String, words: String },
}

/// How often [`Talk::moody`] was called since the process began.
static MOODS: AtomicU32 = AtomicU32::new(0);

#[durable_object(name = "Talk")]
struct Talk {
    #[stored]
    lines: Vec<String>,
    #[stored]
    closed: bool,
}

#[durable_object]
impl Talk {
    #[rpc(public)]
    fn add(&mut self, line: String) -> Result<u64> {
        self.lines.push(line);
        u64::try_from(self.lines.len()).or_invalid()
    }

    #[rpc(public)]
    fn close(&mut self, closed: bool) -> Result {
        self.closed = closed;
        Ok(())
    }

    /// The last lines.
    #[rpc(public, live)]
    fn last(&self, most: usize) -> Result<Vec<String>, CallError<Wrong>> {
        ensure!(!self.closed, Wrong::Empty);
        Ok(self.lines[self.lines.len().saturating_sub(most)..].to_vec())
    }

    #[rpc(public, live)]
    fn count(&self) -> Result<usize> {
        Ok(self.lines.len())
    }

    /// Fails twice with what may be tried again.
    #[rpc(public, live)]
    fn moody(&self) -> Result<u32> {
        match MOODS.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Err(Error::new(ErrorKind::Unavailable, "not now")),
            mood => Ok(mood),
        }
    }

    /// Who has a socket here.
    #[rpc(public, live)]
    fn present(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        let mut users =
            cx.sockets().tagged("in").iter().map(|socket| socket.attachment()).collect::<Result<Vec<_>>>()?;
        users.sort();
        Ok(users)
    }

    #[websocket(open, sends = Told)]
    fn joined(&self, socket: &Socket, request: &Upgrade) -> Result {
        let user = request.required("user")?.to_owned();
        socket.set_attachment(&user)?;
        socket.tag("in")?;
        socket.send(&Told::Welcome { user, path: request.path().to_owned() })
    }

    #[websocket(message, auto_response("ping", "pong"))]
    fn said(&self, cx: &Cx<Self>, socket: &Socket, said: Said) -> Result {
        match said {
            Said::Words(words) if words.is_empty() => bail!("say something"),
            Said::Words(words) if words == "garbage" => socket.send_text("{"),
            Said::Words(words) => cx.sockets().send(&Told::Words { user: socket.attachment()?, words }),
            Said::Leave(code) => socket.close(code, "as you like"),
            Said::Dismiss { user, code } => {
                for other in &cx.sockets() {
                    if other.attachment::<String>()? == user {
                        other.close(code, "out")?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// Says back what it is told, as it came.
#[durable_object(name = "Echo")]
struct Echo;

#[durable_object]
impl Echo {
    #[websocket(message)]
    fn said(&self, socket: &Socket, said: TextOrBinary) -> Result {
        match said {
            TextOrBinary::Text(text) => socket.send_text(text),
            TextOrBinary::Binary(bytes) => socket.send_bytes(bytes),
        }
    }
}

/// Says back what it is told, as JSON.
#[durable_object(name = "Parrot")]
struct Parrot;

#[durable_object]
impl Parrot {
    #[websocket(message, sends = String)]
    fn said(&self, socket: &Socket, said: &str) -> Result {
        socket.send(said)
    }
}

/// Takes sockets on which nothing can be said.
#[durable_object(name = "Radio")]
struct Radio;

#[durable_object]
impl Radio {
    #[websocket(open, sends = Bytes)]
    fn tuned(&self, socket: &Socket) -> Result {
        socket.send_bytes(&b"beep"[..])
    }
}

/// How many streams of [`Feed::forever`] have ended since the process began.
static ENDED: AtomicU32 = AtomicU32::new(0);

/// Is dropped with a stream.
struct Ends;

impl Drop for Ends {
    fn drop(&mut self) {
        ENDED.fetch_add(1, Ordering::Relaxed);
    }
}

/// Answers bit by bit.
#[durable_object(name = "Feed")]
struct Feed {
    #[stored]
    begun: u32,
}

#[durable_object]
impl Feed {
    /// Words, so many; and an error after them, if that is asked for.
    #[rpc(public)]
    fn words(&self, count: u32, fails: bool) -> Result<Streaming<Told>, CallError<Wrong>> {
        ensure!(count > 0, Wrong::Empty);
        Ok(Streaming::produce(move |to| async move {
            for number in 0..count {
                to.send(Told::Words { user: format!("user {number}"), words: "é\n".repeat(number as usize) }).await?;
            }
            ensure!(!fails, "there are no more");
            Ok(())
        }))
    }

    /// Numbers without end.
    #[rpc(public)]
    fn forever(&self) -> Result<Streaming<u32>> {
        Ok(Streaming::produce(|to| async move {
            let _ends = Ends;
            for number in 0u32.. {
                to.send(number).await?;
            }
            Ok(())
        }))
    }

    #[rpc(public)]
    fn ended(&self) -> Result<u32> {
        Ok(ENDED.load(Ordering::Relaxed))
    }

    /// How often it was begun, once.
    #[rpc(public)]
    fn begin(&mut self) -> Result<Streaming<u32>> {
        self.begun += 1;
        let begun = self.begun;
        Ok(Streaming::produce(move |to| async move { to.send(begun).await }))
    }
}
