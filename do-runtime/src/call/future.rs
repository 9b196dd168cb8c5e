//! A call, from the first poll to the answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::serve::{Place, hand_over_blocking, refuse_if_fenced, run_in, serve};
use super::{Answer, AnswerSlot, Body, Entry, Progress, Slot, Stub, Work, scope};
use crate::error::{Error, ErrorKind};
use crate::journal::{Log, LogPosition};
use crate::node::start_wake;
use crate::object::{Answer as AnswerType, Dispatch, Failure, Method};
use crate::ownership::{Baton, Link};

/// A call of an object. It is sent when it is first polled; dropped before that, nothing happens. Dropped later,
/// the handler still runs and only its answer is lost.
#[must_use = "a call is sent when it is awaited"]
pub struct Call<O: Dispatch, T, E = Error> {
    stub: Stub<O>,
    state: State<O, T, E>,
}

enum State<O: Dispatch, T, E> {
    /// Not sent yet.
    New(&'static Method, O::Request),
    /// In the queue.
    Queued(Arc<Link<Entry<O>>>, Arc<Slot<O>>),
    /// Answered; the answer waits until the log is durable up to the position.
    Gated(Result<T, E>, LogPosition, Arc<Slot<O>>),
    /// The answer was given, or the state is being changed.
    Done,
}

impl<O: Dispatch, T, E> Unpin for Call<O, T, E> {}

impl<O: Dispatch, T, E> fmt::Debug for Call<O, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::New(..) => "not sent",
            State::Queued(..) => "queued",
            State::Gated(..) => "waiting for the disk",
            State::Done => "answered",
        };
        write!(f, "Call({:?}, {state})", self.stub)
    }
}

impl<O: Dispatch, T, E> Call<O, T, E> {
    pub(crate) fn new(stub: Stub<O>, method: &'static Method, request: O::Request) -> Self {
        Call { stub, state: State::New(method, request) }
    }
}

