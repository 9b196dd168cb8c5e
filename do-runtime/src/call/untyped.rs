//! Answers whose types only the handler knows: in a box that can be encoded.

use std::fmt;

#[cfg(feature = "http")]
use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result, RetryAfter, RpcError};
#[cfg(feature = "http")]
use crate::fetch::Response;
use crate::object::{Answer, Failure, Wire};
use crate::stream::Gate;
#[cfg(feature = "http")]
use crate::stream::Streaming;

/// What a handler returned, whatever its type.
pub(crate) struct Reply(Box<dyn Encode>);

impl Reply {
    pub(super) fn new(value: impl Answer) -> Self {
        Reply(Box::new(value))
    }

    /// Of a handler that returns nothing.
    pub(crate) fn nothing() -> Self {
        Reply::new(())
    }
}

#[cfg(feature = "http")]
impl Reply {
    /// As the answer of a `#[fetch]` method: a [`Response`] as it is, text as text, nothing as a 204, and any other value as JSON.
    pub(crate) fn to_response(&self) -> Result<Response> {
        let value = self.0.as_any();
        if let Some(response) = value.downcast_ref::<Response>() {
            return Ok(response.clone());
        }
        if let Some(text) = value.downcast_ref::<String>() {
            return Ok(Response::text(text));
        }
        match value.is::<()>() {
            true => Ok(Response::status(204)),
            false => Ok(Response::bytes("application/json", self.0.encode(Wire::Json)?)),
        }
    }
}

#[cfg(feature = "http")]
impl Reply {
    /// The items of a stream, encoded; itself if it is none.
    pub(crate) fn into_items(self, wire: Wire) -> Result<Streaming<Bytes>, Reply> {
        self.0.into_items(wire).map_err(Reply)
    }
}

/// A value that can be encoded.
trait Encode: Send {
    fn encode(&self, wire: Wire) -> Result<Vec<u8>>;
    #[cfg(feature = "http")]
    fn into_items(self: Box<Self>, wire: Wire) -> Result<Streaming<Bytes>, Box<dyn Encode>>;
    #[cfg(feature = "http")]
    fn as_any(&self) -> &dyn std::any::Any;
}

impl<T: Answer> Encode for T {
    fn encode(&self, wire: Wire) -> Result<Vec<u8>> {
        self.to_wire(wire)
    }

    #[cfg(feature = "http")]
    fn into_items(self: Box<Self>, wire: Wire) -> Result<Streaming<Bytes>, Box<dyn Encode>> {
        if !T::STREAMS {
            return Err(self);
        }
        (*self).into_items(wire).map_err(|same| Box::new(same) as Box<dyn Encode>)
    }

    #[cfg(feature = "http")]
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl Answer for Reply {
    fn to_reply(&self) -> Result<Vec<u8>> {
        Err(Error::new(ErrorKind::Internal, "a reply is kept by the handler that gives it, which knows its type"))
    }

    fn from_reply(_: &[u8]) -> Result<Self> {
        Err(Error::new(ErrorKind::Internal, "a kept reply is read by the handler that gave it, which knows its type"))
    }

    fn to_wire(&self, wire: Wire) -> Result<Vec<u8>> {
        self.0.encode(wire)
    }

    fn bind(&mut self, _: impl FnOnce() -> Gate) {}

    #[cfg(feature = "interface")]
    fn shape(_: &mut crate::interface::Shapes) -> crate::interface::Shape {
        crate::interface::Shape::Unknown("its type is known to the handler alone")
    }

    fn from_wire(_: &[u8], _: Wire) -> Result<Self> {
        Err(Error::new(ErrorKind::Internal, "an answer of another process is read by its caller, who knows its type"))
    }
}

/// What a handler failed with, whatever its type.
pub struct Refusal {
    error: Error,
    /// The handler's own error.
    own: Option<Box<dyn OwnError>>,
}

/// What those outside are told of a handler's own error.
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only those outside are told"))]
trait OwnError: Send {
    fn encode(&self, wire: Wire) -> Result<Vec<u8>>;
    fn status(&self) -> u16;
    fn retry_after(&self) -> Option<RetryAfter>;
}

impl<E: RpcError> OwnError for E {
    fn encode(&self, wire: Wire) -> Result<Vec<u8>> {
        wire.encode(self)
    }

    fn status(&self) -> u16 {
        RpcError::status(self)
    }

    fn retry_after(&self) -> Option<RetryAfter> {
        RpcError::retry_after(self)
    }
}

/// A handler's own error as it leaves the process.
#[cfg(feature = "http")]
pub(crate) struct ToldError {
    /// It itself.
    pub(crate) bytes: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) retry_after: Option<RetryAfter>,
}

impl Refusal {
    /// Of a handler with an error of its own.
    pub(crate) fn of<E: RpcError>(own: E) -> Self {
        Refusal { error: Error::of_handler(&own), own: Some(Box::new(own)) }
    }

    /// As an error of the runtime.
    #[cfg(feature = "http")]
    pub(crate) fn error(&self) -> &Error {
        &self.error
    }

    /// The handler's own error, if it has one, encoded.
    #[cfg(feature = "http")]
    pub(crate) fn own(&self, wire: Wire) -> Option<Result<ToldError>> {
        let own = self.own.as_ref()?;
        let told = |bytes| ToldError { bytes, status: own.status(), retry_after: own.retry_after() };
        Some(own.encode(wire).map(told))
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal { error, own: None }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

impl Failure for Refusal {
    fn runtime(&self) -> Option<&Error> {
        self.own.is_none().then_some(&self.error)
    }

    fn sentence(&self) -> String {
        self.error.to_string()
    }

    fn into_refusal(self) -> Refusal {
        self
    }

    fn told(error: Error, _: Option<&[u8]>, _: Wire) -> Self {
        error.into()
    }
}
