//! Key-values of an object: the table `__do_kv`.

use std::ops::ControlFlow;

use super::database::Database;
use super::glue::Origin;
use crate::engine::{KeyRange, Params, RowAccess, Space};
use crate::error::Result;
use crate::value::{Value, ValueRef};

/// The table. Keys are compared by their bytes.
pub(super) const TABLE: &str = "CREATE TABLE __do_kv (
  space INTEGER NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (space, key)
) STRICT, WITHOUT ROWID";

const GET: &str = "SELECT value FROM __do_kv WHERE space = ?1 AND key = ?2";
const PUT: &str = "INSERT INTO __do_kv VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value";
const DELETE: &str = "DELETE FROM __do_kv WHERE space = ?1 AND key = ?2";
const CLEAR: &str = "DELETE FROM __do_kv WHERE space = ?1";

/// Four statements rather than one with conditions: each seeks its range.
const FROM: &str = "SELECT key, value FROM __do_kv WHERE space = ?1 AND key >= ?2 ORDER BY key LIMIT ?3";
const FROM_REVERSE: &str = "SELECT key, value FROM __do_kv WHERE space = ?1 AND key >= ?2 ORDER BY key DESC LIMIT ?3";
const BETWEEN: &str =
    "SELECT key, value FROM __do_kv WHERE space = ?1 AND key >= ?2 AND key < ?4 ORDER BY key LIMIT ?3";
const BETWEEN_REVERSE: &str =
    "SELECT key, value FROM __do_kv WHERE space = ?1 AND key >= ?2 AND key < ?4 ORDER BY key DESC LIMIT ?3";

/// What is done with a key and its value.
type EachPair<'e> = dyn FnMut(&str, &[u8]) -> Result<ControlFlow<()>> + 'e;

fn space(space: Space) -> Value<'static> {
    Value::Integer(space as i64)
}

fn text(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

impl Database {
    fn key_statement(
        &self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn RowAccess) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.run(Origin::Runtime, sql, Params::Positional(values), each)
    }

    pub(super) fn key_value(&self, of: Space, key: &str) -> Result<Option<Vec<u8>>> {
        let mut value = None;
        self.key_statement(GET, &[space(of), text(key)], &mut |row| {
            value = Some(blob(row, 0).to_vec());
            Ok(ControlFlow::Break(()))
        })?;
        Ok(value)
    }

    pub(super) fn key_values(&self, of: Space, range: &KeyRange<'_>, each: &mut EachPair<'_>) -> Result<()> {
        let start = range.prefix.unwrap_or("").max(range.start.unwrap_or(""));
        let after_prefix = range.prefix.and_then(successor);
        let end = match (range.end, after_prefix.as_deref()) {
            (Some(end), Some(after)) => Some(end.min(after)),
            (end, after) => end.or(after),
        };
        let limit = range.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let mut values = vec![space(of), text(start), Value::Integer(limit)];
        values.extend(end.map(text));
        let sql = match (end, range.reverse) {
            (None, false) => FROM,
            (None, true) => FROM_REVERSE,
            (Some(_), false) => BETWEEN,
            (Some(_), true) => BETWEEN_REVERSE,
        };
        self.key_statement(sql, &values, &mut |row| match row.value(0) {
            ValueRef::Text(key) => each(key, blob(row, 1)),
            _ => Ok(ControlFlow::Continue(())),
        })
    }

    pub(super) fn put_key_value(&self, of: Space, key: &str, value: &[u8]) -> Result<()> {
        self.write(PUT, &[space(of), text(key), Value::Blob(value.into())]).map(drop)
    }

    pub(super) fn delete_key(&self, of: Space, key: &str) -> Result<bool> {
        let before = self.session.connection().total_changes();
        self.write(DELETE, &[space(of), text(key)])?;
        Ok(self.session.connection().total_changes() != before)
    }

    pub(super) fn clear_keys(&self, of: Space) -> Result<()> {
        self.write(CLEAR, &[space(of)]).map(drop)
    }
}

fn blob(row: &dyn RowAccess, column: usize) -> &[u8] {
    match row.value(column) {
        ValueRef::Blob(bytes) => bytes,
        ValueRef::Text(text) => text.as_bytes(),
        _ => &[],
    }
}

/// The first text after all that begin with `prefix`, in the order of UTF-8 bytes; none if there is no such text.
fn successor(prefix: &str) -> Option<String> {
    let mut start = prefix.to_owned();
    while let Some(last) = start.pop() {
        // The next scalar value, across the gap of surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            start.push(next);
            return Some(start);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::successor;

    #[test]
    fn the_successor_of_a_prefix_follows_all_that_begin_with_it() {
        assert_eq!(successor("ab").as_deref(), Some("ac"));
        assert_eq!(successor("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(successor("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor("\u{10ffff}"), None);
        assert_eq!(successor(""), None);
    }
}
