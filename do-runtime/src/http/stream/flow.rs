//! A stream on its way to a connection.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use parking_lot::Mutex;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use super::Way;
use crate::env::BoxFuture;
use crate::error::{Error, ErrorKind, Result};
use crate::http::serve::Peer;
use crate::stream::Streaming;

/// The shortest time after which a reader is looked after.
const SHORTEST_LOOK: Duration = Duration::from_millis(10);

/// A body. It is polled when the connection has room for more, and not while its reader is behind; somebody else notices if that lasts too long.
pub(super) struct Flow {
    state: Arc<Mutex<State>>,
    /// Who looks after the reader.
    lookout: Option<AbortHandle>,
}

struct State {
    source: Source,
    /// Since when something waits to be taken by the connection.
    offered: Option<Instant>,
    /// Resolves when the objects are closed.
    ending: BoxFuture,
}

enum Source {
    Open(Streaming<Bytes>),
    /// Its reader has taken nothing for so long.
    Stalled(Duration),
    /// It has failed, and what came before is about to leave: with an error the connection drops what it has not sent.
    Failed(Error),
    Ended,
}

impl Flow {
    pub(super) fn new(stream: Streaming<Bytes>, way: Way) -> Self {
        let Way { node, idle, alone } = way;
        let mut told = node.ending();
        let closing = node.clone();
        let ending = Box::pin(async move {
            if !closing.is_closing() {
                // The node is held by this: it can't be gone.
                let _ = told.changed().await;
            }
        });
        let state = Arc::new(Mutex::new(State { source: Source::Open(stream), offered: None, ending }));
        // In the kit nobody reads slowly, and time stands still.
        let lookout = (!node.is_deterministic()).then(|| {
            let looking = look_out(Arc::downgrade(&state), idle, alone);
            tokio::spawn(looking).abort_handle()
        });
        Flow { state, lookout }
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        if let Some(lookout) = &self.lookout {
            lookout.abort();
        }
    }
}

impl Stream for Flow {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let mut state = self.state.lock();
        let State { source, offered, ending } = &mut *state;
        *offered = None;
        let stream = match source {
            Source::Open(stream) => stream,
            Source::Stalled(idle) => {
                let sentence = format!("the client took nothing of a stream for {idle:?}");
                *source = Source::Ended;
                return Poll::Ready(Some(Err(Error::new(ErrorKind::Deadline, sentence))));
            }
            Source::Failed(_) | Source::Ended => {
                let ended = std::mem::replace(source, Source::Ended);
                return Poll::Ready(if let Source::Failed(error) = ended { Some(Err(error)) } else { None });
            }
        };
        // One that always has more does not wait for anything else.
        if ending.as_mut().poll(cx).is_ready() {
            *source = Source::Ended;
            let sentence = "the objects were closed before this stream had ended";
            return Poll::Ready(Some(Err(Error::new(ErrorKind::Unavailable, sentence))));
        }
        match Pin::new(stream).poll_next(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Err(error))) => {
                tracing::warn!(%error, "a stream was broken off");
                *source = Source::Failed(error);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(Some(Ok(bytes))) => {
                *offered = Some(Instant::now());
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Ready(None) => {
                *source = Source::Ended;
                Poll::Ready(None)
            }
        }
    }
}

/// Ends a stream whose reader takes nothing of it: what makes it is dropped, and the connection cut if it is for this alone.
async fn look_out(state: Weak<Mutex<State>>, idle: Duration, alone: Option<Arc<Peer>>) {
    let mut wait = idle;
    loop {
        sleep(wait).await;
        let Some(state) = state.upgrade() else { return };
        // If it is being polled its reader is there.
        let Some(mut state) = state.try_lock() else { continue };
        wait = match state.offered {
            Some(since) if since.elapsed() >= idle => {
                let stream = std::mem::replace(&mut state.source, Source::Stalled(idle));
                state.offered = None;
                drop(state);
                drop(stream);
                break;
            }
            Some(since) => idle.saturating_sub(since.elapsed()),
            None => idle / 4,
        }
        .max(SHORTEST_LOOK);
    }
    tracing::debug!(?idle, "a client took nothing of a stream");
    if let Some(peer) = alone {
        peer.cut();
    }
}
