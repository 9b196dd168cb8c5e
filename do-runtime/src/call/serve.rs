//! Serving the queue of an object: what its holder does before it gives the object back.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::fence;
use std::time::{Duration, Instant};

use super::run::{Instance, Ran, Run};
use super::{AnswerSlot, Body, Entry, Owner, Queued, Shared, Slot, Status, Timing, Work};
use crate::error::{Error, ErrorKind};
use crate::journal::{Log, LogPosition};
use crate::metadata::{Origin, overdue};
use crate::node::{Awake, put_to_sleep, start_wake};
use crate::object::{Dispatch, Method};
use crate::observe::{self, Moment};
use crate::ownership::{Link, Turn};
use crate::planted::{Defect, planted};
use crate::sync::point;

/// How many calls, and for how long, one holder serves before a task of its own takes over.
const MOST_CALLS: u32 = 128;
const LONGEST: Duration = Duration::from_micros(50);

/// Where the holder runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On a thread of callers or tasks: slow methods do not belong there.
    Caller,
    /// On the blocking pool.
    Blocking,
}

/// Serves those who wait, within bounds, and gives the object back or hands it on.
pub(crate) fn serve<O: Dispatch>(mut turn: Owner<O>, place: Place) {
    let begin = (!turn.shared().host.node().is_deterministic()).then(Instant::now);
    let mut calls = 0;
    loop {
        let Some(entry) = next(&mut turn) else {
            turn.shared().started.store(0, Relaxed);
            match turn.end() {
                Ok(_) => return,
                Err(still) => {
                    turn = still;
                    continue;
                }
            }
        };
        if !turn.shared().is_live() {
            refuse_all(turn.shared(), VecDeque::from([entry]), &refusal(turn.shared()));
            continue;
        }
        let over = calls >= MOST_CALLS || begin.is_some_and(|begin| calls > 0 && begin.elapsed() >= LONGEST);
        if over {
            turn.shared().waiting.lock().push_front(entry);
            return hand_over(turn, place);
        }
        calls += 1;
        let Some(work) = entry.item.take_work() else { continue };
        match work {
            Work::Turn { of } => {
                if of.needs_awake() && matches!(*turn, Body::Asleep) {
                    entry.item.put_back(Work::Turn { of });
                    turn.shared().waiting.lock().push_front(entry);
                    return start_wake(turn);
                }
                match entry.item.grant(turn) {
                    Ok(()) => return,
                    Err(back) => turn = back,
                }
            }
            Work::Call(call) => {
                let asleep = matches!(*turn, Body::Asleep);
                if asleep || (place == Place::Caller && call.method.pace().is_slow()) {
                    entry.item.put_back(Work::Call(call));
                    turn.shared().waiting.lock().push_front(entry);
                    return if asleep { start_wake(turn) } else { hand_over_blocking(turn) };
                }
                turn.shared().dequeue(call.bytes);
                match call.origin.as_ref().is_some_and(|origin| origin.is_over(turn.shared().host.node().now())) {
                    true => refuse(&entry, call, overdue),
                    false => run_queued(&mut turn, entry, call),
                }
            }
        }
    }
}

fn next<O: Dispatch>(turn: &mut Owner<O>) -> Option<Arc<Link<Entry<O>>>> {
    if let Some(entry) = turn.shared().waiting.lock().pop_front() {
        return Some(entry);
    }
    let mut queued = VecDeque::new();
    turn.queued(&mut queued);
    let mut waiting = turn.shared().waiting.lock();
    // Somebody who puts an entry back holds the turn, so `waiting` is still empty.
    waiting.append(&mut queued);
    if planted(Defect::LastComeFirstServed) {
        return waiting.pop_back();
    }
    waiting.pop_front()
}

/// Answers a call that is not run, with what is the matter.
fn refuse<O: Dispatch>(entry: &Link<Entry<O>>, mut call: Queued<O>, why: impl FnOnce(&Method) -> Error) {
    let error = why(call.method);
    observe::refused(O::CLASS, call.method, error.kind());
    call.answer.fail(error);
    if let Some(waker) = entry.item.answer(call.answer, LogPosition::default(), None) {
        waker.wake();
    }
}

/// Runs a call that waited, and answers it.
fn run_queued<O: Dispatch>(turn: &mut Owner<O>, entry: Arc<Link<Entry<O>>>, call: Queued<O>) {
    let Queued { request, method, origin, mut answer, sent, sent_at, .. } = call;
    let slot = turn.baton().clone();
    *slot.shared.running.lock() = Some(entry.clone());
    let (position, mut timing) = run_in(turn, &slot, Sent { request, method, origin, at: sent_at }, &mut *answer);
    point();
    timing.sent = sent;
    slot.shared.running.lock().take();
    let node = slot.shared.host.node();
    match answer.take_running() {
        // The handler goes on even if its caller is gone.
        Some(handler) => node.spawn(Box::pin(async move {
            let answer = handler.await;
            if let Some(waker) = entry.item.answer(answer, LogPosition::default(), None) {
                waker.wake();
            }
        })),
        None => {
            if let Some(waker) = entry.item.answer(answer, position, Some(timing))
                && node.log().poll_durable(position, &waker).is_ready()
            {
                waker.wake();
            }
        }
    }
}

/// A call as it reaches its object.
pub(crate) struct Sent<R> {
    pub(crate) request: R,
    pub(crate) method: &'static Method,
    pub(crate) origin: Option<Arc<Origin>>,
    /// When it was, if it had to wait.
    pub(crate) at: Moment,
}

