//! The class that is called, a server of it, and somebody who sends requests.

use do_network::{Answer, Served};
use do_runtime::TraceParent;
use do_runtime::prelude::*;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use serde_json::Value;
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

/// A server whose spans are exported.
pub(crate) async fn served() -> Served {
    super::exported::set_up();
    Served::new(|server| server).await
}

/// Calls a method within a trace; it succeeds.
pub(crate) async fn call(served: &Served, path: &str, trace: TraceParent, body: &Value) -> Answer {
    let answer = served.call(path, &format!("traceparent: {trace}\r\n"), &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
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
