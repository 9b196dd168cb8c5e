//! The inbox of an object: how far it has come with the messages of each sender, so that each is applied once.

use std::time::Duration;

use super::database::Database;
use super::outbox::{Incarnation, blob, number, time};
use super::rows::integer_of;
use crate::engine::Space;
use crate::error::Result;
use crate::planted::{Defect, planted};
use crate::{ObjectId, Timestamp};

const TABLE: &str = "CREATE TABLE __do_inbox (
  sender BLOB NOT NULL,
  incarnation BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  heard INTEGER NOT NULL,
  PRIMARY KEY (sender, incarnation)
) STRICT, WITHOUT ROWID;
CREATE INDEX __do_inbox_heard ON __do_inbox (heard)";

/// The key in [`Space::Meta`] that says that the table is there.
const MADE: &str = "inbox";

/// How long a sender is remembered after its last message: a day longer than it tries.
const REMEMBERED: Duration = Duration::from_secs(8 * 24 * 60 * 60);

/// How long after a start nobody is forgotten: whoever has a message that may have been applied before tries it again meanwhile, and a
/// sender waits for an hour at most. Else one that was cut off would be taken for a new one after a pause of eight days.
const SETTLED: Duration = Duration::from_secs(2 * 60 * 60);

const LAST: &str = "SELECT sequence FROM __do_inbox WHERE sender = ?1 AND incarnation = ?2";
const APPLIED: &str = "INSERT INTO __do_inbox VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence), heard = excluded.heard";
const FORGET: &str = "DELETE FROM __do_inbox WHERE heard < ?1";

/// Which message of which sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The sender.
    pub sender: ObjectId,
    /// Its life.
    pub incarnation: Incarnation,
    /// The message's number.
    pub sequence: u64,
}

impl Delivery {
    /// By what it is counted: for each life of its sender apart.
    fn as_counted(&self) -> Self {
        match planted(Defect::IncarnationIgnored) {
            true => Delivery { incarnation: Incarnation([0; 16]), ..*self },
            false => *self,
        }
    }
}

impl Database {
    /// Whether a message was applied already.
    ///
    /// # Errors
    /// `storage` if it can't be read.
    pub fn was_applied(&self, delivery: &Delivery) -> Result<bool> {
        if self.key_value(Space::Meta, MADE)?.is_none() {
            return Ok(false);
        }
        let mut applied = false;
        let delivery = &delivery.as_counted();
        self.rows(LAST, &[blob(delivery.sender.as_bytes()), blob(&delivery.incarnation.0)], &mut |row| {
            applied = integer_of(row, 0).is_some_and(|last| delivery.sequence <= last.unsigned_abs());
            Ok(())
        })?;
        Ok(applied)
    }

    /// Notes with the open transaction that it applies a message, and forgets senders that have been silent for long; `opened` is
    /// when the node was.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn note_applied(&self, delivery: &Delivery, now: Timestamp, opened: Timestamp) -> Result<()> {
        if self.key_value(Space::Meta, MADE)?.is_none() {
            self.batch(TABLE)?;
            self.put_key_value(Space::Meta, MADE, &[1])?;
        }
        let delivery = &delivery.as_counted();
        self.write(
            APPLIED,
            &[blob(delivery.sender.as_bytes()), blob(&delivery.incarnation.0), number(delivery.sequence), time(now)],
        )?;
        match now >= opened + SETTLED {
            true => self.write(FORGET, &[time(now - REMEMBERED)]).map(drop),
            false => Ok(()),
        }
    }
}
