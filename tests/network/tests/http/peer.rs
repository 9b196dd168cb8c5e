//! A server of its own for each test, and a peer that sends it bytes.

use std::net::SocketAddr;

use do_runtime::http::Server;
use do_runtime::prelude::*;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server on a free port, in a folder of its own.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) objects: Objects,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result>,
    _folder: Option<tempfile::TempDir>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Served {
    pub(crate) async fn new(set_up: impl FnOnce(Server) -> Server) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let objects = Objects::open(folder.path()).await.expect("it opens");
        Served { _folder: Some(folder), ..Served::of(objects, set_up).await }
    }

    /// A server of objects that are there.
    pub(crate) async fn of(objects: Objects, set_up: impl FnOnce(Server) -> Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let (stop, stopped) = oneshot::channel();
        let server = set_up(objects.server().until(async move { drop(stopped.await) }));
        Served { address, objects, stop, running: tokio::spawn(server.serve_on(listener)), _folder: None }
    }

    /// Stops it; what it came to.
    pub(crate) async fn stop(self) -> Result {
        let _ = self.stop.send(());
        self.running.await.expect("no panic")
    }

    /// Tells it to stop, and leaves what comes of that.
    pub(crate) fn stop_later(self) -> JoinHandle<Result> {
        let _ = self.stop.send(());
        self.running
    }

    /// Sends these bytes, and reads until the server closes the connection.
    pub(crate) async fn send(&self, bytes: impl AsRef<[u8]>) -> Answer {
        self.send_from([127, 0, 0, 1], bytes).await
    }

    /// The same from one of the addresses of this machine.
    pub(crate) async fn send_from(&self, from: [u8; 4], bytes: impl AsRef<[u8]>) -> Answer {
        exchange(from, self.address, bytes).await
    }

    /// Calls a method with JSON, and further headers, each of which ends with a line break.
    pub(crate) async fn call(&self, path: &str, headers: &str, body: &str) -> Answer {
        self.send(self.request(path, headers, body)).await
    }

    /// Such a call's bytes.
    pub(crate) fn request(&self, path: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n",
            self.address
        ) + body
    }
}

/// Sends bytes from one address of this machine to another, and reads until the connection is closed.
pub(crate) async fn exchange(from: [u8; 4], to: SocketAddr, bytes: impl AsRef<[u8]>) -> Answer {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from((from, 0))).expect("an address of this machine");
    let mut stream = socket.connect(to).await.expect("it listens");
    // It may answer, and close, before it has read everything.
    let _ = stream.write_all(bytes.as_ref()).await;
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    Answer::read(&all)
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |end| end + 4);
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head, body: bytes[end..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// That it is a problem of this status and kind; the document.
    pub(crate) fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{self:?} {}", String::from_utf8_lossy(&self.body));
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let document = self.json();
        assert_eq!((&document["status"], &document["kind"]), (&status.into(), &kind.into()), "{document}");
        assert_eq!(document["request_id"].as_str(), self.header("x-request-id"), "{document}");
        document
    }
}
