//! The same for tests: on a thread of a simulation nothing blocks but the token goes on.

use std::ops::{Deref, DerefMut};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use super::park;
use crate::env::shuffle::{Here, On, Stays, here};

/// Where a simulation may let another thread go on: in a gap between two steps that others may come into.
#[inline]
pub(crate) fn point() {
    stop(Stays::AtPoint);
}

/// The same at the simulated disk, clock and so on, which is passed all the time.
pub(crate) fn seam() {
    stop(Stays::AtSeam);
}

fn stop(stays: Stays) {
    if let Some(here) = here() {
        here.world.point(here.thread, stays);
    }
}

/// Whether the running thread is one of several of a simulation.
pub(crate) fn is_simulated() -> bool {
    here().is_some()
}

/// Blocks the thread until there is an answer.
pub(crate) fn poll_blocking<T>(mut poll: impl FnMut(&Waker) -> Poll<T>) -> T {
    let Some(Here { world, thread }) = here() else { return park::until(poll) };
    let waker = world.waker(thread);
    loop {
        // One that asks again and again lets others go on.
        world.point(thread, Stays::AtSeam);
        match poll(&waker) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => drop(world.wait(thread, On::Waker)),
        }
    }
}

/// Lets other threads go on.
pub(crate) fn yield_now() {
    match here() {
        Some(here) => here.world.pass(here.thread),
        None => std::thread::yield_now(),
    }
}

fn address<T: ?Sized>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

/// Takes what `attempt` takes, once it is free.
fn take<G>(lock: usize, attempt: impl Fn() -> Option<G>, block: impl FnOnce() -> G) -> G {
    let Some(here) = here() else { return block() };
    here.world.point(here.thread, Stays::AtSeam);
    loop {
        match attempt() {
            Some(guard) => return guard,
            None => drop(here.world.wait(here.thread, On::Lock(lock))),
        }
    }
}

/// A lock is free again.
fn freed(lock: usize) {
    if let Some(here) = here() {
        here.world.free(On::Lock(lock));
    }
}

/// A guard of parking_lot's, after which those go on who wait for it.
pub(crate) struct Guard<G> {
    /// Nothing only while it is dropped, or unlocked for a moment.
    guard: Option<G>,
    lock: usize,
}

impl<G> Guard<G> {
    fn of(&self) -> &G {
        self.guard.as_ref().expect("a guard is used only while it is locked")
    }
}

impl<G: Deref> Deref for Guard<G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        self.of()
    }
}

impl<G: DerefMut> DerefMut for Guard<G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        self.guard.as_mut().expect("a guard is used only while it is locked")
    }
}

impl<G> Drop for Guard<G> {
    fn drop(&mut self) {
        if self.guard.take().is_some() {
            freed(self.lock);
            seam();
        }
    }
}

/// parking_lot's mutex.
#[derive(Default)]
pub(crate) struct Mutex<T: ?Sized>(parking_lot::Mutex<T>);

/// Its guard.
pub(crate) type MutexGuard<'a, T> = Guard<parking_lot::MutexGuard<'a, T>>;

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Mutex(parking_lot::Mutex::new(value))
    }
}

impl<T: ?Sized> Mutex<T> {
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        let lock = address(&self.0);
        Guard { guard: Some(take(lock, || self.0.try_lock(), || self.0.lock())), lock }
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Runs something while the mutex is free.
    pub(crate) fn unlocked<U>(this: &mut Self, f: impl FnOnce() -> U) -> U {
        let mutex = parking_lot::MutexGuard::mutex(this.of());
        drop(this.guard.take());
        freed(this.lock);
        let result = f();
        this.guard = Some(take(this.lock, || mutex.try_lock(), || mutex.lock()));
        result
    }
}

/// parking_lot's lock for one who writes or many who read.
#[derive(Default)]
pub(crate) struct RwLock<T: ?Sized>(parking_lot::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        RwLock(parking_lot::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> Guard<parking_lot::RwLockReadGuard<'_, T>> {
        let lock = address(&self.0);
        Guard { guard: Some(take(lock, || self.0.try_read(), || self.0.read())), lock }
    }

    pub(crate) fn write(&self) -> Guard<parking_lot::RwLockWriteGuard<'_, T>> {
        let lock = address(&self.0);
        Guard { guard: Some(take(lock, || self.0.try_write(), || self.0.write())), lock }
    }
}

/// parking_lot's condition.
pub(crate) struct Condvar(parking_lot::Condvar);

/// How a wait has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    Notified,
    TimedOut,
}

impl Waited {
    pub(crate) fn timed_out(self) -> bool {
        self == Waited::TimedOut
    }
}

impl From<parking_lot::WaitTimeoutResult> for Waited {
    fn from(result: parking_lot::WaitTimeoutResult) -> Self {
        if result.timed_out() { Waited::TimedOut } else { Waited::Notified }
    }
}

impl Condvar {
    pub(crate) const fn new() -> Self {
        Condvar(parking_lot::Condvar::new())
    }

    pub(crate) fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        match here() {
            Some(here) => drop(self.wait_here(&here, guard, On::Condition(address(self)))),
            None => self.0.wait(guard.guard.as_mut().expect("a guard is used only while it is locked")),
        }
    }

    /// Under simulation the time is the virtual one.
    pub(crate) fn wait_for<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, time: Duration) -> Waited {
        match here() {
            Some(here) => {
                let mut over = here.world.sleep(time);
                let waker = here.world.waker(here.thread);
                match over.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
                    Poll::Ready(()) => Waited::TimedOut,
                    Poll::Pending => self.wait_here(&here, guard, On::ConditionOrWaker(address(self))),
                }
            }
            None => {
                self.0.wait_for(guard.guard.as_mut().expect("a guard is used only while it is locked"), time).into()
            }
        }
    }

    /// Under simulation, where no real time passes, the seed draws which comes first.
    pub(crate) fn wait_until<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, until: Instant) -> Waited {
        match here() {
            Some(here) => self.wait_here(&here, guard, On::ConditionOrTime(address(self))),
            None => {
                self.0.wait_until(guard.guard.as_mut().expect("a guard is used only while it is locked"), until).into()
            }
        }
    }

    fn wait_here<T: ?Sized>(&self, here: &Here, guard: &mut MutexGuard<'_, T>, on: On) -> Waited {
        let mutex = parking_lot::MutexGuard::mutex(guard.of());
        // Nobody comes in between: the running thread has the token until it waits.
        drop(guard.guard.take());
        freed(guard.lock);
        let waited = here.world.wait(here.thread, on);
        guard.guard = Some(take(guard.lock, || mutex.try_lock(), || mutex.lock()));
        waited
    }

    pub(crate) fn notify_one(&self) -> bool {
        match here() {
            Some(here) => here.world.notify_one(address(self)),
            None => self.0.notify_one(),
        }
    }

    pub(crate) fn notify_all(&self) {
        match here() {
            Some(here) => here.world.free(On::Condition(address(self))),
            None => drop(self.0.notify_all()),
        }
    }
}
