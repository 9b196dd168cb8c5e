//! Where a handler's result is put for its caller, whose type only the caller and the dispatch know.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;

use crate::error::{Error, Result};
use crate::object::Failure;

/// The running asynchronous handler of a call.
pub(crate) type Orchestration<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// The same, as a task that comes back with its answer.
pub(crate) type AnswerTask = Pin<Box<dyn Future<Output = Box<dyn AnswerSlot>> + Send>>;

/// The place for a result, or for the asynchronous handler that will give it.
pub(crate) enum Answer<T, E> {
    Empty,
    Ready(Result<T, E>),
    Running(Orchestration<T, E>),
}

/// An [`Answer`] whose type was forgotten on the way through the queue.
pub(crate) trait AnswerSlot: Send {
    /// Answers with an error of the runtime.
    fn fail(&mut self, error: Error);
    /// The answer itself, to be downcast.
    fn as_any(&mut self) -> &mut dyn Any;
    /// The same, owned.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
    /// Takes the asynchronous handler out, as a task that comes back with its answer.
    fn take_running(&mut self) -> Option<AnswerTask>;
}

impl<T: Send + 'static, E: Failure> AnswerSlot for Answer<T, E> {
    fn fail(&mut self, error: Error) {
        *self = Answer::Ready(Err(E::from(error)));
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }

    fn take_running(&mut self) -> Option<AnswerTask> {
        match std::mem::replace(self, Answer::Empty) {
            Answer::Running(handler) => {
                Some(Box::pin(async move { Box::new(Answer::Ready(handler.await)) as Box<dyn AnswerSlot> }))
            }
            other => {
                *self = other;
                None
            }
        }
    }
}
