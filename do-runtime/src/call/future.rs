//! A call, from the first poll to the answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::patience::origin;
use super::serve::{Place, Sent, hand_over_blocking, refuse_if_fenced, run_in, serve};
use super::settings::Aside;
use super::{Answer, AnswerSlot, Body, Entry, Progress, Queued, Slot, Stub, Timing, Work, scope};
#[cfg(feature = "connect")]
use crate::connect::Sending;
use crate::env::BoxFuture;
use crate::error::{Error, ErrorKind};
use crate::journal::{Log, LogPosition};
use crate::metadata::{TraceParent, ambient, surroundings};
use crate::node::start_wake;
use crate::object::{Answer as AnswerType, Dispatch, Failure, Method};
use crate::observe::{self, Moment};
use crate::ownership::{Baton, Link};
use crate::sync::point;

/// A call of an object. It is sent when it is first polled; dropped before that, nothing happens. Dropped later,
/// the handler still runs and only its answer is lost.
#[must_use = "a call is sent when it is awaited, or with a transaction by `cx.send(…)`"]
pub struct Call<O: Dispatch, T, E = Error> {
    pub(super) stub: Stub<O>,
    pub(super) state: State<O, T, E>,
    /// What was set for it, and its deadline; nothing for most calls.
    pub(super) aside: Option<Box<Aside>>,
}

/// How far a call has come.
pub(super) enum State<O: Dispatch, T, E> {
    /// Not sent yet.
    New(&'static Method, O::Request),
    /// In the queue.
    Queued(Arc<Link<Entry<O>>>, Arc<Slot<O>>),
    /// It failed, and will be sent again.
    Pausing(BoxFuture),
    /// On its way to another process.
    #[cfg(feature = "connect")]
    Away(Sending),
    /// Answered; the answer waits until the log is durable up to the position.
    Gated(Result<T, E>, LogPosition, Arc<Slot<O>>, Timing),
    /// The answer was given, or the state is being changed.
    Done,
}

/// A call that was not sent, taken apart to become a message.
pub(crate) struct Unsent<O: Dispatch> {
    pub(crate) stub: Stub<O>,
    pub(crate) method: &'static Method,
    pub(crate) request: O::Request,
    /// The trace that was set for it.
    pub(crate) trace: Option<TraceParent>,
}

impl<O: Dispatch, T, E> Unpin for Call<O, T, E> {}

impl<O: Dispatch, T, E> fmt::Debug for Call<O, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::New(..) => "not sent",
            State::Queued(..) => "queued",
            State::Gated(..) => "waiting for the disk",
            State::Pausing(_) => "waiting to be sent again",
            #[cfg(feature = "connect")]
            State::Away(_) => "on its way to another process",
            State::Done => "answered",
        };
        write!(f, "Call({:?}, {state})", self.stub)
    }
}

impl<O: Dispatch, T, E> Call<O, T, E> {
    pub(crate) fn new(stub: Stub<O>, method: &'static Method, request: O::Request) -> Self {
        Call { stub, state: State::New(method, request), aside: None }
    }
}

impl<O: Dispatch, T, E> Call<O, T, E> {
    /// Whether it was not sent yet, and its method only reads.
    #[cfg(feature = "http")]
    pub(crate) fn reads(&self) -> bool {
        matches!(self.state, State::New(method, _) if method.reads)
    }

    /// What a call is made of that was not sent.
    ///
    /// # Errors
    /// `invalid` if it was, or if something was set for it that a message can't take along.
    pub(crate) fn into_unsent(self) -> Result<Unsent<O>, Error> {
        #[cfg(feature = "connect")]
        self.stub.home().refuse_remote(
            "`cx.send` makes messages for objects of the same folder: call one of another process in an asynchronous handler",
        )?;
        let trace = match self.aside {
            Some(aside) => aside.settings.of_a_message()?,
            None => None,
        };
        match self.state {
            State::New(method, request) => Ok(Unsent { stub: self.stub, method, request, trace }),
            _ => Err(Error::invalid("this call was awaited already: send a call that nobody has polled")),
        }
    }
}

