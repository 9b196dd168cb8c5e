//! Tables: what `#[table]` says of a struct, and what can be done with its rows.

mod expiry;
mod find;
mod flow;
mod from_row;
pub mod generated;
mod message;
mod ops;
mod references;
mod rows;
mod schema;
mod search;
mod shape;
mod text;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use expiry::WRITTEN_AT;
pub use expiry::{ExpiryDef, OnDelete, ReferenceDef};
pub use find::{Find, NoColumn, RangeOf};
pub use flow::{Flow, RowLimit};
pub(crate) use rows::{all, at_most_one, each};
pub use search::{Match, Search};
pub use shape::{Given, RowShape, ValueShape, row_fits};
pub(crate) use text::{full_text, quoted};

use crate::Timestamp;
use crate::engine::RowAccess;
use crate::error::Result;
use crate::value::Value;

/// One column of a table.
#[derive(Debug)]
pub struct ColumnDef {
    /// Its name in the database.
    pub name: &'static str,
    /// `INTEGER`, `REAL`, `TEXT` or `BLOB`.
    pub sql_type: &'static str,
    /// Whether it may be NULL.
    pub null: bool,
    /// Whether it has a DEFAULT in the database.
    pub default: bool,
}

/// One index of a table.
#[derive(Debug)]
pub struct IndexDef {
    /// Its name in the database.
    pub name: &'static str,
    /// Its columns in order, and whether each is descending.
    pub columns: &'static [(&'static str, bool)],
    /// Whether it is unique.
    pub unique: bool,
}

/// A table as it was declared.
#[derive(Debug)]
pub struct TableDef {
    /// Its name in the database.
    pub name: &'static str,
    /// The Rust type's name, for messages.
    pub rust_name: &'static str,
    /// The statements that make it and its indexes. `{Name}` stands for the SQL type of a user's own column type,
    /// as `types` has it.
    pub schema: &'static str,
    /// What the placeholders of `schema` stand for.
    pub types: &'static [(&'static str, &'static str)],
    /// Its columns, in the order of the struct's fields.
    pub columns: &'static [ColumnDef],
    /// The primary key: indexes into `columns`.
    pub key: &'static [usize],
    /// The column of type `Id<Self>` that SQLite assigns, if the primary key is one.
    pub assigned: Option<usize>,
    /// Its indexes, besides the primary key.
    pub indexes: &'static [IndexDef],
    /// What it references.
    pub references: &'static [ReferenceDef],
    /// When its rows expire, if they do.
    pub expiry: Option<ExpiryDef>,
}

/// A struct with `#[table]`: a row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    label = "not a table",
    note = "write `#[table]` above `struct {Self}`"
)]
pub trait Table: Sized + 'static {
    /// Its name in the database. Tables that refer to each other have only this of each other.
    const NAME: &'static str = Self::DEF.name;
    /// The declaration.
    const DEF: &'static TableDef;
    /// The primary key as it is handed over: a tuple for a compound one, the borrowed form for a single one.
    type Key<'k>;

    /// The values of a key, in the order of `DEF.key`.
    fn key_values<'v>(key: &'v Self::Key<'_>) -> Result<Vec<Value<'v>>>;
    /// The values of all columns, in order.
    fn values(&self) -> Result<Vec<Value<'_>>>;
    /// Reads a row whose columns begin at `first`, in order.
    fn read(row: &dyn RowAccess, first: usize) -> Result<Self>;
    /// Takes over the key that SQLite assigned. Nothing, in a table without such a key.
    fn assign(&mut self, key: i64);
}

/// What `cx.insert` takes: a full row, or one without what the database fills in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row that can be inserted",
    label = "neither a row nor a new row",
    note = "make one with `T::new(…)`, or pass a full row of a struct with `#[table]`"
)]
pub trait NewRow: Sized {
    /// The row that it becomes.
    type Row: Table;
    /// The full row, and whether its key is still to be assigned. `now` is the time of the handler.
    fn complete(self, now: Timestamp) -> (Self::Row, KeySource);
}

/// A row of a table that the object `O` declares.
///
/// What takes a row asks for this instead of `O: Declares<_>`, of which the compiler would infer the only table that the
/// object declares, and then complain of another type.
pub trait RowOf<O>: NewRow {}

impl<N: NewRow, O: Declares<N::Row>> RowOf<O> for N {}

/// A table that the object `O` declares.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a full row of a table of the object `{O}`",
    label = "not a row of a table of `{O}`",
    note = "if it is a table, write `#[durable_object(tables({Self}))]` above `struct {O}`, beside the tables that are there",
    note = "what `T::new(…)` makes is for `cx.insert` and `cx.upsert`"
)]
pub trait TableOf<O>: Table {}

#[diagnostic::do_not_recommend]
impl<T: Table, O: Declares<T>> TableOf<O> for T {}

/// Where the key of a new row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    /// It is in the row.
    Given,
    /// SQLite assigns it.
    Assigned,
}

/// The object declares the table: `#[durable_object(tables(T))]`.
#[diagnostic::on_unimplemented(
    message = "the object `{Self}` does not declare the table `{T}`",
    label = "`{T}` is not a table of `{Self}`",
    note = "write `#[durable_object(tables({T}))]` above `struct {Self}`, beside the tables that are there"
)]
pub trait Declares<T> {}

/// What can be read from a row of a result: a table, a tuple, a single value, or a struct with `#[derive(Row)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from the row of a query",
    label = "not a row",
    note = "use a struct with `#[table]` or `#[derive(Row)]`, a tuple, or a column type",
    note = "where nothing tells the compiler the type, write it: `cx.sql_unchecked::<(String, i64)>(…)`"
)]
pub trait FromRow: Sized {
    /// The columns that it reads: `sql!` compares them with those of its query.
    #[doc(hidden)]
    const SHAPE: RowShape = RowShape::Unknown;

    /// Reads it.
    fn from_row(row: &dyn RowAccess) -> Result<Self>;
}
