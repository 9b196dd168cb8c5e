//! The time that SQL sees: that of the handler that runs on this thread.

use std::cell::Cell;

use crate::Timestamp;

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
}

/// While this lives, SQL that runs on this thread sees one time as now (`datetime('now')`, `unixepoch()`,
/// `CURRENT_TIMESTAMP`). Without any, SQL sees the Unix epoch: the clock of the machine is never read.
#[must_use = "the time holds only while this lives"]
pub struct HandlerContext {
    before: i64,
    /// It belongs to its thread.
    _thread: std::marker::PhantomData<*const ()>,
}

impl HandlerContext {
    /// From here on it is `now`, for SQL on this thread. Contexts nest; drop the inner one first.
    pub fn enter(now: Timestamp) -> Self {
        HandlerContext { before: NOW.replace(now.as_millis()), _thread: std::marker::PhantomData }
    }

    /// The time that SQL sees on this thread.
    pub fn now() -> Timestamp {
        Timestamp::from_millis(NOW.get())
    }
}

impl Drop for HandlerContext {
    fn drop(&mut self) {
        NOW.set(self.before);
    }
}
