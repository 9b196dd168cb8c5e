//! Tasks: all are polled on the thread of the runtime, one poll at a time, whichever the seed draws.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Wake, Waker};

use parking_lot::Mutex;

use super::World;
use crate::env::BoxFuture;

/// A task of the simulation.
pub(super) struct Task {
    pub(super) number: u64,
    world: Weak<World>,
    /// In the list of those that are ready.
    listed: AtomicBool,
    /// Nothing while it is polled, and once it has ended.
    future: Mutex<Option<BoxFuture>>,
}

impl Task {
    /// A task that is in the list already.
    pub(super) fn listed(number: u64, world: Weak<World>, future: BoxFuture) -> Arc<Self> {
        Arc::new(Task { number, world, listed: AtomicBool::new(true), future: Mutex::new(Some(future)) })
    }

    /// Polls it once; whether it has ended.
    pub(super) fn poll(self: &Arc<Self>) -> bool {
        self.listed.store(false, Ordering::Release);
        let Some(mut future) = self.future.lock().take() else { return true };
        let waker = Waker::from(self.clone());
        let polled =
            catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()));
        match polled {
            Ok(false) => {
                *self.future.lock() = Some(future);
                false
            }
            // The panic hook has printed it; whoever waits for the task sees that it is gone.
            Ok(true) | Err(_) => true,
        }
    }

    /// Takes the future out, to be dropped.
    pub(super) fn give_up(&self) -> Option<BoxFuture> {
        self.future.lock().take()
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if let Some(world) = self.world.upgrade()
            && !self.listed.swap(true, Ordering::AcqRel)
        {
            world.list(self);
        }
    }
}