/// Runs one handler of an object that is awake, on this thread; gives the position that its answer waits for.
#[inline]
pub(crate) fn run_in<O, P>(
    turn: &mut Turn<P, Shared<O>, Body<O>, Entry<O>>,
    slot: &Arc<Slot<O>>,
    Sent { request, method, origin, at }: Sent<O::Request>,
    answer: &mut dyn AnswerSlot,
) -> (LogPosition, Timing)
where
    O: Dispatch,
    P: Deref<Target = Slot<O>>,
{
    let node = slot.shared.host.node();
    let now = node.coarse_now();
    slot.shared.begin_use(now);
    let mut timing = Timing { method, sent: now, began: now, ended: now, ended_at: Moment::NONE, span: None };
    let Body::Awake(awake) = &mut **turn else {
        answer.fail(Error::new(ErrorKind::Internal, format!("{} was called asleep", slot.shared.identity)));
        return (LogPosition::default(), timing);
    };
    let timed = !node.is_deterministic() && method.pace().sample();
    let begin = timed.then(Instant::now);
    let began_at = Moment::now(node);
    let outside = origin.as_ref().is_some_and(|origin| origin.outside);
    awake.meta().begin(method, origin);
    timing.span = awake.meta().span();
    let ran = {
        let _within = timing.span.as_ref().map(|span| span.enter());
        let refused = if outside { ask(awake, slot, answer) } else { None };
        match refused {
            Some(ran) => ran,
            None => O::dispatch(request, Run::new(awake, slot, answer, timing.span.as_deref())),
        }
    };
    awake.meta().end();
    timing.ended_at = began_at.end(node);
    observe::ran(O::CLASS, method, [at, began_at, timing.ended_at], answer);
    if let Some(begin) = begin {
        method.pace().took(begin.elapsed());
    }
    if ran.instance == Instance::Spoiled {
        put_to_sleep(turn);
    }
    timing.ended = node.coarse_now();
    (ran.position, timing)
}

/// Asks the object whether a call from outside may run; if not, that is its answer.
#[cold]
#[inline(never)]
fn ask<O: Dispatch>(awake: &mut Awake<O>, slot: &Slot<O>, answer: &mut dyn AnswerSlot) -> Option<Ran> {
    let (error, ran) = awake.refuses(&slot.shared)?;
    answer.fail(error);
    Some(ran)
}

/// The rest is served by a task of its own, so that the caller comes back to its own work.
fn hand_over<O: Dispatch>(turn: Owner<O>, place: Place) {
    match place {
        Place::Caller => {
            let slot = turn.baton().clone();
            slot.shared.host.node().spawn(Box::pin(async move { serve(turn, Place::Caller) }));
        }
        Place::Blocking => hand_over_blocking(turn),
    }
}

/// The rest is served on the blocking pool.
pub(crate) fn hand_over_blocking<O: Dispatch>(turn: Owner<O>) {
    let slot = turn.baton().clone();
    slot.shared.host.node().spawn_blocking(Box::new(move || serve(turn, Place::Blocking)));
}

/// Why a slot does not run calls any more.
pub(crate) fn refusal<O: Dispatch>(shared: &Shared<O>) -> Error {
    match shared.status() {
        Status::Fenced => Error::new(
            ErrorKind::Deadline,
            format!(
                "a handler of {} did not return in time: this call waited behind it and was not run",
                shared.identity
            ),
        ),
        _ => Error::new(ErrorKind::Unavailable, format!("{} was closed before this call was run", shared.identity)),
    }
}

/// Why a handler's commit is refused.
pub(crate) fn too_late<O: Dispatch>(shared: &Shared<O>) -> Error {
    match shared.status() {
        Status::Fenced => Error::new(
            ErrorKind::Deadline,
            format!(
                "a handler of {} did not return within {:?}: nothing of it was kept, and the object went on without it",
                shared.identity,
                O::LIMITS.run
            ),
        ),
        _ => Error::new(ErrorKind::Unavailable, format!("{} was closed before this call had ended", shared.identity)),
    }
}

/// After an entry was queued: the slot may have been fenced before, and then nobody comes to the entry.
pub(crate) fn refuse_if_fenced<O: Dispatch>(slot: &Slot<O>) {
    point();
    // Either the fence finds the entry, or this finds the fence.
    fence(SeqCst);
    if slot.shared.status() == Status::Fenced {
        refuse_queue(slot);
    }
}

/// Answers all who wait at a slot that was fenced.
pub(crate) fn refuse_queue<O: Dispatch>(slot: &Slot<O>) {
    fence(SeqCst);
    let mut waiting: VecDeque<_> = std::mem::take(&mut *slot.shared.waiting.lock());
    slot.steal(&mut waiting);
    refuse_all(&slot.shared, waiting, &refusal(&slot.shared));
}

/// Answers all who wait with an error: the object can't be woken, or is not here any more.
pub(crate) fn refuse_all<O: Dispatch>(shared: &Shared<O>, entries: VecDeque<Arc<Link<Entry<O>>>>, error: &Error) {
    for entry in entries {
        let waker = match entry.item.take_work() {
            Some(Work::Call(call)) => {
                shared.dequeue(call.bytes);
                refuse(&entry, call, |_| error.clone());
                None
            }
            Some(Work::Turn { .. }) => entry.item.fail(error.clone()),
            None => None,
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
