//! The class that is called, a server of it, and somebody who sends requests.

use std::net::SocketAddr;

use do_runtime::TraceParent;
use do_runtime::prelude::*;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

#[durable_object]
pub(crate) struct TracedDesk {
    #[stored]
    there: i64,
}

fn seen(trace: Option<TraceParent>) -> String {
    trace.map(|trace| trace.to_string()).unwrap_or_default()
}

#[durable_object]
impl TracedDesk {
    /// The trace that its call came with.
    #[rpc(public)]
    fn put(&mut self, cx: &mut Cx<Self>) -> Result<String> {
        self.there += 1;
        Ok(seen(cx.meta().trace()))
    }

    #[rpc(public)]
    fn look(&self) -> Result<i64> {
        Ok(self.there)
    }

    #[rpc(public)]
    async fn put_afar(_this: This<Self>, url: String) -> Result<String> {
        let afar = Objects::connect(url).await?;
        afar.get_by_name::<TracedDesk>("bob").put().await
    }

    #[rpc]
    async fn put_next_door(this: This<Self>) -> Result<String> {
        this.objects().get_by_name::<TracedDesk>("bob").put().await
    }

    #[rpc(public)]
    fn send(&mut self, cx: &mut Cx<Self>) -> Result {
        let next = cx.objects().get_by_name::<TracedDesk>("bob");
        cx.send(next.put())
    }

    #[fetch(get, "/page")]
    fn page(&self) -> Result<String> {
        Ok("a page".to_owned())
    }

    #[websocket(open)]
    fn opened(&mut self, _socket: &Socket, _request: &Upgrade) -> Result {
        Ok(())
    }

    #[websocket(message)]
    fn said(&mut self, cx: &mut Cx<Self>, socket: &Socket, _text: String) -> Result {
        socket.send_text(seen(cx.meta().trace()))
    }

    #[websocket(close)]
    fn closed(&mut self, _socket: &Socket, _code: u16, _reason: String) -> Result {
        Ok(())
    }
}

/// A server in a folder of its own.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) objects: Objects,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result>,
    _folder: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Served {
    pub(crate) async fn begin() -> Result<Self> {
        super::exported::set_up();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let objects = Objects::open(folder.path()).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let server = objects.server().until(async move { stopped.await.unwrap_or(()) });
        Ok(Served { address, objects, stop, serving: tokio::spawn(server.serve_on(listener)), _folder: folder })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn post(&self, path: &str, trace: TraceParent, body: &Value) -> Answer {
        let body = body.to_string();
        let more = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answer = self.send("POST", path, trace, &more).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    pub(crate) async fn get(&self, path: &str, trace: TraceParent) -> Answer {
        self.send("GET", path, trace, "\r\n").await
    }

    async fn send(&self, method: &str, path: &str, trace: TraceParent, more: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        let host = self.address;
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\ntraceparent: {trace}\r\n{more}");
        stream.write_all(request.as_bytes()).await.expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("there is an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("it has a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("it has a status");
        Answer { status, head: format!("{head}\r\n"), body: body.to_owned() }
    }

    pub(crate) async fn stop(self) -> Result {
        drop(self.stop);
        self.serving.await.expect("no panic")
    }
}

/// The context of a span in another process.
pub(crate) fn context(trace: TraceParent) -> Context {
    let (flags, none) = (TraceFlags::new(u8::from(trace.is_sampled())), TraceState::NONE);
    let place = SpanContext::new(trace.trace_id().into(), trace.parent_id().into(), flags, true, none);
    Context::new().with_remote_span_context(place)
}

/// Where a span of this process is.
pub(crate) fn place_of(span: &Span) -> TraceParent {
    let context = span.context();
    let place = context.span().span_context().clone();
    let text = format!("00-{}-{}-{:02x}", place.trace_id(), place.span_id(), place.trace_flags());
    text.parse().expect("a trace parent")
}
