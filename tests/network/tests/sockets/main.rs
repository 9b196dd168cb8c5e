//! WebSockets over a network: handshakes, messages, limits, slow and broken clients, and the end.

use do_network::Served;
use do_runtime::http::BearerTokens;
use do_runtime::prelude::*;
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

#[derive(Serialize, Deserialize)]
struct Session {
    user: String,
}

#[durable_object(name = "SocketRoom")]
struct Room {
    #[stored]
    said: Vec<String>,
    #[stored]
    left: Vec<(String, u16, String)>,
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
    fn joined(&mut self, socket: &Socket, request: &Upgrade) -> Result {
        ensure!(request.query("full").is_none(), "the room is full");
        socket.tag("chat")?;
        socket.set_attachment(&Session { user: format!("{} at {}", request.caller()?, request.path()) })
    }

    #[websocket(message, auto_response("ping", "pong"))]
    fn said(&mut self, cx: &mut Cx<Self>, socket: &Socket, text: String) -> Result {
        match &*text {
            "close" => return socket.close(4000, "as asked"),
            "flood" => {
                for _ in 0..64 {
                    cx.sockets().send_bytes(vec![0_u8; 256 << 10])?;
                }
                return Ok(());
            }
            "fail" => bail!("it was asked to fail"),
            _ => {}
        }
        let Session { user } = socket.attachment()?;
        self.said.push(text.clone());
        cx.sockets().tagged("chat").send_text(format!("{user}: {text}"))
    }

    #[websocket(close)]
    fn left(&mut self, cx: &mut Cx<Self>, socket: &Socket, code: u16, reason: String) -> Result {
        let Session { user } = socket.attachment()?;
        self.left.push((user, code, reason));
        cx.sockets().send_text(format!("{} left", self.left.len()))
    }

    #[rpc]
    fn left_so_far(&self) -> Result<Vec<(String, u16, String)>> {
        Ok(self.left.clone())
    }

    #[rpc]
    fn count(&self, cx: &Cx<Self>) -> Result<usize> {
        Ok(cx.sockets().len())
    }
}

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn try_connect(served: &Served, path: &str) -> Result<Client, tungstenite::Error> {
    Ok(connect_async(format!("ws://{}{path}", served.address)).await?.0)
}

async fn connect(served: &Served, path: &str) -> Client {
    try_connect(served, path).await.expect("it is there")
}

/// The status and the body of a handshake that is refused.
async fn refused(served: &Served, path: &str, headers: &[(&'static str, &str)]) -> (u16, String) {
    let mut request = format!("ws://{}{path}", served.address).into_client_request().expect("it is there");
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().expect("it is there"));
    }
    let stream = TcpStream::connect(&served.address).await.expect("it is there");
    match client_async(request, stream).await {
        Err(tungstenite::Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            (response.status().as_u16(), String::from_utf8_lossy(&body).into_owned())
        }
        other => panic!("{:?}", other.map(|_| "it was let in")),
    }
}

