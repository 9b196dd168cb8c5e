//! What a transport has of a socket: events go in, messages come out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::frame::{CloseCode, Frame, LONGEST_REASON};
use super::handle::Socket;
use super::line::{Entry, Line, Terms};
use super::run::{Event, SocketRan, SocketRun};
use super::upgrade::Upgrade;
use crate::call::{Body, Instance, Owner, Slot, Stub, TurnFor, TurnOf, give_back};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::LogPosition;
use crate::metadata::Origin;
use crate::node::{durable, put_to_sleep};
use crate::object::{Dispatch, Identity, Method};
use crate::observe;

/// A message from a client.
#[derive(Debug)]
pub(crate) enum Received {
    Text(Bytes),
    Binary(Bytes),
}

/// An event on its way through its object.
pub(crate) type Telling = Pin<Box<dyn Future<Output = Result> + Send>>;

/// A connection that is being opened.
pub(crate) type Connecting = Pin<Box<dyn Future<Output = Result<Connection>> + Send>>;

/// Brings an event to the object, of whatever class it is.
type Tell = fn(Socket, Event) -> Telling;

/// A socket that is open. Dropped, the connection is broken.
pub(crate) struct Connection {
    socket: Socket,
    tell: Tell,
    /// Whether the object has let it in, and was not told yet that it is gone.
    open: bool,
    auto_response: Option<(&'static str, &'static str)>,
}

/// Opens a socket at the object of a stub: asks the object, and runs its `#[websocket(open)]`, whose effects are durable when this
/// resolves.
///
/// # Errors
/// `not_found` if the class takes no sockets; `overloaded` if the object has as many as it may; what the object says.
pub(crate) fn connect<O: Dispatch>(stub: Stub<O>, request: Upgrade, terms: Terms) -> Connecting {
    Box::pin(async move {
        if !O::SOCKETS.any() {
            let sentence = format!("`{}` takes no sockets: it has no `#[websocket]` methods", O::CLASS);
            return Err(Error::not_found(sentence));
        }
        let slot = stub.slot()?;
        let identity = slot.shared.identity.clone();
        let home = stub.home().clone();
        let node = home.node()?;
        node.available()?;
        let line = Line::new(home.random().uuid(), request.caller()?.clone(), request.trace, terms);
        let line = Arc::new(line);
        let Some(hall) = node.sockets().join(&identity, &line, terms.sockets) else {
            let sentence = format!("{identity} has {} sockets already, which is its limit", terms.sockets);
            return Err(Error::new(ErrorKind::Overloaded, sentence));
        };
        // From here on it leaves with the connection.
        let mut connection = Connection {
            open: false,
            socket: Socket { home, hall, line },
            tell: tell::<O>,
            auto_response: O::SOCKETS.auto_response,
        };
        connection.tell(Event::Open(request)).await?;
        connection.open = true;
        node.watches().changed(identity.id());
        Ok(connection)
    })
}

impl Connection {
    /// The object.
    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.socket.hall.identity
    }

    fn tell(&self, event: Event) -> Telling {
        (self.tell)(self.socket.clone(), event)
    }

    /// The next message for the client; nothing comes after [`Frame::Close`].
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Frame> {
        let next = self.socket.line.poll_next(cx);
        if let Poll::Ready(Frame::Text(_) | Frame::Binary(_)) = &next {
            observe::socket_sent(self.identity().class());
        }
        next
    }

    /// Whether no message waits for the client.
    #[cfg(feature = "testing")]
    pub(crate) fn is_quiet(&self) -> bool {
        self.socket.line.is_quiet()
    }

    /// Ready when nothing but [`Frame::Close`] is left to send, so that what is being written needs not be waited for.
    #[cfg(feature = "http")]
    pub(crate) fn poll_ending(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.socket.line.poll_ending(cx)
    }

    /// A message has come: what is to be awaited before the next one, unless it is answered without the object. If the handler fails and no
    /// `#[websocket(error)]` takes care of it, the socket is closed.
    pub(crate) fn received(&self, message: Received) -> Option<Telling> {
        if let (Some((request, response)), Received::Text(text)) = (self.auto_response, &message)
            && **text == *request.as_bytes()
        {
            observe::socket_received(self.identity().class(), || Ok(()));
            self.socket.line.push(Frame::Text(Bytes::from_static(response.as_bytes())));
            return None;
        }
        let event = match message {
            Received::Text(text) => Event::Text(text),
            Received::Binary(bytes) => Event::Binary(bytes),
        };
        let (told, socket, tell) = (self.tell(event), self.socket.clone(), self.tell);
        Some(Box::pin(async move {
            let told = told.await;
            let identity = &socket.hall.identity;
            observe::socket_received(identity.class(), || told.as_ref().copied().map_err(Error::kind));
            let Err(error) = told else { return Ok(()) };
            tracing::debug!(class = identity.class(), name = identity.name(), id = %identity.id(), %error, "a message of a socket failed");
            let Err(error) = tell(socket.clone(), Event::Error(error)).await else { return Ok(()) };
            socket.line.push(farewell(&error));
            Err(error)
        }))
    }

    /// The connection has ended, and the object is told why.
    pub(crate) async fn ended(mut self, code: u16, reason: &str) {
        self.open = false;
        self.socket.line.hang_up();
        tell_end(self.identity().clone(), self.tell(Event::Close(code.into(), reason.into()))).await;
    }
}

