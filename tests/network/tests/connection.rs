//! Many calls and live queries over one WebSocket.

use do_runtime::prelude::*;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
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

async fn served() -> (Client, Objects, oneshot::Sender<()>, tokio::task::JoinHandle<Result>, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::open(folder.path()).await.expect("it opens");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(objects.server().until(async move { stopped.await.unwrap_or(()) }).serve_on(listener));
    let client = Client(connect_async(format!("ws://{address}/rpc")).await.expect("it is there").0);
    (client, objects, stop, serving, folder)
}

fn wanted(name: &str, method: &str, arguments: Value) -> Value {
    json!({ "class": "ConnectedCounter", "name": name, "method": method, "arguments": arguments })
}

#[tokio::test]
async fn calls_are_answered_by_their_numbers_as_they_are_ready() {
    let (mut client, _, stop, serving, _folder) = served().await;
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
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_live_query_is_answered_anew_until_it_is_given_up() {
    let (mut client, objects, stop, serving, _folder) = served().await;
    let counter = objects.get_by_name::<Counter>("watched");
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
    stop.send(()).unwrap();
    let closed = client.0.next().await.unwrap().unwrap();
    assert!(matches!(&closed, Message::Close(Some(frame)) if u16::from(frame.code) == 1001), "{closed:?}");
    drop(client);
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_wrong_is_told_and_the_connection_goes_on() {
    let (mut client, _, stop, serving, _folder) = served().await;
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
    stop.send(()).unwrap();
    drop(client);
    serving.await.unwrap().unwrap();
}
