//! Methods of sockets, as they are written and as they are meant.

use proc_macro2::Span;
use syn::{Attribute, Ident, LitStr, Type};

use crate::methods::model::Context;

/// The options of `#[websocket]`.
pub(crate) struct SocketOptions {
    /// The attribute's name.
    pub(crate) span: Span,
    /// What it is for, if that is said.
    pub(crate) occasion: Option<Occasion>,
    /// `auto_response("ping", "pong")`.
    pub(crate) auto_response: Option<(LitStr, LitStr)>,
    /// `sends = Message`.
    pub(crate) sends: Option<Sent>,
}

/// What an object sends to its clients.
pub(crate) struct Sent {
    /// The option's name.
    pub(crate) name: Ident,
    /// The type.
    pub(crate) ty: Box<Type>,
}

/// What a method is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// `open`
    Open,
    /// `message`
    Message,
    /// `close`
    Close,
    /// `error`
    Error,
}

impl Occasion {
    /// As it is written.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Occasion::Open => "open",
            Occasion::Message => "message",
            Occasion::Close => "close",
            Occasion::Error => "error",
        }
    }
}

/// A method of sockets.
pub(crate) struct SocketMethod {
    /// Its name.
    pub(crate) ident: Ident,
    /// `#[cfg(…)]`.
    pub(crate) cfgs: Vec<Attribute>,
    /// What it is for.
    pub(crate) occasion: Occasion,
    /// Whether it takes `cx`.
    pub(crate) context: Context,
    /// What it takes besides.
    pub(crate) takes: Vec<Taken>,
    /// `auto_response("ping", "pong")`.
    pub(crate) auto_response: Option<(LitStr, LitStr)>,
    /// What the object sends, if it is said here.
    pub(crate) sends: Option<Type>,
    /// Where its result is written.
    pub(crate) result: Span,
}

impl SocketMethod {
    /// The type of its message, if it takes one.
    pub(crate) fn message(&self) -> Option<&Type> {
        self.takes.iter().find_map(|taken| match taken {
            Taken::Message(ty) | Taken::Borrowed(ty) => Some(ty),
            _ => None,
        })
    }
}

/// A parameter of a method of sockets.
pub(crate) enum Taken {
    /// `socket: &Socket`
    Socket,
    /// `request: &Upgrade`
    Request,
    /// The message, by value.
    Message(Type),
    /// The message, as `&str` or `&[u8]`.
    Borrowed(Type),
    /// `code: u16`
    Code,
    /// `reason: String`
    Reason,
    /// `reason: &str`
    ReasonText,
    /// `error: &Error`
    Error,
}
