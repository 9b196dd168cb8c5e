//! The answer of a call that failed: `application/problem+json`.

use std::error::Error as _;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::call::{Refusal, ToldError};
use crate::error::{Error, ErrorKind};
use crate::node::Objects;
use crate::object::{Wire, WrongArgument};

/// What went wrong, for the one who called.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    kind: ErrorKind,
    detail: String,
    retryable: bool,
    /// The argument that was wrong.
    field: Option<String>,
    /// The handler's own error.
    own: Option<Own>,
    /// The methods that are taken instead.
    allowed: Vec<&'static str>,
    /// After how long it is worth another try, in whole seconds.
    retry_after: Option<u64>,
}

/// A handler's own error, encoded.
#[derive(Debug)]
enum Own {
    Json(Box<RawValue>),
    MessagePack(Vec<u8>),
}

/// The media type of a problem, in JSON and in MessagePack.
pub(super) fn media(wire: Wire) -> &'static str {
    match wire {
        Wire::Json => "application/problem+json",
        Wire::MessagePack => "application/problem+msgpack",
    }
}

/// The members of the document, in the order of RFC 9457.
#[derive(Serialize)]
struct Document<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
    kind: &'a str,
    retryable: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RawValue>,
}

/// The name of the last member in MessagePack: a text of five bytes.
const OWN: &[u8] = b"\xa5error";

/// As `Retry-After` says it: rounded up, since who comes too early is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

impl Problem {
    /// One that HTTP itself has a status for.
    pub(super) fn new(status: StatusCode, kind: ErrorKind, detail: impl Into<String>) -> Self {
        // What is only busy, or on its way up or down, soon is not.
        let soon = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        Problem {
            status,
            kind,
            detail: detail.into(),
            retryable: false,
            field: None,
            own: None,
            allowed: Vec::new(),
            retry_after: soon.then_some(1),
        }
    }

    /// It is too much now, and worth another try soon.
    pub(super) fn overloaded(detail: impl Into<String>) -> Self {
        Problem { retryable: true, ..Problem::new(StatusCode::TOO_MANY_REQUESTS, ErrorKind::Overloaded, detail) }
    }

    /// The same after this time.
    pub(super) fn after(self, wait: Duration) -> Self {
        Problem { retry_after: Some(whole_seconds(wait)), ..self }
    }

    /// There is nothing of that name.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::NOT_FOUND, ErrorKind::NotFound, detail)
    }

    /// Other methods are taken there.
    pub(super) fn not_allowed(allowed: Vec<&'static str>) -> Self {
        let sentence = format!("this path takes {}", allowed.join(" and "));
        Problem { allowed, ..Problem::new(StatusCode::METHOD_NOT_ALLOWED, ErrorKind::Invalid, sentence) }
    }

    /// The request can't be understood.
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, ErrorKind::Invalid, detail)
    }

    /// Nobody is known by these credentials, or there are none.
    pub(super) fn unauthorized(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::UNAUTHORIZED, ErrorKind::Denied, detail)
    }

    /// A call that could not be made: its object, method or arguments are not there.
    pub(super) fn of_request(error: &Error) -> Self {
        let field = error.source().and_then(|source| source.downcast_ref::<WrongArgument>());
        match (error.kind(), field) {
            (ErrorKind::Invalid, None) => Problem::malformed(error.to_string()),
            (_, field) => Problem { field: field.map(|field| field.name.clone()), ..Problem::of(error) },
        }
    }

    /// A call that was made at one of these objects, and answered with an error, which will be written so.
    pub(super) fn of_refusal(refusal: &Refusal, objects: &Objects, wire: Wire) -> Self {
        match refusal.own(wire) {
            Some(Ok(own)) => Problem::of_handler(refusal.error(), own, objects, wire),
            Some(Err(unencodable)) => Problem::of(&unencodable),
            None => Problem::of(refusal.error()),
        }
    }

    /// A handler's own error.
    fn of_handler(error: &Error, told: ToldError, objects: &Objects, wire: Wire) -> Self {
        let ToldError { bytes, status, retry_after } = told;
        let own = match wire {
            Wire::Json => String::from_utf8(bytes).ok().and_then(|own| RawValue::from_string(own).ok()).map(Own::Json),
            Wire::MessagePack => Some(Own::MessagePack(bytes)),
        };
        // What is derived is one of these; what was written by hand may be anything.
        let status = StatusCode::from_u16(status).ok().filter(|it| it.is_client_error() || it.is_server_error());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let problem = Problem::new(status, error.kind(), error.to_string());
        let wait = retry_after.and_then(|at| Some(at.from_now(objects.home().node().ok()?.now())));
        let retry_after = wait.map(whole_seconds).or(problem.retry_after);
        Problem { own, retry_after, retryable: retry_after.is_some(), ..problem }
    }

    /// An error of the runtime.
    pub(super) fn of(error: &Error) -> Self {
        let status = match error.kind() {
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Overloaded => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Deadline => StatusCode::GATEWAY_TIMEOUT,
            ErrorKind::Denied => StatusCode::FORBIDDEN,
            ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::Interrupted | ErrorKind::Storage | ErrorKind::Handler | ErrorKind::Internal => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        // What concerns the server alone, paths and panics among it, stays in its log.
        let detail = match error.kind() {
            ErrorKind::Unavailable => "the server can't answer now".into(),
            ErrorKind::Storage => "the server could not store or read what this needs: its log says why".into(),
            ErrorKind::Handler => "the handler failed: the server's log says why".into(),
            ErrorKind::Internal => "the server failed: its log says why".into(),
            _ => error.to_string(),
        };
        let retryable = error.is_retryable() || error.kind() == ErrorKind::Overloaded;
        Problem { retryable, ..Problem::new(status, error.kind(), detail) }
    }

    /// Whether the server has to look into it.
    pub(super) fn is_ours(&self) -> bool {
        self.status.is_server_error()
    }

    /// The document that tells it.
    pub(super) fn document(&self, request_id: &str, wire: Wire) -> Vec<u8> {
        let own = match (&self.own, wire) {
            (Some(Own::Json(own)), Wire::Json) => Some(&**own),
            _ => None,
        };
        let document = Document {
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            kind: self.kind.as_str(),
            retryable: self.retryable,
            request_id,
            retry_after: self.retry_after,
            field: self.field.as_deref(),
            error: own,
        };
        // It is made of text, numbers and what was encoded before.
        let mut body = wire.encode(&document).unwrap_or_default();
        if let (Some(Own::MessagePack(own)), Wire::MessagePack, Some(members)) = (&self.own, wire, body.first_mut()) {
            // A map of fewer than 15 members: their number is in its first byte.
            *members += 1;
            body.extend_from_slice(OWN);
            body.extend_from_slice(own);
        }
        body
    }

    /// The answer.
    pub(super) fn answer(&self, request_id: &str, wire: Wire) -> Response {
        let mut response = Response::new(Body::from(self.document(request_id, wire)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media(wire)));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        headers.extend(self.retry_after.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
        if !self.allowed.is_empty() {
            headers.extend(HeaderValue::try_from(self.allowed.join(", ")).ok().map(|allowed| (ALLOW, allowed)));
        }
        response
    }
}
