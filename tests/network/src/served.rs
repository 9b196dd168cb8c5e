//! A server on a free port.

use std::net::SocketAddr;

use do_runtime::http::Server;
use do_runtime::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{Answer, exchange};

/// A server on a free port, in a folder of its own.
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    /// The objects as they are seen in the server's own process.
    pub objects: Objects,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result>,
    folder: Option<tempfile::TempDir>,
}

impl Served {
    /// A server of no objects yet.
    pub async fn new(set_up: impl FnOnce(Server) -> Server) -> Self {
        Served::on(tempfile::tempdir().expect("a temporary folder"), ([127, 0, 0, 1], 0).into(), set_up).await
    }

    /// A server of what is in a folder, on this port if it is not 0.
    pub async fn on(folder: tempfile::TempDir, address: SocketAddr, set_up: impl FnOnce(Server) -> Server) -> Self {
        let objects = Objects::open(folder.path()).await.expect("it opens");
        Served { folder: Some(folder), ..Served::at(objects, address, set_up).await }
    }

    /// A server of objects that are there.
    pub async fn of(objects: Objects, set_up: impl FnOnce(Server) -> Server) -> Self {
        Served::at(objects, ([127, 0, 0, 1], 0).into(), set_up).await
    }

    async fn at(objects: Objects, address: SocketAddr, set_up: impl FnOnce(Server) -> Server) -> Self {
        let listener = TcpListener::bind(address).await.expect("the port is free");
        let address = listener.local_addr().expect("it has an address");
        let (stop, stopped) = oneshot::channel();
        let server = set_up(objects.server().until(async move { drop(stopped.await) }));
        Served { address, objects, stop, serving: tokio::spawn(server.serve_on(listener)), folder: None }
    }

    /// What [`Objects::connect`] takes.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it; what it came to.
    pub async fn stop(self) -> Result {
        self.stop_and_keep().await.0
    }

    /// Stops it; what it came to, and its folder if that is its own.
    pub async fn stop_and_keep(self) -> (Result, Option<tempfile::TempDir>) {
        let _ = self.stop.send(());
        (self.serving.await.expect("no panic"), self.folder)
    }

    /// Tells it to stop, and leaves what comes of that.
    pub fn stop_later(self) -> JoinHandle<Result> {
        tokio::spawn(self.stop())
    }

    /// Sends these bytes, and reads until the server closes the connection.
    pub async fn send(&self, bytes: impl AsRef<[u8]>) -> Answer {
        self.send_from([127, 0, 0, 1], bytes).await
    }

    /// The same from one of the addresses of this machine.
    pub async fn send_from(&self, from: [u8; 4], bytes: impl AsRef<[u8]>) -> Answer {
        exchange(from, self.address, bytes).await
    }

    /// Gets a path, with further headers, each of which ends with a line break.
    pub async fn get(&self, path: &str, headers: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n", self.address);
        self.send(request).await
    }

    /// Calls a method with JSON and such headers.
    pub async fn call(&self, path: &str, headers: &str, body: &str) -> Answer {
        self.send(self.request(path, headers, body)).await
    }

    /// Such a call's bytes.
    pub fn request(&self, path: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n",
            self.address
        ) + body
    }
}
