//! The simulated seams: time that stands still until it is told to move, a seeded stream of bytes, and one thread.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::shuffle::World;
use super::{BoxFuture, Clock, Disk, Env, Random, SimDisk, Spawn};
use crate::Timestamp;
use crate::sync::seam;

/// The simulated seams of one node, by their own types.
#[derive(Clone)]
pub struct Sim {
    /// Its time.
    pub clock: Arc<VirtualClock>,
    /// Its disk.
    pub disk: Arc<SimDisk>,
    /// Its randomness.
    pub random: Arc<SeededRandom>,
    /// Its tasks.
    pub spawn: Arc<SimSpawn>,
}

impl Sim {
    /// The same, but tasks run in an order that is drawn from the seed, and what may block runs on threads that are mixed by it.
    pub fn shuffled(seed: u64, now: Timestamp, handle: Handle) -> Self {
        let clock = Arc::new(VirtualClock::new(now));
        let world = World::shuffled(seed, clock.clone(), handle);
        Sim {
            clock,
            disk: SimDisk::new(),
            random: Arc::new(SeededRandom::new(seed)),
            spawn: Arc::new(SimSpawn(Order::Drawn(world))),
        }
    }

    /// An empty disk at time `now`; tasks run on `handle`, the runtime of one thread.
    pub fn new(seed: u64, now: Timestamp, handle: Handle) -> Self {
        Sim {
            clock: Arc::new(VirtualClock::new(now)),
            disk: SimDisk::new(),
            random: Arc::new(SeededRandom::new(seed)),
            spawn: Arc::new(SimSpawn::new(handle, Jobs::InTurn)),
        }
    }

    /// The same world, with other manners for jobs that block, unless a seed draws everything.
    pub fn with_jobs(&self, jobs: Jobs) -> Self {
        let spawn = match &self.spawn.0 {
            Order::Spawned(handle, _) => SimSpawn::new(handle.clone(), jobs),
            Order::Drawn(_) => SimSpawn::clone(&self.spawn),
        };
        Sim { spawn: Arc::new(spawn), ..self.clone() }
    }

    /// The same world with another disk: the one that a crash has left.
    pub fn with_disk(&self, disk: Arc<SimDisk>) -> Self {
        Sim { disk, ..self.clone() }
    }

    /// The seams as a node takes them.
    pub fn env(&self) -> Env {
        let disk: Arc<dyn Disk> = self.disk.clone();
        Env { clock: self.clock.clone(), disk, random: self.random.clone(), spawn: self.spawn.clone() }
    }
}

/// Time that moves only when it is told to.
pub struct VirtualClock(Arc<Mutex<Timers>>);

struct Timers {
    now: Timestamp,
    next: u64,
    /// By due time, and by the order in which they were set among those of one time.
    waiting: BTreeMap<(Timestamp, u64), Option<Waker>>,
}

impl VirtualClock {
    /// Time stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        VirtualClock(Arc::new(Mutex::new(Timers { now, next: 0, waiting: BTreeMap::new() })))
    }

    /// Sets the time, backwards too. Timers that fall due are fired in order of time.
    pub fn set(&self, now: Timestamp) {
        let due: Vec<Waker> = {
            let mut timers = self.0.lock();
            timers.now = now;
            timers.waiting.range_mut(..=(now, u64::MAX)).filter_map(|(_, waker)| waker.take()).collect()
        };
        due.into_iter().for_each(Waker::wake);
    }

    /// Moves the time to the earliest timer that is due at `limit` or before, and fires it and those of the same time.
    /// Where there is none, the time stays and nothing is given.
    pub fn advance_to_next_timer(&self, limit: Timestamp) -> Option<Timestamp> {
        let at = self.next_timer().filter(|at| *at <= limit)?;
        let to = at.max(self.now());
        self.set(to);
        Some(to)
    }

    /// When the earliest timer that has not been fired is due.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.0.lock().waiting.iter().find(|(_, waker)| waker.is_some()).map(|((at, _), _)| *at)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        seam();
        self.0.lock().now
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture {
        seam();
        let mut timer = Timer { timers: self.0.clone(), at, number: None };
        Box::pin(poll_fn(move |cx| timer.poll(cx.waker())))
    }
}

/// One sleep; dropped, it leaves the list.
struct Timer {
    timers: Arc<Mutex<Timers>>,
    at: Timestamp,
    number: Option<u64>,
}

impl Timer {
    fn poll(&mut self, waker: &Waker) -> Poll<()> {
        let mut timers = self.timers.lock();
        if timers.now >= self.at {
            return Poll::Ready(());
        }
        let number = *self.number.get_or_insert_with(|| {
            timers.next += 1;
            timers.next
        });
        timers.waiting.insert((self.at, number), Some(waker.clone()));
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            // The waker is dropped outside of the lock: it may own what owns a timer.
            let waker = self.timers.lock().waiting.remove(&(self.at, number));
            drop(waker);
        }
    }
}