async fn text(client: &mut Client) -> String {
    match client.next().await.expect("it is there").expect("it is there") {
        Message::Text(text) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

/// How the server closes, whatever comes before.
async fn closed(client: &mut Client) -> (u16, String) {
    loop {
        match client.next().await {
            Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => return (code.into(), reason.to_string()),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn messages_go_both_ways_and_reach_all() {
    let served = Served::new(|server| server).await;
    let mut ann = connect(&served, "/objects/SocketRoom/lobby").await;
    let mut bob = connect(&served, "/objects/SocketRoom/lobby/bob%20s?x=1").await;
    ann.send("hello".into()).await.unwrap();
    assert_eq!(text(&mut bob).await, "anonymous at /: hello");
    assert_eq!(text(&mut ann).await, "anonymous at /: hello");
    bob.send("hi".into()).await.unwrap();
    assert_eq!(text(&mut ann).await, "anonymous at /bob s: hi");
    let other = connect(&served, "/objects/SocketRoom/elsewhere").await;
    drop(other);
    ann.send("ping".into()).await.unwrap();
    assert_eq!(text(&mut ann).await, "pong");
    ann.send(Message::Ping("are you there".into())).await.unwrap();
    assert_eq!(ann.next().await.unwrap().unwrap(), Message::Pong("are you there".into()));
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_close_of_either_side_is_told_to_both() {
    let served = Served::new(|server| server).await;
    let mut ann = connect(&served, "/objects/SocketRoom/lobby").await;
    let mut bob = connect(&served, "/objects/SocketRoom/lobby").await;
    let mut cid = connect(&served, "/objects/SocketRoom/lobby").await;
    bob.send("close".into()).await.unwrap();
    assert_eq!(closed(&mut bob).await, (4000, "as asked".into()));
    assert!(bob.next().await.is_none());
    assert_eq!(text(&mut ann).await, "1 left");
    cid.close(Some(CloseFrame { code: 4001.into(), reason: "lunch".into() })).await.unwrap();
    assert_eq!(text(&mut ann).await, "2 left");
    let dora = connect(&served, "/objects/SocketRoom/lobby").await;
    // Without a word.
    drop(dora);
    assert_eq!(text(&mut ann).await, "3 left");
    let room = served.objects.get_by_name::<Room>("lobby");
    let left: Vec<_> = room.left_so_far().await.unwrap().into_iter().map(|(_, code, reason)| (code, reason)).collect();
    assert_eq!(left, [(4000, "as asked".into()), (4001, "lunch".into()), (1006, String::new())]);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_handshake_that_is_wrong_is_refused_in_words() {
    let served = Served::new(|server| {
        server
            .authenticate(BearerTokens::new([("s3cret", "ann"), ("m4l", "mallory")]))
            .allow_anonymous()
            .origins(["https://friend.example"])
    })
    .await;
    let refused = async |path: &str, headers: &[(&'static str, &str)]| refused(&served, path, headers).await;
    assert_eq!(refused("/objects/SocketRoom/lobby", &[("authorization", "Bearer wrong")]).await.0, 401);
    let (status, body) = refused("/objects/SocketRoom/lobby", &[("authorization", "Bearer m4l")]).await;
    assert!(status == 403 && body.contains("mallory may not"), "{status} {body}");
    assert_eq!(refused("/objects/SocketRoom/lobby", &[("sec-websocket-protocol", "bearer, m4l")]).await.0, 403);
    assert_eq!(refused("/objects/SocketRoom/lobby", &[("origin", "https://evil.example")]).await.0, 403);
    assert_eq!(refused("/objects/SocketRoom", &[]).await.0, 400);
    assert_eq!(refused("/objects/SocketRoom/by-id/00", &[]).await.0, 400);
    assert_eq!(refused("/objects/NoRoom/lobby", &[]).await.0, 404);
    let (status, body) = refused("/objects/SocketRoom/lobby?full", &[]).await;
    assert!(status == 422 && body.contains("the room is full"), "{status} {body}");
    assert_eq!(refused("/objects/SocketRoom/lobby", &[("sec-websocket-version", "12")]).await.0, 426);
    assert_eq!(refused("/objects/SocketRoom/lobby", &[("sec-websocket-key", "short")]).await.0, 400);
    assert_eq!(served.objects.get_by_name::<Room>("lobby").count().await.unwrap(), 0);

    let mut request = format!("ws://{}/objects/SocketRoom/lobby", served.address).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "bearer, s3cret".parse().unwrap());
    request.headers_mut().insert("origin", "https://friend.example".parse().unwrap());
    let (mut ann, response) = connect_async(request).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "bearer");
    ann.send("hello".into()).await.unwrap();
    assert_eq!(text(&mut ann).await, "ann at /: hello");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_too_large_wrong_or_against_the_protocol_closes_the_socket_and_no_other() {
    let served = Served::new(|server| server.largest_message("64KiB")).await;
    let mut large = connect(&served, "/objects/SocketRoom/lobby").await;
    // It may be cut off while it still sends.
    let _ = large.send(Message::Text("x".repeat(100_000).into())).await;
    assert_eq!(closed(&mut large).await.0, 1009);
    let mut binary = connect(&served, "/objects/SocketRoom/lobby").await;
    binary.send(Message::Binary(vec![1, 2, 3].into())).await.unwrap();
    assert_eq!(closed(&mut binary).await.0, 1008);
    let mut failing = connect(&served, "/objects/SocketRoom/lobby").await;
    failing.send("fail".into()).await.unwrap();
    assert_eq!(closed(&mut failing).await, (1008, "it was asked to fail".into()));
    // A frame that is not masked.
    let unmasked = connect(&served, "/objects/SocketRoom/lobby").await;
    let MaybeTlsStream::Plain(mut raw) = unmasked.into_inner() else { panic!("it is plain") };
    raw.write_all(&[0x81, 0x02, b'h', b'i']).await.unwrap();
    let mut answer = Vec::new();
    raw.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer[..4], [0x88, answer[1], 0x03, 0xea], "a close with 1002: {answer:?}");
    let mut well = connect(&served, "/objects/SocketRoom/lobby").await;
    well.send("still here".into()).await.unwrap();
    assert_eq!(text(&mut well).await, "anonymous at /: still here");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go_and_the_others_are_served() {
    let served = Served::new(|server| server).await;
    let slow = connect(&served, "/objects/SocketRoom/lobby").await;
    let mut quick = connect(&served, "/objects/SocketRoom/lobby").await;
    let room = served.objects.get_by_name::<Room>("lobby");
    quick.send("flood".into()).await.unwrap();
    // The one who asked for it reads: but so much at once is too much for anybody.
    assert_eq!(closed(&mut quick).await.0, 1013);
    let mut other = connect(&served, "/objects/SocketRoom/lobby").await;
    while text(&mut other).await != "2 left" {}
    assert_eq!(room.count().await.unwrap(), 1);
    drop(slow);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn sockets_of_an_object_and_of_an_address_are_limited() {
    let served = Served::new(|server| server.sockets_per_object(1).sockets_per_peer(2)).await;
    let first = connect(&served, "/objects/SocketRoom/one").await;
    let (status, body) = refused(&served, "/objects/SocketRoom/one", &[]).await;
    assert!(status == 429 && body.contains("overloaded"), "{status} {body}");
    let _second = connect(&served, "/objects/SocketRoom/two").await;
    assert_eq!(refused(&served, "/objects/SocketRoom/three", &[]).await.0, 429);
    drop(first);
    let room = served.objects.get_by_name::<Room>("one");
    while room.left_so_far().await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    while try_connect(&served, "/objects/SocketRoom/three").await.is_err() {}
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_taken_for_gone() {
    let served = Served::new(|server| server.ping("50ms")).await;
    let mut ann = connect(&served, "/objects/SocketRoom/lobby").await;
    // Nobody reads it, so that nothing answers.
    let silent = connect(&served, "/objects/SocketRoom/lobby").await;
    assert_eq!(text_among_pings(&mut ann).await, "1 left");
    drop(silent);
    served.stop().await.unwrap();
}

async fn text_among_pings(client: &mut Client) -> String {
    loop {
        match client.next().await.expect("it is there").expect("it is there") {
            Message::Ping(_) => client.flush().await.expect("it is there"),
            Message::Text(text) => return text.to_string(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn clients_are_told_that_the_server_stops_and_can_come_back() {
    let served = Served::new(|server| server).await;
    let address = served.address;
    let mut ann = connect(&served, "/objects/SocketRoom/lobby").await;
    ann.send("before".into()).await.unwrap();
    text(&mut ann).await;
    let stopping = tokio::spawn(served.stop_and_keep());
    assert_eq!(closed(&mut ann).await.0, 1001);
    assert!(ann.next().await.is_none());
    let (stopped, folder) = stopping.await.unwrap();
    stopped.unwrap();
    let served = Served::on(folder.expect("it is its own"), address, |server| server).await;
    let mut ann = connect(&served, "/objects/SocketRoom/lobby").await;
    ann.send("after".into()).await.unwrap();
    assert_eq!(text(&mut ann).await, "anonymous at /: after");
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_names_a_new_object_as_a_call_does() -> Result {
    let served = Served::new(|server| server.new_objects_per_caller(1, "1h")).await;
    let mut client = connect(&served, "/objects/SocketRoom/one").await;
    client.send(Message::text("hello")).await.expect("it is sent");
    text(&mut client).await;
    let (status, problem) = refused(&served, "/objects/SocketRoom/two", &[]).await;
    assert!(status == 429 && problem.contains("\"retry_after\":3600"), "{status} {problem}");
    drop(connect(&served, "/objects/SocketRoom/one").await);
    drop(client);
    served.stop().await
}
