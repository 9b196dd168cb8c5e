//! Rows that expire: gone for every statement from the instant on, deleted by what writes next, or by the cleanup.
//!
//! A handler that writes first deletes what has expired, so it sees the tables as they are. One that reads can't: while rows are
//! there whose time is over, its statements are rewritten. Of a class without tables that expire nothing is done.
//!
//! | file | what it holds |
//! |---|---|
//! | `filter` | the tables without what has expired, as common table expressions |
//! | `rewrite`, `tokens` | how a statement comes to see these |
//! | `sweep` | finding and deleting what has expired |
//! | `hidden` | the column of a plain `ttl`, in databases that are there already |

mod filter;
#[cfg(any(test, fuzzing))]
pub(in crate::sqlite) mod fuzzing;
pub(super) mod hidden;
mod rewrite;
mod sweep;
#[cfg(test)]
mod tests;
mod tokens;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use parking_lot::RwLock;
use rusqlite::functions::FunctionFlags;

use self::filter::{Relations, Seen};
use super::database::Database;
use super::handler_context::HandlerContext;
use crate::Timestamp;
use crate::engine::{Engine, Space};
use crate::error::Result;
use crate::planted::{Defect, planted};
use crate::table::TableDef;

pub(super) use filter::View;
#[cfg(any(test, feature = "testing"))]
pub(crate) use sweep::physical_rows;
pub(crate) use sweep::{earliest, refuse_expired, sweep};

/// What statements call for the time of the handler.
const NOW_FUNCTION: &str = "__do_now";

/// The key in [`Space::Meta`] under which the time of the last cleanup is kept, in milliseconds: 8 bytes, little-endian.
const CLEANED: &str = "cleaned";

/// Between two cleanups.
const PAUSE: Duration = Duration::from_secs(60 * 60);

/// What is to be known of the tables of a class, of which some have rows that expire.
#[derive(Debug)]
pub(crate) struct Expiring {
    tables: &'static [&'static TableDef],
    seen: Vec<Seen>,
    /// The common table expression of rows that go with rows of their own table.
    gone: Option<String>,
}

impl Expiring {
    /// None, if no row ever expires. Kept for the life of the program: there are as many as classes.
    pub(crate) fn of(tables: &'static [&'static TableDef]) -> Option<&'static Self> {
        static KEPT: LazyLock<RwLock<HashMap<usize, &'static Expiring>>> = LazyLock::new(RwLock::default);
        if tables.iter().all(|table| table.expiry.is_none()) {
            return None;
        }
        let key = tables.as_ptr().addr();
        let kept = KEPT.read().get(&key).copied().filter(|kept| std::ptr::eq(kept.tables, tables));
        Some(kept.unwrap_or_else(|| {
            let relations = Relations::of(tables);
            let made = Expiring { tables, seen: relations.seen(), gone: relations.gone() };
            let made: &'static Expiring = Box::leak(Box::new(made));
            KEPT.write().insert(key, made);
            made
        }))
    }

    /// The statement as SQLite is to get it.
    pub(super) fn rewrite<'s>(&self, sql: &'s str, view: View) -> Result<Cow<'s, str>> {
        rewrite::rewrite(sql, view, self)
    }

    /// The tables whose rows have a time of their own.
    pub(crate) fn tables(&self) -> &'static [&'static TableDef] {
        self.tables
    }
}

/// What a database knows of its rows that expire.
pub(super) struct Watch {
    pub(super) expiring: &'static Expiring,
    /// The earliest expiry of the rows as they were last committed.
    earliest: Cell<Earliest>,
    /// The one of the open transaction, which becomes that of its commit.
    pending: Cell<Earliest>,
    /// When what had expired was last cleaned up, once it was asked for.
    cleaned: Cell<Option<Cleaned>>,
}

/// When what had expired was last cleaned up: in milliseconds, if ever.
type Cleaned = Option<i64>;

/// The earliest expiry of any row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Earliest {
    Unknown,
    /// None, if nothing expires.
    Known(Option<Timestamp>),
}

impl Watch {
    /// The transaction was committed. Whether it had written.
    pub(super) fn committed(&self, has_written: bool) {
        let pending = self.pending.replace(Earliest::Unknown);
        if has_written && !planted(Defect::EarliestNotFollowed) {
            self.earliest.set(pending);
        }
    }

    /// The transaction was undone.
    pub(super) fn rolled_back(&self) {
        self.pending.set(Earliest::Unknown);
        self.cleaned.set(None);
    }
}

