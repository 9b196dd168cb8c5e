//! Between a WebSocket and its object: messages both ways, pings, and the end.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_sink::Sink;
use tokio::time::{Sleep, sleep};
use tokio_tungstenite::tungstenite::error::{CapacityError, Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{Beat, FAREWELL, Pulse, Socket};
use crate::sockets::{CloseCode, Connection, Frame, Received, Telling};

/// Moves messages until the socket ends, and tells the object.
pub(super) async fn run(socket: Socket, connection: Connection, ping: Duration) {
    let mut pump =
        Pump { socket, connection, telling: None, unflushed: false, said: None, over: None, pulse: Pulse::new(ping) };
    let (code, reason) = poll_fn(|cx| pump.poll(cx)).await;
    if let Some(telling) = pump.telling.take() {
        // What it has begun it ends; what went wrong was told already.
        let _ = telling.await;
    }
    let Pump { connection, socket, .. } = pump;
    drop(socket);
    connection.ended(code, &reason).await;
}

struct Pump {
    socket: Socket,
    connection: Connection,
    /// A message that its object works on: the next one is not read before.
    telling: Option<Telling>,
    unflushed: bool,
    /// How the socket is closed, by whoever was first. Nothing more is sent, and nothing more is heard but the other's goodbye.
    said: Option<(u16, String)>,
    /// Until when the other side may say goodbye.
    over: Option<Pin<Box<Sleep>>>,
    pulse: Pulse,
}

impl Pump {
    /// Ready once the socket has ended: with a code and a reason.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(u16, String)> {
        loop {
            if let Some(telling) = &mut self.telling
                && telling.as_mut().poll(cx).is_ready()
            {
                self.telling = None;
            }
            if let Poll::Ready(end) = self.poll_write(cx) {
                return Poll::Ready(end);
            }
            match self.poll_read(cx) {
                Poll::Ready(Some(end)) => return Poll::Ready(end),
                Poll::Ready(None) => continue,
                Poll::Pending => {}
            }
            match self.poll_time(cx) {
                Poll::Ready(Some(end)) => return Poll::Ready(end),
                Poll::Ready(None) => continue,
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Sends what there is to send. Ready if the connection is broken.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<(u16, String)> {
        loop {
            match Pin::new(&mut self.socket).poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(self.broken(&error)),
                Poll::Pending => {
                    self.consider_end(cx);
                    return Poll::Pending;
                }
            }
            if self.said.is_some() {
                break;
            }
            let Poll::Ready(frame) = self.connection.poll_next(cx) else { break };
            if let Frame::Close(code, reason) = &frame {
                self.said = Some((code.as_u16(), reason.to_string()));
                self.begin_end();
            }
            if let Err(error) = Pin::new(&mut self.socket).start_send(message(frame)) {
                return Poll::Ready(self.broken(&error));
            }
            self.unflushed = true;
        }
        if self.unflushed {
            match Pin::new(&mut self.socket).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(error)) => return Poll::Ready(self.broken(&error)),
                Poll::Pending => self.consider_end(cx),
            }
        }
        Poll::Pending
    }

    /// Reads one message, unless the object still has the last one. `Some` if the socket has ended.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<(u16, String)>> {
        if self.telling.is_some() {
            return Poll::Pending;
        }
        let read = ready!(Pin::new(&mut self.socket).poll_next(cx));
        self.pulse.hear();
        let received = match read {
            Some(Ok(Message::Text(text))) => Received::Text(text.into()),
            Some(Ok(Message::Binary(bytes))) => Received::Binary(bytes),
            Some(Ok(Message::Close(frame))) => {
                let (code, reason) = frame.map_or((CloseCode::NONE.as_u16(), String::new()), |frame| {
                    (frame.code.into(), frame.reason.to_string())
                });
                self.said.get_or_insert((code, reason));
                self.unflushed = true;
                self.begin_end();
                return Poll::Ready(None);
            }
            // Tungstenite answers pings by itself, with what is sent next.
            Some(Ok(Message::Ping(_))) => {
                self.unflushed = true;
                return Poll::Ready(None);
            }
            Some(Ok(Message::Pong(_) | Message::Frame(_))) => return Poll::Ready(None),
            Some(Err(error)) => return self.refuse(&error),
            None => return Poll::Ready(Some(self.ended())),
        };
        if self.said.is_none() {
            self.telling = self.connection.received(received);
        }
        Poll::Ready(None)
    }

    /// What can't be read ends the socket, with a word if it is the client's mistake.
    fn refuse(&mut self, error: &Error) -> Poll<Option<(u16, String)>> {
        let (code, words) = match error {
            Error::Capacity(CapacityError::MessageTooLong { .. }) => {
                (CloseCode::TOO_LARGE.as_u16(), "the message is too large")
            }
            Error::Utf8(_) => (CloseCode::INVALID.as_u16(), "the text is no UTF-8"),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Poll::Ready(Some(self.ended())),
            Error::Protocol(_) => (1002, "this is against the protocol"),
            error => return Poll::Ready(Some(self.broken(error))),
        };
        if self.said.is_some() {
            return Poll::Ready(Some(self.ended()));
        }
        self.said = Some((code, words.to_owned()));
        let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(words) };
        if Pin::new(&mut self.socket).start_send(Message::Close(Some(frame))).is_err() {
            return Poll::Ready(Some(self.ended()));
        }
        self.unflushed = true;
        self.begin_end();
        Poll::Ready(None)
    }

    /// Pings, and the end of patience.
    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<Option<(u16, String)>> {
        if let Some(over) = &mut self.over
            && over.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Some(self.ended()));
        }
        ready!(self.pulse.poll_due(cx));
        if self.said.is_some() || self.telling.is_some() {
            return Poll::Ready(None);
        }
        match self.pulse.beat(self.socket.get_mut(), self.unflushed) {
            Beat::Ping => {
                // A connection that is broken shows it elsewhere.
                let _ = Pin::new(&mut self.socket).start_send(Message::Ping(Default::default()));
                self.unflushed = true;
            }
            Beat::Wait => {}
            Beat::Gone => return Poll::Ready(Some(self.ended())),
        }
        Poll::Ready(None)
    }

    /// A client that does not read what is written is not waited for, if nothing but goodbye is left to say.
    fn consider_end(&mut self, cx: &mut Context<'_>) {
        if self.connection.poll_ending(cx).is_ready() {
            self.begin_end();
        }
    }

    /// From here on the other side has little time left.
    fn begin_end(&mut self) {
        if self.over.is_none() {
            self.over = Some(Box::pin(sleep(FAREWELL)));
        }
    }

    /// How it has ended: as somebody said, or without a word.
    fn ended(&mut self) -> (u16, String) {
        self.said.take().unwrap_or((CloseCode::ABNORMAL.as_u16(), String::new()))
    }

    fn broken(&mut self, error: &Error) -> (u16, String) {
        tracing::debug!(%error, "a socket broke");
        self.ended()
    }
}

fn message(frame: Frame) -> Message {
    match frame {
        // It was text when it was sent.
        Frame::Text(text) => match Utf8Bytes::try_from(text) {
            Ok(text) => Message::Text(text),
            Err(_) => Message::Text(Utf8Bytes::default()),
        },
        Frame::Binary(bytes) => Message::Binary(bytes),
        Frame::Close(code, reason) => {
            Message::Close(Some(CloseFrame { code: code.as_u16().into(), reason: reason.as_ref().into() }))
        }
    }
}
