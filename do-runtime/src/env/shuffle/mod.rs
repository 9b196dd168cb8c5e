//! A simulation whose order the seed draws: of tasks, and of threads.
//!
//! Tasks are polled on the thread of the runtime, one poll at a time, any of those that are ready. Jobs that may block have
//! real threads, of which one at a time holds the token and runs; at points it may change hands. So nothing ever happens at
//! the same time, and one seed is one order. A task of the runtime drives both, and goes back to it in between, so that the
//! test's own future goes on too.

mod choice;
mod draw;
mod here;
mod tasks;
mod threads;

use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::task::{Poll, Waker};

use parking_lot::Mutex;
use tokio::runtime::Handle;

use self::draw::{Draw, Mix};
use self::tasks::Task;
use self::threads::Thread;
use super::{BoxFuture, Clock, VirtualClock};

pub(crate) use choice::Stays;
pub(crate) use here::{Here, here};
pub(crate) use threads::On;

/// The thread of the runtime.
const MAIN: usize = 0;

/// The tasks and threads of one simulation.
pub(crate) struct World {
    state: Mutex<State>,
    clock: Arc<VirtualClock>,
    handle: Handle,
    this: Weak<World>,
}

struct State {
    /// For messages.
    seed: u64,
    draw: Draw,
    mix: Mix,
    ready: Vec<Arc<Task>>,
    /// All of them, so that they end with the world whoever holds their wakers.
    tasks: std::collections::BTreeMap<u64, Arc<Task>>,
    next_task: u64,
    /// The runtime's own, then the others.
    threads: Vec<Thread>,
    /// A job has ended since the runtime's thread last looked: the test's own future may wait for it.
    ended: bool,
    /// The highest rank that a thread has got.
    highest: u64,
    /// Wakes the task that drives, while it has nothing to do.
    driver: Option<Waker>,
    /// Polls, and changes of hands.
    steps: u64,
    over: bool,
}

impl State {
    /// Whether any thread but this one could go on.
    fn others_than(&self, me: usize) -> bool {
        if me == MAIN { self.has_threads() } else { self.threads.len() > 1 }
    }
}

impl World {
    /// Tasks in an order of the seed, threads mixed; for the runtime of one thread that runs here.
    pub(super) fn shuffled(seed: u64, clock: Arc<VirtualClock>, handle: Handle) -> Arc<Self> {
        let world = World::new(seed, Mix::drawn, clock, handle);
        here::enter(Here { world: world.clone(), thread: MAIN });
        world
    }

    /// Threads one after the other, each until it waits.
    pub(crate) fn in_order(clock: Arc<VirtualClock>, handle: Handle) -> Arc<Self> {
        World::new(0, |_| Mix::Never, clock, handle)
    }

    fn new(seed: u64, mix: fn(&mut Draw) -> Mix, clock: Arc<VirtualClock>, handle: Handle) -> Arc<Self> {
        let mut draw = Draw::new(seed);
        let mix = mix(&mut draw);
        let main = Thread::current();
        let state = State {
            seed,
            draw,
            mix,
            ready: Vec::new(),
            tasks: std::collections::BTreeMap::new(),
            next_task: 0,
            threads: vec![main],
            ended: false,
            highest: 1,
            driver: None,
            steps: 0,
            over: false,
        };
        let world = Arc::new_cyclic(|this| World { state: Mutex::new(state), clock, handle, this: this.clone() });
        drop(world.handle.spawn(drive(Ending(world.clone()))));
        world
    }

    /// Resolves when so much virtual time has passed.
    pub(crate) fn sleep(&self, time: std::time::Duration) -> BoxFuture {
        self.clock.sleep_until(self.clock.now() + time)
    }

    /// Adds a task.
    pub(crate) fn spawn(&self, future: BoxFuture) {
        let mut state = self.state.lock();
        if state.over {
            drop(state);
            return drop(future);
        }
        state.next_task += 1;
        let task = Task::listed(state.next_task, self.this.clone(), future);
        state.tasks.insert(task.number, task.clone());
        drop(state);
        self.list(task);
    }

    /// Runs a job on a thread of its own.
    pub(crate) fn spawn_blocking(&self, job: Box<dyn FnOnce() + Send>) {
        if let Some(this) = self.this.upgrade() {
            this.start(job);
        }
    }

    /// A task is ready.
    fn list(&self, task: Arc<Task>) {
        let driver = {
            let mut state = self.state.lock();
            if state.over {
                return;
            }
            state.ready.push(task);
            state.driver.take()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// How much has happened.
    pub(crate) fn steps(&self) -> u64 {
        self.state.lock().steps
    }

    /// Whether no task is ready and no thread can go on.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.state.lock();
        state.ready.is_empty() && !state.has_threads()
    }

    fn poll_work(&self, waker: &Waker) -> Poll<()> {
        let mut state = self.state.lock();
        if !state.ready.is_empty() || state.has_threads() {
            return Poll::Ready(());
        }
        state.driver = Some(waker.clone());
        Poll::Pending
    }

    /// One poll of a task, or a thread until it hands the token on; whether the runtime is to go on with other things.
    fn step(&self) -> bool {
        let mut state = self.state.lock();
        if state.main_is_next() {
            let ready = state.ready.len();
            let drawn = state.draw.below(ready);
            let task = state.ready.swap_remove(drawn);
            state.steps += 1;
            drop(state);
            if task.poll() {
                let ended = self.state.lock().tasks.remove(&task.number);
                drop(ended);
            }
        } else {
            self.run_thread(state);
        }
        !self.state.lock().draw.once_in(4)
    }

    /// Ends it, if the running thread is the runtime's; else the end of the runtime does.
    pub(crate) fn end_here(&self) {
        if self.state.lock().threads[MAIN].is_current() {
            self.end();
        }
    }

    /// Ends all threads and drops all tasks. Nothing goes on, nor begins, after that.
    fn end(&self) {
        {
            let mut state = self.state.lock();
            if std::mem::replace(&mut state.over, true) {
                return;
            }
            // A runtime may be dropped on another thread than it ran on.
            state.threads[MAIN].move_here();
        }
        self.end_threads();
        let (tasks, ready) = {
            let mut state = self.state.lock();
            (std::mem::take(&mut state.tasks), std::mem::take(&mut state.ready))
        };
        // A future that is dropped may wake others, which are in nobody's list any more.
        let futures: Vec<_> = tasks.values().filter_map(|task| task.give_up()).collect();
        drop((futures, ready));
        if here().is_some_and(|here| std::ptr::eq(&*here.world, self)) {
            here::leave();
        }
    }
}

/// Whether the running thread is a simulated one that may block: any but the runtime's.
pub(crate) fn is_thread() -> bool {
    here().is_some_and(|here| here.thread != MAIN)
}

/// The task that drives: with it, when the runtime is shut down, the world ends.
struct Ending(Arc<World>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

async fn drive(world: Ending) {
    loop {
        poll_fn(|cx| world.0.poll_work(cx.waker())).await;
        if world.0.step() {
            tokio::task::yield_now().await;
        }
    }
}
