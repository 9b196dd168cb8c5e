//! Threads: real ones, of which exactly one holds the token and runs. Control changes hands at points, and where a thread waits.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::thread::{self, JoinHandle};

use parking_lot::MutexGuard;

use super::choice::Stays;
use super::draw::Mix;
use super::here::{self, Here};
use super::{MAIN, State, World};
use crate::sync::Waited;

/// What a thread is to do.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// A thread of the simulation.
pub(super) struct Thread {
    pub(super) phase: Phase,
    /// It was woken since it last began to wait for that.
    woken: bool,
    /// It was notified of the condition that it waits for.
    notified: bool,
    /// The highest that can run does, where threads are ranked.
    pub(super) rank: u64,
    /// It stands still until nothing else can go on.
    pub(super) sunk: bool,
    signal: Arc<Signal>,
    job: Option<Job>,
    handle: Option<JoinHandle<()>>,
}

/// What a thread is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has the token, or would go on with it.
    Ready,
    /// The thread of the runtime has nothing to do itself, and looks after the others.
    Driving,
    Waiting(On),
    /// It has no job.
    Idle,
}

/// What a thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// Its waker.
    Waker,
    /// A lock, by its address.
    Lock(usize),
    /// To be notified of a condition, by its address.
    Condition(usize),
    /// The same, or its waker.
    ConditionOrWaker(usize),
    /// The same, or a moment of real time: whichever the seed draws.
    ConditionOrTime(usize),
}

/// Tells one thread that the token is its.
struct Signal {
    raised: AtomicBool,
    thread: parking_lot::Mutex<Option<thread::Thread>>,
}

impl Signal {
    fn of(thread: Option<thread::Thread>) -> Arc<Self> {
        Arc::new(Signal { raised: AtomicBool::new(false), thread: parking_lot::Mutex::new(thread) })
    }

    fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        if let Some(thread) = &*self.thread.lock() {
            thread.unpark();
        }
    }

    fn wait(&self) {
        while !self.raised.swap(false, Ordering::AcqRel) {
            thread::park();
        }
    }
}

/// A thread unwinds with this when its simulation ends.
struct Ended;

impl Thread {
    /// The thread that runs now.
    pub(super) fn current() -> Self {
        let signal = Signal::of(Some(thread::current()));
        Thread {
            phase: Phase::Ready,
            woken: false,
            notified: false,
            rank: 1,
            sunk: false,
            signal,
            job: None,
            handle: None,
        }
    }

    pub(super) fn is_current(&self) -> bool {
        self.signal.thread.lock().as_ref().is_some_and(|thread| thread.id() == thread::current().id())
    }

    /// From now on it is the one that runs now.
    pub(super) fn move_here(&self) {
        *self.signal.thread.lock() = Some(thread::current());
    }

    pub(super) fn can_run(&self) -> bool {
        self.phase == Phase::Ready || matches!(self.phase, Phase::Waiting(On::ConditionOrTime(_)))
    }
}

impl State {
    /// No thread can go on. Whoever waits for an answer waits for ever: there is no way to make the test fail but this.
    fn stop(&self) -> ! {
        let phases = self.threads.iter().enumerate().map(|(number, thread)| format!("{number}: {:?}", thread.phase));
        let phases = phases.collect::<Vec<_>>().join(", ");
        eprintln!("all threads of the simulation with seed {} wait for each other: {phases}", self.seed);
        std::process::abort()
    }

    /// What wakes the task that drives, if there is something for it to do.
    fn rouse(&mut self) -> Option<Waker> {
        if self.has_threads() { self.driver.take() } else { None }
    }
}

impl World {
    /// Control may change hands here.
    pub(crate) fn point(&self, me: usize, stays: Stays) {
        // One that unwinds ends without a stop.
        if thread::panicking() {
            return;
        }
        let mut state = self.state.lock();
        if state.over || !state.others_than(me) {
            return;
        }
        if let Some(next) = state.successor(me, stays) {
            self.hand_on(state, me, next);
        }
    }

