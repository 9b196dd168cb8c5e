//! What `sql!` becomes: a statement that was checked while the program was compiled.

use std::borrow::Cow;

pub use super::own::{OfBlob, OfInteger, OfReal, OfText, OfUnknown, of_column};
use super::{Parameters, Query};
use crate::error::{Error, Result};
use crate::object::{Cx, Object};
use crate::table::{FromRow, RowShape, Table};
use crate::value::{Binds, BindsList, ToValue};

/// How many values a list may have: SQLite takes 32,766 parameters in all.
const LONGEST_LIST: usize = 16_384;

/// A parameter of a checked statement.
pub struct Parameter<'p>(Kind<'p>);

enum Kind<'p> {
    One(&'p dyn ToValue),
    List(Vec<&'p dyn ToValue>),
}

/// A parameter whose class the SQL does not tell.
pub fn any<T: ToValue>(value: &T) -> Parameter<'_> {
    Parameter(Kind::One(value))
}

/// A parameter where a column of class `C` stands.
pub fn one<C, T: Binds<C>>(value: &T) -> Parameter<'_> {
    Parameter(Kind::One(value))
}

/// A list where values of class `C` stand.
pub fn list<C, L: BindsList + ?Sized>(values: &L) -> Parameter<'_>
where
    L::Item: Binds<C>,
{
    any_list(values)
}

/// A list of values whose class the SQL does not tell.
pub fn any_list<L: BindsList + ?Sized>(values: &L) -> Parameter<'_> {
    Parameter(Kind::List(values.items().iter().map(|value| value as &dyn ToValue).collect()))
}

/// What the rows of a statement are read as. A type that can't be is reported where it is asked for its shape, once:
/// whatever is called with it has no error of its own.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from the row of a query",
    label = "not a row",
    note = "use a struct with `#[table]` or `#[derive(Row)]`, a tuple, or a column type",
    note = "where nothing tells the compiler the type, write it: `cx.sql_unchecked::<(String, i64)>(…)`"
)]
pub trait Rows {
    /// The type itself.
    type Read;
    /// What it reads.
    const SHAPE: RowShape;
}

impl<R: FromRow> Rows for R {
    type Read = R;
    const SHAPE: RowShape = R::SHAPE;
}

/// A statement that reads.
pub fn reads<'q, O: Object, R: FromRow>(
    cx: &'q Cx<O>,
    sql: &'static str,
    params: &[(&'static str, Parameter<'_>)],
) -> Query<'q, R> {
    query(cx, sql, params)
}

/// A statement that writes. Its parameters come first, as they may be made from the `cx` that it then borrows.
pub fn writes<'q, O: Object, R: FromRow>(
    params: &[(&'static str, Parameter<'_>)],
    cx: &'q mut Cx<O>,
    sql: &'static str,
) -> Query<'q, R> {
    query(cx, sql, params)
}

fn query<'q, O: Object, R: FromRow>(
    cx: &'q Cx<O>,
    sql: &'static str,
    params: &[(&'static str, Parameter<'_>)],
) -> Query<'q, R> {
    let has_lists = params.iter().any(|(_, Parameter(kind))| matches!(kind, Kind::List(_)));
    let text = if has_lists { Cow::Owned(with_lists(sql, params)) } else { Cow::Borrowed(sql) };
    Query { engine: cx.engine(), text, params: bound(params), read: R::from_row }
}

fn bound(params: &[(&'static str, Parameter<'_>)]) -> Result<Parameters> {
    let mut named = Vec::with_capacity(params.len());
    for (name, Parameter(kind)) in params {
        match kind {
            Kind::One(value) => named.push((Cow::Borrowed(*name), value.to_value()?.into_owned())),
            Kind::List(values) => {
                if values.len() > LONGEST_LIST {
                    let message =
                        format!("the list `:{name}` has {} values, and may have {LONGEST_LIST}", values.len());
                    return Err(Error::invalid(message));
                }
                for index in 0..places(values.len()) {
                    let value = values[index.min(values.len() - 1)];
                    named.push((element(name, index).into(), value.to_value()?.into_owned()));
                }
            }
        }
    }
    Ok(Parameters::checked(named))
}

/// How many places a list gets: a power of two, so that there are few texts to prepare. Its last value stands in those that
/// are left over, which means nothing to `IN`.
fn places(values: usize) -> usize {
    if values == 0 { 0 } else { values.next_power_of_two() }
}

fn element(list: &str, index: usize) -> String {
    format!("{list}__{index}")
}

/// The statement with the places of its lists written out.
fn with_lists(sql: &str, params: &[(&'static str, Parameter<'_>)]) -> String {
    let mut text = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some(at) = next_parameter(rest) {
        let (before, from) = rest.split_at(at);
        let name: &str = from[1..].split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        text.push_str(before);
        match params.iter().find(|(known, _)| *known == name) {
            Some((_, Parameter(Kind::List(values)))) => {
                let elements: Vec<String> =
                    (0..places(values.len())).map(|index| format!(":{}", element(name, index))).collect();
                text.push_str(&elements.join(", "));
            }
            _ => text.push_str(&from[..=name.len()]),
        }
        rest = &from[1 + name.len()..];
    }
    text.push_str(rest);
    text
}

