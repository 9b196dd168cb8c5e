//! What a client asks for when it opens a socket.

use std::fmt;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::fetch::Request;
use crate::metadata::{Caller, TraceParent};

/// The request that opens a socket: what `#[websocket(open)]` is given.
#[derive(Clone)]
pub struct Upgrade {
    caller: Caller,
    request: Request,
    /// The id that the request came with, or that was drawn for it.
    pub(super) request_id: Option<Uuid>,
    pub(super) trace: Option<TraceParent>,
}

impl Upgrade {
    #[cfg(any(feature = "http", feature = "testing"))]
    pub(crate) fn new(caller: Caller, request: Request) -> Self {
        Upgrade { caller, request, request_id: None, trace: None }
    }

    /// The same with what goes with a request.
    #[cfg(feature = "http")]
    pub(crate) fn with(self, request_id: Uuid, trace: Option<TraceParent>) -> Self {
        Upgrade { request_id: Some(request_id), trace, ..self }
    }

    /// Who asks: as the authenticator says, or `anonymous`.
    ///
    /// # Errors
    /// None at present: the same as `cx.meta().caller()`, which in other handlers may have nobody to name.
    pub fn caller(&self) -> Result<&Caller> {
        Ok(&self.caller)
    }

    /// The path behind the object's name: `/` if there is none. Decoded.
    pub fn path(&self) -> &str {
        self.request.path()
    }

    /// The first value of a name in the query, decoded: `b c` for `b` in `?a=1&b=b%20c`.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.request.query(name)
    }

    /// The first value of a header, if it is text. Names are alike in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.header(name)
    }

    /// The value of a name in the query, or what is missing.
    ///
    /// # Errors
    /// `invalid` if it is not there.
    pub fn required(&self, name: &str) -> Result<&str> {
        self.query(name).ok_or_else(|| Error::invalid(format!("the query has no `{name}`")))
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and queries carry credentials.
        f.debug_struct("Upgrade").field("caller", &self.caller).field("path", &self.path()).finish_non_exhaustive()
    }
}
