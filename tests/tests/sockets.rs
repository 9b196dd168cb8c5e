//! WebSockets: handlers, what survives hibernation, what waits for the disk, and what is undone.

use do_runtime::prelude::*;
use do_runtime::testing::TestSocket;
use serde::{Deserialize, Serialize};

#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    #[key]
    id: Id<Line>,
    author: String,
    body: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Session {
    user: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Post(String),
    Rename(String),
    Whisper { to: String, body: String },
    FailAfterSending,
    PanicAfterSending,
    HalfUndone,
    Leave,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Joined(String),
    Posted(Line),
    Whispered(String),
    Left(String, u16, String),
    Number(usize),
}

#[durable_object(tables(Line))]
struct Room {
    #[ephemeral]
    since_wake: u32,
}

#[durable_object]
impl Room {
    #[authorize]
    fn allow(&self, cx: &Cx<Self>) -> Result {
        match cx.meta().caller()?.principal() {
            Some("mallory") => Err(Error::new(ErrorKind::Denied, "mallory may not")),
            _ => Ok(()),
        }
    }

    #[websocket(open)]
    fn joined(&mut self, cx: &mut Cx<Self>, socket: &Socket, request: &Upgrade) -> Result {
        let user = request.caller()?.to_string();
        ensure!(request.path() != "/full", "the room is full");
        socket.set_attachment(&Session { user: user.clone() })?;
        socket.tag("chat")?;
        if let Some(tag) = request.query("tag") {
            socket.tag(tag)?;
        }
        cx.sockets().except(socket).send(&Told::Joined(user))
    }

    #[websocket(message, auto_response("ping", "pong"))]
    fn said(&mut self, cx: &mut Cx<Self>, socket: &Socket, said: Said) -> Result {
        self.since_wake += 1;
        let Session { user } = socket.attachment()?;
        match said {
            Said::Post(body) => {
                ensure!(!body.is_empty(), "a message needs a body");
                let line = cx.insert(Line::new(user, body))?;
                cx.sockets().tagged("chat").send(&Told::Posted(line))
            }
            Said::Rename(user) => socket.set_attachment(&Session { user }),
            Said::Whisper { to, body } => cx.sockets().tagged(to).send(&Told::Whispered(body)),
            Said::FailAfterSending => {
                socket.set_attachment(&Session { user: "nobody".into() })?;
                socket.tag("failed")?;
                cx.sockets().send(&Told::Whispered("never sent".into()))?;
                bail!("undone")
            }
            Said::PanicAfterSending => {
                cx.sockets().send(&Told::Whispered("never sent".into()))?;
                panic!("undone")
            }
            Said::HalfUndone => {
                cx.sockets().send(&Told::Number(1))?;
                let part: Result = cx.savepoint(self, |_, cx| {
                    cx.sockets().send(&Told::Number(2))?;
                    socket.tag("half")?;
                    bail!("this part alone")
                });
                ensure!(part.is_err(), "it fails");
                ensure!(!socket.tags().contains(&"half".to_owned()), "the tag is gone");
                cx.sockets().send(&Told::Number(3))
            }
            Said::Leave => socket.close(4001, "as you wish"),
        }
    }

    #[websocket(close)]
    fn left(&mut self, cx: &mut Cx<Self>, socket: &Socket, code: u16, reason: String) -> Result {
        let Session { user } = socket.attachment()?;
        cx.sockets().send(&Told::Left(user, code, reason))
    }

    #[rpc]
    fn since_wake(&self) -> Result<u32> {
        Ok(self.since_wake)
    }

    #[rpc]
    fn announce(&self, cx: &Cx<Self>) -> Result<usize> {
        let number = cx.sockets().len();
        cx.sockets().send(&Told::Number(number))?;
        Ok(number)
    }

    #[rpc]
    fn tags(&self, cx: &Cx<Self>) -> Result<Vec<Vec<String>>> {
        Ok(cx.sockets().iter().map(|socket| socket.tags()).collect())
    }

