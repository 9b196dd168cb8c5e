//! What all requests have in common: ids, traces, who may ask, and the answer of one that failed.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use tokio::time::timeout;
use uuid::Uuid;

use super::page::Page;
use super::problem::{self, Problem};
use super::route::Astray;
use super::shared::Shared;
use super::{call, connection, fetch, socket};
use crate::Objects;
use crate::error::{ErrorKind, shown};
use crate::fetch as fetched;
use crate::metadata::TraceParent;
use crate::node::{ClassEntry, class_named};
use crate::object::Wire;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// What goes with a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    /// The id that it came with, or that was drawn for it.
    pub(super) id: Uuid,
    pub(super) trace: Option<TraceParent>,
    /// How a problem is written.
    pub(super) problems: Wire,
}

/// Answers a request at `/rpc/…`.
pub(super) async fn rpc(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let about = about(&shared.objects, request.headers());
    let page = Page::of(&shared, request.headers(), request.uri());
    if let Some(answer) = page.preflight(&shared, &request) {
        return answer;
    }
    let answer = match page.check(&shared, &request) {
        Ok(()) => call::call(&shared, request, about).await,
        Err(problem) => Err(problem),
    };
    page.let_read(&shared, finish(about, answer))
}

/// Answers a request at `/rpc`.
pub(super) async fn connection(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let about = about(&shared.objects, request.headers());
    let page = Page::of(&shared, request.headers(), request.uri());
    let answer = match page.check(&shared, &request) {
        Err(problem) => Err(problem),
        Ok(()) if socket::is_asked_for(request.headers()) => connection::open(&shared, request, about).await,
        Ok(()) => Err(Problem::malformed(
            "a call is `/rpc/{class}/{name}/{method}`, and `/rpc` itself a WebSocket for many calls",
        )),
    };
    finish(about, answer)
}

/// Answers a request at `/objects/…`.
pub(super) async fn object(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let about = about(&shared.objects, request.headers());
    let page = Page::of(&shared, request.headers(), request.uri());
    if let Some(answer) = page.preflight(&shared, &request) {
        return answer;
    }
    let answer = match page.check(&shared, &request) {
        Err(problem) => Err(problem),
        Ok(()) if socket::is_asked_for(request.headers()) => socket::open(&shared, request, about).await,
        Ok(()) => fetch::answer(&shared, request, about).await,
    };
    page.let_read(&shared, finish(about, answer))
}

/// Answers a request at a path where there is nothing.
pub(super) fn nowhere(objects: &Objects, headers: &HeaderMap) -> Response {
    finish(about(objects, headers), Err(Problem::from(Astray::Unknown)))
}

pub(super) fn about(objects: &Objects, headers: &HeaderMap) -> About {
    let given = text(headers, &REQUEST_ID).ok().flatten().and_then(|id| Uuid::try_parse(id).ok());
    let trace = text(headers, &TRACE_PARENT).ok().flatten().and_then(|trace| trace.parse::<TraceParent>().ok());
    let id = given.unwrap_or_else(|| objects.home().random().uuid());
    About { id, trace, problems: wire_of_problems(headers) }
}

/// In JSON, unless the caller says that it takes MessagePack.
fn wire_of_problems(headers: &HeaderMap) -> Wire {
    let wanted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut media = wanted.flat_map(|list| list.split(',')).filter_map(|media| media.split(';').next());
    let packed = media.any(|media| media.trim().eq_ignore_ascii_case(problem::media(Wire::MessagePack)));
    if packed { Wire::MessagePack } else { Wire::Json }
}

pub(super) fn finish(about: About, answer: Result<Response, Problem>) -> Response {
    let shown = about.id.to_string();
    let mut response = answer.unwrap_or_else(|problem| problem.answer(&shown, about.problems));
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(shown).ok().map(|id| (REQUEST_ID, id)));
    let trace = about.trace.and_then(|trace| HeaderValue::try_from(trace.to_string()).ok());
    headers.extend(trace.map(|trace| (TRACE_PARENT, trace)));
    response
}

/// The text of a header that is there once at most.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match value.to_str() {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Problem::malformed(format!("the header `{name}` has characters that are not ASCII"))),
        },
        (Some(_), Some(_)) => Err(Problem::malformed(format!("the header `{name}` is there twice"))),
    }
}

/// The whole body, within the limits of its size and of the time that it may take to arrive.
pub(super) async fn whole_body(shared: &Shared, body: Body) -> Result<Bytes, Problem> {
    use axum::body::HttpBody;
    let limit = shared.limits.body;
    let too_large = || {
        let sentence = format!("the body is larger than the {limit} bytes that this server takes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::Invalid, sentence)
    };
    if body.size_hint().lower() > limit {
        return Err(too_large());
    }
    let read = to_bytes(body, usize::try_from(limit).unwrap_or(usize::MAX));
    match timeout(shared.limits.arrival, read).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let over =
                std::error::Error::source(&error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
            Err(if over { too_large() } else { Problem::malformed("the body was cut off") })
        }
        Err(_) => {
            let sentence = "the body took too long to arrive";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, ErrorKind::Deadline, sentence))
        }
    }
}

/// A request as an object takes it: with the path behind its name, and the headers that are text.
pub(super) fn handed_on(head: &Parts, path: String, body: Bytes) -> fetched::Request {
    let headers =
        head.headers.iter().filter_map(|(name, value)| Some((name.as_str().into(), value.to_str().ok()?.into())));
    let query = head.uri.query().unwrap_or_default();
    fetched::Request::received(head.method.as_str(), path, query, headers.collect(), body)
}

/// The class of a name.
pub(super) fn class(name: &str) -> Result<&'static ClassEntry, Problem> {
    class_named(name).ok_or_else(|| Problem::not_found(format!("there is no class `{}`", shown(name))))
}
