//! The boundary `Engine`: what handlers and generated code ask of the storage of their object.
//!
//! It is synchronous, knows no tokio, and speaks in values and error kinds, never in SQLite's own types, because the
//! same annotated source is to run on hosts whose storage is not ours. Transactions are not in it: a handler
//! runs inside one that its runtime opened.

use std::ops::ControlFlow;

use crate::error::Result;
use crate::value::{Value, ValueRef};

/// The values for the parameters of a statement.
#[derive(Debug, Clone, Copy)]
pub enum Params<'a> {
    /// For `?1`, `?2`, …
    Positional(&'a [Value<'a>]),
    /// For `:name`; the names are given without the colon.
    Named(&'a [(&'a str, Value<'a>)]),
}

/// What a statement that gives no rows has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Executed {
    /// Rows inserted, updated or deleted.
    pub changes: u64,
    /// The integer key of the last inserted row.
    pub last_key: i64,
}

/// One row of a result, lent while it is current.
pub trait RowAccess {
    /// How many columns it has.
    fn columns(&self) -> usize;
    /// A column's name.
    fn name(&self, column: usize) -> &str;
    /// A column's value.
    fn value(&self, column: usize) -> ValueRef<'_>;
}

/// Which part of the key-value space a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// What the runtime notes of the object: the fingerprint of its schema, the history of its migrations.
    Meta = 0,
    /// The object's stored fields, by name.
    Stored = 1,
    /// The user's own keys.
    User = 2,
}

/// What a listing of keys selects. Keys are in the order of their UTF-8 bytes.
#[derive(Debug, Clone, Default)]
pub struct KeyRange<'a> {
    /// Keys that begin so.
    pub prefix: Option<&'a str>,
    /// Keys from here on.
    pub start: Option<&'a str>,
    /// Keys before this.
    pub end: Option<&'a str>,
    /// From the last to the first.
    pub reverse: bool,
    /// At most so many.
    pub limit: Option<u64>,
}

/// The storage of one object.
pub trait Engine {
    /// Runs one statement and lends its rows one after another, until `each` breaks. A statement that writes
    /// is `invalid` outside an exclusive handler.
    fn query(
        &self,
        sql: &str,
        params: Params<'_>,
        each: &mut dyn FnMut(&dyn RowAccess) -> Result<ControlFlow<()>>,
    ) -> Result<()>;

    /// Runs one statement to its end; rows that it gives are passed over.
    fn execute(&self, sql: &str, params: Params<'_>) -> Result<Executed>;

    /// The value under a key.
    fn kv_get(&self, space: Space, key: &str) -> Result<Option<Vec<u8>>>;
    /// Keys and values of a range, in order, until `each` breaks.
    #[allow(clippy::type_complexity, reason = "a name for a closure's type would hide what it is lent")]
    fn kv_list(
        &self,
        space: Space,
        range: &KeyRange<'_>,
        each: &mut dyn FnMut(&str, &[u8]) -> Result<ControlFlow<()>>,
    ) -> Result<()>;
    /// Sets a key.
    fn kv_put(&self, space: Space, key: &str, value: &[u8]) -> Result<()>;
    /// Removes a key; whether it was there.
    fn kv_delete(&self, space: Space, key: &str) -> Result<bool>;
    /// Removes all keys of a space.
    fn kv_clear(&self, space: Space) -> Result<()>;

    /// Runs `body`; if it fails, what it wrote is undone, and nothing else. Nests.
    fn savepoint(&self, body: &mut dyn FnMut() -> Result<()>) -> Result<()>;

    /// The size of the database, in bytes.
    fn size(&self) -> u64;
}
