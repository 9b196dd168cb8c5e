//! Setting and cancelling alarms: `cx.schedule()`.

use std::cell::Cell;
use std::sync::Arc;

use super::repeat::Rule;
use super::{cron, kept};
use crate::Timestamp;
use crate::env::Random;
use crate::error::{Error, Result};
use crate::object::{Cx, Dispatch};
use crate::planted::{Defect, planted};
use crate::sqlite::{AlarmRow, Database};
use crate::time::IntoDuration;

impl<O: Dispatch> Cx<O> {
    /// Sets, replaces and cancels the alarms of the object: one method for each `#[alarm]`, with its payload, then when it
    /// runs. It is part of the transaction.
    pub fn schedule(&mut self) -> O::Schedule<'_> {
        let (database, random, touched) = self.alarm_parts();
        Schedule { database, random, touched, now: self.now() }.into()
    }
}

/// What `cx.schedule()` is made of.
pub struct Schedule<'a> {
    database: &'a Database,
    random: &'a Arc<dyn Random>,
    touched: &'a Cell<bool>,
    now: Timestamp,
}

impl std::fmt::Debug for Schedule<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schedule").field("now", &self.now).finish_non_exhaustive()
    }
}

impl<'a> Schedule<'a> {
    /// An alarm of a method, with its encoded payload.
    #[doc(hidden)]
    pub fn alarm(&self, method: &'static str, payload: Result<Vec<u8>>) -> Setting<'a> {
        let Schedule { database, random, touched, now } = *self;
        Setting { schedule: Schedule { database, random, touched, now }, method, payload, key: None }
    }

    /// Cancels the alarm with this key, one that was given up too; whether there was one. A run that has begun goes on.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn cancel(&self, key: &str) -> Result<bool> {
        if planted(Defect::FailedAlarmNotCancelled)
            && self.database.alarm(&keyed(key))?.is_some_and(|alarm| alarm.attempt > 0)
        {
            return Ok(true);
        }
        let removed = self.database.remove_alarm(&keyed(key))?;
        if removed {
            self.touched.set(true);
        }
        Ok(removed)
    }
}

/// An alarm that is being set: say when it runs.
///
/// The same method with the same payload is one alarm, and setting it again moves it; with a [`key`](Setting::key) the
/// key says which one it is.
#[must_use = "an alarm is set by `after`, `at`, `every` or `cron`"]
#[derive(Debug)]
pub struct Setting<'a> {
    schedule: Schedule<'a>,
    method: &'static str,
    payload: Result<Vec<u8>>,
    key: Option<String>,
}

impl Setting<'_> {
    /// The alarm is known by this key: it replaces the one that had it, whatever its method and payload were.
    pub fn key(self, key: impl Into<String>) -> Self {
        Setting { key: Some(key.into()), ..self }
    }

    /// Runs once, after a duration.
    ///
    /// # Errors
    /// `invalid` for text that is no duration, or a payload that can't be encoded; `storage` if it can't be written.
    pub fn after(self, duration: impl IntoDuration) -> Result {
        let at = self.schedule.now + duration.into_duration()?;
        self.set(at, None)
    }

    /// Runs once, at a time; at once if it has passed.
    ///
    /// # Errors
    /// As [`Setting::after`].
    pub fn at(self, time: Timestamp) -> Result {
        self.set(time, None)
    }

    /// Runs again and again, for the first time after one period. Set again with the same period it keeps its phase, so
    /// that `#[init]` may do that at each wake.
    ///
    /// # Errors
    /// As [`Setting::after`]; `invalid` for a period of less than a millisecond.
    pub fn every(self, period: impl IntoDuration) -> Result {
        let period = period.into_duration()?;
        let millis = i64::try_from(period.as_millis()).unwrap_or(i64::MAX);
        if millis == 0 {
            return Err(Error::invalid(format!(
                "the alarm `{}` can't run every {period:?}: a period has a millisecond at least",
                self.method
            )));
        }
        self.repeat(Rule::Every(millis))
    }

    /// Runs whenever a cron expression of five fields (minute, hour, day of the month, month, day of the week) says so, in
    /// UTC.
    ///
    /// # Errors
    /// As [`Setting::after`]; `invalid` for what is no expression, or matches no time.
    pub fn cron(self, expression: &str) -> Result {
        self.cron_in(cron::UTC, expression)
    }

    /// The same in a zone, such as `"Europe/Paris"`. A fixed time of day that daylight saving leaves out runs as soon as the
    /// clock has leapt, and one that comes twice runs the first time.
    ///
    /// # Errors
    /// As [`Setting::cron`]; `invalid` for a zone that is not known.
    pub fn cron_in(self, zone: &str, expression: &str) -> Result {
        self.repeat(Rule::Cron { zone: zone.to_owned(), expression: expression.to_owned() })
    }

    fn repeat(self, rule: Rule) -> Result {
        let first = rule.first(self.schedule.now).map_err(|error| error.context(format!("alarm `{}`", self.method)))?;
        self.set(first, Some(rule))
    }

    fn set(self, at: Timestamp, rule: Option<Rule>) -> Result {
        let Setting { schedule, method, payload, key } = self;
        let payload = payload?;
        let identity = key.as_deref().map_or_else(|| unkeyed(method, &payload), keyed);
        let before = schedule.database.alarm(&identity)?;
        let same = before.filter(|before| {
            let repeats = before.repeat.as_deref().map(kept::unmarked);
            rule.is_some()
                && repeats == rule.as_ref().map(Rule::to_string).as_deref()
                && before.failed.is_none()
                && before.method == method
        });
        if same.as_ref().is_some_and(|same| same.payload == payload) {
            return Ok(());
        }
        let mut revision = [0; 8];
        schedule.random.fill(&mut revision);
        let revision = i64::from_le_bytes(revision);
        let due = match planted(Defect::AlarmEarly) {
            true => Timestamp::from_millis(at.as_millis() / 1000 * 1000),
            false => at,
        };
        let row = match same {
            // It keeps its phase.
            Some(same) => AlarmRow { payload, revision, ..same },
            None => AlarmRow {
                identity,
                method: method.to_owned(),
                key,
                payload,
                at,
                due,
                attempt: 0,
                repeat: rule.map(|rule| rule.to_string()),
                revision,
                failed: None,
            },
        };
        schedule.database.put_alarm(&row)?;
        schedule.touched.set(true);
        Ok(())
    }
}

/// The identity of an alarm with a key.
pub(super) fn keyed(key: &str) -> String {
    format!("k:{key}")
}

/// The identity of an alarm without a key.
pub(super) fn unkeyed(method: &str, payload: &[u8]) -> String {
    let hash = blake3::hash(payload).to_hex();
    format!("m:{method}:{}", &hash[..32])
}