    #[rpc]
    async fn announce_later(this: This<Self>) -> Result {
        let sockets = this.update(|_, cx| Ok(cx.sockets())).await?;
        sockets.send(&Told::Number(sockets.len()))
    }

    #[rpc]
    fn flood(&mut self, cx: &mut Cx<Self>, bytes: u32) -> Result {
        cx.sockets().send_bytes(vec![0; usize::try_from(bytes).or_invalid()?])
    }

    #[rpc]
    fn too_much(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        let mut errors = Vec::new();
        for socket in cx.sockets() {
            errors.extend(socket.set_attachment(&vec![0_u8; 20_000]).err().map(|error| error.to_string()));
            errors
                .extend((0..11).find_map(|tag| socket.tag(format!("tag {tag}")).err()).map(|error| error.to_string()));
            errors.extend(socket.tag("x".repeat(300)).err().map(|error| error.to_string()));
            errors.extend(socket.close(1005, "").err().map(|error| error.to_string()));
            errors.extend(socket.close(1000, "x".repeat(124)).err().map(|error| error.to_string()));
            errors.extend(socket.attachment::<Vec<u8>>().err().map(|error| error.to_string()));
        }
        Ok(errors)
    }
}

#[durable_object]
struct Echo {
    #[stored]
    errors: Vec<String>,
}

#[durable_object]
impl Echo {
    #[websocket(message)]
    fn said(&self, socket: &Socket, text: &str) -> Result {
        ensure!(text != "fail", "failed");
        socket.send_text(text)
    }

    #[websocket(error)]
    fn wrong(&mut self, error: &Error) -> Result {
        self.errors.push(error.to_string());
        Ok(())
    }

    #[rpc]
    fn errors(&self) -> Result<Vec<String>> {
        Ok(self.errors.clone())
    }
}

#[durable_object]
struct Deaf;

#[durable_object]
impl Deaf {
    #[rpc]
    fn hear(&self) -> Result {
        Ok(())
    }
}

fn post(body: &str) -> serde_json::Value {
    serde_json::json!({ "post": body })
}

async fn posted(socket: &mut TestSocket) -> Result<String> {
    match socket.receive().await? {
        Told::Posted(line) => Ok(format!("{}: {}", line.author, line.body)),
        other => Ok(format!("{other:?}")),
    }
}

#[do_runtime::test]
async fn a_message_reaches_all_who_are_tagged(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut ann = kit.connect_as(&room, "/", "ann").await?;
    let mut bob = kit.connect_as(&room, "/", "bob").await?;
    assert_eq!(ann.receive::<Told>().await?, Told::Joined("bob".into()));
    ann.send(&post("hello")).await?;
    assert_eq!(posted(&mut ann).await?, "ann: hello");
    assert_eq!(posted(&mut bob).await?, "ann: hello");
    Ok(())
}

#[do_runtime::test]
async fn sockets_with_their_tags_and_attachments_survive_hibernation(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut ann = kit.connect_as(&room, "/?tag=first", "ann").await?;
    ann.send(&serde_json::json!({ "rename": "anna" })).await?;
    kit.evict(&room).await?;
    assert!(kit.awake().is_empty());
    ann.send(&post("back")).await?;
    assert_eq!(posted(&mut ann).await?, "anna: back");
    assert_eq!(room.since_wake().await?, 1);
    assert_eq!(room.tags().await?, [["chat", "first"]]);
    Ok(())
}

#[do_runtime::test]
async fn what_a_failed_handler_did_is_undone_and_never_sent(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut ann = kit.connect_as(&room, "/", "ann").await?;
    let mut bob = kit.connect_as(&room, "/", "bob").await?;
    let error = bob.send("fail_after_sending").await.unwrap_err();
    assert_eq!(error.to_string(), "undone");
    assert_eq!(bob.closed().await?, (1008, "undone".to_owned()));
    bob.close(1008, "undone").await;
    ann.receive::<Told>().await?;
    // The attachment is what it was before.
    assert_eq!(ann.receive::<Told>().await?, Told::Left("bob".into(), 1008, "undone".into()));
    assert!(ann.is_quiet());
    Ok(())
}

