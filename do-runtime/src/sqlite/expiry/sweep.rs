//! Finding and deleting what has expired.

use std::ops::ControlFlow;

use jiff::SignedDuration;

use super::super::database::Database;
use super::super::glue::Origin;
use crate::Timestamp;
use crate::engine::Params;
use crate::error::{Error, Result};
use crate::planted::{Defect, planted};
use crate::table::{ExpiryDef, TableDef, quoted};
use crate::value::{Value, ValueRef};

/// The earliest expiry of any row of these tables. None if nothing expires.
pub(crate) fn earliest(database: &Database, tables: &[&TableDef]) -> Result<Option<Timestamp>> {
    let mut earliest = None;
    for (table, expiry) in expiring(tables) {
        earliest = sooner(earliest, earliest_of(database, table, expiry)?);
    }
    Ok(earliest)
}

/// The earliest expiry of any row of these tables, of which none may be over.
///
/// # Errors
/// `invalid` if one is; it names the table.
pub(crate) fn refuse_expired(database: &Database, tables: &[&TableDef], now: Timestamp) -> Result<Option<Timestamp>> {
    let mut earliest = None;
    for (table, expiry) in expiring(tables) {
        let of_table = earliest_of(database, table, expiry)?;
        if of_table.is_some_and(|expiry| expiry <= now) {
            return Err(expired_already(table, expiry));
        }
        earliest = sooner(earliest, of_table);
    }
    Ok(earliest)
}

/// Deletes rows that have expired, at most so many, and what goes with them. Whether more are left.
pub(crate) fn sweep(database: &Database, tables: &[&TableDef], now: Timestamp, most: usize) -> Result<bool> {
    let mut left = u64::try_from(most).unwrap_or(u64::MAX);
    for (table, expiry) in expiring(tables) {
        if earliest_of(database, table, expiry)?.is_none_or(|earliest| earliest > now) {
            continue;
        }
        let (name, column) = (quoted(table.name), quoted(expiry.column));
        let rowid = table.rowid();
        let sql = format!(
            "DELETE FROM {name} WHERE {rowid} IN (SELECT {rowid} FROM {name} WHERE {column} <= ?1 ORDER BY {column} LIMIT ?2)"
        );
        let ahead = if planted(Defect::SweptTooEarly) { 1 } else { 0 };
        let last = now.as_millis().saturating_sub(expiry.ttl) + ahead;
        let limit = i64::try_from(left).unwrap_or(i64::MAX);
        let deleted = database.write(&sql, &[Value::Integer(last), Value::Integer(limit)])?;
        left = left.saturating_sub(deleted);
        if left == 0 {
            return Ok(earliest(database, tables)?.is_some_and(|earliest| earliest <= now));
        }
    }
    Ok(false)
}

/// How many rows are there, whatever statements see of them.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn physical_rows(database: &Database, table: &TableDef) -> Result<u64> {
    let count = number(database, &format!("SELECT count(*) FROM {}", quoted(table.name)))?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

fn expiring<'t>(tables: &'t [&'t TableDef]) -> impl Iterator<Item = (&'t TableDef, ExpiryDef)> {
    tables.iter().filter_map(|table| Some((*table, table.expiry?)))
}

fn earliest_of(database: &Database, table: &TableDef, expiry: ExpiryDef) -> Result<Option<Timestamp>> {
    let column = quoted(expiry.column);
    let first = number(database, &format!("SELECT min({column}) FROM {}", quoted(table.name)))?;
    Ok(first.map(|first| Timestamp::from_millis(first.saturating_add(expiry.ttl))))
}

fn sooner(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}

/// The number that a query gives, if it is not NULL.
fn number(database: &Database, sql: &str) -> Result<Option<i64>> {
    let mut number = None;
    database.run(Origin::Runtime, sql, Params::Positional(&[]), &mut |row| {
        if let ValueRef::Integer(value) = row.value(0) {
            number = Some(value);
        }
        Ok(ControlFlow::Break(()))
    })?;
    Ok(number)
}

fn expired_already(table: &TableDef, expiry: ExpiryDef) -> Error {
    let (row, column) = (table.rust_name, expiry.column);
    let why = match expiry.ttl {
        0 => format!("its `{column}` is not after now"),
        ttl => {
            let ttl = SignedDuration::from_millis(ttl);
            format!("its `{column}` lies {ttl:#} or more in the past")
        }
    };
    Error::invalid(format!("a row of `{row}` was written that has expired already: {why}"))
}
