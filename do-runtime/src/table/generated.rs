//! What generated code calls to read columns and to find rows.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use super::find::{Find, NoColumn, find, find_unique};
pub use super::search::search;
use super::{Table, TableDef};
use crate::engine::RowAccess;
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Column, Value, ValueRef, from_json, to_json};

pub use super::references::{keeps_nothing, references_are_declared};

/// Reads the column at an index. The error names it.
pub fn column<T: Column>(row: &dyn RowAccess, index: usize, name: &str) -> Result<T> {
    if index >= row.columns() {
        return Err(missing(row, name));
    }
    T::from_value(row.value(index)).map_err(|error| in_column(error, name))
}

/// Reads the column with a name.
pub fn named_column<T: Column>(row: &dyn RowAccess, name: &str) -> Result<T> {
    column(row, position(row, name)?, name)
}

/// Reads a table's row from a query that may give the columns in any order, and others beside them.
pub fn read_named<T: Table>(row: &dyn RowAccess) -> Result<T> {
    let columns = T::DEF.columns;
    let in_order = row.columns() >= columns.len()
        && columns.iter().enumerate().all(|(index, column)| is_called(row.name(index), column.name));
    if in_order {
        return T::read(row, 0);
    }
    let places = columns.iter().map(|column| position(row, column.name)).collect::<Result<Vec<_>>>()?;
    T::read(&Rearranged { row, places, table: T::DEF }, 0)
}

/// A value as JSON text, to bind.
pub fn json_value<T: Serialize + ?Sized>(value: &T) -> Result<Value<'static>> {
    to_json(value)
}

/// Reads a column of JSON text. NULL is read as JSON's `null`.
pub fn json_column<T: DeserializeOwned>(row: &dyn RowAccess, index: usize, name: &str) -> Result<T> {
    if index >= row.columns() {
        return Err(missing(row, name));
    }
    json_from_value(row.value(index)).map_err(|error| in_column(error, name))
}

/// Reads JSON text. NULL is read as JSON's `null`.
pub(crate) fn json_from_value<T: DeserializeOwned>(value: ValueRef<'_>) -> Result<T> {
    match value {
        ValueRef::Text(json) => from_json(json),
        ValueRef::Null => from_json("null"),
        other => Err(Error::new(ErrorKind::Storage, format!("expected JSON text, found {other}"))),
    }
}

fn in_column(error: Error, name: &str) -> Error {
    error.context(format_args!("column `{name}`"))
}

/// Where the column with a name is.
pub(crate) fn position(row: &dyn RowAccess, name: &str) -> Result<usize> {
    (0..row.columns()).find(|&index| is_called(row.name(index), name)).ok_or_else(|| missing(row, name))
}

/// Whether a column of a query has a name. The sign of `AS "n!"` and `AS "n?"` says what may be NULL, and is no part of it.
fn is_called(given: &str, name: &str) -> bool {
    given.eq_ignore_ascii_case(name)
        || given.strip_suffix(['!', '?']).is_some_and(|given| given.eq_ignore_ascii_case(name))
}

fn missing(row: &dyn RowAccess, name: &str) -> Error {
    let given: Vec<&str> = (0..row.columns()).map(|index| row.name(index)).collect();
    Error::invalid(format!("the query gives no column `{name}`; it gives `{}`", given.join("`, `")))
}

/// A row with the columns of a table in the table's order.
struct Rearranged<'r> {
    row: &'r dyn RowAccess,
    places: Vec<usize>,
    table: &'static TableDef,
}

impl RowAccess for Rearranged<'_> {
    fn columns(&self) -> usize {
        self.places.len()
    }

    fn name(&self, column: usize) -> &str {
        self.table.columns[column].name
    }

    fn value(&self, column: usize) -> ValueRef<'_> {
        self.row.value(self.places[column])
    }
}
