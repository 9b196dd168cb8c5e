//! One event of a socket: what generated code is given, and what has come of it.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;

use super::frame::{CloseCode, TextOrBinary};
use super::handle::Socket;
use super::upgrade::Upgrade;
use crate::call::{Instance, Ran, Shared};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::LogPosition;
use crate::node::Awake;
use crate::object::{Cx, Dispatch, Method};

/// The handlers of sockets that a class has.
#[derive(Debug, Clone, Copy)]
pub struct SocketMethods {
    /// `#[websocket(open)]`.
    pub open: Option<&'static Method>,
    /// `#[websocket(message)]`.
    pub message: Option<&'static Method>,
    /// `#[websocket(close)]`.
    pub close: Option<&'static Method>,
    /// `#[websocket(error)]`.
    pub error: Option<&'static Method>,
    /// `#[websocket(message, auto_response("ping", "pong"))]`: a text, and what answers it without the object.
    pub auto_response: Option<(&'static str, &'static str)>,
}

impl SocketMethods {
    /// A class that takes no sockets.
    pub const NONE: SocketMethods =
        SocketMethods { open: None, message: None, close: None, error: None, auto_response: None };

    /// Whether the class takes sockets at all.
    #[cfg(any(feature = "http", feature = "testing"))]
    pub(super) fn any(&self) -> bool {
        self.open.is_some() || self.message.is_some() || self.close.is_some() || self.error.is_some()
    }
}

/// What has happened to a socket: for the generated `match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Occurred {
    /// It is opened.
    Open,
    /// A message has come.
    Message,
    /// It is closed.
    Close,
    /// A message could not be decoded or handled.
    Error,
}

/// The same with what belongs to it.
pub(super) enum Event {
    Open(Upgrade),
    Text(Bytes),
    Binary(Bytes),
    Close(CloseCode, Arc<str>),
    Error(Error),
}

impl Event {
    fn occurred(&self) -> Occurred {
        match self {
            Event::Open(_) => Occurred::Open,
            Event::Text(_) | Event::Binary(_) => Occurred::Message,
            Event::Close(..) => Occurred::Close,
            Event::Error(_) => Occurred::Error,
        }
    }

    /// The method that it is for.
    pub(super) fn method(&self, methods: &SocketMethods) -> Option<&'static Method> {
        match self.occurred() {
            Occurred::Open => methods.open,
            Occurred::Message => methods.message,
            Occurred::Close => methods.close,
            Occurred::Error => methods.error,
        }
    }
}

/// What can be a message of a socket.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the message of a `#[websocket(message)]`",
    label = "a message is a `String`, `Bytes`, `TextOrBinary`, or any type with serde's `Deserialize`",
    note = "derive `Deserialize` for it: `#[derive(Deserialize)]`"
)]
pub trait SocketMessage: serde::de::DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned + 'static> SocketMessage for T {}

/// What an object can say that it sends over its sockets.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be what an object `sends` over its sockets",
    label = "it has to have serde's `Serialize`, to be sent, and `Deserialize`",
    note = "derive both for it: `#[derive(Serialize, Deserialize)]`; from `Deserialize` it is found out how it looks to a client"
)]
pub trait SocketSent: serde::Serialize + serde::de::DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + serde::de::DeserializeOwned + 'static> SocketSent for T {}

/// An event of a socket: what the generated `socket` is given.
pub struct SocketRun<'a, O: Dispatch> {
    pub(super) awake: &'a mut Awake<O>,
    pub(super) shared: &'a Shared<O>,
    pub(super) socket: &'a Socket,
    pub(super) event: Event,
}

/// What has come of an event.
pub struct SocketRan {
    pub(super) result: Result,
    pub(super) position: LogPosition,
    pub(super) instance: Instance,
}

impl SocketRan {
    pub(super) fn of(result: Result, ran: Ran) -> Self {
        SocketRan { result, position: ran.position, instance: ran.instance }
    }
}

