//! Kept replies of an object: the table `__do_replies`, made by the first call under an idempotency key.

use super::database::Database;
use super::rows::{blob_of, integer_of};
use crate::Timestamp;
use crate::engine::RowAccess;
use crate::error::Result;
use crate::value::{Value, ValueRef};

const TABLE: &str = "CREATE TABLE __do_replies (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  arguments BLOB NOT NULL,
  state TEXT NOT NULL,
  reply BLOB,
  expires INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX __do_replies_expires ON __do_replies (expires)";

const PUT: &str = "INSERT OR REPLACE INTO __do_replies VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const GET: &str = "SELECT arguments, state, reply FROM __do_replies WHERE scope = ?1 AND key = ?2 AND expires > ?3";
const REMOVE: &str = "DELETE FROM __do_replies WHERE scope = ?1 AND key = ?2";
const EARLIEST: &str = "SELECT expires FROM __do_replies ORDER BY expires LIMIT 1";
const SWEEP: &str = "DELETE FROM __do_replies WHERE (scope, key) IN
    (SELECT scope, key FROM __do_replies WHERE expires <= ?1 ORDER BY expires LIMIT ?2)";

const STARTED: &str = "started";
const DONE: &str = "done";

/// What is kept under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplyRow {
    /// A hash of the arguments.
    pub(crate) arguments: Vec<u8>,
    pub(crate) state: ReplyState,
}

/// How far the call has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReplyState {
    /// Its asynchronous handler has begun.
    Started,
    /// Its handler has returned this.
    Done(Vec<u8>),
}

/// Where a reply is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplyPlace<'a> {
    /// Caller and method.
    pub(crate) scope: &'a str,
    pub(crate) key: &'a str,
}

impl ReplyPlace<'_> {
    fn values(&self) -> [Value<'_>; 2] {
        [Value::Text(self.scope.into()), Value::Text(self.key.into())]
    }
}

impl Database {
    /// Whether there was ever a call under a key.
    fn keeps_replies(&self) -> Result<bool> {
        self.has_table("__do_replies")
    }

    /// What is kept under a key and has not expired.
    pub(crate) fn reply(&self, place: ReplyPlace<'_>, now: Timestamp) -> Result<Option<ReplyRow>> {
        let mut found = None;
        if self.keeps_replies()? {
            let [scope, key] = place.values();
            self.rows(GET, &[scope, key, Value::Integer(now.as_millis())], &mut |row| {
                found = Some(read(row));
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// Keeps a reply until it expires, instead of what is kept under its key.
    pub(crate) fn put_reply(&self, place: ReplyPlace<'_>, row: &ReplyRow, expires: Timestamp) -> Result<()> {
        if !self.keeps_replies()? {
            self.batch(TABLE)?;
        }
        let [scope, key] = place.values();
        let (state, reply) = match &row.state {
            ReplyState::Started => (STARTED, Value::Null),
            ReplyState::Done(reply) => (DONE, Value::Blob(reply.as_slice().into())),
        };
        let arguments = Value::Blob(row.arguments.as_slice().into());
        let values = [scope, key, arguments, Value::Text(state.into()), reply, Value::Integer(expires.as_millis())];
        self.write(PUT, &values).map(drop)
    }

    /// Forgets what is kept under a key.
    pub(crate) fn remove_reply(&self, place: ReplyPlace<'_>) -> Result<()> {
        match self.keeps_replies()? {
            true => self.write(REMOVE, &place.values()).map(drop),
            false => Ok(()),
        }
    }

    /// When the first kept reply expires.
    pub(crate) fn earliest_reply(&self) -> Result<Option<Timestamp>> {
        let mut earliest = None;
        if self.keeps_replies()? {
            self.rows(EARLIEST, &[], &mut |row| {
                earliest = integer_of(row, 0).map(Timestamp::from_millis);
                Ok(())
            })?;
        }
        Ok(earliest)
    }

    /// Removes up to `most` replies that have expired.
    pub(crate) fn sweep_replies(&self, now: Timestamp, most: u32) -> Result<()> {
        match self.keeps_replies()? {
            true => {
                let values = [Value::Integer(now.as_millis()), Value::Integer(i64::from(most))];
                self.write(SWEEP, &values).map(drop)
            }
            false => Ok(()),
        }
    }
}

fn read(row: &dyn RowAccess) -> ReplyRow {
    let bytes = |column| blob_of(row, column).unwrap_or_default().to_vec();
    let state = match row.value(1) {
        ValueRef::Text(DONE) => ReplyState::Done(bytes(2)),
        _ => ReplyState::Started,
    };
    ReplyRow { arguments: bytes(0), state }
}
