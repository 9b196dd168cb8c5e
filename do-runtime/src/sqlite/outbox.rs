//! The outbox of an object: messages that its transactions sent and that are on their way, in the order of their sending
//! for each receiver; and which of them were given up.

use super::database::Database;
use super::rows::{blob_of, integer_of, text_of};
use crate::engine::{RowAccess, Space};
use crate::error::{Error, Result};
use crate::planted::{Defect, planted};
use crate::value::Value;
use crate::{ObjectId, Timestamp};

/// The tables. A receiver is in its table as long as messages wait for it; when the next one goes is said there, so that
/// the messages behind it need not be touched.
const TABLES: &str = "CREATE TABLE __do_outbox (
  sequence INTEGER PRIMARY KEY,
  receiver BLOB NOT NULL,
  class TEXT NOT NULL,
  name TEXT,
  method TEXT NOT NULL,
  arguments BLOB NOT NULL,
  origin BLOB NOT NULL,
  sent INTEGER NOT NULL,
  failed TEXT
) STRICT;
CREATE INDEX __do_outbox_waiting ON __do_outbox (receiver, sequence) WHERE failed IS NULL;
CREATE TABLE __do_receivers (
  receiver BLOB PRIMARY KEY,
  due INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  refusals INTEGER NOT NULL,
  since INTEGER NOT NULL,
  error TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX __do_receivers_due ON __do_receivers (due)";

/// The keys in [`Space::Meta`]: the number of the last message, and what tells this life of the object from others.
const SEQUENCE: &str = "outbox_sequence";
const INCARNATION: &str = "incarnation";
/// The key that says that the object was erased while messages were on their way.
const ERASED: &str = "erased";

/// Messages of one receiver that are read at once.
const BATCH: i64 = 64;

const POST: &str = "INSERT INTO __do_outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)";
const AWAIT: &str = "INSERT INTO __do_receivers VALUES (?1, ?2, 0, 0, ?2, NULL) ON CONFLICT DO NOTHING";
const EARLIEST: &str = "SELECT min(due) FROM __do_receivers";
const FIRST: &str = "SELECT due, receiver FROM __do_receivers ORDER BY due, receiver LIMIT ?1";
const DUE: &str = "SELECT receiver, attempts, refusals, since FROM __do_receivers WHERE receiver = ?1 AND due <= ?2";
const WAITING: &str = "SELECT sequence, receiver, class, name, method, arguments, origin, sent, failed FROM __do_outbox
  WHERE receiver = ?1 AND failed IS NULL ORDER BY sequence LIMIT ?2";
/// Without what they carry.
const ALL: &str =
    "SELECT sequence, receiver, class, name, method, x'', x'', sent, failed FROM __do_outbox ORDER BY sequence";
const ONE: &str = "SELECT sequence, receiver, class, name, method, arguments, origin, sent, failed FROM __do_outbox WHERE sequence = ?1";
const DELIVERED: &str = "DELETE FROM __do_outbox WHERE receiver = ?1 AND failed IS NULL AND sequence <= ?2";
const ANY: &str = "SELECT 1 FROM __do_outbox LIMIT 1";
const DISCARD: &str = "DELETE FROM __do_outbox WHERE sequence = ?1";
const SET_ASIDE: &str = "UPDATE __do_outbox SET failed = ?2 WHERE sequence = ?1";
const POSTPONE: &str =
    "UPDATE __do_receivers SET due = ?2, attempts = ?3, refusals = ?4, since = ?5, error = ?6 WHERE receiver = ?1";
const FORGET: &str = "DELETE FROM __do_receivers WHERE receiver = ?1
  AND NOT EXISTS (SELECT 1 FROM __do_outbox WHERE receiver = ?1 AND failed IS NULL)";
const STATE: &str = "SELECT receiver, attempts, refusals, since, due, error FROM __do_receivers";

/// What tells one life of a sender from another: a receiver counts the messages of each for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incarnation(pub [u8; 16]);

/// A message that is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Posting<'a> {
    /// The receiver.
    pub receiver: ObjectId,
    /// Its class, as it is stored.
    pub class: &'a str,
    /// Its name, if it has one.
    pub name: Option<&'a str>,
    /// The method, as it is stored.
    pub method: &'a str,
    /// Its arguments, encoded.
    pub arguments: &'a [u8],
    /// Where it comes from: the metadata of the call that sent it, encoded.
    pub origin: &'a [u8],
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number among all that the object has sent.
    pub sequence: u64,
    /// The receiver.
    pub receiver: ObjectId,
    /// Its class, as it is stored.
    pub class: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The method, as it is stored.
    pub method: String,
    /// Its arguments, encoded.
    pub arguments: Vec<u8>,
    /// Where it comes from, encoded.
    pub origin: Vec<u8>,
    /// When it was sent.
    pub sent: Timestamp,
    /// Why it was given up, if it was.
    pub failed: Option<String>,
}

