//! A client that reads as slowly as it likes.

use std::time::Duration;

use do_network::Served;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Asks for a path of an object, and reads the head of the answer.
pub(crate) async fn get(served: &Served, name: &str, path: &str) -> Reading {
    ask(served, &format!("GET /objects/StreamedSource/{name}{path}"), "", "").await
}

/// Asks for the head of that alone.
pub(crate) async fn head(served: &Served, name: &str, path: &str) -> Reading {
    ask(served, &format!("HEAD /objects/StreamedSource/{name}{path}"), "", "").await
}

/// Calls a method with arguments as JSON.
pub(crate) async fn call(served: &Served, name: &str, method: &str, headers: &str, body: &str) -> Reading {
    let headers = format!("Content-Type: application/json\r\nContent-Length: {}\r\n{headers}", body.len());
    ask(served, &format!("POST /rpc/StreamedSource/{name}/{method}"), &headers, body).await
}

async fn ask(served: &Served, line: &str, headers: &str, body: &str) -> Reading {
    let mut stream = TcpStream::connect(served.address).await.expect("it listens");
    let request = format!("{line} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n{body}", served.address);
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut reading = Reading { stream, came: Vec::new(), head: String::new() };
    while !reading.came.windows(4).any(|four| four == b"\r\n\r\n") {
        assert!(reading.more().await, "there is a head: {:?}", String::from_utf8_lossy(&reading.came));
    }
    let end = reading.came.windows(4).position(|four| four == b"\r\n\r\n").expect("it is there") + 4;
    reading.head = String::from_utf8_lossy(&reading.came.drain(..end).collect::<Vec<_>>()).into_owned();
    reading
}

/// An answer whose body is being read.
pub(crate) struct Reading {
    stream: TcpStream,
    came: Vec<u8>,
    pub(crate) head: String,
}

/// What has come of a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Chunk(Vec<u8>),
    /// Nothing is missing.
    End,
    /// The connection broke off before the end.
    Broken,
}

impl Reading {
    pub(crate) fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// Whether more has come.
    async fn more(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.came);
        matches!(timeout(Duration::from_secs(20), read).await.expect("something comes"), Ok(count) if count > 0)
    }

    /// The next chunk of a body in chunks.
    pub(crate) async fn chunk(&mut self) -> Part {
        loop {
            if let Some(line) = self.came.windows(2).position(|two| two == b"\r\n") {
                let size = String::from_utf8_lossy(&self.came[..line]).into_owned();
                let size = usize::from_str_radix(&size, 16).expect("the size of a chunk");
                if self.came.len() >= line + 2 + size + 2 {
                    let chunk = self.came[line + 2..][..size].to_vec();
                    self.came.drain(..line + 2 + size + 2);
                    return if size == 0 { Part::End } else { Part::Chunk(chunk) };
                }
            }
            if !self.more().await {
                return Part::Broken;
            }
        }
    }

    /// The rest of the body, and how it ends.
    pub(crate) async fn rest(&mut self) -> (Vec<u8>, Part) {
        let mut all = Vec::new();
        loop {
            match self.chunk().await {
                Part::Chunk(chunk) => all.extend(chunk),
                end => return (all, end),
            }
        }
    }

    /// The same as text, of a body that has all of it.
    pub(crate) async fn text(mut self) -> String {
        let (body, end) = self.rest().await;
        assert_eq!(end, Part::End);
        String::from_utf8(body).expect("text")
    }

    /// What comes until the connection is closed, of a body that is no stream.
    pub(crate) async fn whole(mut self) -> String {
        let length = self.head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        let length: usize = length.parse().expect("a number");
        while self.came.len() < length {
            assert!(self.more().await, "all of it comes");
        }
        String::from_utf8_lossy(&self.came).into_owned()
    }
}
