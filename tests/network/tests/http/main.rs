//! Public methods over HTTP: what reaches an object, what does not, and what is answered.

mod allowances;
mod mint;
mod refusals;
mod tokens;

use std::collections::{BTreeMap, HashMap};

use do_network::{Served, exchange};
use do_runtime::http::{BearerTokens, Server};
use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Says that a withdrawal can't be.
#[derive(Debug, Clone, PartialEq, RpcError, Serialize, Deserialize)]
enum Refusal {
    TooLittle { there: i64 },
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Refusal::TooLittle { there } = self;
        write!(f, "there are only {there}")
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    caller: String,
    request: Uuid,
    trace: Option<String>,
    method: String,
}

static BEGUN: Notify = Notify::const_new();
static GO_ON: Notify = Notify::const_new();

#[durable_object(name = "HttpPurse")]
struct Purse {
    #[stored]
    there: i64,
    #[stored]
    banned: Option<String>,
}

#[durable_object]
impl Purse {
    #[authorize]
    fn not_banned(&self, cx: &Cx<Self>) -> Result {
        let caller = cx.meta().caller()?.to_string();
        if self.banned.as_deref() == Some(&*caller) && cx.meta().method() != Some("look") {
            return Err(Error::new(ErrorKind::Denied, format!("{caller} may only look")));
        }
        Ok(())
    }

    #[rpc(public)]
    fn put(&mut self, amount: i64, note: Option<String>) -> Result<i64> {
        ensure!(amount > 0, "put something in{}", note.map(|note| format!(": {note}")).unwrap_or_default());
        self.there += amount;
        Ok(self.there)
    }

    #[rpc(public)]
    fn take(&mut self, amount: i64) -> Result<i64, CallError<Refusal>> {
        if amount > self.there {
            return Err(Refusal::TooLittle { there: self.there }.into());
        }
        self.there -= amount;
        Ok(self.there)
    }

    #[rpc(public)]
    fn look(&self) -> Result<i64> {
        Ok(self.there)
    }

    #[rpc(public)]
    fn seen(&self, cx: &Cx<Self>) -> Result<Seen> {
        let meta = cx.meta();
        Ok(Seen {
            caller: meta.caller()?.to_string(),
            request: meta.request_id(),
            trace: meta.trace().map(|trace| trace.to_string()),
            method: meta.method().unwrap_or_default().to_owned(),
        })
    }

    #[rpc(public)]
    fn mirror(
        &self,
        id: Uuid,
        at: Timestamp,
        bytes: Vec<u8>,
        map: BTreeMap<String, f64>,
    ) -> Result<(Uuid, Timestamp, usize, usize)> {
        Ok((id, at, bytes.len(), map.len()))
    }

    #[rpc(public)]
    fn fill(&mut self, amounts: HashMap<String, i64>) -> Result<i64> {
        self.there += amounts.values().sum::<i64>();
        Ok(self.there)
    }

    #[rpc(public)]
    fn burst(&mut self) -> Result {
        self.there += 1_000;
        panic!("the secret path is /etc/purse");
    }

    #[rpc(public)]
    async fn wait(this: This<Self>) -> Result<i64> {
        BEGUN.notify_one();
        GO_ON.notified().await;
        this.update(|me, _| Ok(me.there)).await
    }

    #[rpc(public)]
    async fn sleep(this: This<Self>) -> Result {
        this.sleep("1h").await
    }

