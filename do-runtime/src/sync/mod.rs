//! Locks, waiting, and points: what has to do with other threads.
//!
//! For users these are parking_lot's and nothing else. With the feature `testing` they are the same behind one look at a
//! thread-local; on a thread of a simulation they hand the token on instead of blocking, and control may change hands at
//! each of them. What is kept for the whole process, whatever runs in it, uses parking_lot itself: its state differs between
//! the first simulation of a process and the second.

#[cfg(any(test, feature = "testing"))]
mod simulated;

#[cfg(any(test, feature = "testing"))]
pub(crate) use simulated::{
    Condvar, Mutex, MutexGuard, RwLock, Waited, is_simulated, point, poll_blocking, seam, yield_now,
};

#[cfg(not(any(test, feature = "testing")))]
pub(crate) use self::plain::{is_simulated, point, poll_blocking, yield_now};
#[cfg(not(any(test, feature = "testing")))]
pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};

#[cfg(not(any(test, feature = "testing")))]
mod plain {
    use std::task::{Poll, Waker};

    /// Where a simulation may let another thread go on.
    #[inline(always)]
    pub(crate) fn point() {}

    /// Whether the running thread is one of several of a simulation.
    #[inline(always)]
    pub(crate) fn is_simulated() -> bool {
        false
    }

    /// Blocks the thread until there is an answer.
    pub(crate) fn poll_blocking<T>(poll: impl FnMut(&Waker) -> Poll<T>) -> T {
        super::park::until(poll)
    }

    /// Lets other threads go on.
    pub(crate) fn yield_now() {
        std::thread::yield_now();
    }
}

/// Blocking a thread of the system.
mod park {
    use std::sync::Arc;
    use std::task::{Poll, Wake, Waker};
    use std::thread::{self, Thread};

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    pub(super) fn until<T>(mut poll: impl FnMut(&Waker) -> Poll<T>) -> T {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            match poll(&waker) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => thread::park(),
            }
        }
    }
}
