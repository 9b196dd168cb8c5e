//! A call for which something was set, or that has a deadline: what it takes along, when it is given up, and when it is
//! sent again.

use std::task::{Context, Poll};

use super::again::written;
use super::future::State;
use super::settings::Aside;
use super::{Call, Slot, Work};
use crate::env::BoxFuture;
use crate::error::{Error, ErrorKind};
use crate::metadata::{Key, Origin, ambient, overdue};
use crate::object::{Answer as AnswerType, Dispatch, Failure, Method};

impl<O: Dispatch, T: AnswerType, E: Failure> Call<O, T, E> {
    /// What the settings of a call make of its answer: it may be given up, or sent again.
    #[cold]
    pub(super) fn consider(&mut self, answer: Poll<Result<T, E>>, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        match answer {
            Poll::Pending => match self.given_up(cx) {
                Some(error) => Poll::Ready(Err(E::from(error))),
                None => Poll::Pending,
            },
            Poll::Ready(Err(error)) => match error.runtime().and_then(|error| self.pause_after(error)) {
                Some(pause) => self.pause(pause, cx),
                None => Poll::Ready(Err(error)),
            },
            answer => answer,
        }
    }

    fn pause_after(&self, error: &Error) -> Option<BoxFuture> {
        self.aside.as_ref()?.pause_after(error, self.stub.known_node()?)
    }

    /// Waits, and then sends the call again.
    pub(super) fn pause(&mut self, mut pause: BoxFuture, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        if pause.as_mut().poll(cx).is_pending() {
            self.state = State::Pausing(pause);
            return Poll::Pending;
        }
        let request = self.aside.as_ref().and_then(|aside| aside.again.as_ref()).map(|again| again.request::<O>());
        match request {
            Some(Ok((method, request))) => {
                self.state = State::New(method, request);
                self.advance(cx)
            }
            Some(Err(error)) => Poll::Ready(Err(E::from(error))),
            None => {
                let sentence = "a call waited to be sent again without its arguments";
                Poll::Ready(Err(E::from(Error::new(ErrorKind::Internal, sentence))))
            }
        }
    }

    /// The answer of a call that waits, if its deadline has come.
    #[cold]
    fn given_up(&mut self, cx: &mut Context<'_>) -> Option<Error> {
        let (State::Queued(_, slot) | State::Gated(_, _, slot, _)) = &self.state else { return None };
        if !self.aside.as_mut()?.is_over(&*slot.shared.host.node().env().clock, cx) {
            return None;
        }
        match std::mem::replace(&mut self.state, State::Done) {
            State::Queued(entry, slot) => match entry.item.withdraw() {
                Some(Work::Call(call)) => {
                    slot.shared.dequeue(call.bytes);
                    Some(overdue(call.method))
                }
                _ => Some(too_late(
                    &slot,
                    "had begun, and goes on without its caller: what comes of it is not known here",
                )),
            },
            State::Gated(_, _, slot, _) => {
                Some(too_late(&slot, "has run, but was not on disk yet: whether it is kept is not known here"))
            }
            State::New(..) | State::Pausing(_) | State::Done => None,
            #[cfg(feature = "connect")]
            State::Away(_) => None,
        }
    }
}

/// What a call takes along that is sent now.
#[cold]
pub(super) fn origin<O: Dispatch>(
    aside: &mut Option<Box<Aside>>,
    slot: &Slot<O>,
    method: &'static Method,
    request: &O::Request,
    streams: bool,
) -> Result<Origin, Error> {
    let settings = aside.as_ref().map(|aside| &aside.settings);
    let mut origin = Origin::of(settings, method, slot.shared.host.node().now())?;
    let again = aside.as_ref().and_then(|aside| aside.again.as_ref());
    let key = settings.and_then(|settings| settings.key.clone());
    // What a stream's handler does is not kept: an alarm that runs again calls it again.
    if let Some(key) = key.or_else(|| if streams { None } else { ambient::next_key(method) }) {
        let came = settings.and_then(|settings| settings.arguments.as_ref());
        origin.key = Some(match again.map(|again| &again.arguments).or(came) {
            Some(arguments) => Key::of(key, &origin, method, arguments),
            None => Key::of(key, &origin, method, &written::<O>(request)?),
        });
    }
    if let Some(again) = again {
        origin.attempt = again.attempts;
    }
    match aside.as_ref().and_then(|aside| aside.deadline) {
        // It is sent again, and has no more time than it had at first.
        Some(first) => origin.deadline = Some(first),
        None if origin.deadline.is_some() => aside.get_or_insert_default().deadline = origin.deadline,
        None => {}
    }
    Ok(origin)
}

/// The error of a call whose deadline passed when its handler had begun.
fn too_late<O: Dispatch>(slot: &Slot<O>, state: &str) -> Error {
    Error::new(
        ErrorKind::Deadline,
        format!("the deadline of a call of {} passed: its handler {state}", slot.shared.identity),
    )
}