impl<O: Dispatch, T: AnswerType, E: Failure> Call<O, T, E> {
    /// Runs the call here if the object is idle and awake, else queues it.
    #[inline]
    fn send(&mut self, method: &'static Method, request: O::Request, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        if scope::in_handler() {
            return Poll::Ready(Err(E::from(no_await())));
        }
        let found;
        let slot = match self.stub.own_slot() {
            Some(slot) => slot,
            None => match self.stub.slot() {
                Ok(slot) => {
                    found = slot;
                    &found
                }
                Err(error) => return Poll::Ready(Err(E::from(error))),
            },
        };
        if let Err(error) = slot.shared.host.node().available() {
            return Poll::Ready(Err(E::from(error)));
        }
        let bytes = O::argument_bytes(&request);
        if bytes > O::LIMITS.argument {
            return Poll::Ready(Err(E::from(Error::invalid(format!(
                "the arguments of `{}` take {bytes} bytes: the limit is {}",
                method.name,
                O::LIMITS.argument
            )))));
        }
        let level = scope::Level::enter();
        if level.is_none() || method.pace().is_slow() {
            // A chain of calls that is too deep for this stack, or a method that keeps threads from their callers.
            return self.queue(slot.clone(), method, request, Place::Blocking, cx);
        }
        match Baton::try_take(&**slot) {
            Ok(mut turn) if matches!(*turn, Body::Awake(_)) => {
                let mut answer = Answer::<T, E>::Empty;
                let position = run_in(&mut turn, slot, request, method, &mut answer);
                slot.shared.started.store(0, std::sync::atomic::Ordering::Relaxed);
                if let Err(still) = turn.end() {
                    serve(still.by(slot.clone()), Place::Caller);
                }
                let slot = slot.clone();
                self.settle(answer, position, slot, cx)
            }
            Ok(turn) => {
                // Asleep: the call waits in front of those who come while the object wakes.
                let turn = turn.by(slot.clone());
                let slot = slot.clone();
                let entry = match self.entry(&slot, method, request, cx) {
                    Ok(entry) => entry,
                    Err(error) => {
                        serve(turn, Place::Caller);
                        return Poll::Ready(Err(E::from(error)));
                    }
                };
                slot.shared.waiting.lock().push_back(entry.clone());
                start_wake(turn);
                self.state = State::Queued(entry, slot);
                Poll::Pending
            }
            Err(_) => self.queue(slot.clone(), method, request, Place::Caller, cx),
        }
    }

    fn entry(
        &self,
        slot: &Arc<Slot<O>>,
        method: &'static Method,
        request: O::Request,
        cx: &mut Context<'_>,
    ) -> Result<Arc<Link<Entry<O>>>, Error> {
        let bytes = O::argument_bytes(&request);
        slot.shared.enqueue(bytes)?;
        let answer: Box<dyn AnswerSlot> = Box::new(Answer::<T, E>::Empty);
        Ok(Link::new(Entry::new(Work::Call { request, method, answer, bytes }, cx.waker().clone())))
    }

    fn queue(
        &mut self,
        slot: Arc<Slot<O>>,
        method: &'static Method,
        request: O::Request,
        place: Place,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, E>> {
        let entry = match self.entry(&slot, method, request, cx) {
            Ok(entry) => entry,
            Err(error) => return Poll::Ready(Err(E::from(error))),
        };
        if let Some(turn) = Baton::take_or_queue(slot.clone(), &entry) {
            slot.shared.waiting.lock().push_back(entry.clone());
            match place {
                Place::Caller => serve(turn, Place::Caller),
                Place::Blocking => hand_over_blocking(turn),
            }
        } else {
            refuse_if_fenced(&slot);
        }
        self.queued(entry, slot, cx)
    }

    /// Looks after a call that is in the queue.
    fn queued(&mut self, entry: Arc<Link<Entry<O>>>, slot: Arc<Slot<O>>, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        match entry.item.poll(cx) {
            Poll::Pending => {
                self.state = State::Queued(entry, slot);
                Poll::Pending
            }
            Poll::Ready(Progress::Answered(answer, position)) => match answer.into_any().downcast() {
                Ok(answer) => self.settle(*answer, position, slot, cx),
                Err(_) => Poll::Ready(Err(E::from(Error::new(
                    ErrorKind::Internal,
                    "an answer came back with another type than it was sent with",
                )))),
            },
            Poll::Ready(Progress::Failed(error)) => Poll::Ready(Err(E::from(error))),
            Poll::Ready(_) => Poll::Ready(Err(E::from(Error::new(
                ErrorKind::Internal,
                "a call came back from the queue without an answer",
            )))),
        }
    }

    /// What follows a handler that has run: its answer, its answer once it is durable, or its asynchronous rest.
    #[inline]
    fn settle(
        &mut self,
        answer: Answer<T, E>,
        position: LogPosition,
        slot: Arc<Slot<O>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, E>> {
        match answer {
            Answer::Ready(result) => self.gate(result, position, slot, cx),
            Answer::Running(mut handler) => {
                // In place first: a handler that awaits nothing costs no task.
                let level = scope::Level::enter();
                if let Some(_level) = level
                    && let Poll::Ready(result) = handler.as_mut().poll(cx)
                {
                    return Poll::Ready(result);
                }
                let entry = Link::new(Entry::promise(cx.waker().clone()));
                let caller = entry.clone();
                slot.shared.host.node().spawn(Box::pin(async move {
                    let answer = Box::new(Answer::Ready(handler.await));
                    if let Some(waker) = caller.item.answer(answer, LogPosition::default()) {
                        waker.wake();
                    }
                }));
                self.state = State::Queued(entry, slot);
                Poll::Pending
            }
            Answer::Empty => Poll::Ready(Err(E::from(Error::new(
                ErrorKind::Internal,
                format!("{} gave no answer", slot.shared.identity),
            )))),
        }
    }

    #[inline]
    fn gate(
        &mut self,
        result: Result<T, E>,
        position: LogPosition,
        slot: Arc<Slot<O>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, E>> {
        match slot.shared.host.node().log().poll_durable(position, cx.waker()) {
            Poll::Ready(Ok(())) => Poll::Ready(result),
            Poll::Ready(Err(error)) => Poll::Ready(Err(E::from(error))),
            Poll::Pending => {
                self.state = State::Gated(result, position, slot);
                Poll::Pending
            }
        }
    }
}

/// Why a stub can't be polled inside a synchronous handler.
pub(crate) fn no_await() -> Error {
    Error::invalid(
        "a synchronous handler can't await: it is one transaction; make the method `async fn f(this: This<Self>, …)` \
         and touch the object through `this.update(…)`",
    )
}

impl<O: Dispatch, T: AnswerType, E: Failure> Future for Call<O, T, E> {
    type Output = Result<T, E>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        let me = &mut *self;
        // Without a budget one caller gets 42 times the mean of the others, and another one none.
        let Poll::Ready(budget) = tokio::task::coop::poll_proceed(cx) else { return Poll::Pending };
        let answer = match std::mem::replace(&mut me.state, State::Done) {
            State::New(method, request) => me.send(method, request, cx),
            State::Gated(result, position, slot) => me.gate(result, position, slot, cx),
            State::Queued(entry, slot) => me.queued(entry, slot, cx),
            State::Done => Poll::Ready(Err(E::from(Error::invalid("a call was awaited again after its answer")))),
        };
        if answer.is_ready() {
            budget.made_progress();
        }
        answer
    }
}
