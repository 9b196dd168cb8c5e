//! What the registry answers: which objects there are, how many, and which want to be woken.

use std::sync::Arc;

use rusqlite::{Connection, Row, params};

use super::overlay::{Cursor, Fate, Listed, Overlay, Place};
use super::registry::{Registry, Usage};
use super::trouble::Trouble;
use crate::error::Result;
use crate::journal::ClassTag;
use crate::sync::Mutex;
use crate::{ObjectId, Timestamp};

const NAMED: &str = "SELECT id, name, created, last_used, bytes, next_alarm FROM objects
     WHERE class = ?1 AND (name, id) > (?2, ?3) AND name >= ?2 AND (?4 IS NULL OR name < ?4)
     ORDER BY name, id LIMIT ?5";

const UNNAMED: &str = "SELECT id, name, created, last_used, bytes, next_alarm FROM objects
     WHERE class = ?1 AND name IS NULL AND id > ?2 ORDER BY id LIMIT ?3";

impl Registry {
    /// Up to `limit` objects of a class after a place: by name, in the order of its bytes, those without a name last, by
    /// id. With a prefix only those whose name begins so.
    pub fn list(
        &self,
        class: ClassTag,
        prefix: Option<&str>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<Listed>> {
        self.with(|connection| list(connection, &self.overlay, class, prefix, after, limit))
    }

    /// Whether an object exists.
    pub fn exists(&self, id: ObjectId) -> Result<bool> {
        match self.overlay.lock().fate(id) {
            Some(Fate::Created { .. }) => return Ok(true),
            Some(Fate::Deleted { .. }) => return Ok(false),
            None => {}
        }
        self.lists(id)
    }

    /// How much a class holds.
    pub fn usage(&self, class: ClassTag) -> Result<Usage> {
        self.with(|connection| usage(connection, &self.overlay, class))
    }
}

/// Rows of the tables are read first and what lies over them is merged in afterwards: noting what was created
/// must never wait for a disk.
fn list(
    connection: &Connection,
    overlay: &Mutex<Overlay>,
    class: ClassTag,
    prefix: Option<&str>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Vec<Listed>, Trouble> {
    let mut after = after.map(Cursor::place);
    let mut listed = Vec::new();
    while listed.len() < limit {
        let stored = stored(connection, class, prefix, after.as_ref(), limit)?;
        let last = (stored.len() == limit).then(|| stored.last().map(Listed::place)).flatten();
        let overlay = overlay.lock();
        let mut created = overlay.created(class, after.as_ref(), prefix).peekable();
        for stored in stored {
            let place = stored.place();
            while let Some((_, new)) = created.next_if(|(new, _)| *new < place) {
                listed.push(new);
            }
            match (created.next_if(|(new, _)| *new == place), overlay.fate(stored.id)) {
                (Some((_, new)), _) => listed.push(Listed { created: stored.created.max(new.created), ..stored }),
                (None, Some(Fate::Deleted { .. })) => {}
                (None, _) => listed.push(stored),
            }
        }
        if last.is_none() {
            listed.extend(created.map(|(_, new)| new).take(limit.saturating_sub(listed.len())));
            break;
        }
        drop(created);
        after = last;
    }
    listed.truncate(limit);
    Ok(listed)
}

/// The next rows of the tables.
fn stored(
    connection: &Connection,
    class: ClassTag,
    prefix: Option<&str>,
    after: Option<&Place>,
    limit: usize,
) -> Result<Vec<Listed>, Trouble> {
    let (class, mut listed) = (class.0 as i64, Vec::new());
    if !matches!(after, Some(Place::Unnamed(_))) {
        let start = prefix.unwrap_or_default();
        let (name, id) = match after {
            // A place before the prefix is no place among what it selects.
            Some(Place::Named(name, id)) if **name >= *start => (&**name, &id.as_bytes()[..]),
            // An empty id is before every id.
            _ => (start, &[][..]),
        };
        let mut statement = connection.prepare_cached(NAMED)?;
        let mut rows = statement.query(params![class, name, id, prefix.and_then(beyond), limit as i64])?;
        while let Some(row) = rows.next()? {
            listed.push(read(row)?);
        }
    }
    if listed.len() < limit && prefix.is_none() {
        let id = match after {
            Some(Place::Unnamed(id)) => &id.as_bytes()[..],
            _ => &[],
        };
        let mut statement = connection.prepare_cached(UNNAMED)?;
        let mut rows = statement.query(params![class, id, (limit - listed.len()) as i64])?;
        while let Some(row) = rows.next()? {
            listed.push(read(row)?);
        }
    }
    Ok(listed)
}

fn usage(connection: &Connection, overlay: &Mutex<Overlay>, class: ClassTag) -> Result<Usage, Trouble> {
    let mut usage = connection
        .prepare_cached("SELECT count(*), coalesce(sum(bytes), 0) FROM objects WHERE class = ?1")?
        .query_row([class.0 as i64], |row| {
            Ok(Usage { objects: row.get::<_, i64>(0)? as u64, bytes: row.get::<_, i64>(1)? as u64 })
        })?;
    let newer = overlay.lock().fates_of(class);
    let mut stored = connection.prepare_cached("SELECT bytes FROM objects WHERE id = ?1 AND class = ?2")?;
    for (id, fate) in newer {
        let mut rows = stored.query(params![id.as_bytes(), class.0 as i64])?;
        let bytes: Option<i64> = rows.next()?.map(|row| row.get(0)).transpose()?;
        match (fate, bytes) {
            (Fate::Created { .. }, None) => usage.objects += 1,
            (Fate::Deleted { .. }, Some(bytes)) => {
                usage.objects = usage.objects.saturating_sub(1);
                usage.bytes = usage.bytes.saturating_sub(bytes as u64);
            }
            (Fate::Created { .. }, Some(_)) | (Fate::Deleted { .. }, None) => {}
        }
    }
    Ok(usage)
}

fn read(row: &Row<'_>) -> Result<Listed, Trouble> {
    Ok(Listed {
        id: ObjectId(row.get(0)?),
        name: row.get::<_, Option<Arc<str>>>(1)?,
        created: Timestamp::from_millis(row.get(2)?),
        last_used: Timestamp::from_millis(row.get(3)?),
        bytes: row.get::<_, i64>(4)? as u64,
        next_alarm: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
    })
}

/// The first text after all that begin with the prefix, unless there is none. The order of the bytes of UTF-8 is that of
/// its characters.
fn beyond(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // The range of characters steps over the surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}
