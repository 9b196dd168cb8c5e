//! One call, as it is sent, and sent again.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::task::JoinHandle;
use tokio::time::timeout_at;
use uuid::Uuid;

use super::answer::{self, Told};
use super::connection::{Connection, LONGEST, runtime_ended, until};
use super::stream;
use crate::ObjectId;
use crate::env::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::LogPosition;
use crate::metadata::{RetryPolicy, TraceParent};
use crate::node::{Node, durable};
use crate::stream::Streaming;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const DEADLINE: HeaderName = HeaderName::from_static("x-deadline-ms");

/// The headers that say what goes with a call.
pub(super) const OWN: [HeaderName; 4] = [REQUEST_ID, TRACE_PARENT, IDEMPOTENCY_KEY, DEADLINE];

/// What stands for itself in a part of a path.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// A call that is to be sent to another process.
pub(crate) struct Outgoing {
    pub(crate) method: &'static str,
    /// Below the server's URL.
    pub(crate) path: String,
    /// A MessagePack map of the arguments.
    pub(crate) arguments: Bytes,
    pub(crate) key: Option<Arc<str>>,
    pub(crate) trace: Option<TraceParent>,
    pub(crate) request_id: Option<Uuid>,
    /// How long its caller waits.
    pub(crate) within: Duration,
    pub(crate) again: Again,
    pub(crate) awaited: Awaited,
    pub(crate) random: Arc<dyn Random>,
    /// What the handler that makes the call has seen of its object.
    pub(crate) seen: Option<Seen>,
}

/// What a call is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    Whole,
    Stream,
}

/// What came of a call.
pub(crate) enum Came {
    Whole(Bytes),
    Items(Streaming<Bytes>),
}

/// After what a call is sent again.
pub(crate) enum Again {
    /// It is not.
    Never,
    /// The server was not reached, or could not answer.
    Unreached(RetryPolicy),
    /// Whatever can be repeated, as its caller has said.
    Repeatable(RetryPolicy),
}

impl Again {
    /// Whether it is sent again at all.
    pub(crate) fn repeats(&self) -> bool {
        match self {
            Again::Never => false,
            Again::Unreached(policy) | Again::Repeatable(policy) => policy.repeats(),
        }
    }

    fn pause(&self, attempts: u32, error: &Error, random: &dyn Random) -> Option<Duration> {
        match self {
            Again::Never => None,
            Again::Unreached(policy) => match error.kind() {
                ErrorKind::Unavailable | ErrorKind::Overloaded => policy.pause(attempts, error, random),
                _ => None,
            },
            Again::Repeatable(policy) => policy.pause(attempts, error, random),
        }
    }
}

/// What has to be durable before a call leaves the process.
pub(crate) struct Seen {
    pub(crate) node: Arc<Node>,
    pub(crate) position: LogPosition,
}

impl Outgoing {
    /// The path of a call of the object with a name.
    pub(crate) fn path_of_name(class: &str, name: &str, method: &str) -> String {
        format!("/rpc/{}/{}/{}", part(class), part(name), part(method))
    }

    /// The path of a call of the object with an id.
    pub(crate) fn path_of_id(class: &str, id: ObjectId, method: &str) -> String {
        format!("/rpc/{}/by-id/{id}/{}", part(class), part(method))
    }

    /// Sends it until there is an answer that stands.
    pub(super) async fn send(self, connection: &Arc<Connection>) -> Result<Came, Told> {
        let until = until(self.within);
        if let Some(Seen { node, position }) = &self.seen {
            durable(node.log(), *position).await?;
        }
        let mut attempts = 0;
        let mut before = None;
        loop {
            attempts += 1;
            let told = match timeout_at(until.into(), self.attempt(connection, until)).await {
                Ok(Ok(Some(answer))) => return Ok(answer),
                Ok(Err(told)) => told,
                Ok(Ok(None)) | Err(_) => return Err(self.too_late(attempts, before).into()),
            };
            let Some(pause) = self.pause(attempts, &told) else { return Err(told) };
            let next = Instant::now() + pause;
            if next >= until {
                return Err(told);
            }
            tracing::debug!(method = self.method, attempts, ?pause, error = %told.error, "a call is sent again");
            if !connection.is_open_at(next).await {
                return Err(told);
            }
            before = Some(told.error);
        }
    }

