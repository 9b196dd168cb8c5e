//! One run of an alarm: what generated code is given, and what has come of it.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::kept::rule_of;
use crate::call::{Instance, Orchestration, Slot};
use crate::error::{Error, Result};
use crate::metadata::AlarmCall;
use crate::node::{Awake, panicked};
use crate::object::arguments::ArgumentsReader;
use crate::object::{Cx, Dispatch, This, orchestrate};
use crate::planted::{Defect, planted};
use crate::sqlite::AlarmRow;

/// The longest pause before a run that failed is tried again.
const LONGEST_DELAY: Duration = Duration::from_secs(60 * 60);

/// The longest time that an object is left alone that can't be woken.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5 * 60);

/// An alarm that is due: what the generated `alarm` is given.
pub struct AlarmRun<'a, O: Dispatch> {
    awake: &'a mut Awake<O>,
    slot: &'a Arc<Slot<O>>,
    row: &'a AlarmRow,
}

/// An alarm that was given up: what the generated `exhausted` is given.
pub struct ExhaustedRun<'a, O: Dispatch> {
    awake: &'a mut Awake<O>,
    slot: &'a Arc<Slot<O>>,
    row: &'a AlarmRow,
    error: &'a Error,
}

/// What has come of a run.
pub struct AlarmRan {
    pub(crate) ended: Ended,
    pub(crate) instance: Instance,
}

/// How a run has ended.
pub(crate) enum Ended {
    /// Its effects are committed, and the row is removed or moved on.
    Done,
    /// Nothing of it happened. It is tried again, unless that is in vain.
    Failed { error: Error, in_vain: bool },
    /// It is asynchronous, and to be polled once the object is free.
    Running(Orchestration<(), Error>),
}

impl AlarmRan {
    fn in_vain(error: Error) -> Self {
        AlarmRan { ended: Ended::Failed { error, in_vain: true }, instance: Instance::Kept }
    }

    fn of(result: Result, instance: Instance) -> Self {
        let ended = match result {
            Ok(()) => Ended::Done,
            Err(error) => Ended::Failed { error, in_vain: false },
        };
        AlarmRan { ended, instance }
    }
}

impl<'a, O: Dispatch> AlarmRun<'a, O> {
    pub(crate) fn new(awake: &'a mut Awake<O>, slot: &'a Arc<Slot<O>>, row: &'a AlarmRow) -> Self {
        AlarmRun { awake, slot, row }
    }

    /// The method that it runs.
    pub fn method(&self) -> &str {
        &self.row.method
    }

    /// Runs a handler with `&mut self`, in one transaction with removing the alarm or moving it on.
    pub fn exclusive<P>(
        self,
        payload: impl Fn(&mut ArgumentsReader<'_>) -> Result<P>,
        handler: impl FnOnce(&mut O, &mut Cx<O>, P) -> Result,
    ) -> AlarmRan {
        let AlarmRun { awake, slot, row } = self;
        match decode(slot, row, payload) {
            Ok(payload) => run(awake, slot, row, |me, cx| handler(me, cx, payload)),
            Err(error) => AlarmRan::in_vain(error),
        }
    }

    /// Prepares an asynchronous handler. The alarm stays until it has ended.
    pub fn orchestrate<P, F>(
        self,
        payload: impl Fn(&mut ArgumentsReader<'_>) -> Result<P>,
        handler: impl FnOnce(This<O>, P) -> F,
    ) -> AlarmRan
    where
        F: Future<Output = Result> + Send + 'static,
    {
        match decode(self.slot, self.row, payload) {
            Ok(payload) => {
                let meta = self.awake.meta();
                meta.begin_alarm(call_of::<O>(self.row));
                let (meta, span) = (meta.clone(), meta.span().map(|span| *span));
                self.awake.meta().end();
                let running = orchestrate(self.slot.clone(), meta, span, |this| handler(this, payload));
                AlarmRan { ended: Ended::Running(running), instance: Instance::Kept }
            }
            Err(error) => AlarmRan::in_vain(error),
        }
    }

    /// The class has no such alarm any more.
    pub fn unknown(self) -> AlarmRan {
        AlarmRan::in_vain(Error::not_found(format!(
            "{} has no alarm `{}`: the program that set it had",
            O::CLASS,
            self.row.method
        )))
    }
}

impl<O: Dispatch> std::fmt::Debug for AlarmRun<'_, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AlarmRun").field("method", &self.row.method).finish_non_exhaustive()
    }
}

impl<'a, O: Dispatch> ExhaustedRun<'a, O> {
    pub(crate) fn new(awake: &'a mut Awake<O>, slot: &'a Arc<Slot<O>>, row: &'a AlarmRow, error: &'a Error) -> Self {
        ExhaustedRun { awake, slot, row, error }
    }

    /// The method of the alarm that was given up.
    pub fn method(&self) -> &str {
        &self.row.method
    }

