//! What can be set for a call before it is awaited.

use std::sync::Arc;
use std::task::Context;

#[cfg(feature = "http")]
use uuid::Uuid;

use super::Call;
use super::again::Again;
use crate::Timestamp;
use crate::env::{BoxFuture, Clock};
use crate::error::Error;
use crate::metadata::{Caller, RetryPolicy, Settings, TraceParent};
use crate::object::{Dispatch, Method};
use crate::time::IntoDuration;

/// Longer names of callers, and longer keys, are refused.
const LONGEST_TEXT: usize = 1024;

/// What a call has beside it if anything was set for it, or if it has a deadline.
#[derive(Default)]
pub(super) struct Aside {
    pub(super) settings: Settings,
    /// When its caller gives up, once it was sent.
    pub(super) deadline: Option<Timestamp>,
    timer: Option<BoxFuture>,
    /// What is needed to send it again.
    pub(super) again: Option<Again>,
}

impl Aside {
    /// Whether the deadline has come; else the caller is woken when it does.
    pub(super) fn is_over(&mut self, clock: &dyn Clock, cx: &mut Context<'_>) -> bool {
        let Some(deadline) = self.deadline else { return false };
        self.timer.get_or_insert_with(|| clock.sleep_until(deadline)).as_mut().poll(cx).is_ready()
    }
}

/// What goes with the call: it is set before the call is awaited, and the handler sees it in its [`Metadata`](crate::Metadata).
impl<O: Dispatch, T, E> Call<O, T, E> {
    /// Says who calls: the name of a principal. The runtime believes it. Without it a call from outside is
    /// anonymous, and one that an asynchronous handler makes comes from its object. To a call of another process it can't be added: the
    /// server there says who calls.
    pub fn caller(self, caller: impl Into<Caller>) -> Self {
        let caller = caller.into();
        self.set(|settings| match caller.principal() {
            Some(name) => {
                settings.wrong("caller", name);
                settings.caller = Some(caller);
            }
            None => settings.caller = Some(caller),
        })
    }

    /// Waits for the answer for so long from when the call is sent, and no longer than the method's default or the deadline of the handler
    /// that makes the call. Then the answer is a `deadline` error. If the call's turn did not come before, it is not run; a
    /// handler that has begun runs to its end, and what it does is kept.
    pub fn deadline(self, within: impl IntoDuration) -> Self {
        let within = within.into_duration();
        self.set(|settings| match within {
            Ok(within) => settings.deadline = Some(within),
            Err(error) => settings.note(error.context("the deadline of a call")),
        })
    }

    /// Applies the call once, however often it is sent under this key by this caller to this object and method: the answer is kept for a
    /// day (`Objects::builder().keep_replies(…)`).
    pub fn idempotency_key(self, key: impl Into<Arc<str>>) -> Self {
        let key = key.into();
        self.set(|settings| {
            settings.wrong("idempotency key", &key);
            settings.key = Some(key);
        })
    }

    /// The trace that the call belongs to: a W3C trace parent, such as
    /// `"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"`. Calls that its handlers make belong to it too.
    pub fn trace(self, trace_parent: impl AsRef<str>) -> Self {
        let trace = trace_parent.as_ref().parse();
        self.set(|settings| match trace {
            Ok(trace) => settings.trace = Some(trace),
            Err(error) => settings.note(error),
        })
    }

    /// Sends the call again if it fails with what [`Error::is_retryable`] or with `overloaded`, as the policy says, and within the
    /// deadline. Unless it has a key, or its method is `#[rpc(idempotent)]`, it gets a key of its own, so that it is applied once
    /// however often it was sent.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.set(|settings| settings.retry = Some(policy))
    }

    /// A call from outside the process: the object is asked first, and the request has an id already.
    #[cfg(feature = "http")]
    pub(super) fn coming_from_outside(self, request_id: Uuid, trace: Option<TraceParent>) -> Self {
        self.set(|settings| {
            settings.outside = true;
            settings.request_id = Some(request_id);
            settings.trace = trace;
        })
    }

    /// What the key of a call from outside stands for.
    #[cfg(feature = "http")]
    pub(super) fn with_arguments(self, arguments: Vec<u8>) -> Self {
        self.set(|settings| settings.arguments = Some(arguments))
    }

    fn set(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(&mut self.aside.get_or_insert_default().settings);
        self
    }
}

impl Settings {
    /// What a message takes along of it: nothing that was set is dropped in silence.
    pub(super) fn of_a_message(self) -> Result<Option<TraceParent>, Error> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let vain = match () {
            () if self.caller.is_some() => "caller: it comes from the object that sends it",
            () if self.deadline.is_some() => "deadline: nobody waits for it",
            () if self.key.is_some() => "idempotency key: it is applied exactly once without one",
            () if self.retry.is_some() => "retry policy: it is sent again until it is applied or set aside",
            () => return Ok(self.trace),
        };
        Err(Error::invalid(format!("`cx.send` makes a message of a call, and a message takes no {vain}")))
    }

    /// That nothing was set that a method with a stream as its answer can't do.
    #[cold]
    pub(super) fn refuse_of_a_stream(&self, method: &Method) -> Result<(), Error> {
        let vain = match () {
            () if self.key.is_some() => "its answer can't be kept: leave `.idempotency_key(…)` out",
            () if self.retry.is_some() => "it is not sent again: leave `.retry(…)` out, and call it anew",
            () => return Ok(()),
        };
        Err(Error::invalid(format!("`{}` answers with a stream, and {vain}", method.name)))
    }

    fn note(&mut self, error: Error) {
        self.wrong.get_or_insert(error);
    }

    fn wrong(&mut self, what: &str, text: &str) {
        if text.is_empty() {
            self.note(Error::invalid(format!("the {what} of a call is empty: leave it out, or give one")));
        } else if text.len() > LONGEST_TEXT {
            let sentence = format!("the {what} of a call takes {} bytes: the limit is {LONGEST_TEXT}", text.len());
            self.note(Error::invalid(sentence));
        }
    }
}
