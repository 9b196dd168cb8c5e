//! Looking at the alarms of an object: `cx.alarms()`.

use super::schedule::keyed;
use crate::Timestamp;
use crate::error::Result;
use crate::object::{Cx, Object};
use crate::sqlite::{AlarmRow, Database};

impl<O: Object> Cx<O> {
    /// The alarms that are set, to look at.
    pub fn alarms(&self) -> Alarms<'_> {
        Alarms { database: &self.database }
    }
}

/// The alarms of an object.
pub struct Alarms<'a> {
    database: &'a Database,
}

impl std::fmt::Debug for Alarms<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Alarms")
    }
}

impl Alarms<'_> {
    /// The one that runs next.
    ///
    /// # Errors
    /// `storage` if the database can't be read.
    pub fn next(&self) -> Result<Option<PendingAlarm>> {
        Ok(self.database.next_alarms(1)?.pop().map(PendingAlarm))
    }

    /// The one with this key, even if it was given up.
    ///
    /// # Errors
    /// As [`Alarms::next`].
    pub fn get(&self, key: &str) -> Result<Option<PendingAlarm>> {
        Ok(self.database.alarm(&keyed(key))?.map(PendingAlarm))
    }

    /// All of them in the order in which they run, and after them those that were given up.
    ///
    /// # Errors
    /// As [`Alarms::next`].
    pub fn pending(&self) -> Result<Vec<PendingAlarm>> {
        Ok(self.database.all_alarms()?.into_iter().map(PendingAlarm).collect())
    }
}

/// An alarm that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAlarm(AlarmRow);

impl PendingAlarm {
    /// The cleanup of what has expired, as a test sees it.
    #[cfg(feature = "testing")]
    pub(crate) fn cleanup(due: Timestamp) -> Self {
        PendingAlarm(AlarmRow {
            identity: "cleanup".into(),
            method: "cleanup".into(),
            key: None,
            payload: Vec::new(),
            at: due,
            due,
            attempt: 0,
            repeat: None,
            revision: 0,
            failed: None,
        })
    }

    /// The time for which it was set; of one that repeats, its next time.
    pub fn at(&self) -> Timestamp {
        self.0.at
    }

    /// When it runs: later than [`at`](PendingAlarm::at) after a run that failed.
    pub fn due(&self) -> Timestamp {
        self.0.due
    }

    /// The method that it runs.
    pub fn method(&self) -> &str {
        &self.0.method
    }

    /// Its key, if it was set with one.
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// How many of its runs have failed.
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// The last error of an alarm that was given up: it does not run any more.
    pub fn failed(&self) -> Option<&str> {
        self.0.failed.as_deref()
    }
}