impl<O: Dispatch, T: AnswerType, E: Failure> Call<O, T, E> {
    /// Runs the call here if the object is idle and awake, else queues it.
    #[inline]
    fn send(&mut self, method: &'static Method, request: O::Request, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        if scope::in_handler() {
            return Poll::Ready(Err(E::from(no_await())));
        }
        if T::STREAMS
            && let Some(aside) = &self.aside
            && let Err(error) = aside.settings.refuse_of_a_stream(method)
        {
            return Poll::Ready(Err(E::from(error)));
        }
        if let Some(aside) = &mut self.aside
            && let Err(error) = aside.prepare::<O>(self.stub.known_node(), method, &request)
        {
            return Poll::Ready(Err(E::from(error)));
        }
        let found;
        let slot = match self.stub.own_slot() {
            Some(slot) => slot,
            None => {
                #[cfg(feature = "connect")]
                if let Some(connection) = self.stub.home().remote().cloned() {
                    return self.send_away(&connection, method, &request, cx);
                }
                match self.stub.slot() {
                    Ok(slot) => {
                        found = slot;
                        &found
                    }
                    Err(error) => return Poll::Ready(Err(E::from(error))),
                }
            }
        };
        if let Err(error) = slot.shared.host.node().available() {
            observe::refused(O::CLASS, method, error.kind());
            return Poll::Ready(Err(E::from(error)));
        }
        let bytes = O::argument_bytes(&request);
        if let Err(error) = check_size::<O>(method, bytes) {
            observe::refused(O::CLASS, method, error.kind());
            return Poll::Ready(Err(E::from(error)));
        }
        let mut sent = Sent { request, method, origin: None, at: Moment::NONE };
        if self.aside.is_some() || ambient::is_set() || method.deadline.is_some() {
            match origin::<O>(&mut self.aside, slot, method, &sent.request, T::STREAMS) {
                Ok(origin) => sent.origin = Some(Arc::new(origin)),
                Err(error) => return Poll::Ready(Err(E::from(error))),
            }
        }
        let level = scope::Level::enter();
        if level.is_none() || method.pace().is_slow() {
            // A chain of calls that is too deep for this stack, or a method that keeps threads from their callers.
            return self.queue(slot.clone(), sent, Place::Blocking, cx);
        }
        match Baton::try_take(&**slot) {
            Ok(mut turn) if matches!(*turn, Body::Awake(_)) => {
                let mut answer = Answer::<T, E>::Empty;
                let (position, timing) = run_in(&mut turn, slot, sent, &mut answer);
                slot.shared.started.store(0, std::sync::atomic::Ordering::Relaxed);
                point();
                if let Err(still) = turn.end() {
                    serve(still.by(slot.clone()), Place::Caller);
                }
                let slot = slot.clone();
                self.settle(answer, position, slot, Some(timing), cx)
            }
            Ok(turn) => {
                // Asleep: the call waits in front of those who come while the object wakes.
                let turn = turn.by(slot.clone());
                let slot = slot.clone();
                let entry = match self.entry(&slot, sent, cx) {
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
            Err(_) => self.queue(slot.clone(), sent, Place::Caller, cx),
        }
    }

    fn entry(
        &self,
        slot: &Arc<Slot<O>>,
        Sent { request, method, mut origin, .. }: Sent<O::Request>,
        cx: &mut Context<'_>,
    ) -> Result<Arc<Link<Entry<O>>>, Error> {
        let bytes = O::argument_bytes(&request);
        if let Err(error) = slot.shared.enqueue(bytes) {
            observe::refused(O::CLASS, method, error.kind());
            return Err(error);
        }
        if let Some(span) = surroundings() {
            // Nobody else has it yet.
            if let Some(origin) = Arc::get_mut(origin.get_or_insert_default()) {
                origin.surroundings = Some(span);
            }
        }
        let answer: Box<dyn AnswerSlot> = Box::new(Answer::<T, E>::Empty);
        let node = slot.shared.host.node();
        let (sent, sent_at) = (node.coarse_now(), Moment::now(node));
        let call = Queued { request, method, origin, answer, bytes, sent, sent_at };
        Ok(Link::new(Entry::new(Work::Call(call), cx.waker().clone())))
    }

    fn queue(
        &mut self,
        slot: Arc<Slot<O>>,
        sent: Sent<O::Request>,
        place: Place,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, E>> {
        let entry = match self.entry(&slot, sent, cx) {
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
            Poll::Ready(Progress::Answered(answer, position, timing)) => match answer.into_any().downcast() {
                Ok(answer) => self.settle(*answer, position, slot, timing, cx),
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
        timing: Option<Timing>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, E>> {
        match (answer, timing) {
            (Answer::Ready(result), Some(timing)) => self.gate(result, position, slot, timing, cx),
            // It was not run, or it was asynchronous and has waited for what it saw.
            (Answer::Ready(result), None) => Poll::Ready(result),
            (Answer::Running(mut handler), _) => {
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
                    if let Some(waker) = caller.item.answer(answer, LogPosition::default(), None) {
                        waker.wake();
                    }
                }));
                self.state = State::Queued(entry, slot);
                Poll::Pending
            }
            (Answer::Empty, _) => Poll::Ready(Err(E::from(Error::new(
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
        timing: Timing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, E>> {
        let node = slot.shared.host.node();
        match node.log().poll_durable(position, cx.waker()) {
            Poll::Ready(durable) => {
                timing.answered(node, &slot.shared.identity);
                Poll::Ready(durable.map_err(E::from).and(result))
            }
            Poll::Pending => {
                self.state = State::Gated(result, position, slot, timing);
                Poll::Pending
            }
        }
    }

    /// One step, and what follows from it.
    #[inline]
    pub(super) fn advance(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        let answer = match std::mem::replace(&mut self.state, State::Done) {
            State::New(method, request) => self.send(method, request, cx),
            State::Gated(result, position, slot, timing) => self.gate(result, position, slot, timing, cx),
            State::Queued(entry, slot) => self.queued(entry, slot, cx),
            State::Pausing(pause) => self.pause(pause, cx),
            #[cfg(feature = "connect")]
            State::Away(sending) => self.away(sending, cx),
            State::Done => Poll::Ready(Err(E::from(Error::invalid("a call was awaited again after its answer")))),
        };
        if self.aside.is_none() { answer } else { self.consider(answer, cx) }
    }
}

/// That the arguments of a call are not larger than its class takes.
#[inline]
pub(super) fn check_size<O: Dispatch>(method: &Method, bytes: u64) -> Result<(), Error> {
    if bytes <= O::LIMITS.argument { Ok(()) } else { Err(too_large(method, bytes, O::LIMITS.argument)) }
}

#[cold]
fn too_large(method: &Method, bytes: u64, limit: u64) -> Error {
    Error::invalid(format!("the arguments of `{}` take {bytes} bytes: the limit is {limit}", method.name))
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
        let answer = me.advance(cx);
        if answer.is_ready() {
            budget.made_progress();
        }
        answer
    }
}
