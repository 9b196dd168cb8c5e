//! Threads: real ones, of which exactly one holds the token and runs. Control changes hands at points, and where a thread waits.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::thread::{self, JoinHandle};

use parking_lot::MutexGuard;

use super::draw::Mix;
use super::here::{self, Here};
use super::{MAIN, State, World};
use crate::sync::Waited;

/// What a thread is to do.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// A thread of the simulation.
pub(super) struct Thread {
    phase: Phase,
    /// It was woken since it last began to wait for that.
    woken: bool,
    /// It was notified of the condition that it waits for.
    notified: bool,
    /// The highest that can run does, where threads are ranked.
    rank: u64,
    /// It stands still until nothing else can go on.
    sunk: bool,
    signal: Arc<Signal>,
    job: Option<Job>,
    handle: Option<JoinHandle<()>>,
}

/// What a thread is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
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

/// Ranks below this are of threads that let all others go first.
pub(super) const YIELDED: u64 = 1 << 40;

/// Whether a thread could go on itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stays {
    No,
    /// Here it meets others: at the disk, a clock, a lock.
    AtSeam,
    /// Here the code has a gap that is worth a look, and control changes hands more often.
    AtPoint,
}

/// A thread unwinds with this when its simulation ends.
struct Ended;

impl Thread {
    /// The thread that runs now.
    pub(super) fn current(rank: u64) -> Self {
        let signal = Signal::of(Some(thread::current()));
        Thread {
            phase: Phase::Ready,
            woken: false,
            notified: false,
            rank,
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
    /// Any thread but the runtime's could go on.
    pub(super) fn has_threads(&self) -> bool {
        self.threads[MAIN + 1..].iter().any(Thread::can_run)
    }

    /// The thread that goes on instead of `me`; nothing if it is `me` who does, which is possible if it stays.
    fn successor(&mut self, me: usize, stays: Stays) -> Option<usize> {
        let Mix::Ranked { change, sink, most } = self.mix else {
            let first = || (0..self.threads.len()).find(|number| *number != me && self.threads[*number].can_run());
            return if stays == Stays::No { first().or(self.driving()) } else { None };
        };
        // How much more often than elsewhere something changes.
        let often = match stays {
            Stays::No => 0,
            Stays::AtSeam => 1,
            Stays::AtPoint => 8,
        };
        if often > 0 && self.draw.once_in(change.div_ceil(often)) {
            self.threads[me].rank = self.draw.within(YIELDED..u64::MAX);
        }
        let sunk = self.threads.iter().filter(|thread| thread.sunk).count();
        if often > 0 && sunk < most && self.draw.once_in(sink.div_ceil(often)) {
            self.threads[me].sunk = true;
        }
        // What the runtime has to do can't all be seen from here: so it gets a chance now and then.
        let main = self.driving().filter(|main| *main != me);
        let wanted = main.filter(|_| !self.ready.is_empty() || self.ended || self.draw.once_in(100));
        let highest =
            |threads: &mut dyn Iterator<Item = usize>| threads.max_by_key(|number| self.threads[*number].rank);
        let others = (0..self.threads.len()).filter(|number| *number != me && self.threads[*number].can_run());
        let afloat = highest(&mut others.clone().filter(|number| !self.threads[*number].sunk).chain(wanted));
        let next = match afloat {
            Some(next) if often > 0 && !self.threads[me].sunk => {
                (self.threads[next].rank > self.threads[me].rank).then_some(next)
            }
            Some(next) => Some(next),
            None if often > 0 => None,
            None => main.or_else(|| highest(&mut others.clone())),
        };
        // Whoever goes on does not stand still.
        self.threads[next.unwrap_or(me)].sunk = false;
        next
    }

    /// The thread of the runtime, if it looks after the others.
    fn driving(&self) -> Option<usize> {
        (self.threads[MAIN].phase == Phase::Driving).then_some(MAIN)
    }

    /// From now on every other thread is before this one, until it gets another rank.
    fn put_last(&mut self, thread: usize) {
        self.lowest -= 1;
        self.threads[thread].rank = self.lowest;
    }

    /// Whether the thread of the runtime polls a task before any other thread goes on.
    pub(super) fn main_is_next(&mut self) -> bool {
        let Mix::Ranked { change, .. } = self.mix else { return !self.ready.is_empty() };
        if self.draw.once_in(change) {
            self.threads[MAIN].rank = self.draw.within(YIELDED..u64::MAX);
        }
        let others = self.threads[MAIN + 1..].iter().filter(|thread| thread.can_run() && !thread.sunk);
        let highest = others.map(|thread| thread.rank).max().unwrap_or(0);
        !self.ready.is_empty() && self.threads[MAIN].rank > highest
    }

    /// No thread can go on. Whoever waits for an answer waits for ever: there is no way to make the test fail but this.
    fn stop(&self) -> ! {
        let phases = self.threads.iter().enumerate().map(|(number, thread)| format!("{number}: {:?}", thread.phase));
        eprintln!("the threads of a simulation wait for each other: {}", phases.collect::<Vec<_>>().join(", "));
        std::process::abort()
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
        state.put_last(me);
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
        !waiting.is_empty()
    }

    /// The token goes to another thread; this returns when it is back.
    fn hand_on(&self, state: MutexGuard<'_, State>, me: usize, to: usize) {
        let signal = state.threads[me].signal.clone();
        self.give(state, to);
        signal.wait();
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
        let driver = {
            let mut state = self.state.lock();
            if state.over {
                drop(state);
                return drop(job);
            }
            let number = match state.threads.iter().position(|thread| thread.phase == Phase::Idle) {
                Some(number) => number,
                None => self.add_thread(&mut state),
            };
            let rank = state.draw.within(YIELDED..u64::MAX);
            let thread = &mut state.threads[number];
            (thread.phase, thread.rank, thread.woken, thread.job) = (Phase::Ready, rank, false, Some(job));
            state.driver.take()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
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
        let driver = {
            let mut state = self.state.lock();
            let Some(thread) = state.threads.get_mut(thread) else { return };
            thread.woken = true;
            if !matches!(thread.phase, Phase::Waiting(On::Waker | On::ConditionOrWaker(_))) {
                return;
            }
            thread.phase = Phase::Ready;
            state.driver.take()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
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
