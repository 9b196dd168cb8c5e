//! An object that sends back what it hears: what `tests/network/conformance/run` talks to.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use tokio::net::TcpListener;

#[durable_object(name = "Echo")]
struct Echo;

#[durable_object]
impl Echo {
    #[websocket(message)]
    fn heard(&self, socket: &Socket, message: TextOrBinary) -> Result {
        match message {
            TextOrBinary::Text(text) => socket.send_text(text),
            TextOrBinary::Binary(bytes) => socket.send_bytes(bytes),
        }
    }
}

/// Serves it until the process is told to end, and says on standard output where.
#[tokio::main]
async fn main() -> Result {
    let folder = tempfile::tempdir().or_invalid()?;
    let listener = TcpListener::bind("127.0.0.1:0").await.or_invalid()?;
    println!("ws://{}/objects/Echo/conformance", listener.local_addr().or_invalid()?);
    // The suite's largest message has 16 MiB.
    let server = Objects::open(folder.path()).await?.server().largest_message("20MiB").socket_buffer("64MiB");
    server.serve_on(listener).await
}
