//! What a table says of the end of its rows, and of the rows of other tables that go with them.

use super::{ColumnDef, TableDef};

/// The column of a table with a plain `ttl`: the time at which a row was inserted. It is the runtime's own, and no SQL of a
/// user's sees it.
pub(crate) const WRITTEN_AT: &str = "__written_at";

/// When the rows of a table expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpiryDef {
    /// The column that tells it: one of the table's, or `__written_at`. NULL never expires.
    pub column: &'static str,
    /// How long a row lives after that time, in milliseconds. 0: the column is the expiry itself.
    pub ttl: i64,
}

/// A foreign key of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferenceDef {
    /// Its column: an index into the table's columns.
    pub column: usize,
    /// The name of the other table.
    pub table: &'static str,
    /// What becomes of the row when the other one goes.
    pub on_delete: OnDelete,
}

/// What becomes of a row when the one that it references goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// It goes too.
    Cascade,
    /// The reference becomes NULL.
    SetNull,
    /// The other row can't go.
    Restrict,
}

impl TableDef {
    /// Whether the expiry is a column that the table does not declare.
    pub(crate) fn hides_a_column(&self) -> bool {
        self.expiry.is_some_and(|expiry| expiry.column == WRITTEN_AT)
    }

    /// The column of a reference.
    pub(crate) fn column_of(&self, reference: &ReferenceDef) -> Option<&'static ColumnDef> {
        self.columns.get(reference.column)
    }
}
