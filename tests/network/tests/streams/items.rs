//! Items of an `#[rpc]` over HTTP.

use do_network::Served;
use do_runtime::prelude::*;
use serde_json::{Value, json};

use super::classes::{Item, seen};
use super::peer::{self, Part, Reading};

async fn lines(reading: Reading) -> Vec<Value> {
    assert_eq!(reading.status(), "200", "{}", reading.head);
    assert!(reading.head.contains("content-type: application/x-ndjson"), "{}", reading.head);
    let text = reading.text().await;
    assert!(text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[tokio::test]
async fn each_item_is_a_line_and_the_last_line_says_that_it_was_the_last() {
    let served = Served::new(|server| server).await;
    for method in ["items", "counted"] {
        let told = lines(peer::call(&served, "lines", method, "", r#"{"count": 2}"#).await).await;
        let expected = [0, 1].map(|number| json!({ "item": Item::new(number) }));
        assert_eq!(told, [&expected[..], &[json!({ "end": true })]].concat(), "{method}");
    }
    assert_eq!(
        lines(peer::call(&served, "lines", "items", "", r#"{"count": 0}"#).await).await,
        [json!({ "end": true })]
    );
}

#[tokio::test]
async fn what_goes_wrong_in_the_middle_is_the_last_line() {
    let served = Served::new(|server| server).await;
    let told = lines(peer::call(&served, "wrong", "items", "", r#"{"count": 1, "wrong": "taken"}"#).await).await;
    assert_eq!((told.len(), &told[0]), (2, &json!({ "item": Item::new(0) })));
    let problem = &told[1]["error"];
    assert_eq!(
        (&problem["kind"], &problem["status"], &problem["detail"]),
        (&"conflict".into(), &409.into(), &"taken".into())
    );
}

#[tokio::test]
async fn what_goes_wrong_before_is_a_problem_as_for_any_call() {
    let served = Served::new(|server| server).await;
    let refused = peer::call(&served, "early", "items", "", r#"{"count": 7}"#).await;
    assert_eq!(refused.status(), "422");
    assert!(refused.whole().await.contains("not seven"));
    for method in ["items", "counted"] {
        let keyed = peer::call(&served, "early", method, "Idempotency-Key: k\r\n", r#"{"count": 1}"#).await;
        assert_eq!(keyed.status(), "422");
        assert!(keyed.whole().await.contains("a stream can't be kept under an idempotency key"), "{method}");
    }
    let added = peer::call(&served, "early", "add", "", "").await.whole().await;
    assert_eq!(added, "1", "what was refused has counted nothing");
}

#[tokio::test]
async fn a_reader_of_items_that_goes_away_ends_their_stream() {
    let served = Served::new(|server| server).await;
    let mut reading = peer::call(&served, "gone", "one_and_silence", "", "").await;
    let Part::Chunk(line) = reading.chunk().await else { panic!("a line comes at once") };
    assert_eq!(line, b"{\"item\":{\"number\":0,\"text\":\"item 0\"}}\n");
    drop(reading);
    seen("gone").ended(1).await;
}

#[tokio::test]
async fn a_connection_for_many_calls_has_no_streams() -> Result {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;
    let served = Served::new(|server| server).await;
    let (mut socket, _) =
        tokio_tungstenite::connect_async(format!("ws://{}/rpc", served.address)).await.expect("it opens");
    let call = json!({ "id": 1, "call": { "class": "StreamedSource", "name": "many", "method": "items", "arguments": { "count": 1 } } });
    socket.send(Message::text(call.to_string())).await.expect("it reads");
    let answer = socket.next().await.expect("an answer").expect("no error").into_text().expect("text");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["error"]["kind"], "invalid", "{answer}");
    assert!(
        answer["error"]["detail"].as_str().is_some_and(|detail| detail.contains("answers with a stream")),
        "{answer}"
    );
    Ok(())
}