/// A receiver that messages wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receiver {
    /// Its id.
    pub id: ObjectId,
    /// How often the next message was tried in vain.
    pub attempts: u32,
    /// How often it was refused by its handler.
    pub refusals: u32,
    /// Since when it is the next one.
    pub since: Timestamp,
}

/// When the next message to a receiver goes, and why not now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// How far it has come.
    pub receiver: Receiver,
    /// When it is tried next.
    pub due: Timestamp,
    /// What the last try ended with.
    pub error: Option<String>,
}

impl Database {
    /// Sends a message with the open transaction; its number.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn post(&self, message: &Posting<'_>, now: Timestamp) -> Result<u64> {
        let last = self.last_sequence()?;
        if last.is_none() {
            self.batch(TABLES)?;
        }
        let begins_again = planted(Defect::SequenceReused) && !self.has_messages()?;
        let sequence = if begins_again { 1 } else { last.unwrap_or(0) + 1 };
        self.put_key_value(Space::Meta, SEQUENCE, &sequence.to_le_bytes())?;
        self.write(
            POST,
            &[
                number(sequence),
                blob(message.receiver.as_bytes()),
                Value::Text(message.class.into()),
                message.name.map_or(Value::Null, |name| Value::Text(name.into())),
                Value::Text(message.method.into()),
                blob(message.arguments),
                blob(message.origin),
                time(now),
            ],
        )?;
        self.write(AWAIT, &[blob(message.receiver.as_bytes()), time(now)])?;
        Ok(sequence)
    }

    /// What tells this life of the object from others; drawn when it first sends.
    ///
    /// # Errors
    /// `storage` if it can't be read.
    pub fn incarnation(&self) -> Result<Option<Incarnation>> {
        Ok(self.key_value(Space::Meta, INCARNATION)?.and_then(|bytes| bytes.try_into().ok()).map(Incarnation))
    }

    /// Begins a life.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn set_incarnation(&self, incarnation: Incarnation) -> Result<()> {
        self.put_key_value(Space::Meta, INCARNATION, &incarnation.0)
    }

    /// When the next message goes, if any waits.
    ///
    /// # Errors
    /// `storage` if it can't be read.
    pub fn earliest_delivery(&self) -> Result<Option<Timestamp>> {
        if !self.has_outbox()? {
            return Ok(None);
        }
        let mut earliest = None;
        self.rows(EARLIEST, &[], &mut |row| {
            earliest = integer_of(row, 0).map(Timestamp::from_millis);
            Ok(())
        })?;
        Ok(earliest)
    }

    /// The receivers that messages wait for, at most `most`, and when the next one goes to each, in that order.
    ///
    /// # Errors
    /// `storage` if they can't be read.
    pub fn first_receivers(&self, most: usize) -> Result<Vec<(Timestamp, ObjectId)>> {
        let mut receivers = Vec::new();
        if self.has_outbox()? {
            self.rows(FIRST, &[Value::Integer(i64::try_from(most).unwrap_or(i64::MAX))], &mut |row| {
                receivers.push((instant(row, 0)?, id(row, 1)?));
                Ok(())
            })?;
        }
        Ok(receivers)
    }

    /// A receiver, if its next message is due.
    ///
    /// # Errors
    /// `storage` if it can't be read.
    pub fn due_receiver(&self, id: ObjectId, now: Timestamp) -> Result<Option<Receiver>> {
        let mut found = None;
        self.rows(DUE, &[blob(id.as_bytes()), time(now)], &mut |row| {
            found = Some(receiver(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The next messages to a receiver, in order; some of them, if there are many.
    ///
    /// # Errors
    /// `storage` if they can't be read.
    pub fn waiting_messages(&self, receiver: ObjectId) -> Result<Vec<Message>> {
        self.messages(WAITING, &[blob(receiver.as_bytes()), Value::Integer(BATCH)])
    }

    /// Whether any message is on its way or was given up.
    ///
    /// # Errors
    /// `storage` if they can't be read.
    pub fn has_messages(&self) -> Result<bool> {
        let mut any = false;
        if self.has_outbox()? {
            self.rows(ANY, &[], &mut |_| {
                any = true;
                Ok(())
            })?;
        }
        Ok(any)
    }

    /// The object was erased and waits only for its last messages.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn note_erased(&self) -> Result<()> {
        self.put_key_value(Space::Meta, ERASED, &[1])
    }

    /// Whether it was erased, and its last message has arrived or was discarded.
    ///
    /// # Errors
    /// `storage` if it can't be read.
    pub fn has_sent_its_last(&self) -> Result<bool> {
        Ok(self.key_value(Space::Meta, ERASED)?.is_some() && !self.has_messages()?)
    }

    /// All messages, in the order of their sending, without their arguments.
    ///
    /// # Errors
    /// `storage` if they can't be read.
    pub fn all_messages(&self) -> Result<Vec<Message>> {
        if self.has_outbox()? { self.messages(ALL, &[]) } else { Ok(Vec::new()) }
    }

    /// All receivers that messages wait for.
    ///
    /// # Errors
    /// `storage` if they can't be read.
    pub fn all_receivers(&self) -> Result<Vec<Waiting>> {
        let mut waiting = Vec::new();
        if self.has_outbox()? {
            self.rows(STATE, &[], &mut |row| {
                waiting.push(Waiting { receiver: receiver(row)?, due: instant(row, 4)?, error: text_of(row, 5) });
                Ok(())
            })?;
        }
        Ok(waiting)
    }

    /// Messages up to a number have arrived: the next one to this receiver goes at once.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn note_delivered(&self, receiver: ObjectId, up_to: u64, now: Timestamp) -> Result<()> {
        self.write(DELIVERED, &[blob(receiver.as_bytes()), number(up_to)])?;
        self.next_of(receiver, now)
    }

    /// The next message to a receiver has to wait.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn postpone(&self, waiting: &Waiting) -> Result<()> {
        let Waiting { receiver, due, error } = waiting;
        self.write(
            POSTPONE,
            &[
                blob(receiver.id.as_bytes()),
                time(*due),
                Value::Integer(receiver.attempts.into()),
                Value::Integer(receiver.refusals.into()),
                time(receiver.since),
                error.as_deref().map_or(Value::Null, |error| Value::Text(error.into())),
            ],
        )
        .map(drop)
    }

    /// Gives a message up: it is kept, and the next one goes on.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn set_message_aside(&self, receiver: ObjectId, sequence: u64, why: &str, now: Timestamp) -> Result<()> {
        if planted(Defect::SetAsideLost) {
            self.write(DISCARD, &[number(sequence)])?;
        }
        self.write(SET_ASIDE, &[number(sequence), Value::Text(why.into())])?;
        if planted(Defect::SetAsideCounts) {
            return self.write(FORGET, &[blob(receiver.as_bytes())]).map(drop);
        }
        self.next_of(receiver, now)
    }

    /// Sends a message that was given up once more, behind all others; its new number, or nothing if there is none.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn post_again(&self, sequence: u64, now: Timestamp) -> Result<Option<u64>> {
        let Some(message) = self.failed_message(sequence)? else { return Ok(None) };
        self.write(DISCARD, &[number(sequence)])?;
        let again = Posting {
            receiver: message.receiver,
            class: &message.class,
            name: message.name.as_deref(),
            method: &message.method,
            arguments: &message.arguments,
            origin: &message.origin,
        };
        self.post(&again, now).map(Some)
    }

    /// Deletes a message that was given up; whether there was one.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn discard_message(&self, sequence: u64) -> Result<bool> {
        let there = self.failed_message(sequence)?.is_some();
        if there {
            self.write(DISCARD, &[number(sequence)])?;
        }
        Ok(there)
    }

    fn failed_message(&self, sequence: u64) -> Result<Option<Message>> {
        if !self.has_outbox()? {
            return Ok(None);
        }
        let found = self.messages(ONE, &[number(sequence)])?;
        Ok(found.into_iter().find(|message| message.failed.is_some()))
    }

    fn next_of(&self, receiver: ObjectId, now: Timestamp) -> Result<()> {
        self.write(FORGET, &[blob(receiver.as_bytes())])?;
        let fresh = Receiver { id: receiver, attempts: 0, refusals: 0, since: now };
        self.postpone(&Waiting { receiver: fresh, due: now, error: None })
    }

    /// Whether the object has ever sent anything.
    fn has_outbox(&self) -> Result<bool> {
        Ok(self.key_value(Space::Meta, SEQUENCE)?.is_some())
    }

    /// The number of the last message, if the object has ever sent one.
    fn last_sequence(&self) -> Result<Option<u64>> {
        let last = self.key_value(Space::Meta, SEQUENCE)?;
        last.map(|bytes| bytes.try_into().map(u64::from_le_bytes).map_err(|_| damaged())).transpose()
    }

    fn messages(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Message>> {
        let mut messages = Vec::new();
        self.rows(sql, values, &mut |row| {
            messages.push(message(row)?);
            Ok(())
        })?;
        Ok(messages)
    }
}

