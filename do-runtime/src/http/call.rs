//! One request: from its head and body to the call, and from the call's answer to the response.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use tokio::time::timeout;
use uuid::Uuid;

use super::problem::Problem;
use super::route::{self, Astray};
use super::server::Shared;
use crate::call::{Asked, AskedBy};
use crate::error::{ErrorKind, Result, shown};
use crate::metadata::TraceParent;
use crate::node::class_named;
use crate::object::{Answer, Wire};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The media type of MessagePack.
const MESSAGE_PACK: &str = "application/msgpack";

/// Answers one request.
pub(super) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let request_id = request_id(&head.headers, &shared);
    let trace = text(&head.headers, &TRACE_PARENT).ok().flatten().and_then(|trace| trace.parse::<TraceParent>().ok());
    let shown = request_id.to_string();
    let mut response = match call(&shared, &head, body, request_id, trace).await {
        Ok(response) => response,
        Err(problem) => problem.answer(&shown),
    };
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(shown).ok().map(|id| (REQUEST_ID, id)));
    headers.extend(trace.and_then(|trace| HeaderValue::try_from(trace.to_string()).ok()).map(|it| (TRACE_PARENT, it)));
    response
}

async fn call(
    shared: &Shared,
    head: &Parts,
    body: Body,
    request_id: Uuid,
    trace: Option<TraceParent>,
) -> Result<Response, Problem> {
    let route = route::read(head.uri.path()).map_err(|astray| match astray {
        Astray::Unknown => {
            Problem::not_found("there is nothing at this path: a call is `/rpc/{class}/{name}/{method}`")
        }
        Astray::Malformed(sentence) => Problem::malformed(sentence),
    })?;
    if head.method != Method::POST {
        let sentence = "a call is a `POST`";
        return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, ErrorKind::Invalid, sentence));
    }
    check_origin(shared, &head.headers)?;
    let caller = shared.caller(head).await?;
    let class = class_named(&route.class)
        .ok_or_else(|| Problem::not_found(format!("there is no class `{}`", shown(&route.class))))?;
    let key = text(&head.headers, &IDEMPOTENCY_KEY)?.map(Arc::from);
    let wire = wire(&head.headers)?;
    let arguments = arguments(shared, body).await?;
    if wire.is_none() && !arguments.is_empty() {
        let sentence = format!("say in `Content-Type` what the body is: `application/json` or `{MESSAGE_PACK}`");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorKind::Invalid, sentence));
    }
    let wire = wire.unwrap_or(Wire::Json);
    let by = AskedBy { caller, key, trace, request_id, within: shared.limits.answer };
    let asked = Asked { method: &route.method, arguments: &arguments, wire, by };
    let answering =
        class.call(shared.objects.home(), &route.object, asked).map_err(|error| Problem::of_request(&error))?;
    let encoded = match answering.await {
        Ok(reply) => reply.to_wire(wire).map_err(Into::into),
        Err(refusal) => Err(refusal),
    };
    let bytes = encoded.map_err(|refusal| {
        let problem = Problem::of_refusal(&refusal);
        if problem.is_ours() {
            let (class, method, error) = (class.name(), &*route.method, refusal.error());
            tracing::warn!(class, object = ?route.object, method, %request_id, %error, "a call from outside failed");
        }
        problem
    })?;
    let mut response = Response::new(Body::from(bytes));
    let media = match wire {
        Wire::Json => "application/json",
        Wire::MessagePack => MESSAGE_PACK,
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    Ok(response)
}

/// The id that the request came with, if it is a UUID, or one that is drawn.
fn request_id(headers: &HeaderMap, shared: &Shared) -> Uuid {
    let given = text(headers, &REQUEST_ID).ok().flatten().and_then(|id| Uuid::try_parse(id).ok());
    given.unwrap_or_else(|| shared.objects.home().random().uuid())
}

/// The text of a header that is there once at most.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
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

/// Refuses what a page of another site sends: it acts with the rights of the person who looks at it.
fn check_origin(shared: &Shared, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = text(headers, &ORIGIN)? else { return Ok(()) };
    let host = text(headers, &HOST)?;
    let own =
        origin.split_once("://").is_some_and(|(_, site)| host.is_some_and(|host| site.eq_ignore_ascii_case(host)));
    if own || shared.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
        return Ok(());
    }
    let sentence = "this origin may not call: the server allows others with `.origins(…)`";
    Err(Problem::new(StatusCode::FORBIDDEN, ErrorKind::Denied, sentence))
}

/// How the body is encoded, if that is said.
fn wire(headers: &HeaderMap) -> Result<Option<Wire>, Problem> {
    let Some(media) = text(headers, &CONTENT_TYPE)? else { return Ok(None) };
    // Parameters such as `charset=utf-8` change nothing: JSON is UTF-8.
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &*media {
        "application/json" => Ok(Some(Wire::Json)),
        MESSAGE_PACK | "application/x-msgpack" | "application/vnd.msgpack" => Ok(Some(Wire::MessagePack)),
        _ => {
            let sentence =
                format!("a call's body is `application/json` or `{MESSAGE_PACK}`, and not `{}`", shown(&media));
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorKind::Invalid, sentence))
        }
    }
}

/// The whole body, within the limits of its size and of the time that it may take to arrive.
async fn arguments(shared: &Shared, body: Body) -> Result<axum::body::Bytes, Problem> {
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
