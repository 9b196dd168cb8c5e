//! Error types of handlers' own, and what a call with one answers.

use std::fmt;
use std::time::Duration;

use super::Error;
use crate::time::{Period, Timestamp};

/// Of a handler's own error that says no other: what was asked for is well-formed, and is not done.
pub(crate) const USUAL_STATUS: u16 = 422;

/// An error type of a handler's own: `#[derive(RpcError)]` beside serde's derives and `Display`.
///
/// Over HTTP it has the status 422, unless it says another one from 400 to 599, for itself or for a variant:
///
/// ```
/// # use std::fmt;
/// # use std::time::Duration;
/// # use do_runtime::prelude::*;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Debug, Serialize, Deserialize, RpcError)]
/// #[rpc_error(status = 409)]
/// enum Refused {
///     Taken,
///     #[rpc_error(status = 429, retry_after = wait)]
///     TooOften { wait: Duration },
/// }
/// # impl fmt::Display for Refused {
/// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
/// #         f.write_str("refused")
/// #     }
/// # }
/// assert_eq!((Refused::Taken.status(), Refused::TooOften { wait: secs(3) }.status()), (409, 429));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that a handler can return",
    label = "not an error of a handler",
    note = "write `#[derive(RpcError)]`, beside serde's `Serialize` and `Deserialize` and an impl of `Display`"
)]
pub trait RpcError:
    fmt::Display + fmt::Debug + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static
{
    /// The statuses that it has over HTTP, in order and each once.
    const STATUSES: &'static [u16] = &[USUAL_STATUS];

    /// The status over HTTP: `#[rpc_error(status = 429)]`, or 422.
    fn status(&self) -> u16 {
        USUAL_STATUS
    }

    /// How long to wait before the same call is worth another try, if it says so: `#[rpc_error(status = 429, retry_after = wait)]`.
    fn retry_after(&self) -> Option<RetryAfter> {
        None
    }
}

/// When the same call is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// When so much time has passed.
    In(Duration),
    /// At this time.
    At(Timestamp),
}

impl RetryAfter {
    /// How long that is from now on.
    pub fn from_now(self, now: Timestamp) -> Duration {
        match self {
            RetryAfter::In(wait) => wait,
            RetryAfter::At(time) => time - now,
        }
    }
}

/// What a field may be that `#[rpc_error(retry_after = field)]` names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how long to wait",
    label = "neither a duration nor a time",
    note = "name a field with a `Duration`, a `Period`, a `Timestamp`, or an `Option` of one of them"
)]
pub trait Wait {
    /// When it is worth another try, if that is known.
    fn wait(&self) -> Option<RetryAfter>;
}

impl Wait for Duration {
    fn wait(&self) -> Option<RetryAfter> {
        Some(RetryAfter::In(*self))
    }
}

impl Wait for Period {
    fn wait(&self) -> Option<RetryAfter> {
        (**self).wait()
    }
}

impl Wait for Timestamp {
    fn wait(&self) -> Option<RetryAfter> {
        Some(RetryAfter::At(*self))
    }
}

impl<T: Wait> Wait for Option<T> {
    fn wait(&self) -> Option<RetryAfter> {
        self.as_ref()?.wait()
    }
}

/// What a call with an error type of its own answers when it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError<E> {
    /// The handler's own error.
    User(E),
    /// An error of the runtime, or one of kind `Error` that the handler passed on.
    Runtime(Error),
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::User(error) => error.fmt(f),
            CallError::Runtime(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> std::error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CallError::User(_) => None,
            CallError::Runtime(error) => Some(error),
        }
    }
}

impl<E> From<Error> for CallError<E> {
    fn from(error: Error) -> Self {
        CallError::Runtime(error)
    }
}

impl<E: RpcError> From<E> for CallError<E> {
    fn from(error: E) -> Self {
        CallError::User(error)
    }
}

impl<E: RpcError> From<CallError<E>> for Error {
    fn from(error: CallError<E>) -> Self {
        match error {
            CallError::User(error) => Error::of_handler(&error),
            CallError::Runtime(error) => error,
        }
    }
}
