//! Which simulated thread the running one is, if it is one.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::World;

/// The running thread as one of a simulation.
#[derive(Clone)]
pub(crate) struct Here {
    pub(crate) world: Arc<World>,
    /// Its number; that of the runtime's own is [`super::MAIN`].
    pub(crate) thread: usize,
}

thread_local! {
    /// For those who only ask whether there is one.
    static SIMULATED: Cell<bool> = const { Cell::new(false) };
    static HERE: RefCell<Option<Here>> = const { RefCell::new(None) };
}

/// The running thread, if it is simulated.
#[inline]
pub(crate) fn here() -> Option<Here> {
    // A thread that is ending is not simulated any more.
    if !SIMULATED.try_with(Cell::get).unwrap_or(false) {
        return None;
    }
    HERE.with_borrow(Clone::clone)
}

/// From now on the running thread is simulated.
pub(super) fn enter(here: Here) {
    HERE.set(Some(here));
    SIMULATED.set(true);
}

/// From now on the running thread is one like any other.
pub(super) fn leave() {
    SIMULATED.set(false);
    drop(HERE.take());
}
