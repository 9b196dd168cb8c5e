//! Where a handler's result is put for its caller, whose type only the caller and the dispatch know.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;

use super::{Refusal, Reply};
use crate::error::{Error, ErrorKind, Result};
use crate::object::{Answer as AnswerType, Failure};
use crate::observe::Came;

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

/// What has come of a handler for somebody who does not know its types.
pub(crate) enum Outcome {
    /// It has run.
    Ended(Result<Reply, Refusal>),
    /// It goes on.
    Running(Orchestration<Reply, Refusal>),
}

impl<T: AnswerType, E: Failure> From<Answer<T, E>> for Outcome {
    fn from(answer: Answer<T, E>) -> Self {
        let forget = |result: Result<T, E>| match result {
            Ok(value) => Ok(Reply::new(value)),
            Err(error) => Err(error.into_refusal()),
        };
        match answer {
            Answer::Empty => Outcome::Ended(Err(Error::new(ErrorKind::Internal, "a handler gave no answer").into())),
            Answer::Ready(result) => Outcome::Ended(forget(result)),
            Answer::Running(handler) => Outcome::Running(Box::pin(async move { forget(handler.await) })),
        }
    }
}

/// An [`Answer`] whose type was forgotten on the way through the queue.
pub(crate) trait AnswerSlot: Send {
    /// Answers with an error of the runtime.
    fn fail(&mut self, error: Error);
    /// What has come of the handler, if it has ended.
    #[cfg(feature = "metrics")]
    fn came(&self) -> Option<Came>;
    /// Takes an answer of another type than its own.
    fn receive(&mut self, outcome: Outcome);
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

    #[cfg(feature = "metrics")]
    fn came(&self) -> Option<Came> {
        match self {
            Answer::Ready(result) => Some(came(result)),
            Answer::Running(_) | Answer::Empty => None,
        }
    }

    fn receive(&mut self, outcome: Outcome) {
        match self.as_any().downcast_mut::<Answer<Reply, Refusal>>() {
            Some(untyped) => {
                *untyped = match outcome {
                    Outcome::Ended(result) => Answer::Ready(result),
                    Outcome::Running(handler) => Answer::Running(handler),
                }
            }
            None => {
                let sentence = "the stub and the handler disagree on the type of the result";
                self.fail(Error::new(ErrorKind::Internal, sentence));
            }
        }
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

/// What has come of a handler, as metrics have it.
pub(crate) fn came<T, E: Failure>(result: &Result<T, E>) -> Came {
    let kind = |error: &E| error.runtime().map_or(ErrorKind::Handler, Error::kind);
    result.as_ref().map(drop).map_err(kind)
}

/// Where the result of a message goes.
#[derive(Default)]
pub(crate) struct Unread(pub(crate) Option<Outcome>);

impl AnswerSlot for Unread {
    fn fail(&mut self, error: Error) {
        self.0 = Some(Outcome::Ended(Err(error.into())));
    }

    #[cfg(feature = "metrics")]
    fn came(&self) -> Option<Came> {
        match &self.0 {
            Some(Outcome::Ended(result)) => Some(came(result)),
            Some(Outcome::Running(_)) | None => None,
        }
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
