//! The asynchronous handler that this thread is polling: what it calls carries its metadata on.
//!
//! Only what the handler itself polls does: a task that it spawned is on its own.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::Running;
use crate::object::Method;

thread_local! {
    /// Whether there is one, for those who only ask that.
    static SET: Cell<bool> = const { Cell::new(false) };
    static HANDLER: RefCell<Option<Arc<Running>>> = const { RefCell::new(None) };
}

/// While it lives, a handler is being polled by this thread. They nest.
pub(crate) struct Polling(Option<Arc<Running>>);

impl Polling {
    pub(crate) fn enter(handler: &Arc<Running>) -> Self {
        SET.set(true);
        Polling(HANDLER.replace(Some(handler.clone())))
    }

    /// No handler is: what is polled is on its own, whoever polls it.
    pub(crate) fn nobody() -> Self {
        SET.set(false);
        Polling(HANDLER.replace(None))
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        SET.set(self.0.is_some());
        HANDLER.replace(self.0.take());
    }
}

/// Whether a handler is being polled.
#[inline]
pub(crate) fn is_set() -> bool {
    SET.get()
}

/// The key of a call that is made by an alarm, unless repeating it is harmless.
pub(crate) fn next_key(method: &Method) -> Option<Arc<str>> {
    if method.idempotent {
        return None;
    }
    HANDLER.with_borrow(|handler| handler.as_ref()?.next_key())
}

/// The handler that is being polled.
pub(crate) fn current() -> Option<Arc<Running>> {
    HANDLER.with_borrow(Clone::clone)
}
