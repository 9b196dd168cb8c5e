//! Idle WebSockets over sleeping objects: memory for each, and a message to each room.
//!
//! `cargo run --release -p do-bench --bin sockets -- 10000 1000` opens so many sockets at so many objects, from a process of its own, so that the
//! server's memory is the server's alone. Each needs a descriptor for each socket: `ulimit -n 20000`.

#![allow(clippy::print_stdout)]

use std::process::Stdio;
use std::time::{Duration, Instant};

use do_bench::resident_kib;
use do_runtime::prelude::*;
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

#[durable_object(name = "SleepingRoom")]
struct Room {
    #[stored]
    said: u64,
}

#[durable_object]
impl Room {
    #[websocket(open)]
    fn joined(&self, socket: &Socket) -> Result {
        socket.tag("chat")
    }

    #[websocket(message)]
    fn said(&mut self, cx: &mut Cx<Self>, text: String) -> Result {
        self.said += 1;
        cx.sockets().tagged("chat").send_text(text)
    }
}

type Client = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

#[tokio::main]
async fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["client", address, sockets, rooms] => client(address, number(sockets)?, number(rooms)?).await,
        [sockets, rooms] => server(number(sockets)?, number(rooms)?).await,
        _ => server(10_000, 1_000).await,
    }
}

fn number(text: &str) -> Result<usize> {
    text.parse().or_invalid()
}

async fn server(sockets: usize, rooms: usize) -> Result {
    let folder = tempfile::tempdir().or_invalid()?;
    let objects = Objects::builder().idle(secs(1)).open(folder.path()).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await.or_invalid()?;
    let address = listener.local_addr().or_invalid()?;
    let serving = tokio::spawn(objects.server().ping("1h").serve_on(listener));
    // What a first connection brings about is not a cost of each.
    connect_async(format!("ws://{address}/objects/SleepingRoom/warm")).await.or_invalid()?;
    let before = resident_kib();
    let mut client = tokio::process::Command::new(std::env::current_exe().or_invalid()?)
        .args(["client", &address.to_string(), &sockets.to_string(), &rooms.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .or_invalid()?;
    let mut lines = BufReader::new(client.stdout.take().context("it is piped")?).lines();
    let mut orders = client.stdin.take().context("it is piped")?;
    let opened = lines.next_line().await.or_invalid()?.context("the client ended")?;
    // All sleep after a second without a call.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let asleep = resident_kib();
    println!("{opened}");
    println!(
        "asleep: {} KiB resident before, {asleep} after: {:.2} KiB a socket",
        before,
        (asleep.saturating_sub(before)) as f64 / sockets as f64
    );
    orders.write_all(b"go\n").await.or_invalid()?;
    let said = lines.next_line().await.or_invalid()?.context("the client ended")?;
    println!("{said}");
    println!("awake again: {} KiB resident", resident_kib());
    drop(orders);
    client.wait().await.or_invalid()?;
    serving.abort();
    Ok(())
}

async fn client(address: &str, sockets: usize, rooms: usize) -> Result {
    let begin = Instant::now();
    let mut clients: Vec<Client> = Vec::with_capacity(sockets);
    for number in 0..sockets {
        let url = format!("ws://{address}/objects/SleepingRoom/{}", number % rooms);
        clients.push(connect_async(url).await.or_invalid()?.0);
    }
    println!("opened {sockets} sockets at {rooms} rooms in {:.1} s", begin.elapsed().as_secs_f64());
    let mut order = [0; 3];
    tokio::io::stdin().read_exact(&mut order).await.or_invalid()?;
    let begin = Instant::now();
    for client in clients.iter_mut().take(rooms) {
        client.send(Message::text("hello")).await.or_invalid()?;
    }
    for client in &mut clients {
        let message = client.next().await.context("it was closed")?.or_invalid()?;
        ensure!(message == Message::text("hello"), "something else came: {message}");
    }
    println!(
        "one message to each of {rooms} sleeping rooms reached all {sockets} sockets in {:.2} s",
        begin.elapsed().as_secs_f64()
    );
    Ok(())
}
