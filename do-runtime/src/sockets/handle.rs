//! `Socket` and `Sockets`: what user code has of the sockets of its object.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::effects;
use super::frame::{CloseCode, Frame, LONGEST_REASON};
use super::hall::Hall;
use super::line::Line;
use crate::error::{Error, ErrorKind, Result};
use crate::metadata::Caller;
use crate::node::Home;
use crate::object::payload;

/// The largest attachment, encoded, in bytes.
const LARGEST_ATTACHMENT: usize = 16 << 10;

/// Tags that a socket has at most, and bytes of one.
const MOST_TAGS: usize = 10;
const LONGEST_TAG: usize = 256;

/// A WebSocket of this object: a handle that can be kept and cloned. What it keeps survives hibernation, and ends with the connection.
///
/// Within a handler everything belongs to its transaction: messages leave once it is durable, and not at all if it fails; tags and the attachment
/// are what they were before then. In asynchronous handlers, outside of `this.update(…)`, it acts at once, and messages wait until all is
/// durable that has happened so far.
#[derive(Clone)]
pub struct Socket {
    pub(super) home: Arc<Home>,
    pub(super) hall: Arc<Hall>,
    pub(super) line: Arc<Line>,
}

impl Socket {
    /// Its id: drawn at random when it was opened.
    pub fn id(&self) -> Uuid {
        self.line.id
    }

    /// Who opened it: as the authenticator says, or `anonymous`.
    pub fn caller(&self) -> &Caller {
        &self.line.caller
    }

    /// Whether nothing can be sent any more: it was closed, or its client was too slow or is gone.
    pub fn is_closed(&self) -> bool {
        self.line.is_closed()
    }

    /// Adds a tag, by which [`Sockets::tagged`] finds it. A tag that it has already changes nothing.
    ///
    /// # Errors
    /// `invalid` for more than 10 tags, or one of more than 256 bytes.
    pub fn tag(&self, tag: impl AsRef<str>) -> Result {
        let tag = tag.as_ref();
        if tag.len() > LONGEST_TAG {
            return Err(Error::invalid(format!("a tag has at most {LONGEST_TAG} bytes, and this one {}", tag.len())));
        }
        effects::change(self, |kept| {
            if kept.tags.iter().any(|other| **other == *tag) {
                return Ok(());
            }
            if kept.tags.len() >= MOST_TAGS {
                return Err(Error::invalid(format!("a socket has at most {MOST_TAGS} tags")));
            }
            kept.tags.push(tag.into());
            Ok(())
        })
    }

    /// Removes a tag, if it has it.
    ///
    /// # Errors
    /// None at present.
    pub fn untag(&self, tag: impl AsRef<str>) -> Result {
        effects::change(self, |kept| {
            kept.tags.retain(|other| **other != *tag.as_ref());
            Ok(())
        })
    }

    /// Its tags, in the order in which they were added.
    pub fn tags(&self) -> Vec<String> {
        self.line.kept.lock().tags.iter().map(|tag| tag.to_string()).collect()
    }

    /// Keeps a value with the socket, instead of the one before: what its object has to know of it when it wakes.
    ///
    /// # Errors
    /// `invalid` if it can't be encoded, or takes more than 16 KiB (MessagePack).
    pub fn set_attachment<T: Serialize + ?Sized>(&self, value: &T) -> Result {
        let bytes = payload::encode(value).map_err(|error| {
            Error::with_source(ErrorKind::Invalid, format!("an attachment can't be encoded: {error}"), error)
        })?;
        if bytes.len() > LARGEST_ATTACHMENT {
            let sentence =
                format!("an attachment takes at most {LARGEST_ATTACHMENT} bytes, and this one {}", bytes.len());
            return Err(Error::invalid(sentence));
        }
        effects::change(self, |kept| {
            kept.attachment = Some(bytes.into());
            Ok(())
        })
    }

    /// The value that was kept with it.
    ///
    /// # Errors
    /// `not_found` if there is none; `invalid` if it is of another type.
    pub fn attachment<T: DeserializeOwned>(&self) -> Result<T> {
        let bytes = self.line.kept.lock().attachment.clone();
        let bytes =
            bytes.ok_or_else(|| Error::not_found("this socket has no attachment: set one in `#[websocket(open)]`"))?;
        payload::decode(&bytes).map_err(|error| {
            let name = std::any::type_name::<T>();
            Error::with_source(ErrorKind::Invalid, format!("the attachment is no `{name}`: {error}"), error)
        })
    }

    /// Sends a value as JSON text.
    ///
    /// # Errors
    /// `invalid` if it can't be encoded.
    pub fn send<T: Serialize + ?Sized>(&self, value: &T) -> Result {
        self.push(json(value)?)
    }

