//! The log of a server: what went wrong on its side, found by the id that its caller was told.

use std::io;
use std::sync::{Mutex, Once};

use do_network::Served;
use do_runtime::prelude::*;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const SECRET: &str = "the disk at /srv/secret is full";

#[durable_object]
struct LoggedDesk {
    #[stored]
    there: i64,
}

fn broken<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Storage, SECRET))
}

#[durable_object]
impl LoggedDesk {
    #[rpc(public)]
    fn fail(&mut self) -> Result<i64> {
        broken()
    }

    #[rpc(public)]
    fn refuse(&mut self) -> Result<i64> {
        bail!("that is not how it is asked for")
    }

    #[rpc(public, live)]
    fn watched(&self) -> Result<i64> {
        broken()
    }

    #[rpc(public)]
    fn traced(&self, cx: &Cx<Self>) -> Result<Option<String>> {
        Ok(cx.meta().trace().map(|trace| trace.to_string()))
    }

    #[rpc(public)]
    async fn traced_afar(this: This<Self>, url: String) -> Result<Option<String>> {
        this.update(|me, _| {
            me.there += 1;
            Ok(())
        })
        .await?;
        Objects::connect(url).await?.get_by_name::<LoggedDesk>("afar").traced().await
    }

    #[rpc(public)]
    fn streamed(&self) -> Result<Streaming<i64>> {
        Ok(Streaming::produce(|to| async move {
            to.send(1).await?;
            broken()
        }))
    }

    #[fetch(get, "/broken")]
    fn broken_page(&self) -> Result<String> {
        broken()
    }

    #[fetch(get, "/odd")]
    fn odd_page(&self) -> Result<Response> {
        Ok(Response::text(SECRET).with_status(99))
    }

    #[websocket(open)]
    fn opened(&mut self, _socket: &Socket, _request: &Upgrade) -> Result {
        broken()
    }
}

/// What all tests of this program have logged.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().expect("nobody panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines on failures of a request. (There may be one on how long it took, too.)
fn lines(id: &str) -> Vec<String> {
    let log = String::from_utf8_lossy(&LOG.lock().expect("nobody panicked")).into_owned();
    let failures = log.lines().filter(|line| line.contains("a call from outside failed"));
    failures.filter(|line| line.contains(id)).map(str::to_owned).collect()
}

/// Asserts that a problem says nothing of what went wrong, and that one line of the log says all of it.
#[track_caller]
fn assert_logged(problem: &Value, method: Option<&str>, why: &str) {
    assert_eq!((&problem["status"], problem.to_string().contains(SECRET)), (&json!(500), false), "{problem}");
    let id = problem["request_id"].as_str().expect("it has an id");
    let found = lines(id);
    let [line] = &found[..] else { panic!("not one line has {id}: {found:?}") };
    let method = method.map(|method| format!("method=\"{method}\"")).unwrap_or_default();
    for part in ["WARN", "class=\"LoggedDesk\"", "object=Named(\"ann\")", &method, why] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

/// A server whose log is read.
async fn served() -> Served {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt().with_writer(|| Log).with_ansi(false).finish();
        tracing::subscriber::set_global_default(subscriber).expect("it is the only one");
    });
    Served::new(|server| server).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_fails_is_found_in_the_log_by_its_id() -> Result {
    let served = served().await;
    let problem = served.call("/rpc/LoggedDesk/ann/fail", "", "").await.json();
    assert_logged(&problem, Some("fail"), SECRET);
    let answer = served.call("/rpc/LoggedDesk/ann/refuse", "", "").await;
    let id = answer.json()["request_id"].as_str().expect("it has an id").to_owned();
    assert_eq!((answer.status, lines(&id)), (422, Vec::new()));
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_fails_is_found_in_the_log_by_its_id() -> Result {
    let served = served().await;
    let answer = served.call("/rpc/LoggedDesk/ann/streamed", "", "").await;
    let last = answer.text().lines().find(|line| line.starts_with(r#"{"error":"#)).expect("it says how it ended");
    let last: Value = serde_json::from_str(last).expect("it is JSON");
    assert_logged(&last["error"], Some("streamed"), SECRET);
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_request_that_fails_is_found_in_the_log_by_its_id() -> Result {
    let served = served().await;
    let problem = served.get("/objects/LoggedDesk/ann/broken", "").await.json();
    assert_logged(&problem, Some("broken_page"), SECRET);
    let problem = served.get("/objects/LoggedDesk/ann/odd", "").await.json();
    assert_logged(&problem, Some("odd_page"), "status 99");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_not_opened_is_found_in_the_log_by_its_id() -> Result {
    let served = served().await;
    let refused = connect_async(format!("ws://{}/objects/LoggedDesk/ann", served.address)).await;
    let Err(tokio_tungstenite::tungstenite::Error::Http(answer)) = refused else { panic!("{refused:?}") };
    let problem = serde_json::from_slice(answer.body().as_deref().unwrap_or_default()).expect("it is JSON");
    assert_logged(&problem, None, SECRET);
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_over_a_connection_is_found_in_the_log_by_its_id() -> Result {
    let served = served().await;
    let (mut socket, _) = connect_async(format!("ws://{}/rpc", served.address)).await.expect("it is let in");
    let mut ids = Vec::new();
    for (id, what, method) in [(1, "call", "fail"), (2, "watch", "watched"), (3, "call", "refuse"), (4, "call", "no")] {
        let asking = json!({ "id": id, what: { "class": "LoggedDesk", "name": "ann", "method": method } });
        socket.send(Message::text(asking.to_string())).await.expect("it is sent");
        let answer = socket.next().await.expect("it is open").expect("it is no error");
        let answer: Value = serde_json::from_str(answer.to_text().expect("text")).expect("JSON");
        assert_eq!(answer["id"], id, "{answer}");
        let problem = &answer["error"];
        ids.push(problem["request_id"].as_str().expect("it has an id").to_owned());
        match id {
            1 | 2 => assert_logged(problem, Some(method), SECRET),
            _ => assert_eq!(lines(&ids[ids.len() - 1]), Vec::<String>::new(), "the client's own mistake"),
        }
    }
    socket.send(Message::text("no JSON")).await.expect("it is sent");
    let answer = socket.next().await.expect("it is open").expect("it is no error");
    assert!(answer.to_text().expect("text").contains("request_id"), "{answer}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each has its own");
    drop(socket);
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_nobody_exports_goes_through_as_it_came() -> Result {
    let (here, afar) = (served().await, served().await);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let url = json!({ "url": afar.url() }).to_string();
    let header = format!("traceparent: {trace}\r\n");
    let seen = here.call("/rpc/LoggedDesk/ann/traced_afar", &header, &url).await;
    assert_eq!((seen.status, seen.json()), (200, json!(trace)));
    here.stop().await?;
    afar.stop().await
}
