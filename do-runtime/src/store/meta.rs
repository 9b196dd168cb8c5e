//! Small values by name, each with a checksum, in the table `meta` of a file of the store.

use rusqlite::{Connection, OptionalExtension, params};

use super::trouble::Trouble;

pub(super) const SCHEMA: &str = "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;";

pub(super) fn get(connection: &Connection, key: &str) -> Result<Option<Vec<u8>>, Trouble> {
    let kept: Option<Vec<u8>> = connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    let Some(mut value) = kept else {
        return Ok(None);
    };
    let damaged = || Trouble::File(format!("holds a damaged value for `{key}`"));
    let at = value.len().checked_sub(4).ok_or_else(damaged)?;
    let kept = value.split_off(at);
    if kept != checksum(key, &value) { Err(damaged()) } else { Ok(Some(value)) }
}

pub(super) fn put(connection: &Connection, key: &str, value: &[u8]) -> Result<(), Trouble> {
    let mut kept = value.to_vec();
    kept.extend_from_slice(&checksum(key, value));
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
        .execute(params![key, kept])?;
    Ok(())
}

/// A number by name.
pub(super) fn get_number(connection: &Connection, key: &str) -> Result<Option<u64>, Trouble> {
    match get(connection, key)? {
        None => Ok(None),
        Some(value) => match <[u8; 8]>::try_from(value) {
            Ok(bytes) => Ok(Some(u64::from_le_bytes(bytes))),
            Err(_) => Err(Trouble::File(format!("holds something else than a number for `{key}`"))),
        },
    }
}

pub(super) fn put_number(connection: &Connection, key: &str, value: u64) -> Result<(), Trouble> {
    put(connection, key, &value.to_le_bytes())
}

fn checksum(key: &str, value: &[u8]) -> [u8; 4] {
    let mut sum = crc32fast::Hasher::new();
    sum.update(key.as_bytes());
    sum.update(&[0]);
    sum.update(value);
    sum.finalize().to_le_bytes()
}
