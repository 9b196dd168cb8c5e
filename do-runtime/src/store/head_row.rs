//! The head of an object as a row with a checksum.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use super::page_store::Head;
use crate::journal::{ClassTag, LogPosition, TemplateId};
use crate::{ObjectId, Timestamp};

pub(super) const SCHEMA: &str = "
    CREATE TABLE heads (
        handle         INTEGER PRIMARY KEY,
        id             BLOB NOT NULL UNIQUE,
        class          INTEGER NOT NULL,
        name           TEXT,
        sequence       INTEGER NOT NULL,
        applied        INTEGER NOT NULL,
        pages          INTEGER NOT NULL,
        template       BLOB,
        template_pages INTEGER NOT NULL,
        own            BLOB NOT NULL,
        next_alarm     INTEGER,
        last_used      INTEGER NOT NULL,
        deleted        INTEGER NOT NULL,
        sum            INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX heads_deleted ON heads (applied) WHERE deleted = 1;";

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT handle, id, class, name, sequence, applied, pages, template, template_pages, own, next_alarm, ",
            "last_used, deleted, sum FROM heads WHERE ",
            $rest
        )
    };
}

/// The head of an object, for [`HeadRow::read`].
pub(super) const SELECT: &str = select!("id = ?1");

/// Heads above a handle, in the order of handles, for [`HeadRow::read`].
pub(super) const SELECT_AFTER: &str = select!("handle > ?1 ORDER BY handle LIMIT ?2");

/// A head, and what the store itself notes of the object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HeadRow {
    /// The upper half of the keys of its pages; below 2^31.
    pub(super) handle: u32,
    pub(super) object: ObjectId,
    pub(super) head: Head,
    /// How many pages the template has; 0 without one.
    pub(super) template_pages: u32,
    /// One bit for each page of the template: the object has a page of its own there.
    pub(super) own: Vec<u8>,
}

impl HeadRow {
    /// Whether page `number` must be among the stored pages.
    pub(super) fn is_stored(&self, number: u32) -> bool {
        number >= self.template_pages || self.is_own(number)
    }

    pub(super) fn is_own(&self, number: u32) -> bool {
        self.own.get(number as usize / 8).is_some_and(|bits| bits & (1 << (number % 8)) != 0)
    }

    pub(super) fn set_own(&mut self, number: u32) {
        if let Some(bits) = self.own.get_mut(number as usize / 8) {
            *bits |= 1 << (number % 8);
        }
    }

    /// From a row of [`SELECT`], or nothing if any column or the checksum is wrong.
    pub(super) fn read(row: &Row<'_>) -> Option<HeadRow> {
        let integer = |column: usize| match row.get_ref(column).ok()? {
            ValueRef::Integer(value) => Some(value),
            _ => None,
        };
        let blob = |column: usize| match row.get_ref(column).ok()? {
            ValueRef::Blob(value) => Some(value),
            _ => None,
        };
        let name = match row.get_ref(3).ok()? {
            ValueRef::Null => None,
            ValueRef::Text(text) => Some(Arc::from(std::str::from_utf8(text).ok()?)),
            _ => return None,
        };
        let template = match row.get_ref(7).ok()? {
            ValueRef::Null => None,
            ValueRef::Blob(id) => Some(TemplateId(id.try_into().ok()?)),
            _ => return None,
        };
        let next_alarm = match row.get_ref(10).ok()? {
            ValueRef::Null => None,
            ValueRef::Integer(at) => Some(Timestamp::from_millis(at)),
            _ => return None,
        };
        let read = HeadRow {
            handle: u32::try_from(integer(0)?).ok()?,
            object: ObjectId(blob(1)?.try_into().ok()?),
            head: Head {
                class: ClassTag(integer(2)? as u64),
                name,
                sequence: integer(4)? as u64,
                applied: LogPosition(integer(5)? as u64),
                pages: u32::try_from(integer(6)?).ok()?,
                template,
                next_alarm,
                last_used: Timestamp::from_millis(integer(11)?),
                deleted: integer(12)? != 0,
            },
            template_pages: u32::try_from(integer(8)?).ok()?,
            own: blob(9)?.to_vec(),
        };
        (integer(13)? == i64::from(read.checksum())).then_some(read)
    }

    /// Writes the row in place of what is there under its handle.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Head { class, name, sequence, applied, pages, template, next_alarm, last_used, deleted } = &self.head;
        connection
            .prepare_cached(
                "INSERT INTO heads VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                 ON CONFLICT (handle) DO UPDATE SET
                    id = ?2, class = ?3, name = ?4, sequence = ?5, applied = ?6, pages = ?7, template = ?8,
                    template_pages = ?9, own = ?10, next_alarm = ?11, last_used = ?12, deleted = ?13, sum = ?14",
            )?
            .execute(params![
                self.handle,
                self.object.as_bytes(),
                class.0 as i64,
                name.as_deref(),
                *sequence as i64,
                applied.0 as i64,
                pages,
                template.map(|id| id.0),
                self.template_pages,
                self.own,
                next_alarm.map(Timestamp::as_millis),
                last_used.as_millis(),
                deleted,
                self.checksum(),
            ])?;
        Ok(())
    }

    fn checksum(&self) -> u32 {
        let Head { class, name, sequence, applied, pages, template, next_alarm, last_used, deleted } = &self.head;
        let mut sum = crc32fast::Hasher::new();
        sum.update(&self.handle.to_le_bytes());
        sum.update(self.object.as_bytes());
        sum.update(&class.0.to_le_bytes());
        sum.update(&[u8::from(name.is_some())]);
        sum.update(&name.as_ref().map_or(0, |name| name.len() as u64).to_le_bytes());
        sum.update(name.as_deref().unwrap_or_default().as_bytes());
        sum.update(&sequence.to_le_bytes());
        sum.update(&applied.0.to_le_bytes());
        sum.update(&pages.to_le_bytes());
        sum.update(&[u8::from(template.is_some())]);
        sum.update(&template.map_or([0; 16], |id| id.0));
        sum.update(&self.template_pages.to_le_bytes());
        sum.update(&self.own);
        sum.update(&[u8::from(next_alarm.is_some())]);
        sum.update(&next_alarm.map_or(0, Timestamp::as_millis).to_le_bytes());
        sum.update(&last_used.as_millis().to_le_bytes());
        sum.update(&[u8::from(*deleted)]);
        sum.finalize()
    }
}
