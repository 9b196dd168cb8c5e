//! Where a handler's result is put for its caller, whose type only the caller and the dispatch know.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;

use crate::error::{Error, ErrorKind, Result};
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

/// What has come of a handler for somebody who does not want its value.
pub(crate) enum Outcome {
    /// It has run.
    Ended(Result<()>),
    /// It goes on.
    Running(Pin<Box<dyn Future<Output = Result<()>> + Send>>),
}

impl<T: Send + 'static, E: Failure> From<Answer<T, E>> for Outcome {
    fn from(answer: Answer<T, E>) -> Self {
        match answer {
            Answer::Empty => Outcome::Ended(Err(Error::new(ErrorKind::Internal, "a handler gave no answer"))),
            Answer::Ready(result) => Outcome::Ended(result.map(drop).map_err(E::into)),
            Answer::Running(handler) => {
                Outcome::Running(Box::pin(async move { handler.await.map(drop).map_err(E::into) }))
            }
        }
    }
}

/// An [`Answer`] whose type was forgotten on the way through the queue.
pub(crate) trait AnswerSlot: Send {
    /// Answers with an error of the runtime.
    fn fail(&mut self, error: Error);
    /// Takes an answer of another type than its own.
    fn receive(&mut self, outcome: Outcome) {
        let _ = outcome;
        self.fail(Error::new(ErrorKind::Internal, "the stub and the handler disagree on the type of the result"));
    }
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

/// Where a result goes that nobody waits for: whether there was an error is all that is kept.
#[derive(Default)]
pub(crate) struct Unread(pub(crate) Option<Outcome>);

impl AnswerSlot for Unread {
    fn fail(&mut self, error: Error) {
        self.0 = Some(Outcome::Ended(Err(error)));
    }

    fn receive(&mut self, outcome: Outcome) {
        self.0 = Some(outcome);
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }

    fn take_running(&mut self) -> Option<AnswerTask> {
        None
    }
}
