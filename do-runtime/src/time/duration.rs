//! Durations: from numbers, and from text in jiff's friendly form.

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use crate::error::{Error, Result};

/// So many milliseconds.
pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// So many seconds.
pub const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// So many minutes. At most what a `Duration` holds.
pub const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes.saturating_mul(60))
}

/// So many hours. At most what a `Duration` holds.
pub const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours.saturating_mul(60 * 60))
}

/// So many days of 24 hours. At most what a `Duration` holds.
pub const fn days(days: u64) -> Duration {
    Duration::from_secs(days.saturating_mul(24 * 60 * 60))
}

/// What is taken where a duration is asked for: a [`Duration`], a [`Period`](crate::Period), or text in jiff's friendly form, such as
/// `"24h 1s"`, `"1m 30s"`, `"250ms"` or `"30d"`, or in that of ISO 8601, such as `"PT1M30S"`. A day has 24 hours, a week seven of
/// them; months and years have no fixed length and are refused, as is what is negative.
///
/// ```
/// use do_runtime::{IntoDuration, hours, secs};
///
/// assert_eq!("24h 1s".into_duration()?, hours(24) + secs(1));
/// assert!("-1s".into_duration().is_err());
/// # Ok::<(), do_runtime::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a duration",
    label = "not a duration",
    note = "use a `Duration`, `secs(2)`, `hours(1)`, or text such as \"24h 1s\""
)]
pub trait IntoDuration {
    /// The duration. Text that is none, or a negative one, is `invalid`.
    fn into_duration(self) -> Result<Duration>;
}

impl IntoDuration for Duration {
    fn into_duration(self) -> Result<Duration> {
        Ok(self)
    }
}

impl IntoDuration for &str {
    fn into_duration(self) -> Result<Duration> {
        let span = self
            .parse::<Span>()
            .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
            .map_err(|error| {
                let message = format!("`{self}` is not a duration ({error}): write it like \"24h 1s\" or \"30d\"");
                Error::invalid(message)
            })?;
        if span < SignedDuration::ZERO {
            return Err(Error::invalid(format!("a duration can't be negative, as `{self}` is")));
        }
        Ok(span.unsigned_abs())
    }
}

impl IntoDuration for String {
    fn into_duration(self) -> Result<Duration> {
        self.as_str().into_duration()
    }
}

impl IntoDuration for &String {
    fn into_duration(self) -> Result<Duration> {
        self.as_str().into_duration()
    }
}