    /// Sends text.
    ///
    /// # Errors
    /// `unavailable` once the objects were closed.
    pub fn send_text(&self, text: impl Into<String>) -> Result {
        self.push(Frame::Text(text.into().into()))
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// `unavailable` once the objects were closed.
    pub fn send_bytes(&self, bytes: impl Into<Bytes>) -> Result {
        self.push(Frame::Binary(bytes.into()))
    }

    /// Closes it, after all that was sent.
    ///
    /// # Errors
    /// `invalid` for a code that may not be sent (RFC 6455: 1000 to 1003, 1007 to 1014, and 3000 to 4999 may), or a reason of more than 123 bytes.
    pub fn close(&self, code: impl Into<CloseCode>, reason: impl AsRef<str>) -> Result {
        self.push(closing(code.into(), reason.as_ref())?)
    }

    fn push(&self, frame: Frame) -> Result {
        effects::send(&self.home, &self.hall, frame, vec![self.line.clone()])
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, caller, tags) = (&self.line.id, &self.line.caller, self.tags());
        write!(f, "Socket({id} of {}, caller {caller}, tags {tags:?})", self.hall.identity)
    }
}

impl PartialEq for Socket {
    fn eq(&self, other: &Self) -> bool {
        self.line.id == other.line.id
    }
}

impl Eq for Socket {}

/// The sockets of this object that are open, or some of them: `cx.sockets()`. A broadcast is encoded once.
///
/// ```
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Room;
/// # #[durable_object]
/// # impl Room {
/// #[rpc]
/// fn announce(&mut self, cx: &mut Cx<Self>, text: String) -> Result<usize> {
///     let listeners = cx.sockets().tagged("chat");
///     listeners.send(&text)?; // once the transaction is durable
///     Ok(listeners.len())
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Sockets {
    home: Arc<Home>,
    hall: Option<Arc<Hall>>,
    tags: Vec<String>,
    except: Vec<Uuid>,
}

impl Sockets {
    pub(crate) fn new(home: Arc<Home>, hall: Option<Arc<Hall>>) -> Self {
        Sockets { home, hall, tags: Vec::new(), except: Vec::new() }
    }

    /// Only those with a tag.
    pub fn tagged(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// All but one.
    pub fn except(mut self, socket: &Socket) -> Self {
        self.except.push(socket.id());
        self
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.lines().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines().is_empty()
    }

    /// Each of them, in the order in which they came.
    pub fn iter(&self) -> std::vec::IntoIter<Socket> {
        let Some(hall) = &self.hall else { return Vec::new().into_iter() };
        let socket = |line| Socket { home: self.home.clone(), hall: hall.clone(), line };
        self.lines().into_iter().map(socket).collect::<Vec<_>>().into_iter()
    }

    /// Sends a value as JSON text to each of them.
    ///
    /// # Errors
    /// `invalid` if it can't be encoded.
    pub fn send<T: Serialize + ?Sized>(&self, value: &T) -> Result {
        self.push(|| json(value))
    }

    /// Sends text to each of them.
    ///
    /// # Errors
    /// `unavailable` once the objects were closed.
    pub fn send_text(&self, text: impl Into<String>) -> Result {
        self.push(|| Ok(Frame::Text(text.into().into())))
    }

    /// Sends bytes to each of them.
    ///
    /// # Errors
    /// `unavailable` once the objects were closed.
    pub fn send_bytes(&self, bytes: impl Into<Bytes>) -> Result {
        self.push(|| Ok(Frame::Binary(bytes.into())))
    }

    /// Closes each of them, after all that was sent.
    ///
    /// # Errors
    /// As [`Socket::close`].
    pub fn close(&self, code: impl Into<CloseCode>, reason: impl AsRef<str>) -> Result {
        let frame = closing(code.into(), reason.as_ref())?;
        self.push(|| Ok(frame))
    }

    fn lines(&self) -> Vec<Arc<Line>> {
        let mut lines = self.hall.as_ref().map(|hall| hall.lines()).unwrap_or_default();
        if !self.except.is_empty() {
            lines.retain(|line| !self.except.contains(&line.id));
        }
        if !self.tags.is_empty() {
            lines.retain(|line| {
                let kept = line.kept.lock();
                self.tags.iter().all(|tag| kept.tags.iter().any(|has| **has == **tag))
            });
        }
        lines
    }

    fn push(&self, frame: impl FnOnce() -> Result<Frame>) -> Result {
        let (Some(hall), lines) = (&self.hall, self.lines()) else { return Ok(()) };
        if lines.is_empty() { Ok(()) } else { effects::send(&self.home, hall, frame()?, lines) }
    }
}

impl IntoIterator for &Sockets {
    type Item = Socket;
    type IntoIter = std::vec::IntoIter<Socket>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Sockets {
    type Item = Socket;
    type IntoIter = std::vec::IntoIter<Socket>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sockets({})", self.len())
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<Frame> {
    let text = serde_json::to_vec(value).map_err(|error| {
        let name = std::any::type_name::<T>();
        Error::with_source(ErrorKind::Invalid, format!("a message, a `{name}`, can't be encoded: {error}"), error)
    })?;
    Ok(Frame::Text(text.into()))
}

fn closing(code: CloseCode, reason: &str) -> Result<Frame> {
    if !code.is_sendable() {
        return Err(Error::invalid(format!(
            "a socket can't be closed with {code}: take 1000 (all is done), 1008 (refused), 1011 (trouble), or one of your own from 3000 to 4999"
        )));
    }
    if reason.len() > LONGEST_REASON {
        let sentence =
            format!("the reason of a close has at most {LONGEST_REASON} bytes, and this one {}", reason.len());
        return Err(Error::invalid(sentence));
    }
    Ok(Frame::Close(code, reason.into()))
}