impl Database {
    /// From here on rows of these tables expire, if any of them do. Statements that ran before are forgotten.
    ///
    /// # Errors
    /// `internal` if SQLite refuses the function that tells it the time.
    pub(crate) fn watch(&mut self, tables: &'static [&'static TableDef]) -> Result<()> {
        let Some(expiring) = Expiring::of(tables).filter(|_| self.watch.is_none()) else { return Ok(()) };
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
        self.session
            .connection()
            .create_scalar_function(NOW_FUNCTION, 0, flags, |_| Ok(HandlerContext::now().as_millis()))
            .map_err(|error| self.plain(error.into()))?;
        self.watch = Some(Watch {
            expiring,
            earliest: Cell::new(Earliest::Unknown),
            pending: Cell::new(Earliest::Unknown),
            cleaned: Cell::new(None),
        });
        Ok(())
    }

    /// The earliest expiry of any row, as far as it was committed. None if nothing expires.
    pub(crate) fn earliest_expiry(&self) -> Result<Option<Timestamp>> {
        let Some(watch) = &self.watch else { return Ok(None) };
        if let Earliest::Known(earliest) = watch.earliest.get() {
            return Ok(earliest);
        }
        let earliest = earliest(self, watch.expiring.tables())?;
        watch.earliest.set(Earliest::Known(earliest));
        Ok(earliest)
    }

    /// When what expires next is to be deleted at the latest, by the rows themselves and not by what is remembered of them.
    #[cfg(feature = "testing")]
    pub(crate) fn latest_cleanup(&self) -> Result<Option<Timestamp>> {
        let Some(watch) = &self.watch else { return Ok(None) };
        let Some(earliest) = earliest(self, watch.expiring.tables())? else { return Ok(None) };
        let pause = self.cleaned()?.map(|cleaned| Timestamp::from_millis(cleaned) + PAUSE);
        Ok(Some(pause.map_or(earliest, |pause| earliest.max(pause))))
    }

    /// When what expires next is to be deleted, as the open transaction leaves it: then, but not before an hour after the last
    /// cleanup. None if nothing expires.
    pub(crate) fn next_cleanup(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let Some(watch) = &self.watch else { return Ok(None) };
        let earliest = match watch.pending.get() {
            Earliest::Known(earliest) => earliest,
            Earliest::Unknown if self.has_written() => {
                let earliest = earliest(self, watch.expiring.tables())?;
                watch.pending.set(Earliest::Known(earliest));
                earliest
            }
            Earliest::Unknown => self.earliest_expiry()?,
        };
        let Some(earliest) = earliest else { return Ok(None) };
        // One that lies ahead was noted before the clock was set back.
        let cleaned = self.cleaned()?.filter(|cleaned| *cleaned <= now.as_millis());
        Ok(Some(cleaned.map_or(earliest, |cleaned| earliest.max(Timestamp::from_millis(cleaned) + PAUSE))))
    }

    fn cleaned(&self) -> Result<Cleaned> {
        let Some(watch) = &self.watch else { return Ok(None) };
        if let Some(cleaned) = watch.cleaned.get() {
            return Ok(cleaned);
        }
        let kept = self.kv_get(Space::Meta, CLEANED)?;
        let cleaned = kept.and_then(|bytes| Some(i64::from_le_bytes(bytes.try_into().ok()?)));
        watch.cleaned.set(Some(cleaned));
        Ok(cleaned)
    }

    /// Notes that what had expired was cleaned up, within the open transaction.
    pub(crate) fn note_cleanup(&self, now: Timestamp) -> Result<()> {
        if let Some(watch) = &self.watch {
            self.kv_put(Space::Meta, CLEANED, &now.as_millis().to_le_bytes())?;
            watch.cleaned.set(Some(Some(now.as_millis())));
        }
        Ok(())
    }

    /// Whether rows of it expire.
    pub(crate) fn is_watched(&self) -> bool {
        self.watch.is_some()
    }

    /// Whether there are rows that have expired.
    pub(crate) fn has_expired(&self, now: Timestamp) -> Result<bool> {
        Ok(self.watch.is_some() && self.earliest_expiry()?.is_some_and(|earliest| earliest <= now))
    }

    /// Looks for rows that a handler has written although they had expired, before its transaction is committed.
    ///
    /// # Errors
    /// `invalid` if there are any; it names the table.
    pub(crate) fn refuse_expired(&self, now: Timestamp) -> Result<()> {
        let Some(watch) = self.watch.as_ref().filter(|_| self.has_written()) else { return Ok(()) };
        let earliest = refuse_expired(self, watch.expiring.tables(), now)?;
        watch.pending.set(Earliest::Known(earliest));
        Ok(())
    }
}
