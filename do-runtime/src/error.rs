//! Errors: a kind for the program, a sentence for a person.

mod own;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "interface")]
pub(crate) use own::USUAL_STATUS;
pub use own::{CallError, RetryAfter, RpcError, Wait};

/// An overloaded object is left alone for so long.
const RELIEF: Duration = Duration::from_secs(1);

/// `Result<T, E>` with the defaults that handlers use.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] is. The program decides by the kind, never by the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for does not exist.
    NotFound,
    /// It contradicts what is there: a unique key that is taken, a violated constraint.
    Conflict,
    /// Too much is waiting already.
    Overloaded,
    /// The node can't answer: it is closing, closed, or its journal has failed.
    Unavailable,
    /// It took too long.
    Deadline,
    /// The caller may not do this.
    Denied,
    /// The request makes no sense, whoever sends it and whenever.
    Invalid,
    /// It was cut off by a crash, and may have happened in part.
    Interrupted,
    /// The disk, a database or a limit of storage.
    Storage,
    /// The handler failed in a way of its own: its typed error, or a panic.
    Handler,
    /// A defect of the runtime.
    Internal,
}

impl ErrorKind {
    /// All of them.
    #[cfg(any(feature = "connect", feature = "interface"))]
    pub(crate) const ALL: [ErrorKind; 11] = [
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Overloaded,
        ErrorKind::Unavailable,
        ErrorKind::Deadline,
        ErrorKind::Denied,
        ErrorKind::Invalid,
        ErrorKind::Interrupted,
        ErrorKind::Storage,
        ErrorKind::Handler,
        ErrorKind::Internal,
    ];