    /// The answer; nothing if it did not come in time.
    async fn attempt(&self, connection: &Arc<Connection>, until: Instant) -> Result<Option<Came>, Told> {
        let mut request = Request::post(connection.uri(&self.path)?)
            .body(Full::new(self.arguments.clone()))
            .map_err(|error| unsendable(error.to_string()))?;
        self.put_headers(request.headers_mut(), until.saturating_duration_since(Instant::now()))?;
        let Some(response) = connection.exchange(request, until).await? else { return Ok(None) };
        Ok(Some(match self.awaited {
            Awaited::Whole => Came::Whole(answer::of_call(response, connection.base()).await?),
            Awaited::Stream => Came::Items(stream::of_call(response, connection).await?),
        }))
    }

    fn put_headers(&self, headers: &mut HeaderMap, left: Duration) -> Result {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer::MESSAGE_PACK));
        headers.insert(ACCEPT, HeaderValue::from_static(answer::ACCEPTED));
        // A part of a millisecond is more than none, which would be over already.
        let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1);
        headers.insert(DEADLINE, HeaderValue::from(millis));
        let more = [
            (IDEMPOTENCY_KEY, self.key.as_deref().map(str::to_owned)),
            (REQUEST_ID, self.request_id.map(|id| id.to_string())),
            (TRACE_PARENT, self.trace.map(|trace| trace.to_string())),
        ];
        for (name, value) in more {
            let Some(value) = value else { continue };
            // What is at its ends may be lost on the way.
            let trimmed = value.trim().len() == value.len();
            let value = HeaderValue::try_from(value).ok().filter(|value| trimmed && value.to_str().is_ok());
            let value = value.ok_or_else(|| {
                Error::invalid(format!("`{name}` of a call to another process has visible ASCII characters only"))
            })?;
            headers.insert(name, value);
        }
        Ok(())
    }

    /// The pause before it is sent again, unless what is told is the answer.
    fn pause(&self, attempts: u32, told: &Told) -> Option<Duration> {
        // A handler that was cut off under a key is not run again under it.
        if told.own.is_some() || (told.error.kind() == ErrorKind::Interrupted && self.key.is_some()) {
            return None;
        }
        let pause = self.again.pause(attempts, &told.error, &*self.random)?;
        Some(pause.max(told.after.unwrap_or_default()).min(LONGEST))
    }

    fn too_late(&self, attempts: u32, before: Option<Error>) -> Error {
        let sentence = format!(
            "the deadline of this call of `{}` passed before another process had answered: whether it is applied is not known here",
            self.method
        );
        match before {
            Some(error) => Error::with_source(
                ErrorKind::Deadline,
                format!("{sentence}; this was attempt {attempts}, and the one before failed: {error}"),
                error,
            ),
            None => Error::new(ErrorKind::Deadline, sentence),
        }
    }
}

fn part(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, KEPT)
}

fn unsendable(why: String) -> Error {
    Error::new(ErrorKind::Internal, format!("a request could not be made of a call: {why}"))
}

/// A call on its way: resolves with its result.
pub(crate) struct Sending(JoinHandle<Result<Came, Told>>);

impl Sending {
    pub(super) fn new(sending: JoinHandle<Result<Came, Told>>) -> Self {
        Sending(sending)
    }
}

impl Future for Sending {
    type Output = Result<Came, Told>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|ended| ended.unwrap_or_else(|_| Err(runtime_ended().into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_the_path_whatever_is_in_it() {
        assert_eq!(Outgoing::path_of_name("Room", "a/b é..%", "post"), "/rpc/Room/a%2Fb%20%C3%A9%2E%2E%25/post");
        let id = ObjectId([0xab; 32]);
        assert_eq!(Outgoing::path_of_id("Room", id, "post"), format!("/rpc/Room/by-id/{id}/post"));
    }
}
