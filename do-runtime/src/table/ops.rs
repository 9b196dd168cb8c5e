//! `cx.get`, `cx.insert` and the other operations on whole rows.

use super::{Declares, KeySource, RowOf, Table, TableOf, at_most_one, text};
use crate::engine::{Engine, Params};
use crate::error::{Error, Result};
use crate::object::{Cx, Object};
use crate::value::Value;

impl<O: Object> Cx<O> {
    /// The row with a key: the borrowed form of a single one (`&str` for `String`), a tuple for a compound one.
    pub fn get<T>(&self, key: T::Key<'_>) -> Result<Option<T>>
    where
        T: Table,
        O: Declares<T>,
    {
        let values = T::key_values(&key)?;
        at_most_one(self.engine(), &text::of(T::DEF).get, Params::Positional(&values), |row| T::read(row, 0))
    }

    /// How many rows the table has.
    pub fn count<T>(&self) -> Result<i64>
    where
        T: Table,
        O: Declares<T>,
    {
        let sql = &text::of(T::DEF).count;
        let count = at_most_one(self.engine(), sql, Params::Positional(&[]), super::FromRow::from_row)?;
        Ok(count.unwrap_or(0))
    }

    /// Inserts a row: one made by `T::new(…)`, or a full row, which keeps its values. Gives back the full row.
    ///
    /// A key or a unique index that is taken is `conflict`.
    pub fn insert<N>(&mut self, new: N) -> Result<N::Row>
    where
        N: RowOf<O>,
    {
        let (row, key) = new.complete(self.now());
        write(self.engine(), &text::of(N::Row::DEF).insert, row, key)
    }

    /// Inserts rows, in order, and gives back the full rows. If one can't be inserted, none is.
    pub fn insert_all<N>(&mut self, new: impl IntoIterator<Item = N>) -> Result<Vec<N::Row>>
    where
        N: RowOf<O>,
    {
        let now = self.now();
        let sql = &text::of(N::Row::DEF).insert;
        let mut new = new.into_iter();
        let mut rows = Vec::with_capacity(new.size_hint().0);
        self.engine().savepoint(&mut || {
            for new in new.by_ref() {
                let (row, key) = new.complete(now);
                rows.push(write(self.engine(), sql, row, key)?);
            }
            Ok(())
        })?;
        Ok(rows)
    }

    /// Inserts a row, or sets all columns of the one with the same primary key. Gives back the full row.
    ///
    /// A row made by `T::new(…)` whose key SQLite assigns is always a new one. Another unique index that
    /// is taken is `conflict`.
    pub fn upsert<N>(&mut self, row: N) -> Result<N::Row>
    where
        N: RowOf<O>,
    {
        let (row, key) = row.complete(self.now());
        write(self.engine(), &text::of(N::Row::DEF).upsert, row, key)
    }

    /// Sets all columns of the row with this primary key. If there is none, it is `not_found`.
    pub fn update<T>(&mut self, row: &T) -> Result
    where
        T: TableOf<O>,
    {
        let values = row.values()?;
        let done = self.engine().execute(&text::of(T::DEF).update, Params::Positional(&values))?;
        if done.changes == 0 { Err(no_such_row::<T>(&values)) } else { Ok(()) }
    }

    /// Deletes the row with a key; whether there was one.
    pub fn delete<T>(&mut self, key: T::Key<'_>) -> Result<bool>
    where
        T: Table,
        O: Declares<T>,
    {
        let values = T::key_values(&key)?;
        let done = self.engine().execute(&text::of(T::DEF).delete, Params::Positional(&values))?;
        Ok(done.changes > 0)
    }
}

/// Runs an insert or upsert of a full row, and takes over the key that SQLite assigned.
fn write<T: Table>(engine: &dyn Engine, sql: &str, mut row: T, key: KeySource) -> Result<T> {
    let mut values = row.values()?;
    let assigned = T::DEF.assigned.filter(|_| key == KeySource::Assigned);
    if let Some(value) = assigned.and_then(|column| values.get_mut(column)) {
        // SQLite puts the next key in the place of NULL.
        *value = Value::Null;
    }
    let done = engine.execute(sql, Params::Positional(&values))?;
    drop(values);
    if assigned.is_some() {
        row.assign(done.last_key);
    }
    Ok(row)
}

fn no_such_row<T: Table>(values: &[Value<'_>]) -> Error {
    let key: Vec<String> = T::DEF
        .key
        .iter()
        .filter_map(|&column| Some(format!("`{}` {}", T::DEF.columns.get(column)?.name, values.get(column)?)))
        .collect();
    let message = format!("there is no row of `{}` to update with {}", T::DEF.rust_name, key.join(" and "));
    Error::not_found(message)
}
