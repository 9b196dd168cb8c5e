//! What runs the threads of a kit, and how it waits until they rest.

use std::sync::{Arc, OnceLock};

use crate::env::shuffle::World;
use crate::env::{Sim, VirtualClock};

/// How many rounds of all tasks without a new timer count as rest.
const ROUNDS: usize = 32;

/// What runs the threads; it ends with this.
pub(super) struct Threads {
    drawn: Option<Arc<World>>,
    /// Those of a kit whose tasks run in their usual order, once there are any.
    usual: OnceLock<Arc<World>>,
}

impl Threads {
    pub(super) fn of(sim: &Sim) -> Self {
        Threads { drawn: sim.spawn.world().cloned(), usual: OnceLock::new() }
    }

    fn world(&self) -> Option<&Arc<World>> {
        self.drawn.as_ref().or(self.usual.get())
    }

    /// The world, made if there is none yet.
    pub(super) fn made(&self, clock: impl FnOnce() -> Arc<VirtualClock>) -> &Arc<World> {
        let usual = || World::in_order(clock(), tokio::runtime::Handle::current());
        self.drawn.as_ref().unwrap_or_else(|| self.usual.get_or_init(usual))
    }

    /// Waits until nothing can go on without time moving.
    pub(super) async fn settle(&self) {
        match self.world() {
            None => rounds(ROUNDS).await,
            Some(world) => settle_in(world).await,
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(world) = self.world() {
            world.end_here();
        }
    }
}

async fn rounds(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// Waits until no task is ready and no thread can go on, and that stays so for some rounds of the runtime's.
async fn settle_in(world: &World) {
    let mut quiet = 0;
    while quiet < ROUNDS {
        let before = world.steps();
        tokio::task::yield_now().await;
        quiet = match world.steps() - before {
            _ if !world.is_idle() => 0,
            0 => quiet + ROUNDS / 8,
            // This very task is one of the simulation's, or one lets others go on again and again.
            _ => quiet + 1,
        };
    }
}