    #[rpc]
    fn ban(&mut self, who: String) -> Result {
        self.banned = Some(who);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_method_is_called_and_its_result_comes_back() -> Result {
    let served = Served::new(|server| server).await;
    let answer = served.call("/rpc/HttpPurse/ann/put", "", r#"{"amount": 5}"#).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{answer:?}");
    assert_eq!(answer.json(), json!(5));
    let answer = served.call("/rpc/HttpPurse/ann/put", "", r#"{"note": "more", "amount": 2}"#).await;
    assert_eq!(answer.json(), json!(7));
    // A name may be anything that a path can say.
    served.call("/rpc/HttpPurse/a%2Fb%20%C3%A9/put", "", r#"{"amount": 1}"#).await;
    assert_eq!(served.objects.get_by_name::<Purse>("a/b é").look().await?, 1);
    let id = served.objects.namespace::<Purse>().id_from_name("ann");
    let answer = served
        .send(format!("POST /rpc/HttpPurse/by-id/{id}/look HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
        .await;
    assert_eq!(answer.json(), json!(7), "no arguments need no body");
    let id = Uuid::from_u128(7);
    let body = json!({ "id": id, "at": 1_000, "bytes": [1, 2], "map": { "a": 1 } }).to_string();
    let answer = served.call("/rpc/HttpPurse/ann/mirror", "", &body).await;
    assert_eq!(answer.json(), json!([id, 1_000, 2, 1]), "{answer:?}");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn message_pack_goes_in_and_comes_out() -> Result {
    let served = Served::new(|server| server).await;
    #[derive(Serialize)]
    struct Put {
        amount: i64,
    }
    let body = rmp_serde::to_vec_named(&Put { amount: 300 }).expect("it is encoded");
    let head = format!(
        "POST /rpc/HttpPurse/ann/put HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/msgpack\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let answer = served.send([head.into_bytes(), body].concat()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/msgpack")), "{answer:?}");
    assert_eq!(rmp_serde::from_slice::<i64>(&answer.body).expect("a number"), 300);
    let head = "POST /rpc/HttpPurse/ann/put HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/msgpack\r\nContent-Length: 4\r\n\r\n";
    served.send([head.as_bytes(), b"\x81\xa6am"].concat()).await.problem(400, "invalid");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_not_public_is_not_found() -> Result {
    let served = Served::new(|server| server).await;
    for path in [
        "/rpc/Nobody/ann/look",
        "/rpc/HttpPurse/ann/nothing",
        "/rpc/HttpPurse/ann/ban",
        "/rpc/a/b/c/d/e",
        "/rpc/httppurse/ann/look",
    ] {
        served.call(path, "", "{}").await.problem(404, "not_found");
    }
    let (private, missing) = (
        served.call("/rpc/HttpPurse/ann/ban", "", r#"{"who": 7}"#).await.json(),
        served.call("/rpc/HttpPurse/ann/bin", "", r#"{"who": 7}"#).await.json(),
    );
    let told = private["detail"].as_str().expect("a sentence").replace("ban", "bin");
    assert_eq!(Some(&*told), missing["detail"].as_str(), "nobody learns what is there and not public");
    for path in ["/elsewhere", "/", "/../rpc/HttpPurse/ann/look"] {
        served.call(path, "", "{}").await.problem(404, "not_found");
    }
    for path in
        ["/rpc/HttpPurse//look", "/rpc/HttpPurse/look", "/rpc/", "/rpc/HttpPurse/%ff/look", "/rpc/HttpPurse/%zz/look"]
    {
        served.call(path, "", "{}").await.problem(400, "invalid");
    }
    for id in ["7", &"0".repeat(64), &"zz".repeat(32)] {
        served.call(&format!("/rpc/HttpPurse/by-id/{id}/look"), "", "{}").await.problem(400, "invalid");
    }
    assert_eq!(served.objects.namespace::<Purse>().list().all()?.len(), 0, "none of it made an object");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_request_is_told_what_is_wrong_with_it() -> Result {
    let served = Served::new(|server| server.largest_body(200_u64)).await;
    let path = "/rpc/HttpPurse/ann/put";
    for (body, field) in [
        (r#"{"amount": "five"}"#, "amount"),
        (r#"{}"#, "amount"),
        ("", "amount"),
        (r#"{"amount": 5, "amonut": 6}"#, "amonut"),
        (r#"{"amount": 5, "amount": 6}"#, "amount"),
        (r#"{"amount": 5, "note": 6}"#, "note"),
        (r#"{"amount": 99999999999999999999}"#, "amount"),
    ] {
        let problem = served.call(path, "", body).await.problem(422, "invalid");
        assert_eq!(problem["field"], json!(field), "{body}: {problem}");
    }
    for body in ["{", "[5]", "5", r#"{"amount": 5} {}"#, "\u{0}"] {
        served.call(path, "", body).await.problem(400, "invalid");
    }
    let deep = "[".repeat(150);
    served.call(path, "", &deep).await.problem(400, "invalid");
    served.call(path, "", &format!(r#"{{"amount": 5, "note": "{}"}}"#, "x".repeat(200))).await.problem(413, "invalid");
    let chunked = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        300,
        " ".repeat(300)
    );
    served.send(chunked).await.problem(413, "invalid");
    let head = |rest: &str| format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{rest}\r\n");
    for content in ["Content-Type: text/plain\r\n", ""] {
        served.send(head(&format!("{content}Content-Length: 2\r\n")) + "{}").await.problem(415, "invalid");
    }
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = served.send(head("").replacen("POST", method, 1)).await;
        answer.problem(405, "invalid");
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    served.call(path, "Idempotency-Key: a\r\nIdempotency-Key: b\r\n", r#"{"amount": 5}"#).await.problem(400, "invalid");
    assert_eq!(served.objects.get_by_name::<Purse>("ann").look().await?, 0, "nothing of it happened");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_handlers_come_back_with_what_the_caller_may_know() -> Result {
    let served = Served::new(|server| server.deadline("1s")).await;
    let problem = served.call("/rpc/HttpPurse/ann/take", "", r#"{"amount": 5}"#).await.problem(422, "handler");
    assert_eq!(problem["error"], json!({ "TooLittle": { "there": 0 } }));
    assert_eq!((&problem["detail"], &problem["retryable"]), (&json!("there are only 0"), &json!(false)));
    let problem =
        served.call("/rpc/HttpPurse/ann/put", "", r#"{"amount": 0, "note": "why"}"#).await.problem(422, "invalid");
    assert_eq!(problem["detail"], json!("put something in: why"));
    let problem = served.call("/rpc/HttpPurse/ann/burst", "", "").await.problem(500, "handler");
    assert!(!problem.to_string().contains("secret"), "{problem}");
    let problem = served.call("/rpc/HttpPurse/ann/sleep", "", "").await.problem(504, "deadline");
    assert_eq!(problem["retryable"], json!(true));
    assert_eq!(served.call("/rpc/HttpPurse/ann/look", "", "").await.json(), json!(0));
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_an_id_a_trace_and_a_key() -> Result {
    let served = Served::new(|server| server).await;
    let id = Uuid::from_u128(0x1234);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = format!("X-Request-Id: {id}\r\ntraceparent: {trace}\r\n");
    let answer = served.call("/rpc/HttpPurse/ann/seen", &headers, "").await;
    assert_eq!((answer.header("x-request-id"), answer.header("traceparent")), (Some(&*id.to_string()), Some(trace)));
    let seen: Seen = serde_json::from_value(answer.json()).expect("what was seen");
    let expected = Seen { caller: "anonymous".into(), request: id, trace: Some(trace.into()), method: "seen".into() };
    assert_eq!(seen, expected);
    // What makes no sense is not taken over.
    let answer = served.call("/rpc/HttpPurse/ann/seen", "X-Request-Id: <script>\r\ntraceparent: 00-zz\r\n", "").await;
    let seen: Seen = serde_json::from_value(answer.json()).expect("what was seen");
    assert_eq!((answer.header("x-request-id"), seen.trace), (Some(&*seen.request.to_string()), None));

    let key = "Idempotency-Key: 7\r\n";
    for _ in 0..3 {
        assert_eq!(served.call("/rpc/HttpPurse/ann/put", key, r#"{"amount": 5}"#).await.json(), json!(5));
    }
    served.call("/rpc/HttpPurse/ann/put", key, r#"{"amount": 6}"#).await.problem(409, "conflict");
    for body in [
        r#"{"amounts": {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}}"#,
        r#"{"amounts": {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}}"#,
        r#"{ "amounts": {"e":1, "d":1, "c":1, "b":1, "a":1} }"#,
    ] {
        let answer = served.call("/rpc/HttpPurse/bob/fill", key, body).await;
        assert_eq!(answer.json(), json!(5), "the order of a map means nothing: {answer:?}");
    }
    served
        .call("/rpc/HttpPurse/ann/put", &format!("Idempotency-Key: {}\r\n", "x".repeat(2000)), r#"{"amount": 6}"#)
        .await
        .problem(422, "invalid");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_is_said_by_the_authenticator_and_what_they_may_do_by_the_object() -> Result {
    let served =
        Served::new(|server| server.authenticate(BearerTokens::new([("a-token", "ann"), ("b-token", "bob")]))).await;
    let put = |token: &'static str| {
        let headers = format!("Authorization: {token}\r\n");
        let served = &served;
        async move { served.call("/rpc/HttpPurse/shared/put", &headers, r#"{"amount": 5}"#).await }
    };
    for token in ["Bearer c-token", "Bearer ", "Basic YTpi", "Bearer", "Bearer a-token x"] {
        let answer = put(token).await;
        answer.problem(401, "denied");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    served.call("/rpc/HttpPurse/shared/put", "", r#"{"amount": 5}"#).await.problem(401, "denied");
    assert_eq!(put("Bearer a-token").await.json(), json!(5));
    served.objects.get_by_name::<Purse>("shared").ban("bob").await?;
    let problem = put("bearer b-token").await.problem(403, "denied");
    assert_eq!(problem["detail"], json!("bob may only look"));
    let look = served.call("/rpc/HttpPurse/shared/look", "Authorization: Bearer b-token\r\n", "").await;
    assert_eq!(look.json(), json!(5));
    // From within the process nobody is asked.
    assert_eq!(served.objects.get_by_name::<Purse>("shared").put(1, None).caller("bob").await?, 6);
    // A key belongs to its caller: whoever guesses it gets nothing.
    served.objects.get_by_name::<Purse>("shared").ban("nobody").await?;
    let keyed = |token: &str| format!("Authorization: Bearer {token}\r\nIdempotency-Key: 1\r\n");
    let body = r#"{"amount": 10}"#;
    assert_eq!(served.call("/rpc/HttpPurse/shared/put", &keyed("a-token"), body).await.json(), json!(16));
    assert_eq!(served.call("/rpc/HttpPurse/shared/put", &keyed("b-token"), body).await.json(), json!(26));
    assert_eq!(served.call("/rpc/HttpPurse/shared/put", &keyed("a-token"), body).await.json(), json!(16));
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_may_not_call() -> Result {
    let served = Served::new(|server| server.origins(["https://app.example"])).await;
    let call = |origin: String| {
        let served = &served;
        async move { served.call("/rpc/HttpPurse/ann/look", &format!("Origin: {origin}\r\n"), "").await }
    };
    for origin in ["https://evil.example", "null", "https://app.example.evil", "http://app.example"] {
        call(origin.into()).await.problem(403, "denied");
    }
    let friend = call("https://app.example".into()).await;
    assert_eq!(friend.status, 200);
    assert!(friend.head.to_lowercase().contains("access-control-allow-origin: https://app.example"), "{}", friend.head);
    // A cache between them tells the answers apart, those too that no page asked for.
    let plain = served.call("/rpc/HttpPurse/ann/look", "", "").await;
    for answer in [friend, plain] {
        assert!(answer.head.to_lowercase().contains("vary: origin"), "{}", answer.head);
    }
    let asks = |origin: &str| {
        let (host, origin) = (served.address, origin.to_owned());
        let path = "/rpc/HttpPurse/ann/look";
        format!(
            "OPTIONS {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: POST\r\n\r\n"
        )
    };
    let allowed = served.send(asks("https://app.example")).await;
    assert_eq!(allowed.status, 204);
    let head = allowed.head.to_lowercase();
    assert!(head.contains("access-control-allow-methods: post") && head.contains("idempotency-key"), "{head}");
    assert!(!served.send(asks("https://evil.example")).await.head.to_lowercase().contains("access-control"));
    assert_eq!(call(format!("http://{}", served.address)).await.status, 200, "its own");
    // A site whose name leads to this machine.
    let rebound = "POST /rpc/HttpPurse/ann/look HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    served.send(rebound).await.problem(403, "denied");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_from_elsewhere_is_let_in_by_mistake() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::open(folder.path()).await?;
    let error = objects.serve("0.0.0.0:0").await.expect_err("nobody says who calls");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("allow_anonymous"), "{error}");
    let error = objects.server().drain("soon").serve("127.0.0.1:0").await.expect_err("no duration");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_named() -> Result {
    let served = Served::new(|server| server).await;
    let error = served.objects.serve(served.address).await.expect_err("it is taken");
    let words = format!("{} can't be listened on", served.address);
    assert!(error.kind() == ErrorKind::Unavailable && error.to_string().contains(&words), "{error}");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_let_in_where_it_is_said_in_so_many_words() -> Result {
    let ways: [fn(Server) -> Server; 2] =
        [Server::allow_anonymous, |server| server.authenticate(BearerTokens::new([("t", "ann")]))];
    for way in ways {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let objects = Objects::open(folder.path()).await?;
        way(objects.server()).until(async {}).serve("0.0.0.0:0").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_sends_too_much_or_too_slowly_is_let_go_and_the_others_go_on() -> Result {
    let served = Served::new(|server| server.arrival("200ms")).await;
    let bomb =
        format!("POST /rpc/HttpPurse/ann/look HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "y".repeat(100_000));
    assert_eq!(served.send(bomb).await.status, 431);
    let many = "A: b\r\n".repeat(5_000);
    assert_eq!(served.send(format!("POST / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n")).await.status, 431);
    assert_eq!(served.send("\x00\x01\x02 what is this\r\n\r\n").await.status, 400);
    // Two hosts, none, one in the target that is not the header's, and two lengths.
    let look = |target: &str, headers: &str| format!("POST {target} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n");
    let path = "/rpc/HttpPurse/ann/look";
    served.send(look(path, "Host: localhost\r\nHost: evil.example\r\n")).await.problem(400, "invalid");
    served.send(look(path, "")).await.problem(400, "invalid");
    let elsewhere = format!("http://evil.example{path}");
    served.send(look(&elsewhere, "Host: localhost\r\n")).await.problem(403, "denied");
    let lengths = "Host: localhost\r\nContent-Length: 0\r\nContent-Length: 5\r\n";
    assert_eq!(served.send(look(path, lengths)).await.status, 400);
    // It never ends its head, or its body.
    let mut slow = TcpStream::connect(served.address).await.expect("it listens");
    slow.write_all(b"POST /rpc/HttpPurse/ann/look HTTP/1.1\r\nHost: localhost\r\n").await.expect("it is sent");
    let mut said = Vec::new();
    slow.read_to_end(&mut said).await.expect("it is closed");
    let body = "POST /rpc/HttpPurse/ann/put HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    served.send(body).await.problem(408, "deadline");
    assert_eq!(served.call("/rpc/HttpPurse/ann/look", "", "").await.status, 200);
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_lets_calls_end_and_closes_the_objects() -> Result {
    let served = Served::new(|server| server).await;
    served.call("/rpc/HttpPurse/ann/put", "", r#"{"amount": 5}"#).await;
    let (address, objects) = (served.address, served.objects.clone());
    let mut waiting = TcpStream::connect(address).await.expect("it listens");
    waiting.write_all(b"POST /rpc/HttpPurse/ann/wait HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("it is sent");
    BEGUN.notified().await;
    let stopped = served.stop_later();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    GO_ON.notify_one();
    let mut said = Vec::new();
    waiting.read_to_end(&mut said).await.expect("it is answered");
    let said = String::from_utf8(said).expect("text");
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("\r\n\r\n5"), "{said}");
    stopped.await.expect("no panic")?;
    let error = objects.get_by_name::<Purse>("ann").look().await.expect_err("they are closed");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_can_be_merged_with_ones_own() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::open(folder.path()).await?;
    let own = axum::Router::new().route("/health", axum::routing::get(async || "fine"));
    let app = own.merge(objects.router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    for (request, answer) in [
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "fine"),
        ("POST /rpc/HttpPurse/ann/look HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "0"),
    ] {
        let said = exchange([127, 0, 0, 1], address, request).await;
        assert_eq!((said.status, said.text()), (200, answer));
    }
    serving.abort();
    objects.close().await
}
