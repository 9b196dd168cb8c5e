//! Handlers in the traces of OpenTelemetry: whose child each one's span is, whatever way its call came.

mod exported;
mod served;

use do_runtime::TraceParent;
use do_runtime::prelude::*;
use exported::{attribute, id_of, of_trace, place, span};
use futures_util::{SinkExt, StreamExt};
use opentelemetry::trace::{SpanId, SpanKind};
use serde_json::{Value, json};
use served::{TracedDesk, TracedDeskStub, call, served};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;

fn desk(objects: &Objects, name: &str) -> TracedDeskStub {
    objects.get_by_name::<TracedDesk>(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_from_a_request_to_its_handler_and_on_to_another_process() -> Result {
    let (here, afar) = (served().await, served().await);
    let trace = place(1, "01");
    let answer = call(&here, "/rpc/TracedDesk/ann/put_afar", trace, &json!({ "url": afar.url() })).await;
    assert!(answer.head.contains(&format!("traceparent: {trace}\r\n")), "as it came: {}", answer.head);
    let (first, second) = (span(trace, "TracedDesk/put_afar").await, span(trace, "TracedDesk/put").await);
    assert_eq!(first.parent_span_id, id_of(trace));
    assert!(first.parent_span_is_remote);
    assert_eq!(second.parent_span_id, first.span_context.span_id());
    assert!(second.parent_span_is_remote, "it went over the network");
    for server in [&first, &second] {
        assert_eq!(server.span_kind, SpanKind::Server);
        assert_eq!(attribute(server, "rpc.system.name").as_deref(), Some("do-runtime"));
        assert_eq!(attribute(server, "rpc.method").as_deref(), Some(&*server.name));
    }
    assert_eq!(attribute(&second, "name").as_deref(), Some("bob"), "its own attributes too");
    here.stop().await?;
    afar.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_within_the_process_is_a_child_of_the_handler_that_makes_it() -> Result {
    let here = served().await;
    let trace = place(2, "01");
    desk(&here.objects, "ann").put_next_door().trace(trace.to_string()).await?;
    let (first, second) = (span(trace, "TracedDesk/put_next_door").await, span(trace, "TracedDesk/put").await);
    assert_eq!(first.parent_span_id, id_of(trace));
    assert_eq!(first.span_kind, SpanKind::Internal, "nobody outside called");
    assert_eq!(second.parent_span_id, first.span_context.span_id());
    assert!(!second.parent_span_is_remote);
    here.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_a_child_of_the_handler_that_sent_it() -> Result {
    let here = served().await;
    let trace = place(3, "01");
    call(&here, "/rpc/TracedDesk/ann/send", trace, &json!({})).await;
    let (sender, receiver) = (span(trace, "TracedDesk/send").await, span(trace, "TracedDesk/put").await);
    assert_eq!(sender.parent_span_id, id_of(trace));
    assert_eq!(receiver.parent_span_id, sender.span_context.span_id());
    assert!(receiver.parent_span_is_remote, "it was written down between them");
    here.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_is_not_sampled_goes_on_and_is_not_exported() -> Result {
    let (here, afar) = (served().await, served().await);
    let trace = place(4, "00");
    let answer = call(&here, "/rpc/TracedDesk/ann/put_afar", trace, &json!({ "url": afar.url() })).await;
    let seen: TraceParent = serde_json::from_slice::<String>(&answer.body).expect("text").parse()?;
    assert_eq!((seen.trace_id(), seen.is_sampled()), (trace.trace_id(), false));
    assert_ne!(seen.parent_id(), trace.parent_id(), "the handler has a span of its own");
    here.stop().await?;
    afar.stop().await?;
    assert_eq!(of_trace(trace), []);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_over_a_connection_belong_to_its_trace_or_their_own() -> Result {
    let here = served().await;
    let (trace, other) = (place(5, "01"), place(6, "01"));
    let mut request = format!("ws://{}/rpc", here.address).into_client_request().expect("a request");
    request.headers_mut().insert("traceparent", trace.to_string().parse().expect("a header"));
    let (mut socket, _) = connect_async(request).await.expect("it is let in");
    let own = Value::from(other.to_string());
    for (id, method, traceparent) in [(1, "put", Value::Null), (2, "look", own)] {
        let call = json!({ "class": "TracedDesk", "name": "ann", "method": method, "traceparent": traceparent });
        socket.send(Message::text(json!({ "id": id, "call": call }).to_string())).await.expect("it is sent");
        let answer = socket.next().await.expect("it is open").expect("it is no error");
        assert!(answer.to_text().expect("text").contains("answer"), "{answer}");
    }
    for (trace, name) in [(trace, "TracedDesk/put"), (other, "TracedDesk/look")] {
        let call = span(trace, name).await;
        assert_eq!((call.parent_span_id, &call.span_kind), (id_of(trace), &SpanKind::Server));
    }
    drop(socket);
    here.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_a_socket_belongs_to_the_trace_that_it_was_opened_in() -> Result {
    let here = served().await;
    let trace = place(7, "01");
    let mut request = format!("ws://{}/objects/TracedDesk/ann", here.address).into_client_request().expect("a request");
    request.headers_mut().insert("traceparent", trace.to_string().parse().expect("a header"));
    let (mut socket, _) = connect_async(request).await.expect("it is let in");
    socket.send(Message::text("hello")).await.expect("it is sent");
    let answer = socket.next().await.expect("it is open").expect("it is no error");
    assert_eq!(answer.to_text().expect("text"), trace.to_string(), "the handler sees it too");
    drop(socket);
    for name in ["TracedDesk/opened", "TracedDesk/said", "TracedDesk/closed"] {
        let event = span(trace, name).await;
        assert_eq!((event.parent_span_id, &event.span_kind), (id_of(trace), &SpanKind::Server), "{name}");
    }
    here.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_request_is_the_parent_of_what_answers_it() -> Result {
    let here = served().await;
    let trace = place(8, "01");
    assert_eq!(here.get("/objects/TracedDesk/ann/page", &format!("traceparent: {trace}\r\n")).await.status, 200);
    let page = span(trace, "TracedDesk/page").await;
    assert_eq!((page.parent_span_id, page.span_kind), (id_of(trace), SpanKind::Server));
    here.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_leaves_without_a_handler_is_a_child_of_the_span_around_it() -> Result {
    let afar = served().await;
    let objects = Objects::connect(&afar.url()).await?;
    let around = tracing::error_span!("around");
    desk(&objects, "bob").put().instrument(around.clone()).await?;
    let context = served::place_of(&around);
    let put = span(context, "TracedDesk/put").await;
    assert_eq!(put.parent_span_id, id_of(context));
    afar.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_that_the_program_made_for_a_request_of_the_trace_stays_the_parent() -> Result {
    let here = served().await;
    let trace = place(9, "01");
    let around = tracing::error_span!("request");
    around.set_parent(served::context(trace)).expect("it was not entered");
    desk(&here.objects, "ann").look().trace(trace.to_string()).instrument(around.clone()).await?;
    let look = span(trace, "TracedDesk/look").await;
    assert_eq!(look.parent_span_id, SpanId::from(served::place_of(&around).parent_id()));
    here.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_of_another_trace_is_linked() -> Result {
    let here = served().await;
    let trace = place(10, "01");
    let around = tracing::error_span!("request");
    desk(&here.objects, "ann").look().trace(trace.to_string()).instrument(around.clone()).await?;
    let look = span(trace, "TracedDesk/look").await;
    assert_eq!(look.parent_span_id, id_of(trace));
    let links: Vec<_> = look.links.iter().map(|link| link.span_context.span_id()).collect();
    assert_eq!(links, [id_of(served::place_of(&around))]);
    here.stop().await
}
