//! `Period`: a duration that is text outside of the program.

use std::fmt;
use std::ops::{Add, Deref, Sub};
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::fmt::{friendly, temporal};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{IntoDuration, Timestamp};
use crate::error::{Error, Result};

/// A [`Duration`] for arguments, results and stored fields, where JSON has it as text: read as `"30s"`, `"1m 30s"` or `"30d"`, as
/// everywhere in the language, or in ISO 8601 as `"PT1M30S"`, and written in the latter. (serde writes a `Duration` itself as
/// `{"secs":30,"nanos":0}`.)
///
/// It derefs to the duration, and is taken wherever one is asked for.
///
/// ```
/// use do_runtime::{Period, Timestamp, secs};
///
/// let lease: Period = "1m 30s".parse()?;
/// assert_eq!((lease, lease.as_secs()), (Period::from(secs(90)), 90));
/// assert_eq!((lease.to_string(), serde_json::to_string(&lease).unwrap()), ("1m 30s".to_owned(), r#""PT1M30S""#.to_owned()));
/// assert_eq!(Timestamp::UNIX_EPOCH + lease, Timestamp::from_millis(90_000));
/// # Ok::<(), do_runtime::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Period(Duration);

impl Period {
    /// Of a duration, in a constant: `Period::new(secs(30))`.
    pub const fn new(duration: Duration) -> Self {
        Period(duration)
    }

    /// The longest that ISO 8601 is written of here: some 292 thousand million years.
    fn signed(self) -> SignedDuration {
        SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX)
    }
}

impl From<Duration> for Period {
    fn from(duration: Duration) -> Self {
        Period(duration)
    }
}

impl From<Period> for Duration {
    fn from(period: Period) -> Self {
        period.0
    }
}

impl Deref for Period {
    type Target = Duration;
    fn deref(&self) -> &Duration {
        &self.0
    }
}

impl PartialEq<Duration> for Period {
    fn eq(&self, other: &Duration) -> bool {
        self.0 == *other
    }
}

impl IntoDuration for Period {
    fn into_duration(self) -> Result<Duration> {
        Ok(self.0)
    }
}

impl Add<Period> for Timestamp {
    type Output = Timestamp;
    fn add(self, period: Period) -> Timestamp {
        self + period.0
    }
}

impl Sub<Period> for Timestamp {
    type Output = Timestamp;
    fn sub(self, period: Period) -> Timestamp {
        self - period.0
    }
}

impl FromStr for Period {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.into_duration().map(Period)
    }
}

impl fmt::Display for Period {
    /// As it is written in the language: `1m 30s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&friendly::SpanPrinter::new().duration_to_string(&self.signed()))
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&temporal::SpanPrinter::new().duration_to_string(&self.signed()))
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Period;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"30s\" or \"PT30S\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Period, E> {
        text.parse().map_err(E::custom)
    }
}