    /// Lets another thread go on, if any can.
    pub(crate) fn pass(&self, me: usize) {
        self.leave_if_over(me);
        let mut state = self.state.lock();
        state.threads[me].rank = 0;
        if let Some(next) = state.successor(me, Stays::No) {
            self.hand_on(state, me, next);
        }
    }

    /// Waits, while others run. It may return for no reason.
    pub(crate) fn wait(&self, me: usize, on: On) -> Waited {
        if self.leave_if_over(me) {
            self.pass(me);
            return Waited::TimedOut;
        }
        let mut state = self.state.lock();
        let thread = &mut state.threads[me];
        if on == On::Waker && std::mem::take(&mut thread.woken) {
            return Waited::Notified;
        }
        (thread.phase, thread.notified) = (Phase::Waiting(on), false);
        match state.successor(me, Stays::No) {
            Some(next) => self.hand_on(state, me, next),
            None if matches!(on, On::ConditionOrTime(_)) => state.threads[me].phase = Phase::Ready,
            None => state.stop(),
        }
        let mut state = self.state.lock();
        let thread = &mut state.threads[me];
        thread.woken = false;
        let waited = if thread.notified { Waited::Notified } else { Waited::TimedOut };
        drop(state);
        self.leave_if_over(me);
        waited
    }

    /// Unwinds the running thread if the simulation is over; whether it does so already.
    fn leave_if_over(&self, me: usize) -> bool {
        let over = me != MAIN && self.state.lock().over;
        if over && !thread::panicking() {
            resume_unwind(Box::new(Ended));
        }
        over
    }

    /// Those who wait for a lock, or for all who wait for a condition, can go on.
    pub(crate) fn free(&self, what: On) {
        let mut state = self.state.lock();
        for thread in state.threads.iter_mut().filter(|thread| waits_for(thread, what)) {
            (thread.phase, thread.notified) = (Phase::Ready, true);
        }
        wake(state.rouse(), state);
    }

    /// One of those who wait for a condition can go on, the one that the seed draws; whether there was any.
    pub(crate) fn notify_one(&self, condition: usize) -> bool {
        let mut state = self.state.lock();
        let waiting = |(number, thread)| waits_for(thread, On::Condition(condition)).then_some(number);
        let waiting: Vec<usize> = state.threads.iter().enumerate().filter_map(waiting).collect();
        let chosen = state.draw.below(waiting.len());
        if let Some(&chosen) = waiting.get(chosen) {
            (state.threads[chosen].phase, state.threads[chosen].notified) = (Phase::Ready, true);
        }
        wake(state.rouse(), state);
        !waiting.is_empty()
    }

    /// The token goes to another thread; this returns when it is back.
    fn hand_on(&self, state: MutexGuard<'_, State>, me: usize, to: usize) {
        let signal = state.threads[me].signal.clone();
        self.give(state, to);
        signal.wait();
        if me == MAIN {
            // It may go on with other things than looking after those who did not end.
            let mut state = self.state.lock();
            wake(state.rouse(), state);
        }
    }

    fn give(&self, mut state: MutexGuard<'_, State>, to: usize) {
        state.steps += 1;
        state.threads[to].phase = Phase::Ready;
        let signal = state.threads[to].signal.clone();
        drop(state);
        signal.raise();
    }

    /// The thread of the runtime lets another one go on.
    pub(super) fn run_thread(&self, mut state: MutexGuard<'_, State>) {
        state.threads[MAIN].phase = Phase::Driving;
        state.ended = false;
        match state.successor(MAIN, Stays::No) {
            Some(next) => self.hand_on(state, MAIN, next),
            None => state.threads[MAIN].phase = Phase::Ready,
        }
    }

