//! What goes through a socket.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Bytes of a reason: a close frame holds 125, of which two are the code (RFC 6455, section 5.5).
pub(super) const LONGEST_REASON: usize = 123;

/// A message on its way to a client. Cheap to clone: a broadcast is encoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Text, which is UTF-8.
    Text(Bytes),
    Binary(Bytes),
    /// The last one.
    Close(CloseCode, Arc<str>),
}

impl Frame {
    /// Bytes that it holds on to.
    pub(super) fn size(&self) -> usize {
        match self {
            Frame::Text(bytes) | Frame::Binary(bytes) => bytes.len(),
            Frame::Close(_, reason) => reason.len(),
        }
    }
}

/// A message of a client as it came, for a `#[websocket(message)]` that takes text as well as binary messages.
///
/// ```
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Echo;
/// #[durable_object]
/// impl Echo {
///     #[websocket(message)]
///     fn heard(&self, socket: &Socket, message: TextOrBinary) -> Result {
///         match message {
///             TextOrBinary::Text(text) => socket.send_text(text),
///             TextOrBinary::Binary(bytes) => socket.send_bytes(bytes),
///         }
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextOrBinary {
    /// Text.
    Text(String),
    /// Bytes of whatever kind.
    Binary(Bytes),
}

/// Why a socket was closed (RFC 6455, section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(u16);

impl CloseCode {
    /// It has served its purpose.
    pub const NORMAL: CloseCode = CloseCode(1000);
    /// One side goes away: the server stops, or the page was left.
    pub const AWAY: CloseCode = CloseCode(1001);
    /// A kind of message that is not taken, such as binary where text is.
    pub const UNSUPPORTED: CloseCode = CloseCode(1003);
    /// The peer closed without saying why. Never sent.
    pub const NONE: CloseCode = CloseCode(1005);
    /// The connection broke. Never sent.
    pub const ABNORMAL: CloseCode = CloseCode(1006);
    /// A message that is not what it should be.
    pub const INVALID: CloseCode = CloseCode(1007);
    /// What the object refuses.
    pub const POLICY: CloseCode = CloseCode(1008);
    /// A message that is too large.
    pub const TOO_LARGE: CloseCode = CloseCode(1009);
    /// The server's own trouble.
    pub const ERROR: CloseCode = CloseCode(1011);
    /// The client reads too slowly, or there is too much to do: it may come back later.
    pub const TRY_LATER: CloseCode = CloseCode(1013);

    /// Whether an endpoint may send it: 1000 to 1003, 1007 to 1014, or 3000 to 4999.
    pub(super) fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// As a number.
    pub fn as_u16(self) -> u16 {
        self.0
    }
}

/// Whether it may be sent is looked at when a socket is closed with it.
impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        CloseCode(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> u16 {
        code.0
    }
}

impl std::fmt::Display for CloseCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
