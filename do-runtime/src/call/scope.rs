//! What the running thread is in the middle of: a synchronous handler, or polls of calls within calls.

use std::cell::Cell;

/// Polls within polls, each running a handler in place, before a call is queued to run elsewhere: a chain of
/// asynchronous handlers that call each other must not overflow the stack.
const DEEPEST: u32 = 24;

thread_local! {
    static IN_HANDLER: Cell<bool> = const { Cell::new(false) };
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// While it lives the thread is inside a synchronous handler.
pub(crate) struct InHandler;

impl InHandler {
    #[inline]
    pub(crate) fn enter() -> Self {
        IN_HANDLER.set(true);
        InHandler
    }
}

impl Drop for InHandler {
    #[inline]
    fn drop(&mut self) {
        IN_HANDLER.set(false);
    }
}

/// Whether this thread is inside a synchronous handler, where nothing can be awaited.
#[inline]
pub(crate) fn in_handler() -> bool {
    IN_HANDLER.get()
}

/// One level of polls within polls.
pub(crate) struct Level;

impl Level {
    /// One level deeper, unless that is too deep.
    #[inline]
    pub(crate) fn enter() -> Option<Self> {
        let depth = DEPTH.get();
        if depth >= DEEPEST {
            return None;
        }
        DEPTH.set(depth + 1);
        Some(Level)
    }
}

impl Drop for Level {
    #[inline]
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}
