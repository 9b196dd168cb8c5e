//! Who owns an object at a moment, and why it may move between threads. All of the crate's `unsafe` is here and
//! in `sqlite::glue`.

mod baton;
mod send;

pub(crate) use baton::{Baton, Link, Turn};
pub use send::{ArgumentBytes, Carried, Sendable};
pub(crate) use send::{Owned, encoded_bytes};

/// What `baton` is built on; `tests/loom` builds the same file on loom's.
mod sync {
    pub(super) use std::sync::Arc;
    pub(super) use std::sync::atomic::AtomicPtr;

    pub(super) use crate::sync::point;

    /// An `UnsafeCell` with the interface of loom's.
    pub(super) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(super) fn new(value: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }

        pub(super) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        pub(super) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}
