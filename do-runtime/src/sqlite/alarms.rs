//! Alarms of an object: the table `__do_alarms`. New objects of a class with alarms begin with it; in others the first transaction
//! that sets one makes it.

use std::ops::ControlFlow;

use super::database::Database;
use super::glue::Origin;
use crate::Timestamp;
use crate::engine::{Params, RowAccess};
use crate::error::Result;
use crate::value::{Value, ValueRef};

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

const EXISTS: &str = "SELECT 1 FROM sqlite_schema WHERE name = '__do_alarms'";
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
        let mut exists = false;
        self.each_alarm(EXISTS, &[], &mut |_| exists = true)?;
        Ok(exists)
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
        self.each_alarm(PUT, &values, &mut |_| ())
    }

    /// The alarm of an identity.
    pub(crate) fn alarm(&self, identity: &str) -> Result<Option<AlarmRow>> {
        Ok(self.alarms_of(GET, &[Value::Text(identity.into())])?.pop())
    }

    /// Up to `most` alarms that are to run, in the order of time and identity.
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
            self.each_alarm(EARLIEST, &[], &mut |row| earliest = Some(time(row, 0)))?;
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
        self.each_alarm(sql, values, &mut |_| ())?;
        Ok(self.session.connection().total_changes() != before)
    }

    fn alarms_of(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<AlarmRow>> {
        let mut rows = Vec::new();
        if self.keeps_alarms()? {
            self.each_alarm(sql, values, &mut |row| rows.push(read(row)))?;
        }
        Ok(rows)
    }

    fn each_alarm(&self, sql: &str, values: &[Value<'_>], each: &mut dyn FnMut(&dyn RowAccess)) -> Result<()> {
        self.run(Origin::Runtime, sql, Params::Positional(values), &mut |row| {
            each(row);
            Ok(ControlFlow::Continue(()))
        })
    }
}

fn read(row: &dyn RowAccess) -> AlarmRow {
    AlarmRow {
        identity: text(row, 0).unwrap_or_default(),
        method: text(row, 1).unwrap_or_default(),
        key: text(row, 2),
        payload: match row.value(3) {
            ValueRef::Blob(bytes) => bytes.to_vec(),
            _ => Vec::new(),
        },
        at: time(row, 4),
        due: time(row, 5),
        attempt: u32::try_from(integer(row, 6)).unwrap_or(u32::MAX),
        repeat: text(row, 7),
        revision: integer(row, 8),
        failed: text(row, 9),
    }
}

fn text(row: &dyn RowAccess, column: usize) -> Option<String> {
    match row.value(column) {
        ValueRef::Text(text) => Some(text.to_owned()),
        _ => None,
    }
}

fn integer(row: &dyn RowAccess, column: usize) -> i64 {
    match row.value(column) {
        ValueRef::Integer(number) => number,
        _ => 0,
    }
}

fn time(row: &dyn RowAccess, column: usize) -> Timestamp {
    Timestamp::from_millis(integer(row, column))
}
