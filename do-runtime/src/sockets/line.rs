//! One connection, as its object sees it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Waker;

use uuid::Uuid;

use super::frame::{CloseCode, Frame};
use crate::call::scope;
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

/// How far the object has let a connection in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Entry {
    /// It waits for its turn at the object: for handlers it is not there.
    Asks,
    /// `#[websocket(open)]` runs, which finds it among the others.
    Enters,
    /// It is in.
    In,
}

/// One connection.
pub(crate) struct Line {
    pub(super) id: Uuid,
    pub(super) caller: Caller,
    /// The trace that it was opened in: all that happens to it belongs there.
    pub(super) trace: Option<TraceParent>,
    terms: Terms,
    /// An [`Entry`].
    entry: AtomicU8,
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
        let entry = AtomicU8::new(Entry::Asks as u8);
        Line { id, caller, trace, terms, entry, kept: Mutex::default(), outgoing: Mutex::default() }
    }

    /// The object lets it in, or does not.
    pub(super) fn enter(&self, entry: Entry) {
        self.entry.store(entry as u8, Ordering::Release);
    }

    /// Whether it is there for who looks: while it is let in, that is its own handler alone, which has the turn.
    pub(super) fn is_there(&self) -> bool {
        let entry = self.entry.load(Ordering::Acquire);
        entry == Entry::In as u8 || (entry == Entry::Enters as u8 && scope::in_handler())
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