/// Where the next `:` of a parameter is, outside of quotes and comments.
fn next_parameter(sql: &str) -> Option<usize> {
    let bytes = sql.as_bytes();
    let mut at = 0;
    let skip_to = |from: usize, end: &str| sql[from..].find(end).map_or(sql.len(), |found| from + found + end.len());
    while at < bytes.len() {
        at = match bytes[at] {
            b':' => return Some(at),
            b'\'' => skip_to(at + 1, "'"),
            b'"' => skip_to(at + 1, "\""),
            b'`' => skip_to(at + 1, "`"),
            b'[' => skip_to(at + 1, "]"),
            b'-' if sql[at..].starts_with("--") => skip_to(at, "\n"),
            b'/' if sql[at..].starts_with("/*") => skip_to(at + 2, "*/"),
            _ => at + 1,
        };
    }
    None
}

/// A table whose columns have the types of this tuple, for records. They are a parameter, which the compiler infers, because
/// types of columns may be less visible than their table.
pub trait ColumnsOf<Columns>: Table {}

/// An object whose tables are those of this tuple.
pub trait TablesOf<Tables>: Object {}

/// The member of a tuple at an index.
pub trait Nth<const INDEX: usize> {
    /// Its type.
    type Type;
}

/// A value that stands for its type alone: what a record's field is, said to the compiler and never run.
pub fn typed<T>() -> T {
    crate::__private::refused()
}

/// The type of the column `COLUMN` of the table `TABLE` of an object.
pub fn column_type<O, Tables, Columns, const TABLE: usize, const COLUMN: usize>() -> Columns::Type
where
    O: TablesOf<Tables>,
    Tables: Nth<TABLE, Type: ColumnsOf<Columns>>,
    Columns: Nth<COLUMN>,
{
    typed()
}

/// The class of a column of a table of an object, by their places in the schema.
pub const fn class_of<O: Object>(table: usize, column: usize) -> &'static str {
    O::TABLES[table].columns[column].sql_type
}

/// A value that may be NULL although its column may not: beyond an outer join.
pub fn maybe<T>(_: T) -> Option<T> {
    typed()
}

/// Says that the rows of a query are those of a record.
pub fn like<'q, R: FromRow>(query: Query<'q, R>, _: fn() -> R) -> Query<'q, R> {
    query
}

macro_rules! nth {
    ($($name:ident $index:tt),+) => {
        nth!(@each ($($name),+) $($name $index),+);
    };
    (@each $all:tt $($name:ident $index:tt),+) => {
        $(nth!(@one $all $name $index);)+
    };
    (@one ($($all:ident),+) $name:ident $index:tt) => {
        impl<$($all),+> Nth<$index> for ($($all,)+) {
            type Type = $name;
        }
    };
}

nth!(A 0);
nth!(A 0, B 1);
nth!(A 0, B 1, C 2);
nth!(A 0, B 1, C 2, D 3);
nth!(A 0, B 1, C 2, D 3, E 4);
nth!(A 0, B 1, C 2, D 3, E 4, F 5);
nth!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
nth!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
nth!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
nth!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
nth!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
nth!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
nth!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12);
nth!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13);
nth!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14);
nth!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_gets_a_power_of_two_of_places_and_nothing_else_changes() {
        let names = vec!["a", "b", "c"];
        let params = [("names", any_list(&names)), ("at", any(&7i64))];
        let sql = "SELECT ':names', \":at\" -- :names\n FROM t WHERE name IN (:names) AND at > :at";
        let expected = "SELECT ':names', \":at\" -- :names\n FROM t WHERE name IN \
                        (:names__0, :names__1, :names__2, :names__3) AND at > :at";
        assert_eq!(with_lists(sql, &params), expected);
        let values = bound(&params).expect("these can be bound");
        values.with(|params| match params {
            crate::engine::Params::Named(named) => {
                assert_eq!(named[3], ("names__3", crate::value::Value::Text("c".into())));
                assert_eq!(named[4], ("at", crate::value::Value::Integer(7)));
            }
            other => panic!("these are named: {other:?}"),
        });
    }

    #[test]
    fn an_empty_list_leaves_empty_parentheses() {
        let none: Vec<i64> = Vec::new();
        assert_eq!(with_lists("SELECT 1 WHERE 1 IN (:ids)", &[("ids", any_list(&none))]), "SELECT 1 WHERE 1 IN ()");
    }

    #[test]
    fn a_list_that_is_too_long_is_invalid() {
        let many = vec![0i64; LONGEST_LIST + 1];
        let error = bound(&[("ids", any_list(&many))]).expect_err("too long");
        assert_eq!(error.to_string(), "the list `:ids` has 16385 values, and may have 16384");
    }
}
