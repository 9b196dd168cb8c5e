//! What each caller may do: crossed once, with the others unaffected, and given back as time passes.

use std::net::SocketAddr;

use do_network::{Answer, Served, exchange};
use do_runtime::http::BearerTokens;
use do_runtime::prelude::*;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::Purse;

const ANN: &str = "Authorization: Bearer a-token\r\n";
const BOB: &str = "Authorization: Bearer b-token\r\n";
const NOBODY: &str = "Authorization: Bearer c-token\r\n";
const LOOK: &str = "/rpc/HttpPurse/shared/look";

fn people() -> BearerTokens {
    BearerTokens::new([("a-token", "ann"), ("b-token", "bob")])
}

/// That the caller is to come back after so many seconds.
fn later(answer: &Answer, seconds: u64) {
    let problem = answer.problem(429, "overloaded");
    assert_eq!(answer.header("retry-after"), Some(&*seconds.to_string()), "{problem}");
    assert_eq!((&problem["retry_after"], &problem["retryable"]), (&json!(seconds), &json!(true)));
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(served: &Served, path: &str) -> Result<Socket, SocketError> {
    let mut request = format!("ws://{}{path}", served.address).into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", "bearer, a-token".parse().expect("a header"));
    Ok(connect_async(request).await?.0)
}

async fn ask(socket: &mut Socket, asked: Value) -> Value {
    socket.send(Message::text(asked.to_string())).await.expect("it is sent");
    let said = socket.next().await.expect("an answer").expect("an answer");
    serde_json::from_str(said.to_text().expect("text")).expect("JSON")
}

#[do_runtime::test]
async fn a_caller_makes_so_many_calls_and_then_one_whenever_its_share_of_the_period_has_passed(kit: TestKit) -> Result {
    let served =
        Served::of(kit.objects().clone(), |server| server.authenticate(people()).calls_per_caller(3, "30s")).await;
    for path in [LOOK, "/rpc/HttpPurse/another/look", "/objects/HttpPurse/shared/nothing"] {
        assert_ne!(served.call(path, ANN, "").await.status, 429, "{path}");
    }
    later(&served.call(LOOK, ANN, "").await, 10);
    later(&served.call("/objects/HttpPurse/shared/nothing", ANN, "").await, 10);
    assert_eq!(served.call(LOOK, BOB, "").await.status, 200, "another one has calls of his own");
    kit.advance("9500ms").await;
    later(&served.call(LOOK, ANN, "").await, 1);
    kit.advance("500ms").await;
    assert_eq!(served.call(LOOK, ANN, "").await.status, 200);
    later(&served.call(LOOK, ANN, "").await, 10);
    kit.advance("1h").await;
    for _ in 0..3 {
        assert_eq!(served.call(LOOK, ANN, "").await.status, 200);
    }
    later(&served.call(LOOK, ANN, "").await, 10);
    served.stop().await
}

#[do_runtime::test]
async fn sockets_that_are_opened_and_what_is_asked_over_them_are_calls(kit: TestKit) -> Result {
    let served =
        Served::of(kit.objects().clone(), |server| server.authenticate(people()).calls_per_caller(4, "40s")).await;
    let mut socket = open(&served, "/rpc").await.expect("it is let in");
    let object = json!({ "class": "HttpPurse", "name": "shared", "method": "look" });
    assert_eq!(ask(&mut socket, json!({ "id": 1, "call": object })).await["answer"], json!(0));
    assert_eq!(ask(&mut socket, json!({ "id": 2, "watch": object })).await["error"]["status"], json!(400), "not live");
    assert_eq!(ask(&mut socket, json!({ "id": 3, "call": object })).await["answer"], json!(0));
    for what in ["call", "watch"] {
        let said = ask(&mut socket, json!({ "id": 4, what: object })).await;
        let error = &said["error"];
        assert_eq!((&error["status"], &error["retry_after"]), (&json!(429), &json!(10)), "{said}");
    }
    match open(&served, "/rpc").await {
        Err(SocketError::Http(answer)) => {
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["retry-after"]),
                (429, &"10".parse().expect("a header"))
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(served.call(LOOK, BOB, "").await.status, 200);
    kit.advance("10s").await;
    assert_eq!(ask(&mut socket, json!({ "id": 5, "call": object })).await["answer"], json!(0), "the socket lives");
    drop(socket);
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "it needs several loopback addresses")]
async fn who_is_not_named_is_told_apart_by_the_address() -> Result {
    let served = Served::new(|server| server.authenticate(people()).allow_anonymous().calls_per_caller(2, "1h")).await;
    let call = |from: [u8; 4], headers: &str| {
        let request = served.request(LOOK, headers, "");
        let served = &served;
        async move { served.send_from(from, request).await.status }
    };
    let (here, there) = ([127, 0, 0, 1], [127, 0, 0, 2]);
    assert_eq!([call(here, "").await, call(here, "").await, call(here, "").await], [200, 200, 429]);
    assert_eq!(call(here, NOBODY).await, 429, "who is not known is nobody else");
    assert_eq!([call(there, NOBODY).await, call(there, "").await, call(there, "").await], [401, 200, 429]);
    assert_eq!(call(here, ANN).await, 200, "who is named is not the address");
    assert_eq!(call(there, ANN).await, 200);
    assert_eq!(call([127, 0, 0, 3], ANN).await, 429, "and one, from wherever");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "it needs several loopback addresses")]
