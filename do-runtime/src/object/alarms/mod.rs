//! Alarms: what generated code says of them, and how they are set and run.

use std::future::Future;
use std::sync::Arc;

use crate::call::Slot;
use crate::error::{Error, ErrorKind, Result};
use crate::node::Awake;
use crate::object::{ArgumentsReader, Cx, Dispatch, This};
use crate::time::{IntoDuration, Timestamp};

/// An `#[alarm]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlarmDef {
    /// Its name, as it is stored.
    pub name: &'static str,
    /// Whether the runtime keeps it set.
    pub repeat: Repeat,
    /// How often a run that failed is tried again.
    pub retries: u32,
    /// Whether there is a method for when it is given up.
    pub exhausted: bool,
}

/// When the runtime sets an alarm by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Never.
    No,
    /// Each time so many milliseconds have passed.
    Every(u64),
    /// At the times of a cron expression.
    Cron {
        /// The expression.
        expression: &'static str,
        /// The time zone; UTC if there is none.
        zone: Option<&'static str>,
    },
}

/// Sets the alarms of an object: what `cx.schedule()` gives, under the names of the object's alarms.
pub struct Schedule<'a> {
    set: &'a mut dyn FnMut(Set<'_>) -> Result<bool>,
}

/// What is asked of the alarms of an object.
pub(crate) enum Set<'s> {
    /// To set one.
    At { method: &'static str, payload: Vec<u8>, key: Option<String>, when: When<'s> },
    /// To remove the one of a key.
    Cancel(&'s str),
}

/// When an alarm is to run.
pub(crate) enum When<'s> {
    At(Timestamp),
    After(std::time::Duration),
    Every(std::time::Duration),
    Cron { expression: &'s str, zone: Option<&'s str> },
}

impl<'a> Schedule<'a> {
    /// Begins to set an alarm.
    pub fn alarm(self, method: &'static str, payload: Result<Vec<u8>>) -> Setting<'a> {
        Setting { schedule: self, method, payload, key: None }
    }

    /// Cancels the alarm of a key, and says whether there was one.
    pub fn cancel(&mut self, key: &str) -> Result<bool> {
        (self.set)(Set::Cancel(key))
    }
}

/// An alarm that is about to be set.
#[must_use = "an alarm is set by `.after(…)`, `.at(…)`, `.every(…)` or `.cron(…)`"]
pub struct Setting<'a> {
    schedule: Schedule<'a>,
    method: &'static str,
    payload: Result<Vec<u8>>,
    key: Option<String>,
}

impl Setting<'_> {
    /// Makes it the one of its key.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Runs it once, after a time.
    pub fn after(self, duration: impl IntoDuration) -> Result {
        let duration = duration.into_duration()?;
        self.set(When::After(duration))
    }

    /// Runs it once, at a time.
    pub fn at(self, time: Timestamp) -> Result {
        self.set(When::At(time))
    }

    /// Runs it again and again.
    pub fn every(self, duration: impl IntoDuration) -> Result {
        let duration = duration.into_duration()?;
        self.set(When::Every(duration))
    }

    /// Runs it at the times of a cron expression, in UTC.
    pub fn cron(self, expression: &str) -> Result {
        self.set(When::Cron { expression, zone: None })
    }

    /// Runs it at the times of a cron expression in a time zone.
    pub fn cron_in(self, zone: &str, expression: &str) -> Result {
        self.set(When::Cron { expression, zone: Some(zone) })
    }

    fn set(self, when: When<'_>) -> Result {
        let Setting { schedule, method, payload, key } = self;
        (schedule.set)(Set::At { method, payload: payload?, key, when }).map(drop)
    }
}

/// An alarm whose time has come.
pub struct AlarmRun<'a, O: Dispatch> {
    awake: &'a mut Awake<O>,
    slot: &'a Arc<Slot<O>>,
    method: &'a str,
    payload: &'a [u8],
}

/// What has come of the run of an alarm.
pub struct AlarmRan(pub(crate) Result);

impl<O: Dispatch> AlarmRun<'_, O> {
    /// The alarm's name.
    pub fn method(&self) -> &str {
        self.method
    }

    /// Runs it in a transaction.
    pub fn exclusive<P>(
        self,
        payload: impl Fn(&mut ArgumentsReader<'_>) -> Result<P>,
        handler: impl FnOnce(&mut O, &mut Cx<O>, P) -> Result,
    ) -> AlarmRan {
        let run = ArgumentsReader::new(self.payload)
            .and_then(|mut from| payload(&mut from))
            .and_then(|payload| self.awake.exclusive(&self.slot.shared, |object, cx| handler(object, cx, payload)).0);
        AlarmRan(run)
    }

    /// Runs it as an orchestration.
    pub fn orchestrate<P, F: Future<Output = Result> + Send + 'static>(
        self,
        payload: impl Fn(&mut ArgumentsReader<'_>) -> Result<P>,
        handler: impl FnOnce(This<O>, P) -> F,
    ) -> AlarmRan {
        let run = ArgumentsReader::new(self.payload).and_then(|mut from| payload(&mut from)).map(|payload| {
            drop(crate::object::orchestrate(self.slot.clone(), |this| handler(this, payload)));
        });
        AlarmRan(run)
    }

    /// The class has no such alarm.
    pub fn unknown(self) -> AlarmRan {
        AlarmRan(Err(unknown(O::CLASS, self.method)))
    }
}

/// An alarm that was given up.
pub struct ExhaustedRun<'a, O: Dispatch> {
    run: AlarmRun<'a, O>,
    error: &'a Error,
}

impl<O: Dispatch> ExhaustedRun<'_, O> {
    /// The alarm's name.
    pub fn method(&self) -> &str {
        self.run.method
    }

    /// Runs its `exhausted` method in a transaction.
    pub fn exclusive<P>(
        self,
        payload: impl Fn(&mut ArgumentsReader<'_>) -> Result<P>,
        handler: impl FnOnce(&mut O, &mut Cx<O>, P, &Error) -> Result,
    ) -> AlarmRan {
        let error = self.error;
        self.run.exclusive(payload, |object, cx, payload| handler(object, cx, payload, error))
    }

    /// It has none.
    pub fn unhandled(self) -> AlarmRan {
        AlarmRan(Err(unknown(O::CLASS, self.run.method)))
    }
}

fn unknown(class: &str, method: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("`{class}` has no alarm `{method}`"))
}
