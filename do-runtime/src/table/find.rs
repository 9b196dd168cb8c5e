//! Finders: the rows that an index finds, in its order.

use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use super::text::{self, FindShape, Order, Wanted};
use super::{Declares, Flow, RowLimit, Table, all, at_most_one, each};
use crate::engine::{Engine, Params, RowAccess};
use crate::error::{Error, Result};
use crate::object::{Cx, Object};
use crate::value::{Column, ToValue, Value};

/// The rows that a finder finds, such as `Message::by_author(cx, "ann")`: nothing is read until it is asked for.
///
/// They come in the order of the index, and rows that are equal in it in the order in which they were made.
/// `Next` is the type of the next column of the index, which [`between`](Find::between) takes a range of.
///
/// ```
/// # use do_runtime::prelude::*;
/// # use serde::{Deserialize, Serialize};
/// #[table(index = (author, at desc))]
/// #[derive(Debug, Clone, Serialize, Deserialize)]
/// struct Message {
///     #[key]
///     id: Id<Message>,
///     author: String,
///     #[default(now)]
///     at: Timestamp,
/// }
///
/// #[durable_object(tables(Message))]
/// struct Room;
///
/// #[durable_object]
/// impl Room {
///     #[rpc]
///     fn today(&self, cx: &Cx<Self>, author: &str) -> Result<Vec<Message>> {
///         Message::by_author(cx, author).between(cx.now() - days(1)..).limit(50).all()
///     }
/// }
/// ```
#[must_use = "a finder reads nothing until it is asked: `.all()?`, `.first()?`, `.count()?` or `.each(…)?`"]
pub struct Find<'c, T, Next = NoColumn> {
    engine: &'c dyn Engine,
    shape: FindShape,
    /// Those of the given columns, then the bounds; or why there are none.
    values: Result<Vec<Value<'static>>>,
    limit: Option<u64>,
    rows: PhantomData<fn() -> (T, Next)>,
}

/// There is no next column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoColumn {}

/// A range of the next column of an index: `a..b`, `a..=b`, `a..`, `..b` or `..` of its borrowed form, which is `&str`
/// for `String` and the value itself for what is `Copy`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a range of the finder's next column, `{Next}`",
    label = "not a range of `{Next}`",
    note = "`between` takes `a..b`, `a..=b`, `a..` or `..b` of the column that follows in the index, `&str` for `String`",
    note = "`NoColumn` says that no column follows, or that `between` was called already: declare a longer index, such as \
            `#[table(index = (author, at))]`, and use the finder of its first column"
)]
pub trait RangeOf<'k, Next> {
    /// The bounds: which they are, and their values in order. A value that SQLite can't hold, or NULL, is `invalid`.
    fn bounds(&self) -> (Bound<()>, Bound<()>, Result<Vec<Value<'static>>>);
}

#[diagnostic::do_not_recommend]
impl<'k, C: Column + 'k, R: RangeBounds<C::Ref<'k>>> RangeOf<'k, C> for R {
    fn bounds(&self) -> (Bound<()>, Bound<()>, Result<Vec<Value<'static>>>) {
        let (lower, upper) = (self.start_bound(), self.end_bound());
        let values = [lower, upper].into_iter().filter_map(|bound| match bound {
            Bound::Included(key) | Bound::Excluded(key) => Some(bound_value(key)),
            Bound::Unbounded => None,
        });
        (lower.map(|_| ()), upper.map(|_| ()), values.collect())
    }
}

/// The rows of `T` whose `columns` have these values, in the order of the index that begins with the columns and
/// goes on with `next`.
pub fn find<'c, O, T, Next>(
    cx: &'c Cx<O>,
    columns: &'static [&'static str],
    next: Option<&'static str>,
    values: &[&dyn ToValue],
) -> Find<'c, T, Next>
where
    O: Object + Declares<T>,
    T: Table,
{
    let shape = FindShape {
        columns,
        next,
        lower: Bound::Unbounded,
        upper: Bound::Unbounded,
        order: Order::Forward,
        wanted: Wanted::Rows,
    };
    Find { engine: cx.engine(), shape, values: owned(values), limit: None, rows: PhantomData }
}