    /// Runs the `exhausted` method, in one transaction with removing the alarm or moving it on.
    pub fn exclusive<P>(
        self,
        payload: impl Fn(&mut ArgumentsReader<'_>) -> Result<P>,
        handler: impl FnOnce(&mut O, &mut Cx<O>, P, &Error) -> Result,
    ) -> AlarmRan {
        let ExhaustedRun { awake, slot, row, error } = self;
        match decode(slot, row, payload) {
            Ok(payload) => run(awake, slot, row, |me, cx| handler(me, cx, payload, error)),
            Err(error) => AlarmRan::in_vain(error),
        }
    }

    /// There is no such method.
    pub fn unhandled(self) -> AlarmRan {
        AlarmRan::in_vain(self.error.clone())
    }
}

impl<O: Dispatch> std::fmt::Debug for ExhaustedRun<'_, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExhaustedRun").field("method", &self.row.method).finish_non_exhaustive()
    }
}

fn run<O: Dispatch>(
    awake: &mut Awake<O>,
    slot: &Arc<Slot<O>>,
    row: &AlarmRow,
    handler: impl FnOnce(&mut O, &mut Cx<O>) -> Result,
) -> AlarmRan {
    awake.meta().begin_alarm(call_of::<O>(row));
    let span = awake.meta().span();
    let _within = span.as_ref().map(|span| span.enter());
    if planted(Defect::AlarmRemovedBefore)
        && let (Err(error), ran) = awake.exclusive(&slot.shared, |_, cx| advance(cx, row))
    {
        return AlarmRan::of(Err(error), ran.instance);
    }
    let (result, ran) = awake.exclusive(&slot.shared, |me, cx| {
        advance(cx, row)?;
        handler(me, cx)
    });
    awake.meta().end();
    AlarmRan::of(result, ran.instance)
}

/// What a run of an alarm is to its handler's metadata.
fn call_of<O: Dispatch>(row: &AlarmRow) -> AlarmCall {
    AlarmCall {
        // A class that has no such alarm any more does not run it.
        method: O::ALARMS.iter().find(|def| def.name == row.method).map_or("alarm", |def| def.name),
        attempt: row.attempt.saturating_add(1),
        keys: format!("alarm/{}/{}", row.identity, row.at.as_millis()),
    }
}

/// The payload; user code may panic on it as on anything.
fn decode<O: Dispatch, P>(
    slot: &Slot<O>,
    row: &AlarmRow,
    payload: impl Fn(&mut ArgumentsReader<'_>) -> Result<P>,
) -> Result<P> {
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let mut reader = ArgumentsReader::new(&row.payload)?;
        payload(&mut reader)
    }));
    decoded
        .unwrap_or_else(|panic| Err(panicked(&slot.shared.identity, &*panic)))
        .map_err(|error| error.context(format!("alarm `{}`", row.method)))
}

/// Removes an alarm that has run, or moves it to its next time, within the open transaction.
pub(crate) fn advance<O: Dispatch>(cx: &Cx<O>, row: &AlarmRow) -> Result<()> {
    cx.touch_alarms();
    match rule_of(O::ALARMS, row)? {
        None => cx.database.remove_alarm(&row.identity).map(drop),
        Some((rule, repeat)) => {
            let at = rule.next(if planted(Defect::PeriodDrifts) { cx.now() } else { row.at }, cx.now())?;
            let mut next = AlarmRow { at, due: at, attempt: 0, repeat: Some(repeat), failed: None, ..row.clone() };
            if planted(Defect::RepeatedUnderAnother) {
                cx.database.remove_alarm(&row.identity)?;
                next.identity.push('+');
            }
            cx.database.put_alarm(&next)
        }
    }
}

/// Sets an alarm aside that was given up, within the open transaction; one that repeats goes on with its next time.
pub(crate) fn set_aside<O: Dispatch>(cx: &Cx<O>, row: &AlarmRow, error: &Error) -> Result<()> {
    if matches!(rule_of(O::ALARMS, row), Ok(Some((rule, _))) if rule.next(row.at, cx.now()).is_ok()) {
        return advance(cx, row);
    }
    cx.touch_alarms();
    cx.database.put_alarm(&AlarmRow { failed: Some(error.to_string()), ..row.clone() })
}

/// How long an object is left alone that could not be woken so many times before: 2, 4, 8, … seconds, at most five minutes.
pub(crate) fn backoff(failures: u32) -> Duration {
    delay(failures.saturating_add(1)).min(LONGEST_BACKOFF)
}

/// How long after so many failed runs the next one is: 2, 4, 8, … seconds, at most an hour.
pub(crate) fn delay(attempt: u32) -> Duration {
    Duration::from_secs(1_u64.checked_shl(attempt).unwrap_or(u64::MAX)).min(LONGEST_DELAY)
}
