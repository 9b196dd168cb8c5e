//! What waits in the queue of an object: a call, or somebody who wants the object for a moment.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::{AnswerSlot, Owner, Timing};
use crate::error::Error;
use crate::journal::LogPosition;
use crate::metadata::Origin;
use crate::object::{Dispatch, Method};
use crate::observe::Moment;
use crate::sync::Mutex;

/// What is to be done when its turn comes.
pub(crate) enum Work<O: Dispatch> {
    /// Run a handler.
    Call(Queued<O>),
    /// Hand the turn to whoever waits for it.
    Turn { of: super::TurnOf },
}

/// A call that waits.
pub(crate) struct Queued<O: Dispatch> {
    pub(crate) request: O::Request,
    pub(crate) method: &'static Method,
    /// What it took along.
    pub(crate) origin: Option<Arc<Origin>>,
    pub(crate) answer: Box<dyn AnswerSlot>,
    /// The bytes of its arguments.
    pub(crate) bytes: u64,
    /// When it was sent, in coarse milliseconds of the node.
    pub(crate) sent: u64,
    /// The same, as metrics have it.
    pub(crate) sent_at: Moment,
}

/// One who waits.
pub(crate) struct Entry<O: Dispatch> {
    work: Mutex<Option<Work<O>>>,
    progress: Mutex<Progress<O>>,
}

/// How far it has come.
pub(crate) enum Progress<O: Dispatch> {
    /// It waits; the waker of its caller.
    Waiting(Option<Waker>),
    /// Its handler has run; the answer may be given once the log is durable up to the position.
    Answered(Box<dyn AnswerSlot>, LogPosition, Option<Timing>),
    /// It has the turn that it waited for.
    Granted(Owner<O>),
    /// It will not get its turn.
    Failed(Error),
    /// Nobody waits any more, or what it waited for was taken.
    Gone,
}

impl<O: Dispatch> Entry<O> {
    pub(crate) fn new(work: Work<O>, waker: Waker) -> Self {
        Entry { work: Mutex::new(Some(work)), progress: Mutex::new(Progress::Waiting(Some(waker))) }
    }

    /// An entry that is in no queue: somebody waits for the answer of a task.
    pub(crate) fn promise(waker: Waker) -> Self {
        Entry { work: Mutex::new(None), progress: Mutex::new(Progress::Waiting(Some(waker))) }
    }

    /// The holder of the baton takes the work out, once.
    pub(crate) fn take_work(&self) -> Option<Work<O>> {
        self.work.lock().take()
    }

    /// The holder puts work back that it can't do yet.
    pub(crate) fn put_back(&self, work: Work<O>) {
        *self.work.lock() = Some(work);
    }

    /// Gives the answer; the waker to be woken once the position is durable, if somebody waits.
    pub(crate) fn answer(
        &self,
        answer: Box<dyn AnswerSlot>,
        position: LogPosition,
        timing: Option<Timing>,
    ) -> Option<Waker> {
        self.advance(Progress::Answered(answer, position, timing))
    }

    /// Nobody waits for the answer any more. The work comes back if it was not begun: then it is not done.
    pub(crate) fn withdraw(&self) -> Option<Work<O>> {
        *self.progress.lock() = Progress::Gone;
        self.take_work()
    }

    /// Tells one who waits for a turn that it won't come.
    pub(crate) fn fail(&self, error: Error) -> Option<Waker> {
        self.advance(Progress::Failed(error))
    }

    fn advance(&self, next: Progress<O>) -> Option<Waker> {
        let mut progress = self.progress.lock();
        match &mut *progress {
            Progress::Waiting(waker) => {
                let waker = waker.take();
                *progress = next;
                waker
            }
            _ => None,
        }
    }

    /// Hands the turn over, or gives it back because nobody waits any more.
    pub(crate) fn grant(&self, turn: Owner<O>) -> Result<(), Owner<O>> {
        let mut progress = self.progress.lock();
        match &mut *progress {
            Progress::Waiting(waker) => {
                let waker = waker.take();
                *progress = Progress::Granted(turn);
                drop(progress);
                if let Some(waker) = waker {
                    waker.wake();
                }
                Ok(())
            }
            _ => Err(turn),
        }
    }

    /// Nobody waits any more. A turn that was granted meanwhile comes back, to be passed on.
    pub(crate) fn abandon(&self) -> Option<Owner<O>> {
        match std::mem::replace(&mut *self.progress.lock(), Progress::Gone) {
            Progress::Granted(turn) => Some(turn),
            _ => None,
        }
    }

    /// What has come of it, once, or the waker is kept.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Progress<O>> {
        let mut progress = self.progress.lock();
        match &mut *progress {
            Progress::Waiting(waker) => {
                match waker {
                    Some(kept) if kept.will_wake(cx.waker()) => {}
                    _ => *waker = Some(cx.waker().clone()),
                }
                Poll::Pending
            }
            _ => Poll::Ready(std::mem::replace(&mut *progress, Progress::Gone)),
        }
    }
}