async fn a_merged_router_knows_addresses_if_it_is_told_them() -> Result {
    for told in [true, false] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let objects = Objects::open(folder.path()).await?;
        let app = axum::Router::new().merge(objects.server().calls_per_caller(1, "1h").router()?);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let serving = tokio::spawn(async move {
            match told {
                true => axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await,
                false => axum::serve(listener, app).await,
            }
        });
        let request = format!("POST {LOOK} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let mut statuses = Vec::new();
        for from in [1, 1, 2] {
            statuses.push(exchange([127, 0, 0, from], address, &request).await.status);
        }
        assert_eq!(statuses, if told { [200, 429, 200] } else { [200, 429, 429] });
        serving.abort();
        objects.close().await?;
    }
    Ok(())
}

#[do_runtime::test]
async fn a_caller_names_so_many_new_objects(kit: TestKit) -> Result {
    let served =
        Served::of(kit.objects().clone(), |server| server.authenticate(people()).new_objects_per_caller(2, "1h")).await;
    let put = |name: &str, who: &'static str| {
        let (served, path) = (&served, format!("/rpc/HttpPurse/{name}/put"));
        async move { served.call(&path, who, r#"{"amount": 5}"#).await }
    };
    assert_eq!(put("one", ANN).await.json(), json!(5));
    served.call("/rpc/HttpPurse/nobody/look", ANN, "").await;
    served.call("/rpc/HttpPurse/nobody/put", ANN, r#"{"amount": "five"}"#).await.problem(422, "invalid");
    served.call("/rpc/HttpPurse/nobody/ban", ANN, r#"{"who": "bob"}"#).await.problem(404, "not_found");
    assert_eq!(put("two", ANN).await.json(), json!(5), "what could make no object has cost nothing");
    later(&put("three", ANN).await, 1800);
    let id = served.objects.namespace::<Purse>().new_unique_id();
    let unnamed = format!("/rpc/HttpPurse/by-id/{id}/put");
    later(&served.call(&unnamed, ANN, r#"{"amount": 5}"#).await, 1800);
    let mut socket = open(&served, "/rpc").await.expect("it is let in");
    let call = json!({ "class": "HttpPurse", "name": "three", "method": "put", "arguments": { "amount": 5 } });
    assert_eq!(ask(&mut socket, json!({ "id": 1, "call": call })).await["error"]["retry_after"], json!(1800));
    assert_eq!(put("one", ANN).await.json(), json!(10), "what exists can be called");
    assert_eq!(put("one", BOB).await.json(), json!(15));
    assert_eq!(put("three", BOB).await.json(), json!(5), "another one makes it");
    assert_eq!(put("three", ANN).await.json(), json!(10), "and then it exists");
    kit.evict_all().await?;
    assert_eq!(put("one", ANN).await.json(), json!(20), "asleep it exists too");
    let one = served.objects.namespace::<Purse>().id_from_name("one");
    assert!(served.objects.namespace::<Purse>().delete(one).await?);
    later(&put("one", ANN).await, 1800);
    kit.advance("30m").await;
    assert_eq!(put("one", ANN).await.json(), json!(5));
    assert_eq!(served.objects.namespace::<Purse>().list().all()?.len(), 3);
    drop(socket);
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_one_new_object_at_once_count_one_each_at_most() -> Result {
    let served = Served::new(|server| server.new_objects_per_caller(100, "1h")).await;
    let request = served.request("/rpc/HttpPurse/one/put", "", r#"{"amount": 1}"#);
    let calls = (0..100).map(|_| tokio::spawn(exchange([127, 0, 0, 1], served.address, request.clone())));
    let calls: Vec<_> = calls.collect();
    for call in calls {
        assert_eq!(call.await.expect("no panic").status, 200);
    }
    assert_eq!(served.objects.get_by_name::<Purse>("one").look().await?, 100);
    served.stop().await
}

#[do_runtime::test]
#[cfg_attr(not(target_os = "linux"), ignore = "it needs several loopback addresses")]
async fn who_guesses_credentials_is_not_heard_for_a_while(kit: TestKit) -> Result {
    let served = Served::of(kit.objects().clone(), |server| {
        server.authenticate(people()).wrong_credentials_per_address(3, "1m")
    })
    .await;
    served.call(LOOK, "", "").await.problem(401, "denied");
    for wrong in [NOBODY, "Authorization: Basic YTpi\r\n", NOBODY] {
        served.call(LOOK, wrong, "").await.problem(401, "denied");
        kit.advance("1ms").await;
    }
    for headers in [NOBODY, ANN] {
        later(&served.call(LOOK, headers, "").await, 20);
    }
    assert_eq!(served.send_from([127, 0, 0, 2], served.request(LOOK, ANN, "")).await.status, 200);
    kit.advance("20s").await;
    for _ in 0..5 {
        assert_eq!(served.call(LOOK, ANN, "").await.status, 200, "what is right is no guess");
    }
    served.call(LOOK, NOBODY, "").await.problem(401, "denied");
    served.call(LOOK, NOBODY, "").await.problem(429, "overloaded");
    served.stop().await
}

#[tokio::test]
async fn an_allowance_of_nothing_is_told_before_anybody_is_served() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::open(folder.path()).await?;
    for server in [
        objects.server().calls_per_caller(0, "1s"),
        objects.server().new_objects_per_caller(5, "0s"),
        objects.server().wrong_credentials_per_address(5, "soon"),
    ] {
        assert_eq!(server.router().map(drop).expect_err("it is none").kind(), ErrorKind::Invalid);
    }
    Ok(())
}