fn message(row: &dyn RowAccess) -> Result<Message> {
    Ok(Message {
        sequence: integer_of(row, 0).ok_or_else(damaged)?.unsigned_abs(),
        receiver: id(row, 1)?,
        class: text_of(row, 2).ok_or_else(damaged)?,
        name: text_of(row, 3),
        method: text_of(row, 4).ok_or_else(damaged)?,
        arguments: bytes(row, 5)?.to_vec(),
        origin: bytes(row, 6)?.to_vec(),
        sent: instant(row, 7)?,
        failed: text_of(row, 8),
    })
}

fn receiver(row: &dyn RowAccess) -> Result<Receiver> {
    let count = |column| integer_of(row, column).and_then(|count| u32::try_from(count).ok()).ok_or_else(damaged);
    Ok(Receiver { id: id(row, 0)?, attempts: count(1)?, refusals: count(2)?, since: instant(row, 3)? })
}

fn id(row: &dyn RowAccess, column: usize) -> Result<ObjectId> {
    bytes(row, column)?.try_into().map(ObjectId).map_err(|_| damaged())
}

fn bytes(row: &dyn RowAccess, column: usize) -> Result<&[u8]> {
    blob_of(row, column).ok_or_else(damaged)
}

fn instant(row: &dyn RowAccess, column: usize) -> Result<Timestamp> {
    integer_of(row, column).map(Timestamp::from_millis).ok_or_else(damaged)
}

pub(super) fn number(number: u64) -> Value<'static> {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) fn blob(bytes: &[u8]) -> Value<'_> {
    Value::Blob(bytes.into())
}

pub(super) fn time(time: Timestamp) -> Value<'static> {
    Value::Integer(time.as_millis())
}

fn damaged() -> Error {
    Error::new(crate::ErrorKind::Storage, "the outbox of this object holds what no version of do-runtime writes")
}
