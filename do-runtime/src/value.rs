//! Values as SQLite knows them, and the types that can be columns.

use std::borrow::Cow;

use crate::error::Result;

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

/// What can be bound to a parameter.
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
