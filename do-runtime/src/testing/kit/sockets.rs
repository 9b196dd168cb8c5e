//! WebSockets without a network.

use std::future::poll_fn;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::TestKit;
use crate::Bytes;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::Request;
use crate::metadata::Caller;
use crate::object::TypedStub;
use crate::sockets::{Connection, Frame, Received, Terms, TextOrBinary, Upgrade, connect};

/// How long a message is waited for that does not come, in earnest.
const PATIENCE: Duration = Duration::from_secs(10);

impl TestKit {
    /// Opens a WebSocket at an object, as an anonymous client: `path` is what follows the object's name, with a query if there is one.
    ///
    /// # Errors
    /// What a client would be told instead: `not_found` if the class takes no sockets, or what `#[authorize]` or `#[websocket(open)]` says.
    pub async fn connect(&self, stub: &impl TypedStub, path: &str) -> Result<TestSocket> {
        self.connect_as(stub, path, Caller::Anonymous).await
    }

    /// The same for a client who is known: `kit.connect_as(&room, "/", "ann")`.
    ///
    /// # Errors
    /// As [`TestKit::connect`].
    pub async fn connect_as(&self, stub: &impl TypedStub, path: &str, caller: impl Into<Caller>) -> Result<TestSocket> {
        let request = Upgrade::new(caller.into(), Request::new("GET", path, Bytes::new()));
        let connection = connect(stub.stub().clone(), request, Terms::default()).await?;
        Ok(TestSocket { connection, ended: None })
    }
}

/// The client's end of a WebSocket. Dropped, the connection breaks without a word.
pub struct TestSocket {
    connection: Connection,
    /// How the other side closed it.
    ended: Option<(u16, String)>,
}

impl std::fmt::Debug for TestSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TestSocket({})", self.connection.identity())
    }
}

impl TestSocket {
    /// Sends a value as JSON text; its handler has run when this resolves.
    ///
    /// # Errors
    /// What the handler failed with, if that closes the socket; `invalid` if the value can't be encoded.
    pub async fn send<T: Serialize + ?Sized>(&self, value: &T) -> Result {
        let text = serde_json::to_string(value)
            .map_err(|error| Error::with_source(ErrorKind::Invalid, format!("it can't be encoded: {error}"), error))?;
        self.send_text(text).await
    }

    /// Sends text; its handler has run when this resolves.
    ///
    /// # Errors
    /// What the handler failed with, if that closes the socket.
    pub async fn send_text(&self, text: impl Into<String>) -> Result {
        self.bring(Received::Text(text.into().into())).await
    }

    /// Sends bytes; their handler has run when this resolves.
    ///
    /// # Errors
    /// What the handler failed with, if that closes the socket.
    pub async fn send_bytes(&self, bytes: impl Into<Bytes>) -> Result {
        self.bring(Received::Binary(bytes.into())).await
    }

    async fn bring(&self, message: Received) -> Result {
        match self.connection.received(message) {
            Some(told) => told.await,
            None => Ok(()),
        }
    }

    /// The next message, which is JSON text.
    ///
    /// # Errors
    /// As [`TestSocket::receive_text`]; `invalid` if it is of another type.
    pub async fn receive<T: DeserializeOwned>(&mut self) -> Result<T> {
        let text = self.receive_text().await?;
        serde_json::from_str(&text).map_err(|error| {
            Error::with_source(ErrorKind::Invalid, format!("{text:?} is something else: {error}"), error)
        })
    }

    /// The next message, which is text. It is durable what it tells.
    ///
    /// # Errors
    /// `unavailable` if the socket was closed, `invalid` if bytes came, `deadline` if nothing comes for ten seconds (of real time).
    pub async fn receive_text(&mut self) -> Result<String> {
        match self.next().await? {
            Frame::Text(text) => Ok(String::from_utf8_lossy(&text).into_owned()),
            _ => Err(Error::invalid("bytes came where text was waited for")),
        }
    }

    /// The next message, which is bytes.
    ///
    /// # Errors
    /// As [`TestSocket::receive_text`], with text for bytes.
    pub async fn receive_bytes(&mut self) -> Result<Bytes> {
        match self.next().await? {
            Frame::Binary(bytes) => Ok(bytes),
            _ => Err(Error::invalid("text came where bytes were waited for")),
        }
    }

    /// The next message, whatever it is.
    ///
    /// # Errors
    /// As [`TestSocket::receive_text`], but for either kind.
    pub async fn receive_any(&mut self) -> Result<TextOrBinary> {
        match self.next().await? {
            Frame::Binary(bytes) => Ok(TextOrBinary::Binary(bytes)),
            Frame::Text(text) => Ok(TextOrBinary::Text(String::from_utf8_lossy(&text).into_owned())),
            // `next` has told of it.
            Frame::Close(..) => Err(Error::new(ErrorKind::Unavailable, "the socket was closed")),
        }
    }

    async fn next(&mut self) -> Result<Frame> {
        if self.ended.is_none() {
            match self.frame().await? {
                Frame::Close(code, reason) => self.ended = Some((code.as_u16(), reason.to_string())),
                frame => return Ok(frame),
            }
        }
        let (code, reason) = self.ended.clone().unwrap_or_default();
        Err(Error::new(ErrorKind::Unavailable, format!("the socket was closed with {code}: {reason:?}")))
    }

    async fn frame(&self) -> Result<Frame> {
        let next = poll_fn(|cx| self.connection.poll_next(cx));
        tokio::time::timeout(PATIENCE, next).await.map_err(|_| {
            Error::new(
                ErrorKind::Deadline,
                format!("no message came from {} for {PATIENCE:?}", self.connection.identity()),
            )
        })
    }

    /// Whether no message is there that was not received. One that waits for the disk is not there yet.
    pub fn is_quiet(&self) -> bool {
        self.connection.is_quiet()
    }

    /// Waits until the object closes the socket, passing over messages: the code and the reason.
    ///
    /// # Errors
    /// `deadline` if it does not.
    pub async fn closed(&mut self) -> Result<(u16, String)> {
        loop {
            if let Some(ended) = &self.ended {
                return Ok(ended.clone());
            }
            if let Frame::Close(code, reason) = self.frame().await? {
                self.ended = Some((code.as_u16(), reason.to_string()));
            }
        }
    }

    /// Closes it from the client's side; the object's `#[websocket(close)]` has run when this resolves.
    pub async fn close(self, code: u16, reason: &str) {
        self.connection.ended(code, reason).await;
    }
}