#[do_runtime::test]
async fn a_handler_that_panics_closes_its_socket_without_telling_why(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let ann = kit.connect_as(&room, "/", "ann").await?;
    let mut bob = kit.connect_as(&room, "/", "bob").await?;
    assert_eq!(ann.send("panic_after_sending").await.unwrap_err().kind(), ErrorKind::Handler);
    room.announce().await?;
    assert_eq!(bob.receive::<Told>().await?, Told::Number(1), "ann's socket is closed");
    Ok(())
}

#[do_runtime::test]
async fn a_savepoint_undoes_its_messages_alone(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut ann = kit.connect_as(&room, "/", "ann").await?;
    ann.send("half_undone").await?;
    assert_eq!(ann.receive::<Told>().await?, Told::Number(1));
    assert_eq!(ann.receive::<Told>().await?, Told::Number(3));
    Ok(())
}

#[do_runtime::test]
async fn an_automatic_response_wakes_nothing(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut ann = kit.connect_as(&room, "/", "ann").await?;
    kit.evict(&room).await?;
    ann.send_text("ping").await?;
    assert_eq!(ann.receive_text().await?, "pong");
    assert!(kit.awake().is_empty());
    Ok(())
}

#[do_runtime::test]
async fn who_is_refused_is_not_let_in(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    assert_eq!(kit.connect_as(&room, "/", "mallory").await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(kit.connect_as(&room, "/full", "ann").await.unwrap_err().to_string(), "the room is full");
    assert_eq!(room.announce().await?, 0);
    let deaf = kit.objects().get_by_name::<Deaf>("wall");
    assert_eq!(kit.connect(&deaf, "/").await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

#[do_runtime::test]
async fn the_object_closes_a_socket_after_what_it_sent(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut ann = kit.connect_as(&room, "/", "ann").await?;
    ann.send(&post("bye")).await?;
    ann.send("leave").await?;
    assert_eq!(posted(&mut ann).await?, "ann: bye");
    assert_eq!(ann.closed().await?, (4001, "as you wish".to_owned()));
    assert_eq!(room.announce().await?, 0);
    Ok(())
}

#[do_runtime::test]
async fn the_close_of_a_client_is_told_with_code_and_reason(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut ann = kit.connect_as(&room, "/", "ann").await?;
    let bob = kit.connect_as(&room, "/", "bob").await?;
    kit.evict(&room).await?;
    bob.close(1001, "off to lunch").await;
    ann.receive::<Told>().await?;
    assert_eq!(ann.receive::<Told>().await?, Told::Left("bob".into(), 1001, "off to lunch".into()));
    Ok(())
}

#[do_runtime::test]
async fn a_message_leaves_only_once_its_transaction_is_durable(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut ann = kit.connect_as(&room, "/", "ann").await?;
    ann.send(&post("first")).await?;
    posted(&mut ann).await?;
    kit.disk().fail_syncs(u64::MAX, std::io::ErrorKind::Other);
    // Its handler has run, and committed in memory.
    let _ = ann.send(&post("lost")).await;
    let ended = ann.closed().await?;
    assert_eq!(ended.0, 1011);
    kit.crash().await?;
    let mut again = kit.connect_as(&room, "/", "ann").await?;
    again.send(&post("second")).await?;
    assert_eq!(posted(&mut again).await?, "ann: second");
    Ok(())
}

#[do_runtime::test]
async fn a_reading_handler_and_an_asynchronous_one_send_too(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut ann = kit.connect_as(&room, "/", "ann").await?;
    room.announce().await?;
    assert_eq!(ann.receive::<Told>().await?, Told::Number(1));
    room.announce_later().await?;
    assert_eq!(ann.receive::<Told>().await?, Told::Number(1));
    Ok(())
}

#[do_runtime::test]
async fn a_client_that_reads_too_slowly_is_let_go(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut slow = kit.connect_as(&room, "/", "slow").await?;
    for _ in 0..3 {
        room.flood(400_000).await?;
    }
    assert_eq!(slow.closed().await?.0, 1013);
    assert_eq!(room.announce().await?, 0);
    Ok(())
}

#[do_runtime::test]
async fn the_limits_of_a_socket_are_told(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let _ann = kit.connect_as(&room, "/", "ann").await?;
    let errors = room.too_much().await?;
    let expected = [
        "16384 bytes",
        "at most 10 tags",
        "256 bytes",
        "can't be closed with 1005",
        "123 bytes",
        "no `alloc::vec::Vec<u8>`",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.contains(expected), "{error}");
    }
    Ok(())
}

#[do_runtime::test]
async fn an_error_handler_keeps_the_socket_open(kit: TestKit) -> Result {
    let echo = kit.objects().get_by_name::<Echo>("canyon");
    let mut socket = kit.connect(&echo, "/").await?;
    socket.send_text("fail").await?;
    socket.send_bytes(vec![1, 2]).await?;
    socket.send_text("hello").await?;
    assert_eq!(socket.receive_text().await?, "hello");
    assert_eq!(echo.errors().await?, ["failed", "this socket takes text, and the message is binary"]);
    Ok(())
}

#[do_runtime::test]
async fn sockets_end_with_the_node(kit: TestKit) -> Result {
    let room = kit.objects().get_by_name::<Room>("lobby");
    let mut ann = kit.connect_as(&room, "/", "ann").await?;
    kit.restart().await?;
    assert_eq!(ann.closed().await?.0, 1001);
    assert_eq!(room.announce().await?, 0);
    Ok(())
}

/// Whose visitors are told who is there when they come, and then who comes.
#[durable_object]
struct Party;

#[durable_object]
impl Party {
    #[websocket(open)]
    fn comes(&mut self, cx: &mut Cx<Self>, socket: &Socket, request: &Upgrade) -> Result {
        let user = request.required("user")?.to_owned();
        let others = self.guests(cx.sockets().except(socket))?;
        socket.set_attachment(&Session { user: user.clone() })?;
        cx.sockets().except(socket).send(&Told::Joined(user))?;
        ensure!(cx.sockets().len() == others.len() + 1, "the one who comes is there as well");
        socket.send(&Told::Number(others.len()))
    }

    #[rpc]
    fn present(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        self.guests(cx.sockets())
    }

    fn guests(&self, sockets: Sockets) -> Result<Vec<String>> {
        sockets.iter().map(|socket| Ok(socket.attachment::<Session>()?.user)).collect()
    }
}

/// Found by traffic of many connections at once: a socket was listed while it waited for its turn, without an attachment, and was told
/// what happened before it was told how things are.
#[test]
fn a_socket_is_there_for_others_once_its_open_has_run() {
    for seed in 0..40 {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let test = async {
            let kit = TestKit::shuffled(seed).await?;
            let coming = (0..4).map(|number| {
                let mine = kit.clone();
                kit.thread(move || {
                    let party = mine.objects().get_by_name::<Party>("birthday");
                    let socket = mine.block_on(mine.connect(&party, &format!("/?user=guest{number}")))?;
                    mine.block_on(party.present()).map(|present| (socket, present))
                })
            });
            // They stay until all are there.
            let mut guests = Vec::new();
            for came in coming.collect::<Vec<_>>() {
                guests.push(came.await?);
            }
            for (mut socket, present) in guests {
                let first: Told = socket.receive().await?;
                assert!(matches!(first, Told::Number(before) if before < present.len()), "{first:?} of {present:?}");
            }
            Ok::<(), Error>(())
        };
        runtime.block_on(test).unwrap_or_else(|error| panic!("with seed {seed}: {error}"));
    }
}
