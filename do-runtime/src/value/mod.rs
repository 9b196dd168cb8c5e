//! Values as SQLite knows them, and the types that can be columns. One file for each family of types.

mod binds;
mod bytes;
mod id;
mod integers;
mod json;
mod object_ref;
mod option;
mod real;
mod text;
mod uuid;
mod whole;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

pub use ::bytes::Bytes;
pub use ::uuid::Uuid;
pub use binds::{Binds, BindsInside, BindsList, Blob, Count, Integer, Real, Text};
pub use id::Id;
pub use json::Json;
pub(crate) use json::{from_json, to_json};
pub use object_ref::ObjectRef;
pub(crate) use whole::whole;

use crate::error::{Error, ErrorKind, Result};

/// A value to bind.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(Cow<'a, str>),
    /// BLOB.
    Blob(Cow<'a, [u8]>),
}

impl Value<'_> {
    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Integer(integer) => Value::Integer(integer),
            Value::Real(real) => Value::Real(real),
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Blob(blob) => Value::Blob(Cow::Owned(blob.into_owned())),
        }
    }

    /// The same value, lent.
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Value::Null => Value::Null,
            Value::Integer(integer) => Value::Integer(*integer),
            Value::Real(real) => Value::Real(*real),
            Value::Text(text) => Value::Text(Cow::Borrowed(text)),
            Value::Blob(blob) => Value::Blob(Cow::Borrowed(blob)),
        }
    }
}

impl fmt::Display for Value<'_> {
    /// For messages: a text in quotes, a blob as its length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => ValueRef::Null,
            Value::Integer(integer) => ValueRef::Integer(*integer),
            Value::Real(real) => ValueRef::Real(*real),
            Value::Text(text) => ValueRef::Text(text),
            Value::Blob(blob) => ValueRef::Blob(blob),
        }
        .fmt(f)
    }
}

/// A value that was read, lent by the row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(&'a str),
    /// BLOB.
    Blob(&'a [u8]),
}

/// How much of a text a message quotes.
const QUOTED: usize = 40;

impl fmt::Display for ValueRef<'_> {
    /// For messages: a text in quotes and cut, a blob as its length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueRef::Null => f.write_str("NULL"),
            ValueRef::Integer(integer) => write!(f, "the integer {integer}"),
            ValueRef::Real(real) => write!(f, "the number {real:?}"),
            ValueRef::Text(text) => match text.char_indices().nth(QUOTED) {
                Some((end, _)) => write!(f, "the text {:?}…", &text[..end]),
                None => write!(f, "the text {text:?}"),
            },
            ValueRef::Blob(blob) => write!(f, "a blob of {} bytes", blob.len()),
        }
    }
}

/// What can be bound to a parameter.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be bound to a parameter of a statement",
    label = "not a value for SQLite",
    note = "parameters are column types, `&str`, `&[u8]`, and references to and `Option`s of these"
)]
pub trait ToValue {
    /// The value, borrowed where it can be. An `invalid` error if SQLite can't hold it (a `u64` above `i64::MAX`).
    fn to_value(&self) -> Result<Value<'_>>;
}

/// A type that a column can have: what it is in SQLite, how it is written, and how it is read back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a column of a table",
    label = "not a column type",
    note = "columns are integers up to `i64` and `u64`, `f64`, `bool`, `String`, `Vec<u8>`, `Bytes`, `Uuid`, `Id<T>`, `Timestamp`, \
            `ObjectId`, `Json<T>`, `Option` of these, and enums and newtypes with `#[derive(Column)]`",
    note = "any type with serde's derives can be kept as JSON: write `#[column(json)]` on the field"
)]
pub trait Column: ToValue + Sized {
    /// The column's type in a STRICT table: `INTEGER`, `REAL`, `TEXT` or `BLOB`.
    const SQL_TYPE: &'static str;

    /// Whether a value can be NULL.
    #[doc(hidden)]
    const NULL: bool = false;

    /// What generated code asks of the type.
    #[doc(hidden)]
    const COLUMN_TYPE: crate::proof::ColumnType<Self> = crate::proof::ColumnType::new();

    /// How a key of this type is handed to `get` and to finders: `&str` for `String`, the value itself for what is
    /// `Copy`.
    type Ref<'k>: ToValue
    where
        Self: 'k;

    /// The key that looks this value up.
    fn as_key(&self) -> Self::Ref<'_>;

    /// Reads it back. The error names what was found instead.
    fn from_value(value: ValueRef<'_>) -> Result<Self>;
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Result<Value<'_>> {
        (**self).to_value()
    }
}

impl ToValue for Value<'_> {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(self.borrowed())
    }
}

/// A value of another type than the column's: the database was not written by this program.
fn mismatch(wanted: &str, found: ValueRef<'_>) -> Error {
    Error::new(ErrorKind::Storage, format!("expected {wanted}, found {found}"))
}
