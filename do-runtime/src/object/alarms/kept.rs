//! Alarms that the class itself sets, by `#[alarm(every = "…")]` or `#[alarm(cron = "…")]`: the runtime keeps them set.

use super::repeat::Rule;
use super::schedule::unkeyed;
use super::{AlarmDef, Repeat::No};
use crate::error::Result;
use crate::object::arguments::ArgumentsWriter;
use crate::object::{Cx, Dispatch};
use crate::sqlite::AlarmRow;

/// Stands before the rule of an alarm that the class has set, so that it follows when the class changes its mind.
const MARK: &str = "class ";

impl AlarmDef {
    /// Whether the class sets any of its alarms itself.
    pub(crate) const fn any_kept(defs: &[AlarmDef]) -> bool {
        let mut at = 0;
        while at < defs.len() {
            if !matches!(defs[at].repeat, No) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The identity of the alarm that the class sets: it has no payload and no key.
    fn identity(&self) -> String {
        unkeyed(self.name, &ArgumentsWriter::new().finish())
    }
}

/// A rule without the mark.
pub(super) fn unmarked(repeat: &str) -> &str {
    repeat.strip_prefix(MARK).unwrap_or(repeat)
}

/// Whether the class had set it, and does not any more.
pub(crate) fn is_orphan(defs: &[AlarmDef], row: &AlarmRow) -> bool {
    let marked = row.repeat.as_deref().is_some_and(|repeat| repeat.starts_with(MARK));
    marked && !defs.iter().any(|def| def.repeat != No && def.name == row.method)
}

/// By what an alarm repeats after a run, and how that is kept.
pub(super) fn rule_of(defs: &[AlarmDef], row: &AlarmRow) -> Result<Option<(Rule, String)>> {
    let by_class = || {
        let def = defs.iter().find(|def| def.name == row.method && def.identity() == row.identity)?;
        let rule = Rule::of(def.repeat)?;
        let text = format!("{MARK}{rule}");
        Some((rule, text))
    };
    match row.repeat.as_deref() {
        Some(repeat) if !repeat.starts_with(MARK) => Ok(Some((Rule::parse(repeat)?, repeat.to_owned()))),
        _ => Ok(by_class()),
    }
}

/// The alarms of the class that are not set as it says, as they are to be set. Only reads.
pub(crate) fn missing<O: Dispatch>(cx: &Cx<O>) -> Result<Vec<AlarmRow>> {
    let mut missing = Vec::new();
    for def in O::ALARMS {
        let Some(rule) = Rule::of(def.repeat) else { continue };
        let (identity, repeat) = (def.identity(), format!("{MARK}{rule}"));
        let is_set = cx.database.alarm(&identity)?.is_some_and(|row| {
            // What a handler has set instead stays.
            row.failed.is_none() && row.repeat.as_deref().is_none_or(|set| set == repeat || !set.starts_with(MARK))
        });
        if is_set {
            continue;
        }
        let at = rule.first(cx.now())?;
        missing.push(AlarmRow {
            identity,
            method: def.name.to_owned(),
            key: None,
            payload: ArgumentsWriter::new().finish(),
            at,
            due: at,
            attempt: 0,
            repeat: Some(repeat),
            revision: 0,
            failed: None,
        });
    }
    Ok(missing)
}
