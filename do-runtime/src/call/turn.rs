//! Waiting for a turn at an object: for the closures of asynchronous handlers, and for the node's own work.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::serve::{Place, hand_over_blocking, refusal, refuse_if_fenced, serve};
use super::{Body, Entry, Owner, Progress, Slot, Work};
use crate::error::{Error, ErrorKind, Result};
use crate::node::start_wake;
use crate::object::Dispatch;
use crate::ownership::{Baton, Link};

/// What somebody wants a turn of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TurnOf {
    /// The instance: the object is woken if it sleeps.
    Instance,
    /// The slot, whether the object is awake or asleep.
    Slot,
}

impl TurnOf {
    pub(crate) fn needs_awake(self) -> bool {
        self == TurnOf::Instance
    }
}

/// Resolves to the turn. Dropped before that, it leaves the queue, and a turn that it had been given goes on.
pub(crate) struct TurnFor<O: Dispatch> {
    slot: Arc<Slot<O>>,
    of: TurnOf,
    entry: Option<Arc<Link<Entry<O>>>>,
}

impl<O: Dispatch> TurnFor<O> {
    pub(crate) fn new(slot: Arc<Slot<O>>, of: TurnOf) -> Self {
        TurnFor { slot, of, entry: None }
    }
}

impl<O: Dispatch> Future for TurnFor<O> {
    type Output = Result<Owner<O>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let me = &mut *self;
        if let Some(entry) = &me.entry {
            return entry.item.poll(cx).map(|progress| match progress {
                Progress::Granted(turn) => Ok(turn),
                Progress::Failed(error) => Err(error),
                _ => Err(Error::new(ErrorKind::Internal, "a turn was awaited twice")),
            });
        }
        if !me.slot.shared.is_live() {
            return Poll::Ready(Err(refusal(&me.slot.shared)));
        }
        let entry = Link::new(Entry::new(Work::Turn { of: me.of }, cx.waker().clone()));
        match Baton::take_or_queue(me.slot.clone(), &entry) {
            Some(turn) if me.of.needs_awake() && matches!(*turn, Body::Asleep) => {
                turn.shared().waiting.lock().push_back(entry.clone());
                start_wake(turn);
            }
            Some(turn) => return Poll::Ready(Ok(turn)),
            None => refuse_if_fenced(&me.slot),
        }
        me.entry = Some(entry);
        Poll::Pending
    }
}

impl<O: Dispatch> Drop for TurnFor<O> {
    fn drop(&mut self) {
        if let Some(turn) = self.entry.take().and_then(|entry| entry.item.abandon()) {
            // Not here: whoever drops a future does not expect handlers to run.
            hand_over_blocking(turn);
        }
    }
}

/// Gives a turn back, and serves who waits.
pub(crate) fn give_back<O: Dispatch>(turn: Owner<O>) {
    serve(turn, Place::Caller);
}
