//! One call: from its head and body to the object, and from the object's answer to the response.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;

use super::failure::AskedFor;
use super::problem::Problem;
use super::request::{About, class, text, whole_body};
use super::route;
use super::shared::Shared;
use super::stream::Way;
use crate::call::{Asked, AskedBy};
use crate::error::{ErrorKind, Result, shown};
use crate::object::{Answer, Wire};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How many milliseconds the caller still waits.
const DEADLINE: HeaderName = HeaderName::from_static("x-deadline-ms");

/// The media type of MessagePack.
const MESSAGE_PACK: &str = "application/msgpack";

/// Makes the call that a request asks for.
pub(super) async fn call(shared: &Shared, request: Request, about: About) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let route = route::read(head.uri.path())?;
    if head.method != Method::POST {
        return Err(Problem::not_allowed(vec!["POST"]));
    }
    let asker = shared.caller(&head).await?;
    shared.count_call(&asker)?;
    let class = class(&route.class)?;
    let key = text(&head.headers, &IDEMPOTENCY_KEY)?.map(Arc::from);
    let wire = wire(&head.headers)?;
    let way = Way::of(shared, &head).map_err(|error| Problem::of(&error))?;
    let arguments = whole_body(shared, body).await?;
    if wire.is_none() && !arguments.is_empty() {
        let sentence = format!("say in `Content-Type` what the body is: `application/json` or `{MESSAGE_PACK}`");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorKind::Invalid, sentence));
    }
    let wire = wire.unwrap_or(Wire::Json);
    let within = within(shared, &head.headers)?;
    let by = AskedBy { caller: asker.caller.clone(), key, trace: about.trace, request_id: about.id, within };
    let asked = Asked { method: &route.method, arguments: &arguments, wire, by };
    let prepared =
        class.call(shared.objects.home(), &route.object, asked).map_err(|error| Problem::of_request(&error))?;
    if !prepared.reads {
        shared.count_new(&asker, class, &route.object)?;
    }
    let (object, method) = (route.object, Some(route.method));
    let asked_for = AskedFor { class: class.name(), object, method, request_id: about.id };
    let encoded = match prepared.answering.await.map(|reply| reply.into_items(wire)) {
        Ok(Ok(items)) => return Ok(way.items(items, wire, asked_for.into_owned())),
        Ok(Err(reply)) => reply.to_wire(wire).map_err(Into::into),
        Err(refusal) => Err(refusal),
    };
    let bytes = encoded.map_err(|refusal| asked_for.problem(&refusal, &shared.objects, about.problems))?;
    let mut response = Response::new(Body::from(bytes));
    let media = match wire {
        Wire::Json => "application/json",
        Wire::MessagePack => MESSAGE_PACK,
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    Ok(response)
}

/// How long the caller waits: as it says itself, but no longer than the server lets anybody.
fn within(shared: &Shared, headers: &HeaderMap) -> Result<Duration, Problem> {
    let most = shared.limits.answer;
    let Some(millis) = text(headers, &DEADLINE)? else { return Ok(most) };
    match millis.parse() {
        Ok(millis) => Ok(Duration::from_millis(millis).min(most)),
        Err(_) => {
            Err(Problem::malformed(format!("the header `{DEADLINE}` is no number of milliseconds: {}", shown(millis))))
        }
    }
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