/// The bytes of BLAKE3's extendable output for a seed.
pub struct SeededRandom(Mutex<blake3::OutputReader>);

impl SeededRandom {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        SeededRandom(Mutex::new(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof()))
    }

    /// The next eight bytes as a number.
    pub fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        // Not a point: a disk draws under its lock what a crash leaves.
        self.0.lock().fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number below `bound` (0 for a bound of 0).
    pub fn below(&self, bound: u64) -> u64 {
        self.next_u64().checked_rem(bound).unwrap_or(0)
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        seam();
        self.0.lock().fill(bytes);
    }
}

/// Tasks of a runtime of one thread.
#[derive(Clone)]
pub struct SimSpawn(Order);

/// In which order tasks run.
#[derive(Clone)]
enum Order {
    /// As they are spawned and woken; no threads.
    Spawned(Handle, Jobs),
    /// As a seed draws it.
    Drawn(Arc<World>),
}

/// When a job runs that blocks, where there are no threads: a machine's pool may take it up at once, or late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// Before whoever spawns it goes on.
    AtOnce,
    /// After all tasks that are there.
    InTurn,
}

impl SimSpawn {
    /// Runs everything on this runtime, which is to be one of a single thread, in the order in which it is spawned.
    pub fn new(handle: Handle, jobs: Jobs) -> Self {
        SimSpawn(Order::Spawned(handle, jobs))
    }

    /// The tasks and threads, if a seed draws their order.
    pub(crate) fn world(&self) -> Option<&Arc<World>> {
        match &self.0 {
            Order::Spawned(..) => None,
            Order::Drawn(world) => Some(world),
        }
    }
}

impl Spawn for SimSpawn {
    fn spawn(&self, task: BoxFuture) {
        match &self.0 {
            Order::Spawned(handle, _) => drop(handle.spawn(task)),
            Order::Drawn(world) => world.spawn(task),
        }
        seam();
    }

    fn spawn_blocking(&self, job: Box<dyn FnOnce() + Send>) {
        match &self.0 {
            Order::Spawned(_, Jobs::AtOnce) => job(),
            Order::Spawned(handle, Jobs::InTurn) => drop(handle.spawn(async move { job() })),
            Order::Drawn(world) => world.spawn_blocking(job),
        }
        seam();
    }

    fn thread(&self, _name: &str, job: Box<dyn FnOnce() + Send>) -> Result<(), Box<dyn FnOnce() + Send>> {
        match &self.0 {
            Order::Spawned(..) => Err(job),
            Order::Drawn(world) => {
                world.spawn_blocking(job);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(at: i64) -> Timestamp {
        Timestamp::from_millis(at)
    }

    #[test]
    fn timers_fire_in_order_of_time_and_not_beyond_the_limit() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sim = Sim::new(1, millis(100), runtime.handle().clone());
        let fired = Arc::new(Mutex::new(Vec::new()));
        for at in [300, 200, 400, 200] {
            let (clock, fired) = (sim.clock.clone(), fired.clone());
            sim.spawn.spawn(Box::pin(async move {
                clock.sleep_until(millis(at)).await;
                fired.lock().push((at, clock.now().as_millis()));
            }));
        }
        runtime.block_on(async {
            tokio::task::yield_now().await;
            assert_eq!(sim.clock.advance_to_next_timer(millis(350)), Some(millis(200)));
            tokio::task::yield_now().await;
            assert_eq!(sim.clock.advance_to_next_timer(millis(350)), Some(millis(300)));
            assert_eq!(sim.clock.advance_to_next_timer(millis(350)), None);
            tokio::task::yield_now().await;
        });
        assert_eq!(*fired.lock(), [(200, 200), (200, 200), (300, 300)]);
        assert_eq!(sim.clock.next_timer(), Some(millis(400)));
    }

    #[test]
    fn a_dropped_sleep_leaves_no_timer() {
        let clock = VirtualClock::new(millis(0));
        let mut sleep = clock.sleep_until(millis(5));
        let mut cx = std::task::Context::from_waker(Waker::noop());
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
        assert_eq!(clock.next_timer(), Some(millis(5)));
        drop(sleep);
        assert_eq!(clock.next_timer(), None);
    }

    #[test]
    fn a_jump_back_fires_nothing() {
        let clock = VirtualClock::new(millis(100));
        let mut sleep = clock.sleep_until(millis(200));
        let mut cx = std::task::Context::from_waker(Waker::noop());
        clock.set(millis(10));
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
        clock.set(millis(200));
        assert!(sleep.as_mut().poll(&mut cx).is_ready());
    }

    #[test]
    fn a_seed_gives_one_stream() {
        let (a, b, c) = (SeededRandom::new(7), SeededRandom::new(7), SeededRandom::new(8));
        let first: Vec<_> = (0..10).map(|_| a.next_u64()).collect();
        assert_eq!(first, (0..10).map(|_| b.next_u64()).collect::<Vec<_>>());
        assert_ne!(first[0], c.next_u64());
        assert!((0..100).all(|_| a.below(3) < 3));
    }
}
