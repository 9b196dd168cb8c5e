//! One connection, as its object sees it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use uuid::Uuid;

use super::frame::{CloseCode, Frame};
use crate::metadata::{Caller, TraceParent};
use crate::sync::Mutex;

/// What one connection may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// Bytes that wait to be sent, at most; a client that lets more come together is too slow, and is let go.
    pub(crate) buffer: usize,
    /// Sockets that one object has at most.
    pub(crate) sockets: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Terms { buffer: 1 << 20, sockets: 32_768 }
    }
}

/// Messages that wait to be sent, at most: empty ones take memory too.
const MOST_WAITING: usize = 4096;

/// One connection.
pub(crate) struct Line {
    pub(super) id: Uuid,
    pub(super) caller: Caller,
    /// The trace that it was opened in: all that happens to it belongs there.
    pub(super) trace: Option<TraceParent>,
    terms: Terms,
    pub(super) kept: Mutex<Kept>,
    outgoing: Mutex<Outgoing>,
}

/// What survives hibernation.
#[derive(Default, Clone)]
pub(super) struct Kept {
    pub(super) tags: Vec<Arc<str>>,
    pub(super) attachment: Option<Arc<[u8]>>,
}

/// What is to be sent.
#[derive(Default)]
struct Outgoing {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// Nothing more is taken.
    closed: bool,
    waker: Option<Waker>,
}

impl Line {
    pub(super) fn new(id: Uuid, caller: Caller, trace: Option<TraceParent>, terms: Terms) -> Self {
        Line { id, caller, trace, terms, kept: Mutex::default(), outgoing: Mutex::default() }
    }

    /// Whether the object has closed it, or it was too slow.
    pub(super) fn is_closed(&self) -> bool {
        self.outgoing.lock().closed
    }

    /// Puts a message into the queue. A client for whom too much waits gets nothing of it, and is closed.
    pub(super) fn push(&self, frame: Frame) {
        let mut outgoing = self.outgoing.lock();
        if outgoing.closed {
            return;
        }
        outgoing.bytes += frame.size();
        outgoing.closed = matches!(frame, Frame::Close(..));
        outgoing.frames.push_back(frame);
        if outgoing.bytes > self.terms.buffer || outgoing.frames.len() > MOST_WAITING {
            outgoing.frames.clear();
            outgoing.closed = true;
            outgoing.frames.push_back(Frame::Close(CloseCode::TRY_LATER, "this client reads too slowly".into()));
        }
        let waker = outgoing.waker.take();
        drop(outgoing);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The transport's side.
#[cfg(any(feature = "http", feature = "testing"))]
impl Line {
    /// The next message, or the waker is kept; nothing more comes after a [`Frame::Close`].
    pub(super) fn poll_next(&self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Frame> {
        let mut outgoing = self.outgoing.lock();
        match outgoing.frames.pop_front() {
            Some(frame) => {
                outgoing.bytes -= frame.size().min(outgoing.bytes);
                std::task::Poll::Ready(frame)
            }
            None => {
                outgoing.waker = Some(cx.waker().clone());
                std::task::Poll::Pending
            }
        }
    }

    /// Ready when the last message is the next one: then what is being written does not matter any more.
    #[cfg(feature = "http")]
    pub(super) fn poll_ending(&self, cx: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        let mut outgoing = self.outgoing.lock();
        if matches!(outgoing.frames.front(), Some(Frame::Close(..))) {
            return std::task::Poll::Ready(());
        }
        outgoing.waker = Some(cx.waker().clone());
        std::task::Poll::Pending
    }

    /// Whether nothing waits to be sent.
    #[cfg(feature = "testing")]
    pub(super) fn is_quiet(&self) -> bool {
        self.outgoing.lock().frames.is_empty()
    }

    /// The connection is gone.
    pub(super) fn hang_up(&self) {
        let mut outgoing = self.outgoing.lock();
        outgoing.closed = true;
        outgoing.frames = VecDeque::new();
    }
}
