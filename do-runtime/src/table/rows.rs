//! Runs a statement and reads its rows.

use std::ops::ControlFlow;

use super::Flow;
use crate::engine::{Engine, Params, RowAccess};
use crate::error::{Error, Result};

/// How a row is read.
type Read<R> = fn(&dyn RowAccess) -> Result<R>;

/// All rows.
pub(crate) fn all<R>(engine: &dyn Engine, sql: &str, params: Params<'_>, read: Read<R>) -> Result<Vec<R>> {
    let mut rows = Vec::new();
    engine.query(sql, params, &mut |row| {
        rows.push(read(row)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// The only row, if there is one. More are `invalid`.
pub(crate) fn at_most_one<R>(engine: &dyn Engine, sql: &str, params: Params<'_>, read: Read<R>) -> Result<Option<R>> {
    let mut only = None;
    engine.query(sql, params, &mut |row| {
        if only.is_some() {
            return Err(Error::invalid(
                "one row was asked for and the statement gives more: write `LIMIT 1`, or take `all`",
            ));
        }
        only = Some(read(row)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(only)
}

/// One row after another, until `each` stops.
pub(crate) fn each<R, S: Flow>(
    engine: &dyn Engine,
    sql: &str,
    params: Params<'_>,
    read: Read<R>,
    mut each: impl FnMut(R) -> S,
) -> Result {
    engine.query(sql, params, &mut |row| each(read(row)?).flow())
}
