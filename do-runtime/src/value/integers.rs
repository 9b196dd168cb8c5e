//! Integers and what is stored as one: `bool` and `Timestamp`.

use super::{Column, ToValue, Value, ValueRef, mismatch};
use crate::Timestamp;
use crate::error::{Error, ErrorKind, Result};

/// Reads an INTEGER. A host that knows numbers only hands a whole one back as REAL.
pub(super) fn integer(value: ValueRef<'_>) -> Result<i64> {
    match value {
        ValueRef::Integer(integer) => Ok(integer),
        // Both bounds are powers of two, and so exact.
        ValueRef::Real(real) if real.fract() == 0.0 && (-TWO_TO_63..TWO_TO_63).contains(&real) => Ok(real as i64),
        other => Err(mismatch("an integer", other)),
    }
}

const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

fn does_not_fit(integer: i64, rust_type: &str) -> Error {
    Error::new(ErrorKind::Storage, format!("{integer} does not fit in `{rust_type}`"))
}

fn too_large(rust_type: &str, value: impl std::fmt::Display) -> Error {
    Error::invalid(format!("the `{rust_type}` {value} can't be stored: SQLite's integers end at {}", i64::MAX))
}

macro_rules! always_fits {
    ($($type:ty),*) => {$(
        impl ToValue for $type {
            fn to_value(&self) -> Result<Value<'_>> {
                Ok(Value::Integer(i64::from(*self)))
            }
        }
        narrow_column!($type);
    )*};
}

macro_rules! narrow_column {
    ($type:ty) => {
        impl Column for $type {
            const SQL_TYPE: &'static str = "INTEGER";
            type Ref<'k> = $type;

            fn as_key(&self) -> $type {
                *self
            }

            fn from_value(value: ValueRef<'_>) -> Result<Self> {
                let integer = integer(value)?;
                <$type>::try_from(integer).map_err(|_| does_not_fit(integer, stringify!($type)))
            }
        }
    };
}

macro_rules! may_be_too_large {
    ($($type:ty),*) => {$(
        impl ToValue for $type {
            fn to_value(&self) -> Result<Value<'_>> {
                match i64::try_from(*self) {
                    Ok(integer) => Ok(Value::Integer(integer)),
                    Err(_) => Err(too_large(stringify!($type), self)),
                }
            }
        }
    )*};
}

always_fits!(i8, i16, i32, u8, u16, u32);
may_be_too_large!(u64, usize, isize);
narrow_column!(u64);

impl ToValue for i64 {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Integer(*self))
    }
}

impl Column for i64 {
    const SQL_TYPE: &'static str = "INTEGER";
    type Ref<'k> = i64;

    fn as_key(&self) -> i64 {
        *self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        integer(value)
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Integer(i64::from(*self)))
    }
}

impl Column for bool {
    const SQL_TYPE: &'static str = "INTEGER";
    type Ref<'k> = bool;

    fn as_key(&self) -> bool {
        *self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match integer(value)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(mismatch("0 or 1 for a `bool`", value)),
        }
    }
}

impl ToValue for Timestamp {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Integer(self.as_millis()))
    }
}

impl Column for Timestamp {
    const SQL_TYPE: &'static str = "INTEGER";
    type Ref<'k> = Timestamp;

    fn as_key(&self) -> Timestamp {
        *self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        integer(value).map(Timestamp::from_millis)
    }
}
