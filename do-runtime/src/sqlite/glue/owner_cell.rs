//! What a connection and its owner share without a lock.

use std::cell::RefCell;
use std::sync::Arc;

/// A value that is reached from the owner of a connection and, while that runs SQLite, from the connection's file.
///
/// Both handles live in one `Database`, which is `Send` and not `Sync`: they move between threads together, and are
/// used by one thread at a time.
pub(crate) struct OwnerCell<T>(Arc<RefCell<T>>);

// SAFETY: exactly two handles exist (see `pair`). One is owned by a `Database`, the other by the file of that database's
// connection, which only the same `Database` runs, through `&self` without being `Sync`. So the two are never used
// by two threads at once, and giving the `Database` to another thread synchronizes both.
unsafe impl<T: Send> Send for OwnerCell<T> {}

impl<T> OwnerCell<T> {
    /// The owner's handle and the file's.
    pub(crate) fn pair(value: T) -> (Self, Self) {
        let shared = Arc::new(RefCell::new(value));
        (OwnerCell(shared.clone()), OwnerCell(shared))
    }

    /// Runs `f` with the value, or gives nothing if it is being used further up on this thread.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.0.try_borrow_mut().ok().map(|mut value| f(&mut value))
    }

    /// The value, if the other handle is gone.
    pub(crate) fn into_inner(self) -> Option<T> {
        Arc::into_inner(self.0).map(RefCell::into_inner)
    }
}