    /// A job for a thread of its own.
    pub(super) fn start(self: &Arc<Self>, job: Job) {
        let mut state = self.state.lock();
        if state.over {
            drop(state);
            return drop(job);
        }
        let number = match state.threads.iter().position(|thread| thread.phase == Phase::Idle) {
            Some(number) => number,
            None => self.add_thread(&mut state),
        };
        let rank = state.rank();
        let thread = &mut state.threads[number];
        (thread.phase, thread.rank, thread.woken, thread.job) = (Phase::Ready, rank, false, Some(job));
        wake(state.rouse(), state);
    }

    fn add_thread(self: &Arc<Self>, state: &mut State) -> usize {
        let number = state.threads.len();
        let signal = Signal::of(None);
        let (world, handle, mine) = (self.clone(), self.handle.clone(), signal.clone());
        let live = move || {
            // A user's thread may use the runtime.
            let _within = handle.enter();
            here::enter(Here { world: world.clone(), thread: number });
            world.live(number, &mine);
            here::leave();
        };
        let handle = thread::Builder::new().name(format!("simulated-{number}")).spawn(live);
        let handle = handle.expect("the machine has threads for a test");
        *signal.thread.lock() = Some(handle.thread().clone());
        state.threads.push(Thread {
            phase: Phase::Idle,
            woken: false,
            notified: false,
            rank: 0,
            sunk: false,
            signal,
            job: None,
            handle: Some(handle),
        });
        number
    }

    /// The life of a thread: one job after the other.
    fn live(&self, me: usize, signal: &Signal) {
        loop {
            signal.wait();
            let job = self.state.lock().threads.get_mut(me).and_then(|thread| thread.job.take());
            let Some(job) = job else { return };
            // The panic hook has printed a panic; whoever waits for the job sees that it is gone.
            drop(catch_unwind(AssertUnwindSafe(job)));
            let mut state = self.state.lock();
            state.threads[me].phase = Phase::Idle;
            state.ended = true;
            match state.successor(me, Stays::No) {
                Some(next) => self.give(state, next),
                None => state.stop(),
            }
        }
    }

    /// Brings all threads to their ends.
    pub(super) fn end_threads(&self) {
        loop {
            let mut state = self.state.lock();
            for thread in &mut state.threads[MAIN + 1..] {
                if let Phase::Waiting(_) = thread.phase {
                    thread.phase = Phase::Ready;
                }
            }
            state.mix = Mix::Ranked { change: 1, sink: usize::MAX, most: 0 };
            if !state.has_threads() {
                break;
            }
            self.run_thread(state);
        }
        let threads: Vec<_> = self.state.lock().threads.drain(MAIN + 1..).collect();
        for thread in threads {
            thread.signal.raise();
            if let Some(handle) = thread.handle {
                // It has no job any more that could panic.
                let _ = handle.join();
            }
        }
    }

    /// What wakes a thread that waits.
    pub(crate) fn waker(self: &Arc<Self>, thread: usize) -> Waker {
        Waker::from(Arc::new(Wakes { world: Arc::downgrade(self), thread }))
    }

    fn wake(&self, thread: usize) {
        let mut state = self.state.lock();
        let Some(thread) = state.threads.get_mut(thread) else { return };
        thread.woken = true;
        if matches!(thread.phase, Phase::Waiting(On::Waker | On::ConditionOrWaker(_))) {
            thread.phase = Phase::Ready;
            wake(state.rouse(), state);
        }
    }
}

/// Wakes, if there is something to wake, outside of the lock.
fn wake(waker: Option<Waker>, state: MutexGuard<'_, State>) {
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn waits_for(thread: &Thread, what: On) -> bool {
    match (thread.phase, what) {
        (Phase::Waiting(On::Condition(a) | On::ConditionOrTime(a) | On::ConditionOrWaker(a)), On::Condition(b)) => {
            a == b
        }
        (Phase::Waiting(on), what) => on == what,
        _ => false,
    }
}

struct Wakes {
    world: std::sync::Weak<World>,
    thread: usize,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        if let Some(world) = self.world.upgrade() {
            world.wake(self.thread);
        }
    }
}
