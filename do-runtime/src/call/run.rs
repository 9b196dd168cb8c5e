//! Running one handler, by whoever has the object.

use std::future::Future;
use std::sync::Arc;

use tracing::Span;

use super::{Answer, AnswerSlot, Slot};
use crate::error::{Error, Result};
use crate::journal::LogPosition;
use crate::node::Awake;
use crate::object::{Answer as AnswerType, Cx, Dispatch, Failure, This, exclusive_once, orchestrate};
use crate::planted::{Defect, planted};
use crate::sqlite::Delivery;

/// One call, ready to run: what the generated `dispatch` is given.
pub struct Run<'a, O: Dispatch> {
    awake: &'a mut Awake<O>,
    slot: &'a Arc<Slot<O>>,
    answer: &'a mut dyn AnswerSlot,
    /// The handler's span, if anybody listens.
    span: Option<&'a Span>,
    /// The message that it applies, if it was sent and not called.
    delivery: Option<Delivery>,
}

/// What has come of a [`Run`].
pub struct Ran {
    /// What the answer may have seen: it is given once the log is durable so far.
    pub(crate) position: LogPosition,
    /// What becomes of the instance.
    pub(crate) instance: Instance,
}

/// What becomes of an instance after a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instance {
    /// It goes on.
    Kept,
    /// Its handler panicked, or its storage failed: it is dropped, and woken afresh from what is committed.
    Spoiled,
}

impl<'a, O: Dispatch> Run<'a, O> {
    pub(crate) fn new(
        awake: &'a mut Awake<O>,
        slot: &'a Arc<Slot<O>>,
        answer: &'a mut dyn AnswerSlot,
        span: Option<&'a Span>,
    ) -> Self {
        Run { awake, slot, answer, span, delivery: None }
    }

    /// The same for a message: that it was applied is noted in the handler's own transaction.
    pub(crate) fn delivering(self, delivery: Option<Delivery>) -> Self {
        Run { delivery, ..self }
    }

    /// Runs a handler with `&mut self`, in a transaction.
    pub fn exclusive<T, E>(self, handler: impl FnOnce(&mut O, &mut Cx<O>) -> Result<T, E>) -> Ran
    where
        T: AnswerType,
        E: Failure,
    {
        if let Some(ran) = refuses_key::<O, T>(self.awake, self.answer) {
            return ran;
        }
        let (result, ran) = match self.awake.meta().key().cloned() {
            None => match self.delivery {
                None => self.awake.exclusive(&self.slot.shared, handler),
                Some(_) if planted(Defect::InboxNotNoted) => self.awake.exclusive(&self.slot.shared, handler),
                Some(delivery) => self.awake.exclusive(&self.slot.shared, |object, cx| {
                    cx.database.note_applied(&delivery, cx.now(), self.slot.shared.host.node().opened())?;
                    handler(object, cx)
                }),
            },
            Some(key) => exclusive_once(self.awake, self.slot, &key, handler),
        };
        put(self.answer, Answer::Ready(result));
        ran
    }

    /// Runs a handler with `&self`.
    pub fn shared<T, E>(self, handler: impl FnOnce(&O, &Cx<O>) -> Result<T, E>) -> Ran
    where
        T: AnswerType,
        E: Failure,
    {
        if let Some(ran) = refuses_key::<O, T>(self.awake, self.answer) {
            return ran;
        }
        let (result, ran) = self.awake.shared(&self.slot.shared, handler);
        put(self.answer, Answer::Ready(result));
        ran
    }

    /// Prepares an asynchronous handler, which is polled once the object is free again.
    pub fn orchestrate<T, E, F>(self, handler: impl FnOnce(This<O>) -> F) -> Ran
    where
        T: AnswerType,
        E: Failure,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        if let Some(ran) = refuses_key::<O, T>(self.awake, self.answer) {
            return ran;
        }
        let running = orchestrate(self.slot.clone(), self.awake.meta().clone(), self.span.cloned(), handler);
        put(self.answer, Answer::Running(running));
        // What it sees it waits for itself, before it answers.
        Ran { position: LogPosition::default(), instance: Instance::Kept }
    }
}

/// Refuses what can't be kept, where it is to be kept.
#[inline]
fn refuses_key<O: Dispatch, T: AnswerType>(awake: &mut Awake<O>, answer: &mut dyn AnswerSlot) -> Option<Ran> {
    if !T::STREAMS || awake.meta().key().is_none() {
        return None;
    }
    answer.fail(Error::invalid("a stream can't be kept under an idempotency key: call the method without one"));
    Some(Ran { position: LogPosition::default(), instance: Instance::Kept })
}

fn put<T: AnswerType, E: Failure>(slot: &mut dyn AnswerSlot, answer: Answer<T, E>) {
    match slot.as_any().downcast_mut() {
        Some(place) => *place = answer,
        None => forget(slot, answer),
    }
}

/// For somebody who does not know its types.
#[cold]
#[inline(never)]
fn forget<T: AnswerType, E: Failure>(slot: &mut dyn AnswerSlot, answer: Answer<T, E>) {
    slot.receive(answer.into());
}
