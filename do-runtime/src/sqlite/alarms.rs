//! Alarms of an object: the table `__do_alarms`. New objects of a class with alarms begin with it; in others the first transaction
//! that sets one makes it.

use super::database::Database;
use super::rows::{blob_of, integer_of, text_of};
use crate::Timestamp;
use crate::engine::RowAccess;
use crate::error::Result;
use crate::value::Value;

/// The index finds what runs next; what was given up is not in it. Rows are numbered as they are set, and setting one again
/// gives it a new number: alarms of the same time run in that order.
pub(super) const TABLE: &str = "CREATE TABLE __do_alarms (
  identity TEXT PRIMARY KEY,
  method TEXT NOT NULL,
  key TEXT,
  payload BLOB NOT NULL,
  at INTEGER NOT NULL,
  due INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  repeat TEXT,
  revision INTEGER NOT NULL,
  failed TEXT
) STRICT;
CREATE INDEX __do_alarms_due ON __do_alarms (due) WHERE failed IS NULL";

const PUT: &str = "INSERT OR REPLACE INTO __do_alarms VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const GET: &str = "SELECT identity, method, key, payload, at, due, attempt, repeat, revision, failed FROM __do_alarms
    WHERE identity = ?1";
const NEXT: &str = "SELECT identity, method, key, payload, at, due, attempt, repeat, revision, failed FROM __do_alarms
    WHERE failed IS NULL ORDER BY due, rowid LIMIT ?1";
const ALL: &str = "SELECT identity, method, key, payload, at, due, attempt, repeat, revision, failed FROM __do_alarms
    ORDER BY failed IS NOT NULL, due, rowid";
const EARLIEST: &str = "SELECT due FROM __do_alarms WHERE failed IS NULL ORDER BY due LIMIT 1";
const REMOVE: &str = "DELETE FROM __do_alarms WHERE identity = ?1";
const CLEAR: &str = "DELETE FROM __do_alarms";

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlarmRow {
    /// `k:` and the key, or `m:`, the method, `:` and a hash of the payload.
    pub(crate) identity: String,
    pub(crate) method: String,
    pub(crate) key: Option<String>,
    pub(crate) payload: Vec<u8>,
    /// The time for which this run was set.
    pub(crate) at: Timestamp,
    /// When it runs: later than `at` after a failure.
    pub(crate) due: Timestamp,
    /// Runs that failed.
    pub(crate) attempt: u32,
    pub(crate) repeat: Option<String>,
    /// Drawn anew whenever it is set.
    pub(crate) revision: i64,
    /// The last error of an alarm that was given up.
    pub(crate) failed: Option<String>,
}

impl Database {
    /// Whether any alarm was ever set.
    fn keeps_alarms(&self) -> Result<bool> {
        self.has_table("__do_alarms")
    }

    /// Sets an alarm, instead of one of the same identity.
    pub(crate) fn put_alarm(&self, row: &AlarmRow) -> Result<()> {
        if !self.keeps_alarms()? {
            self.batch(TABLE)?;
        }
        let optional = |text: &'_ Option<String>| match text {
            Some(text) => Value::Text(text.clone().into()),
            None => Value::Null,
        };
        let values = [
            Value::Text(row.identity.as_str().into()),
            Value::Text(row.method.as_str().into()),
            optional(&row.key),
            Value::Blob(row.payload.as_slice().into()),
            Value::Integer(row.at.as_millis()),
            Value::Integer(row.due.as_millis()),
            Value::Integer(i64::from(row.attempt)),
            optional(&row.repeat),
            Value::Integer(row.revision),
            optional(&row.failed),
        ];
        self.write(PUT, &values).map(drop)
    }

    /// The alarm of an identity.
    pub(crate) fn alarm(&self, identity: &str) -> Result<Option<AlarmRow>> {
        Ok(self.alarms_of(GET, &[Value::Text(identity.into())])?.pop())
    }

    /// Up to `most` alarms that are to run, in the order of time, those of one time in the order in which they were set.
    pub(crate) fn next_alarms(&self, most: usize) -> Result<Vec<AlarmRow>> {
        self.alarms_of(NEXT, &[Value::Integer(i64::try_from(most).unwrap_or(i64::MAX))])
    }

    /// All alarms in the order of time, then those that were given up.
    pub(crate) fn all_alarms(&self) -> Result<Vec<AlarmRow>> {
        self.alarms_of(ALL, &[])
    }

    /// When the first alarm is due.
    pub(crate) fn earliest_alarm(&self) -> Result<Option<Timestamp>> {
        let mut earliest = None;
        if self.keeps_alarms()? {
            self.rows(EARLIEST, &[], &mut |row| {
                earliest = Some(time(row, 0));
                Ok(())
            })?;
        }
        Ok(earliest)
    }

    /// Removes an alarm; whether it was there.
    pub(crate) fn remove_alarm(&self, identity: &str) -> Result<bool> {
        self.remove_alarms(REMOVE, &[Value::Text(identity.into())])
    }

    /// Removes all alarms; whether there were any.
    pub(crate) fn clear_alarms(&self) -> Result<bool> {
        self.remove_alarms(CLEAR, &[])
    }

    fn remove_alarms(&self, sql: &str, values: &[Value<'_>]) -> Result<bool> {
        if !self.keeps_alarms()? {
            return Ok(false);
        }
        let before = self.session.connection().total_changes();
        self.write(sql, values)?;
        Ok(self.session.connection().total_changes() != before)
    }

    fn alarms_of(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<AlarmRow>> {
        let mut rows = Vec::new();
        if self.keeps_alarms()? {
            self.rows(sql, values, &mut |row| {
                rows.push(read(row));
                Ok(())
            })?;
        }
        Ok(rows)
    }
}

fn read(row: &dyn RowAccess) -> AlarmRow {
    AlarmRow {
        identity: text_of(row, 0).unwrap_or_default(),
        method: text_of(row, 1).unwrap_or_default(),
        key: text_of(row, 2),
        payload: blob_of(row, 3).unwrap_or_default().to_vec(),
        at: time(row, 4),
        due: time(row, 5),
        attempt: u32::try_from(integer_of(row, 6).unwrap_or_default()).unwrap_or(u32::MAX),
        repeat: text_of(row, 7),
        revision: integer_of(row, 8).unwrap_or_default(),
        failed: text_of(row, 9),
    }
}

fn time(row: &dyn RowAccess, column: usize) -> Timestamp {
    Timestamp::from_millis(integer_of(row, column).unwrap_or_default())
}