impl<O: Dispatch> SocketRun<'_, O> {
    /// What has happened.
    pub fn occurred(&self) -> Occurred {
        self.event.occurred()
    }

    /// Runs `#[websocket(open)]`.
    pub fn open(self, handler: impl FnOnce(&mut O, &mut Cx<O>, &Socket, &Upgrade) -> Result) -> SocketRan {
        match &self.event {
            Event::Open(request) => {
                let socket = self.socket;
                exclusive(self.awake, self.shared, |me, cx| handler(me, cx, socket, request))
            }
            _ => self.unhandled(),
        }
    }

    /// Runs `#[websocket(message)]`.
    pub fn message<T: SocketMessage>(
        self,
        handler: impl FnOnce(&mut O, &mut Cx<O>, &Socket, T) -> Result,
    ) -> SocketRan {
        let socket = self.socket;
        exclusive(self.awake, self.shared, |me, cx| handler(me, cx, socket, decoded(self.event)?))
    }

    /// Runs `#[websocket(close)]`.
    pub fn close(self, handler: impl FnOnce(&mut O, &mut Cx<O>, &Socket, u16, String) -> Result) -> SocketRan {
        match &self.event {
            Event::Close(code, reason) => {
                let (socket, code, reason) = (self.socket, code.as_u16(), reason.to_string());
                exclusive(self.awake, self.shared, |me, cx| handler(me, cx, socket, code, reason))
            }
            _ => self.unhandled(),
        }
    }

    /// Runs `#[websocket(error)]`.
    pub fn error(self, handler: impl FnOnce(&mut O, &mut Cx<O>, &Socket, &Error) -> Result) -> SocketRan {
        match &self.event {
            Event::Error(error) => {
                let socket = self.socket;
                exclusive(self.awake, self.shared, |me, cx| handler(me, cx, socket, error))
            }
            _ => self.unhandled(),
        }
    }

    /// There is no method for it.
    pub fn unhandled(self) -> SocketRan {
        SocketRan { result: Ok(()), position: self.shared.position(), instance: Instance::Kept }
    }
}

impl<O: Dispatch> std::fmt::Debug for SocketRun<'_, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SocketRun").field("occurred", &self.occurred()).finish_non_exhaustive()
    }
}

fn exclusive<O: Dispatch>(
    awake: &mut Awake<O>,
    shared: &Shared<O>,
    handler: impl FnOnce(&mut O, &mut Cx<O>) -> Result,
) -> SocketRan {
    let (result, ran) = awake.exclusive(shared, handler);
    SocketRan::of(result, ran)
}

/// A message as its handler takes it: `String`, `Bytes` and `TextOrBinary` as they come, any other type from JSON in text and MessagePack in binary
/// messages.
fn decoded<T: SocketMessage>(event: Event) -> Result<T> {
    let (bytes, is_text) = match event {
        Event::Text(text) => (text, true),
        Event::Binary(bytes) => (bytes, false),
        Event::Open(_) | Event::Close(..) | Event::Error(_) => {
            return Err(Error::new(ErrorKind::Internal, "what has happened to a socket is no message"));
        }
    };
    let mut given: Option<T> = None;
    let place: &mut dyn Any = &mut given;
    if let Some(place) = place.downcast_mut::<Option<Bytes>>() {
        *place = Some(bytes);
    } else if let Some(place) = place.downcast_mut::<Option<TextOrBinary>>() {
        *place = Some(if is_text { TextOrBinary::Text(string(bytes)?) } else { TextOrBinary::Binary(bytes) });
    } else if let Some(place) = place.downcast_mut::<Option<String>>() {
        if !is_text {
            return Err(Error::invalid("this socket takes text, and the message is binary"));
        }
        *place = Some(string(bytes)?);
    } else if is_text {
        given = Some(serde_json::from_slice(&bytes).map_err(unreadable)?);
    } else {
        given = Some(rmp_serde::from_slice(&bytes).map_err(unreadable)?);
    }
    given.ok_or_else(|| Error::new(ErrorKind::Internal, "a message was not decoded"))
}

fn string(bytes: Bytes) -> Result<String> {
    let no_text = |error| Error::with_source(ErrorKind::Invalid, "the message is no UTF-8", error);
    String::from_utf8(bytes.into()).map_err(no_text)
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(ErrorKind::Invalid, format!("the message can't be read: {error}"), error)
}
