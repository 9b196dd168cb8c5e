//! What came back of a call to another process.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::object::ArgumentsReader;

/// The media type of arguments and results.
pub(super) const MESSAGE_PACK: &str = "application/msgpack";
/// Of errors, so that a handler's own is read by the same code as its result.
pub(super) const PACKED_PROBLEM: &str = "application/problem+msgpack";
const PROBLEM: &str = "application/problem+json";
/// What is taken as an answer.
pub(super) const ACCEPTED: &str = "application/msgpack, application/x-msgpack-stream, application/problem+msgpack";

/// What a call failed with.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) error: Error,
    /// The handler's own error, in MessagePack.
    pub(crate) own: Option<Vec<u8>>,
    /// How long the server wants to be left alone.
    pub(super) after: Option<Duration>,
}

impl From<Error> for Told {
    fn from(error: Error) -> Self {
        Told { error, own: None, after: None }
    }
}

impl Told {
    /// An error and what caused it, in one line: the outermost one alone says little.
    pub(super) fn causes(error: &dyn std::error::Error) -> String {
        let mut sentence = error.to_string();
        let mut cause = error.source();
        while let Some(next) = cause {
            let next_said = next.to_string();
            if !sentence.ends_with(&next_said) {
                sentence.push_str(": ");
                sentence.push_str(&next_said);
            }
            cause = next.source();
        }
        sentence
    }
}

/// The members of a problem that matter here.
#[derive(Deserialize)]
struct Problem {
    kind: String,
    detail: String,
}

/// The bytes of a call's result, or what it failed with.
pub(super) async fn of_call(response: Response<Incoming>, server: &str) -> Result<Bytes, Told> {
    let (head, body) = response.into_parts();
    let media = media(&head.headers).to_owned();
    let after = retry_after(&head.headers);
    let body = body.collect().await.map_err(|error| {
        let why = Told::causes(&error);
        let sentence = format!("the connection to {server} was lost within the answer: {why}");
        Error::with_source(ErrorKind::Unavailable, sentence, error)
    })?;
    let body = body.to_bytes();
    match (head.status, &*media) {
        (StatusCode::OK, MESSAGE_PACK) => Ok(body),
        (StatusCode::OK, _) => Err(no_server(server, head.status).into()),
        (status, _) => {
            Err(Told { after, ..problem(&media, &body).unwrap_or_else(|| of_status(status, server).into()) })
        }
    }
}

/// Whether a server of objects has answered a greeting: it says that no call was made.
pub(super) async fn greeted(response: Response<Incoming>, server: &str) -> Result {
    let status = response.status();
    let told = match of_call(response, server).await {
        Ok(_) => return Err(no_server(server, status)),
        Err(told) => told.error,
    };
    match (status, told.kind()) {
        (StatusCode::BAD_REQUEST, ErrorKind::Invalid) => Ok(()),
        (StatusCode::NOT_FOUND, _) => Err(no_server(server, status)),
        _ => Err(told),
    }
}

pub(super) fn problem(media: &str, body: &[u8]) -> Option<Told> {
    match media {
        PACKED_PROBLEM => {
            let mut members = ArgumentsReader::packed(body).ok()?;
            let problem = Problem { kind: members.take("kind").ok()?, detail: members.take("detail").ok()? };
            Some(Told { own: members.raw("error").map(<[u8]>::to_vec), ..problem.into() })
        }
        PROBLEM => serde_json::from_slice::<Problem>(body).ok().map(Told::from),
        _ => None,
    }
}

impl From<Problem> for Told {
    fn from(problem: Problem) -> Self {
        // A later version may know more kinds.
        let kind = ErrorKind::named(&problem.kind).unwrap_or(ErrorKind::Internal);
        Error::new(kind, problem.detail).into()
    }
}

/// The error of an answer that is none of a server of objects: something stands between, or the request never reached it.
fn of_status(status: StatusCode, server: &str) -> Error {
    let kind = match status {
        StatusCode::NOT_FOUND => return no_server(server, status),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            ErrorKind::Denied
        }
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::Overloaded,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => ErrorKind::Unavailable,
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => ErrorKind::Deadline,
        status if status.is_client_error() => ErrorKind::Invalid,
        _ => ErrorKind::Internal,
    };
    Error::new(kind, format!("{server} answered with the status {status}, and did not say why"))
}

fn no_server(server: &str, status: StatusCode) -> Error {
    Error::invalid(format!("at {server} there is no server of objects: it answered with the status {status}"))
}

pub(super) fn media(headers: &HeaderMap) -> &str {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim()
}

/// In seconds; the other form, a date, is not waited for.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_read_in_either_encoding() {
        let packed = b"\x83\xa4kind\xa8conflict\xa6detail\xa5taken\xa5error\x81\xa4Left\x07";
        let told = problem(PACKED_PROBLEM, packed).expect("a problem");
        assert_eq!(
            (told.error, told.own.as_deref()),
            (Error::new(ErrorKind::Conflict, "taken"), Some(&b"\x81\xa4Left\x07"[..]))
        );
        let told = problem(PROBLEM, br#"{"kind": "odd", "detail": "later", "status": 500}"#).expect("a problem");
        assert_eq!(told.error, Error::new(ErrorKind::Internal, "later"));
        assert!(problem("text/html", b"<html>").is_none());
        assert!(problem(PACKED_PROBLEM, b"\x83").is_none());
    }

    #[test]
    fn the_status_says_what_a_proxy_does_not() {
        let kind = |status: u16| of_status(StatusCode::from_u16(status).expect("a status"), "http://x").kind();
        let kinds = [401, 404, 413, 429, 500, 502, 503, 504].map(kind);
        let expected = [
            ErrorKind::Denied,
            ErrorKind::Invalid,
            ErrorKind::Invalid,
            ErrorKind::Overloaded,
            ErrorKind::Internal,
            ErrorKind::Unavailable,
            ErrorKind::Unavailable,
            ErrorKind::Deadline,
        ];
        assert_eq!(kinds, expected);
    }
}