    /// The name in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorKind::NotFound => "not_found",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Overloaded => "overloaded",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Deadline => "deadline",
            ErrorKind::Denied => "denied",
            ErrorKind::Invalid => "invalid",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::Storage => "storage",
            ErrorKind::Handler => "handler",
            ErrorKind::Internal => "internal",
        }
    }

    /// The kind of a name in snake case.
    #[cfg(feature = "connect")]
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error of the runtime or of a handler. Cheap to clone; displays one clear sentence.
///
/// ```
/// use do_runtime::{Error, ErrorKind};
///
/// let error = Error::conflict("the seat is taken").context("row 7");
/// assert_eq!(error.to_string(), "row 7: the seat is taken");
/// assert_eq!(error.kind(), ErrorKind::Conflict);
/// assert!(!error.is_retryable());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of a kind, with a sentence for a person.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Arc::new(Inner { kind, message: message.into(), source: None }))
    }

    /// The same with the error that caused it.
    pub fn with_source(
        kind: ErrorKind,
        message: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Error(Arc::new(Inner { kind, message: message.into(), source: Some(source.into()) }))
    }

    /// An `invalid` error.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(ErrorKind::Invalid, message)
    }

    /// A `not_found` error. On an `Option`, [`context`](Context::context) makes one of nothing.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(ErrorKind::NotFound, message)
    }

    /// A `conflict` error.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(ErrorKind::Conflict, message)
    }

    /// A `denied` error.
    pub fn denied(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(ErrorKind::Denied, message)
    }

    /// A handler's own error as one of the runtime.
    pub(crate) fn of_handler(own: &impl RpcError) -> Self {
        Error::new(ErrorKind::Handler, own.to_string())
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later without a change.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind(), ErrorKind::Unavailable | ErrorKind::Deadline | ErrorKind::Interrupted)
    }

    /// How long to wait before the same call is worth another try, if that is known: a second after `overloaded`.
    pub fn retry_after(&self) -> Option<Duration> {
        (self.kind() == ErrorKind::Overloaded).then_some(RELIEF)
    }

    /// The same error with a sentence before it: `context: message`.
    pub fn context(self, context: impl fmt::Display) -> Self {
        let message = format!("{context}: {self}");
        Error(Arc::new(Inner { kind: self.kind(), message: message.into(), source: Some(Box::new(self)) }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {})", self.0.kind, self.0.message)?;
        // Most sentences have that of their source in them.
        let source = self.0.source.as_ref().map(|source| source.to_string());
        match source.filter(|source| !self.0.message.contains(&**source)) {
            Some(source) => write!(f, ", caused by: {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl PartialEq for Error {
    /// Of one kind and with one sentence.
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.0.message == other.0.message
    }
}

impl Eq for Error {}

/// So much of what somebody sent as a person wants to read back.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

/// The first mistake in what was given to a builder: it is told when what is built is used.
#[derive(Debug, Default)]
pub(crate) struct FirstMistake(Option<Error>);

impl FirstMistake {
    /// Puts a value into its place, or keeps the mistake with what it is about.
    pub(crate) fn set<T>(&mut self, place: &mut T, what: &'static str, value: Result<T>) {
        match value {
            Ok(value) => *place = value,
            Err(error) => drop(self.0.get_or_insert_with(|| error.context(what))),
        }
    }

    /// The mistake, if there was one.
    pub(crate) fn told(&self) -> Result {
        self.0.clone().map_or(Ok(()), Err)
    }
}

/// Turns foreign errors, and a missing value, into [`Error`].
pub trait OrInvalid<T> {
    /// As an `invalid` error with the foreign error's own words.
    fn or_invalid(self) -> Result<T>;
}

impl<T, E: std::error::Error + Send + Sync + 'static> OrInvalid<T> for std::result::Result<T, E> {
    fn or_invalid(self) -> Result<T> {
        self.map_err(|error| Error::with_source(ErrorKind::Invalid, error.to_string(), error))
    }
}

/// Adds a sentence to an error.
pub trait Context<T> {
    /// `context: message`. The kind of an [`Error`] stays; a foreign error becomes `internal`.
    fn context(self, context: impl fmt::Display) -> Result<T>;
}

impl<T, E: std::error::Error + Send + Sync + 'static> Context<T> for std::result::Result<T, E> {
    fn context(self, context: impl fmt::Display) -> Result<T> {
        self.map_err(|error| {
            let error: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
            match error.downcast::<Error>() {
                Ok(error) => error.context(context),
                Err(error) => Error::with_source(ErrorKind::Internal, format!("{context}: {error}"), error),
            }
        })
    }
}

impl<T> Context<T> for Option<T> {
    /// Nothing becomes `not_found`.
    fn context(self, context: impl fmt::Display) -> Result<T> {
        self.ok_or_else(|| Error::not_found(context.to_string()))
    }
}

/// Returns an `invalid` error made of text, or the error value that is given, unless the condition holds.
///
/// ```
/// # use do_runtime::{ensure, Result};
/// fn post(body: &str) -> Result {
///     ensure!(!body.is_empty(), "a message needs a body");
///     Ok(())
/// }
/// assert_eq!(post("").unwrap_err().to_string(), "a message needs a body");
/// ```
#[macro_export]
macro_rules! ensure {
    ($condition:expr $(,)?) => {
        ::core::compile_error!("say what is wrong: `ensure!(condition, \"a message needs a body\")`, or give an error value")
    };
    ($condition:expr, $($error:tt)+) => {
        if !($condition) {
            $crate::bail!($($error)+)
        }
    };
}

/// Returns an `invalid` error made of text, or the error value that is given.
#[macro_export]
macro_rules! bail {
    () => {
        ::core::compile_error!("say what is wrong: `bail!(\"a message needs a body\")`, or give an error value")
    };
    ($text:literal $($arguments:tt)*) => {
        return ::core::result::Result::Err(::core::convert::From::from($crate::Error::invalid(
            ::std::format!($text $($arguments)*),
        )))
    };
    ($error:expr $(,)?) => {
        return ::core::result::Result::Err(::core::convert::From::from($error))
    };
}
