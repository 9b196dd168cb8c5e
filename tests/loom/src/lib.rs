//! Model checks of the baton: loom runs every interleaving (of a bounded number of preemptions) of the very file that
//! the runtime uses, on loom's own atomics.
#![cfg(test)]
#![allow(dead_code)] // The checks do not need all of the file.

mod sync {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::AtomicPtr;

    /// Loom changes threads at its atomics.
    pub(crate) fn point() {}
}

#[path = "../../../do-runtime/src/ownership/baton.rs"]
mod baton;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use baton::{Baton, Link, Turn};
use loom::cell::UnsafeCell;
use loom::sync::{Arc, Mutex};

/// Who calls, and the number of the call.
type Op = (u8, u8);

/// What loom watches: a second holder at the same time is an error.
type Body = UnsafeCell<Vec<Op>>;
type Object = Baton<(), Body, Waiting>;
type Owner = Turn<Arc<Object>, (), Body, Waiting>;

struct Waiting {
    kind: Kind,
    state: Mutex<State>,
}

enum Kind {
    /// The holder runs it.
    Call(Op),
    /// The holder hands the turn over.
    Turn,
}

enum State {
    Waiting(Option<Waker>),
    Done,
    Granted(Owner),
    Gone,
}

impl Waiting {
    fn entry(kind: Kind) -> Arc<Link<Waiting>> {
        Link::new(Waiting { kind, state: Mutex::new(State::Waiting(None)) })
    }

    fn advance(&self, next: State) -> Result<(), State> {
        let mut state = self.state.lock().unwrap();
        match &mut *state {
            State::Waiting(waker) => {
                let waker = waker.take();
                *state = next;
                drop(state);
                if let Some(waker) = waker {
                    waker.wake();
                }
                Ok(())
            }
            _ => Err(next),
        }
    }

    /// Blocks until there is an answer: a lost wake-up would hang the model.
    fn wait(&self) -> State {
        loom::future::block_on(poll_fn(|cx| {
            let mut state = self.state.lock().unwrap();
            match &mut *state {
                State::Waiting(waker) => {
                    *waker = Some(cx.waker().clone());
                    Poll::Pending
                }
                _ => Poll::Ready(std::mem::replace(&mut *state, State::Gone)),
            }
        }))
    }
}

fn object() -> Arc<Object> {
    Arc::new(Baton::new((), UnsafeCell::new(Vec::new())))
}

fn run(turn: &Owner, op: Op) {
    // SAFETY: loom fails the model if anybody else is at it.
    turn.with_mut(|ops| unsafe { (*ops).push(op) });
}

/// What the runtime's `serve` does, without its bounds.
fn serve(mut turn: Owner) {
    let mut waiting = VecDeque::new();
    loop {
        let Some(entry) = waiting.pop_front() else {
            match turn.end() {
                Ok(_) => return,
                Err(still) => turn = still,
            }
            turn.queued(&mut waiting);
            continue;
        };
        let entry: Arc<Link<Waiting>> = entry;
        match entry.item.kind {
            Kind::Call(op) => {
                run(&turn, op);
                let _ = entry.item.advance(State::Done);
            }
            Kind::Turn => {
                // Whoever has the turn serves the rest, so it must come last here: these models queue one of it.
                while let Some(entry) = waiting.pop_front() {
                    if let Kind::Call(op) = entry.item.kind {
                        run(&turn, op);
                        let _ = entry.item.advance(State::Done);
                    }
                }
                match entry.item.advance(State::Granted(turn)) {
                    Ok(()) => return,
                    Err(State::Granted(back)) => turn = back,
                    Err(_) => unreachable!("what was offered comes back"),
                }
            }
        }
    }
}

/// One call: in place, or queued and awaited.
fn call(object: &Arc<Object>, op: Op) {
    if let Ok(turn) = Baton::try_take(object.clone()) {
        run(&turn, op);
        return serve(turn);
    }
    let entry = Waiting::entry(Kind::Call(op));
    match Baton::take_or_queue(object.clone(), &entry) {
        Some(turn) => {
            run(&turn, op);
            serve(turn);
        }
        None => assert!(matches!(entry.item.wait(), State::Done)),
    }
}

/// Waits for the turn, as an asynchronous handler does; or goes away before it comes.
fn update(object: &Arc<Object>, op: Op, stays: bool) {
    let entry = Waiting::entry(Kind::Turn);
    let turn = match Baton::take_or_queue(object.clone(), &entry) {
        Some(turn) => Some(turn),
        None if stays => match entry.item.wait() {
            State::Granted(turn) => Some(turn),
            _ => unreachable!("a turn is granted"),
        },
        None => match std::mem::replace(&mut *entry.item.state.lock().unwrap(), State::Gone) {
            State::Granted(turn) => Some(turn),
            _ => None,
        },
    };
    if let Some(turn) = turn {
        if stays {
            run(&turn, op);
        }
        serve(turn);
    }
}

/// Nobody has the baton, nothing waits, and each caller's calls ran in its order.
fn check(object: &Arc<Object>, calls: usize) {
    let Ok(turn) = Baton::try_take(object.clone()) else { panic!("the baton was left taken") };
    turn.with(|ops| {
        // SAFETY: as above.
        let ops = unsafe { &*ops };
        assert_eq!(ops.len(), calls);
        for who in 0..3 {
            let order: Vec<_> = ops.iter().filter(|op| op.0 == who).map(|op| op.1).collect();
            assert!(order.is_sorted(), "{order:?}");
        }
    });
    assert!(turn.end().is_ok());
}

fn model(check: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(check);
}

#[test]
fn three_callers_run_one_at_a_time_and_none_is_lost() {
    model(|| {
        let object = object();
        let others: Vec<_> = (1..3)
            .map(|who| {
                let object = object.clone();
                loom::thread::spawn(move || call(&object, (who, 0)))
            })
            .collect();
        call(&object, (0, 0));
        others.into_iter().for_each(|other| other.join().unwrap());
        check(&object, 3);
    });
}

#[test]
fn two_callers_keep_the_order_of_their_calls() {
    model(|| {
        let object = object();
        let other = object.clone();
        let other = loom::thread::spawn(move || (0..2).for_each(|n| call(&other, (1, n))));
        (0..2).for_each(|n| call(&object, (0, n)));
        other.join().unwrap();
        check(&object, 4);
    });
}

#[test]
fn a_turn_is_handed_over_and_given_back() {
    model(|| {
        let object = object();
        let (caller, updater) = (object.clone(), object.clone());
        let caller = loom::thread::spawn(move || call(&caller, (1, 0)));
        let updater = loom::thread::spawn(move || update(&updater, (2, 0), true));
        call(&object, (0, 0));
        caller.join().unwrap();
        updater.join().unwrap();
        check(&object, 3);
    });
}

#[test]
fn a_turn_whose_waiter_went_away_is_passed_on() {
    model(|| {
        let object = object();
        let (caller, updater) = (object.clone(), object.clone());
        let caller = loom::thread::spawn(move || call(&caller, (1, 0)));
        let updater = loom::thread::spawn(move || update(&updater, (2, 0), false));
        call(&object, (0, 0));
        caller.join().unwrap();
        updater.join().unwrap();
        check(&object, 2);
    });
}
