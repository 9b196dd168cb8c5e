//! Many calls and live queries over one WebSocket.

use std::time::Duration;

use do_network::Served;
use do_runtime::prelude::*;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

static GO_ON: Notify = Notify::const_new();

#[durable_object(name = "ConnectedCounter")]
struct Counter {
    #[stored]
    count: i64,
}

#[durable_object]
impl Counter {
    #[rpc(public)]
    fn add(&mut self, amount: i64) -> Result<i64> {
        ensure!(amount > 0, "add something");
        self.count += amount;
        Ok(self.count)
    }

    #[rpc(public, live)]
    fn count(&self) -> Result<i64> {
        Ok(self.count)
    }

    #[rpc(public)]
    async fn wait(this: This<Self>) -> Result<String> {
        GO_ON.notified().await;
        Ok(this.name().unwrap_or_default().to_owned())
    }

    #[rpc(public)]
    fn pages(&self, bytes: usize) -> Result<String> {
        Ok("x".repeat(bytes))
    }

    #[rpc]
    fn inside(&self) -> Result {
        Ok(())
    }
}

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn ask(&mut self, asking: Value) {
        self.0.send(Message::text(asking.to_string())).await.expect("it is there");
    }

    async fn answer(&mut self) -> Value {
        match self.0.next().await.expect("it is there").expect("it is there") {
            Message::Text(text) => serde_json::from_str(&text).expect("it is there"),
            other => panic!("{other:?}"),
        }
    }

    async fn asked(&mut self, asking: Value) -> Value {
        self.ask(asking).await;
        self.answer().await
    }
}

async fn served() -> (Client, Served) {
    let served = Served::new(|server| server).await;
    (connected(&served).await.expect("it is there"), served)
}

async fn connected(served: &Served) -> Option<Client> {
    let (socket, _) = connect_async(format!("ws://{}/rpc", served.address)).await.ok()?;
    Some(Client(socket))
}

fn wanted(name: &str, method: &str, arguments: Value) -> Value {
    json!({ "class": "ConnectedCounter", "name": name, "method": method, "arguments": arguments })
}

#[tokio::test]
async fn calls_are_answered_by_their_numbers_as_they_are_ready() {
    let (mut client, served) = served().await;
    client.ask(json!({ "id": 1, "call": wanted("slow", "wait", json!({})) })).await;
    assert_eq!(
        client.asked(json!({ "id": 2, "call": wanted("a", "add", json!({ "amount": 2 })) })).await,
        json!({ "id": 2, "answer": 2 })
    );
    let again = client.asked(json!({ "id": 1, "call": wanted("a", "count", json!({})) })).await;
    assert_eq!(again["error"]["status"], 400, "1 is under way");
    let again = client.asked(json!({ "id": 2, "call": wanted("a", "count", json!(null)) })).await;
    assert_eq!(again["answer"], 2, "2 is free");
    assert_eq!(
        client.asked(json!({ "id": 3, "call": wanted("a", "count", json!({})) })).await,
        json!({ "id": 3, "answer": 2 })
    );
    GO_ON.notify_one();
    assert_eq!(client.answer().await, json!({ "id": 1, "answer": "slow" }));
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_live_query_is_answered_anew_until_it_is_given_up() {
    let (mut client, served) = served().await;
    let counter = served.objects.get_by_name::<Counter>("watched");
    assert_eq!(
        client.asked(json!({ "id": 7, "watch": wanted("watched", "count", json!({})) })).await,
        json!({ "id": 7, "answer": 0 })
    );
    counter.add(1).await.unwrap();
    assert_eq!(client.answer().await, json!({ "id": 7, "answer": 1 }));
    assert_eq!(
        client.asked(json!({ "id": 7, "call": wanted("watched", "count", json!({})) })).await["error"]["kind"],
        "invalid"
    );
    client.ask(json!({ "id": 7, "unwatch": true })).await;
    // The number is free once it is given up.
    assert_eq!(
        client.asked(json!({ "id": 7, "call": wanted("watched", "add", json!({ "amount": 1 })) })).await,
        json!({ "id": 7, "answer": 2 })
    );
    let stopping = served.stop_later();
    let closed = client.0.next().await.unwrap().unwrap();
    assert!(matches!(&closed, Message::Close(Some(frame)) if u16::from(frame.code) == 1001), "{closed:?}");
    drop(client);
    stopping.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_wrong_is_told_and_the_connection_goes_on() {
    let (mut client, served) = served().await;
    for (asking, status, words) in [
        (json!({ "id": 1 }), 400, "one of `call`"),
        (json!({ "id": 2, "call": wanted("a", "inside", json!({})) }), 404, "no public method `inside`"),
        (json!({ "id": 3, "call": wanted("", "count", json!({})) }), 400, "`name`"),
        (json!({ "id": 4, "call": wanted("a", "add", json!({ "amount": "two" })) }), 422, "`amount`"),
        (json!({ "id": 5, "call": wanted("a", "add", json!({ "amount": -1 })) }), 422, "add something"),
        (json!({ "id": 6, "watch": wanted("a", "add", json!({ "amount": 1 })) }), 400, "can't be watched"),
        (json!({ "id": 7, "call": { "class": "Nothing", "name": "a", "method": "b" } }), 404, "no class `Nothing`"),
    ] {
        let answer = client.asked(asking.clone()).await;
        let error = &answer["error"];
        assert!(error["status"] == status && error["detail"].as_str().unwrap().contains(words), "{asking}: {answer}");
        assert_eq!(answer["id"], asking["id"]);
    }
    client.0.send(Message::text("no JSON")).await.unwrap();
    assert_eq!(client.answer().await["error"]["status"], 400);
    assert_eq!(client.asked(json!({ "id": 8, "call": wanted("a", "count", json!({})) })).await["answer"], 0);
    let stopping = served.stop_later();
    drop(client);
    stopping.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_client_that_reads_nothing_of_its_answers_is_let_go() -> Result {
    let served = Served::new(|server| server.ping("100ms").sockets_per_peer(1)).await;
    let mut client = connected(&served).await.expect("it is the first one");
    // More than the buffers of both ends hold.
    for id in 0..64 {
        client.ask(json!({ "id": id, "call": wanted("large", "pages", json!({ "bytes": 1 << 20 })) })).await;
    }
    // There is room for one only.
    let another = async {
        loop {
            if let Some(another) = connected(&served).await {
                break another;
            }
        }
    };
    let mut another = timeout(Duration::from_secs(20), another).await.expect("the first one is let go");
    assert_eq!(another.asked(json!({ "id": 1, "call": wanted("large", "count", json!({})) })).await["answer"], 0);
    drop((client, another));
    served.stop().await
}
