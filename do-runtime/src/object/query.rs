//! Statements: `cx.sql_unchecked`, and in `checked` what `sql!` becomes.

pub mod checked;
mod own;
mod params;

use std::borrow::Cow;

pub use params::{IntoParams, Parameters};

use crate::engine::{Engine, RowAccess};
use crate::error::{Error, Result};
use crate::object::{Cx, Object};
use crate::table::{self, Flow, FromRow};

impl<O: Object> Cx<O> {
    /// A statement that nothing has checked, with its parameters: `()`, a tuple, an array or slice, or
    /// [`named!`](crate::named). `R` is what its rows are read as. A statement that writes is `invalid` outside
    /// a handler with `&mut self`.
    ///
    /// ```
    /// # use do_runtime::{Cx, Object, Result, named};
    /// fn older<O: Object>(cx: &Cx<O>, age: i64) -> Result<Vec<(String, i64)>> {
    ///     cx.sql_unchecked("SELECT name, age FROM person WHERE age > ?1", (age,)).all()
    /// }
    ///
    /// fn rename<O: Object>(cx: &mut Cx<O>, id: i64, to: &str) -> Result<u64> {
    ///     cx.sql_unchecked("UPDATE person SET name = :to WHERE id = :id", named![id = id, to = to]).run()
    /// }
    /// ```
    pub fn sql_unchecked<'q, R: FromRow>(&'q self, text: &'q str, params: impl IntoParams) -> Query<'q, R> {
        Query { engine: self.engine(), text: text.into(), params: params.into_params(), read: R::from_row }
    }
}

/// A statement that has not run yet. Its rows are read as `R`.
#[must_use = "a statement runs when it is asked: `.all()?`, `.one()?`, `.optional()?`, `.each(…)?` or `.run()?`"]
pub struct Query<'q, R> {
    engine: &'q dyn Engine,
    text: Cow<'q, str>,
    params: Result<Parameters>,
    /// It is here, so that a type that is no row is told where the statement is written, and nowhere else.
    read: fn(&dyn RowAccess) -> Result<R>,
}

/// Only here, so that nobody has to say what the rows of a statement without rows are.
impl Query<'_, ()> {
    /// Runs the statement to its end; how many rows it inserted, updated or deleted.
    pub fn run(self) -> Result<u64> {
        let params = self.params?;
        let done = params.with(|params| self.engine.execute(&self.text, params))?;
        Ok(done.changes)
    }
}

impl<R> Query<'_, R> {
    /// All rows.
    pub fn all(self) -> Result<Vec<R>> {
        let params = self.params?;
        params.with(|params| table::all(self.engine, &self.text, params, self.read))
    }

    /// The only row. None is `not_found`, more than one is `invalid`.
    pub fn one(self) -> Result<R> {
        self.optional()?.ok_or_else(|| Error::not_found("the query gives no row"))
    }

    /// The only row, if there is one. More than one is `invalid`.
    pub fn optional(self) -> Result<Option<R>> {
        let params = self.params?;
        params.with(|params| table::at_most_one(self.engine, &self.text, params, self.read))
    }

    /// Hands over one row after another. The closure returns nothing, a `Result`, or a `ControlFlow` to stop early.
    pub fn each<S: Flow>(self, closure: impl FnMut(R) -> S) -> Result {
        let params = self.params?;
        params.with(|params| table::each(self.engine, &self.text, params, self.read, closure))
    }
}

#[cfg(test)]
mod tests;