/// The row of `T` whose `columns`, those of a unique index, have these values. With a NULL among them there
/// may be several rows: then it is the first of them.
pub fn find_unique<O, T>(cx: &Cx<O>, columns: &'static [&'static str], values: &[&dyn ToValue]) -> Result<Option<T>>
where
    O: Object + Declares<T>,
    T: Table,
{
    find::<O, T, NoColumn>(cx, columns, None, values).first()
}

fn owned(values: &[&dyn ToValue]) -> Result<Vec<Value<'static>>> {
    values.iter().map(|value| value.to_value().map(Value::into_owned)).collect()
}

impl<'c, T: Table, Next> Find<'c, T, Next> {
    /// From the last to the first.
    pub fn rev(mut self) -> Self {
        self.shape.order = match self.shape.order {
            Order::Forward => Order::Backward,
            Order::Backward => Order::Forward,
        };
        self
    }

    /// At most so many rows. A negative number is an `invalid` error when the rows are asked for.
    pub fn limit(mut self, rows: impl RowLimit) -> Self {
        match rows.row_limit() {
            Ok(rows) => self.limit = Some(rows),
            Err(error) => self.values = self.values.and(Err(error)),
        }
        self
    }

    /// Only those whose next column of the index is in the range: `a..b`, `a..=b`, `a..`, `..b`. NULL is in none.
    pub fn between<'k>(self, range: impl RangeOf<'k, Next>) -> Find<'c, T> {
        let Find { engine, mut shape, values, limit, .. } = self;
        let (lower, upper, bounds) = range.bounds();
        (shape.lower, shape.upper) = (lower, upper);
        let values = values.and_then(|mut values| {
            values.extend(bounds?);
            Ok(values)
        });
        Find { engine, shape, values, limit, rows: PhantomData }
    }

    /// The rows.
    pub fn all(self) -> Result<Vec<T>> {
        let (sql, values) = self.statement(Wanted::Rows, None)?;
        all(self.engine, sql, Params::Positional(&values), read::<T>)
    }

    /// The first row, if there is one.
    pub fn first(self) -> Result<Option<T>> {
        let (sql, values) = self.statement(Wanted::Rows, Some(1))?;
        at_most_one(self.engine, sql, Params::Positional(&values), read::<T>)
    }

    /// How many rows there are, of those that the limit allows.
    pub fn count(self) -> Result<i64> {
        let (sql, values) = self.statement(Wanted::Count, None)?;
        let count = at_most_one(self.engine, sql, Params::Positional(&values), super::FromRow::from_row)?;
        Ok(count.unwrap_or(0))
    }

    /// Hands over one row after another. The closure returns nothing, a `Result`, or a `ControlFlow` to stop early.
    pub fn each<S: Flow>(self, closure: impl FnMut(T) -> S) -> Result {
        let (sql, values) = self.statement(Wanted::Rows, None)?;
        each(self.engine, sql, Params::Positional(&values), read::<T>, closure)
    }

    fn statement(&self, wanted: Wanted, at_most: Option<u64>) -> Result<(&'static str, Vec<Value<'_>>)> {
        let given = self.values.as_ref().map_err(Error::clone)?;
        let mut values: Vec<Value<'_>> = Vec::with_capacity(given.len() + 1);
        values.extend(given.iter().map(Value::borrowed));
        let limit = self.limit.into_iter().chain(at_most).min();
        // SQLite takes a negative limit for none.
        let limit = limit.map_or(-1, |rows| i64::try_from(rows).unwrap_or(i64::MAX));
        values.push(Value::Integer(limit));
        let shape = FindShape { wanted, ..self.shape };
        Ok((text::find(T::DEF, shape), values))
    }
}

fn read<T: Table>(row: &dyn RowAccess) -> Result<T> {
    T::read(row, 0)
}

fn bound_value(key: &impl ToValue) -> Result<Value<'static>> {
    match key.to_value()? {
        Value::Null => Err(Error::invalid("a bound of `between` can't be NULL: leave it out, as in `..b` or `a..`")),
        value => Ok(value.into_owned()),
    }
}