async fn tell_end(identity: Arc<Identity>, told: Telling) {
    match told.await {
        Ok(()) => {}
        // The node stops: its objects find no sockets when they wake again.
        Err(error) if error.kind() == ErrorKind::Unavailable => {}
        Err(error) => {
            tracing::warn!(class = identity.class(), name = identity.name(), id = %identity.id(), %error, "the end of a socket could not be handled");
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let line = &self.socket.line;
        line.hang_up();
        let Ok(node) = self.socket.home.node() else { return };
        let id = self.socket.hall.identity.id();
        node.sockets().leave(id, line);
        node.watches().changed(id);
        if self.open {
            let told = self.tell(Event::Close(CloseCode::ABNORMAL, "".into()));
            node.spawn(Box::pin(tell_end(self.identity().clone(), told)));
        }
    }
}

/// How a socket is closed whose message failed. What goes wrong on our side is nobody else's to read.
fn farewell(error: &Error) -> Frame {
    let (code, words) = match error.kind() {
        ErrorKind::Invalid | ErrorKind::Denied | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Handler => {
            (CloseCode::POLICY, error.to_string())
        }
        ErrorKind::Overloaded => (CloseCode::TRY_LATER, "there is too much to do".to_owned()),
        ErrorKind::Unavailable => (CloseCode::AWAY, "the server stops".to_owned()),
        _ => (CloseCode::ERROR, "the server failed".to_owned()),
    };
    let mut end = words.len().min(LONGEST_REASON);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    Frame::Close(code, words[..end].into())
}

/// Brings an event to its object, in a turn at it.
fn tell<O: Dispatch>(socket: Socket, event: Event) -> Telling {
    Box::pin(async move {
        let method = event.method(&O::SOCKETS);
        let opens = matches!(event, Event::Open(_));
        if method.is_none() && !opens {
            // Nobody takes care of it.
            return match event {
                Event::Error(error) => Err(error),
                _ => Ok(()),
            };
        }
        let home = socket.home.clone();
        let node = home.node()?;
        // Anew for each event: a socket keeps nothing of its object in memory.
        let slot = node.host::<O>(&home).slot(&socket.hall.identity)?;
        let turn = TurnFor::new(slot, TurnOf::Instance).await?;
        let position = match method.is_some_and(|method| method.pace().is_slow()) {
            false => run(turn, socket, event, method)?,
            true => {
                let (answer, answered) = tokio::sync::oneshot::channel();
                node.spawn_blocking(Box::new(move || {
                    // Nobody waits any more if the connection is gone.
                    let _ = answer.send(run(turn, socket, event, method));
                }));
                answered.await.map_err(|_| Error::new(ErrorKind::Unavailable, "these objects were closed"))??
            }
        };
        match opens {
            // Nobody is let in before it is certain.
            true => durable(node.log(), position).await,
            false => Ok(()),
        }
    })
}

/// The method in the metadata of a socket that is opened where no `#[websocket(open)]` is.
static OPEN: Method = Method::new("websocket");

fn run<O: Dispatch>(
    mut turn: Owner<O>,
    socket: Socket,
    event: Event,
    method: Option<&'static Method>,
) -> Result<LogPosition> {
    let slot: Arc<Slot<O>> = turn.baton().clone();
    let (shared, node) = (&slot.shared, slot.shared.host.node());
    let opens = matches!(event, Event::Open(_));
    if !shared.is_live() {
        let refusal = crate::call::refusal(shared);
        give_back(turn);
        return Err(refusal);
    }
    shared.begin_use(node.coarse_now());
    let Body::Awake(awake) = &mut *turn else {
        give_back(turn);
        return Err(Error::new(ErrorKind::Internal, "a turn at an object came while it slept"));
    };
    let origin = Origin {
        caller: Some(socket.line.caller.clone()),
        trace: socket.line.trace,
        outside: true,
        request_id: match &event {
            Event::Open(upgrade) => upgrade.request_id,
            _ => None,
        },
        ..Origin::default()
    };
    awake.meta().begin(method.unwrap_or(&OPEN), Some(Arc::new(origin)));
    let span = awake.meta().span();
    let timed = method.filter(|method| !node.is_deterministic() && method.pace().sample());
    let begin = timed.map(|_| std::time::Instant::now());
    let ran = {
        let _within = span.as_ref().map(|span| span.enter());
        let refused = match event {
            Event::Open(_) => awake.refuses(shared),
            _ => None,
        };
        match refused {
            Some((error, ran)) => SocketRan::of(Err(error), ran),
            None => {
                if opens {
                    socket.line.enter(Entry::Enters);
                }
                O::socket(SocketRun { awake, shared, socket: &socket, event })
            }
        }
    };
    if opens {
        socket.line.enter(if ran.result.is_ok() { Entry::In } else { Entry::Asks });
    }
    awake.meta().end();
    if let (Some(method), Some(begin)) = (timed, begin) {
        method.pace().took(begin.elapsed());
    }
    if ran.instance == Instance::Spoiled {
        put_to_sleep(&mut turn);
    }
    give_back(turn);
    ran.result.map(|()| ran.position)
}
