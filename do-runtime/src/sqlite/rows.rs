//! How the runtime reads and writes its own tables: statements of its own, and what stands in the columns of their rows.

use std::ops::ControlFlow;

use super::database::Database;
use super::glue::Origin;
use crate::engine::{Params, RowAccess};
use crate::error::Result;
use crate::value::{Value, ValueRef};

const HAS_TABLE: &str = "SELECT 1 FROM sqlite_schema WHERE name = ?1";

impl Database {
    /// Runs a statement of the runtime's own and takes its rows, one after another.
    pub(super) fn rows(
        &self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn RowAccess) -> Result<()>,
    ) -> Result<()> {
        self.run(Origin::Runtime, sql, Params::Positional(values), &mut |row| each(row).map(ControlFlow::Continue))
    }

    /// Runs a statement of the runtime's own. How many rows of its table it changed.
    pub(super) fn write(&self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        self.rows(sql, values, &mut |_| Ok(()))?;
        Ok(self.session.connection().changes())
    }

    /// Whether there is a table of this name.
    pub(super) fn has_table(&self, name: &str) -> Result<bool> {
        let mut found = false;
        self.rows(HAS_TABLE, &[Value::Text(name.into())], &mut |_| {
            found = true;
            Ok(())
        })?;
        Ok(found)
    }
}

/// The text in a column.
pub(super) fn text_of(row: &dyn RowAccess, column: usize) -> Option<String> {
    match row.value(column) {
        ValueRef::Text(text) => Some(text.to_owned()),
        _ => None,
    }
}

/// The number in a column.
pub(super) fn integer_of(row: &dyn RowAccess, column: usize) -> Option<i64> {
    match row.value(column) {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

/// The bytes in a column.
pub(super) fn blob_of(row: &dyn RowAccess, column: usize) -> Option<&[u8]> {
    match row.value(column) {
        ValueRef::Blob(bytes) => Some(bytes),
        _ => None,
    }
}
