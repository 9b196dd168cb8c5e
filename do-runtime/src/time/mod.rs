//! Timestamps, and durations however a user writes them.

mod duration;
mod period;

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use duration::{IntoDuration, days, hours, millis, minutes, secs};
pub use period::Period;
use serde::{Deserialize, Deserializer, Serialize};

use crate::value::whole;

/// Milliseconds since the Unix epoch, UTC.
///
/// Arithmetic with a [`Duration`] leaves out what is below a millisecond, and stops at the ends of the range
/// instead of wrapping. It is serialized as an integer and displayed in RFC 3339.
///
/// ```
/// use do_runtime::{Timestamp, hours, secs};
///
/// let noon = Timestamp::from_millis(1_735_732_800_000);
/// assert_eq!(noon.to_string(), "2025-01-01T12:00:00Z");
/// assert_eq!((noon + hours(1)) - noon, secs(3600));
/// assert!(noon - secs(1) < noon);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        whole(deserializer, "milliseconds since 1970", Timestamp)
    }
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Timestamp = Timestamp(0);

    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Timestamp(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// How long it is after `earlier`; zero if it is not after it. `later - earlier` is the same.
    pub const fn duration_since(self, earlier: Timestamp) -> Duration {
        if self.0 > earlier.0 { Duration::from_millis(self.0.abs_diff(earlier.0)) } else { Duration::ZERO }
    }

    fn moved(self, millis: i128) -> Self {
        let sum = i128::from(self.0).saturating_add(millis);
        Timestamp(sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }
}

/// The whole milliseconds of a duration: at most 1.9e22, so that they always fit.
fn whole_millis(duration: Duration) -> i128 {
    i128::try_from(duration.as_millis()).unwrap_or(i128::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, duration: Duration) -> Timestamp {
        self.moved(whole_millis(duration))
    }
}

impl AddAssign<Duration> for Timestamp {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, duration: Duration) -> Timestamp {
        self.moved(-whole_millis(duration))
    }
}

impl SubAssign<Duration> for Timestamp {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub<Timestamp> for Timestamp {
    type Output = Duration;
    /// Zero if `earlier` is not earlier.
    fn sub(self, earlier: Timestamp) -> Duration {
        self.duration_since(earlier)
    }
}

impl From<SystemTime> for Timestamp {
    /// The millisecond that has begun.
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Timestamp::UNIX_EPOCH + after,
            Err(before) => {
                let before = before.duration();
                let begun = i128::from(!before.subsec_nanos().is_multiple_of(1_000_000));
                Timestamp::UNIX_EPOCH.moved(-whole_millis(before) - begun)
            }
        }
    }
}

impl From<Timestamp> for SystemTime {
    /// A time that the platform can't express becomes the nearest of the years 1601 and 9999.
    fn from(time: Timestamp) -> Self {
        let distance = Duration::from_millis(time.0.unsigned_abs());
        let exact = if time.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        exact.unwrap_or_else(|| {
            if time.0 < 0 {
                UNIX_EPOCH - Duration::from_secs(11_644_473_600)
            } else {
                UNIX_EPOCH + Duration::from_secs(253_402_300_799)
            }
        })
    }
}

impl From<jiff::Timestamp> for Timestamp {
    /// The millisecond that has begun.
    fn from(time: jiff::Timestamp) -> Self {
        let millis = time.as_nanosecond().div_euclid(1_000_000);
        Timestamp::UNIX_EPOCH.moved(millis)
    }
}

impl From<Timestamp> for jiff::Timestamp {
    /// Outside of the years that jiff knows (-9999 to 9999), its nearest timestamp.
    fn from(time: Timestamp) -> Self {
        jiff::Timestamp::from_millisecond(time.0).unwrap_or(if time.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC; outside of the years -9999 to 9999 the milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => time.fmt(f),
            Err(_) => write!(f, "{} ms since 1970", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

#[cfg(test)]
mod tests;
