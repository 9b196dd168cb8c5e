//! Bytes: `Vec<u8>`, and `Bytes` of the crate of that name, which is cheap to clone and what HTTP and socket crates
//! speak.

use std::borrow::Cow;

use super::{Bytes, Column, ToValue, Value, ValueRef, mismatch};
use crate::error::Result;

impl ToValue for [u8] {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Blob(Cow::Borrowed(self)))
    }
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Result<Value<'_>> {
        self.as_slice().to_value()
    }
}

impl ToValue for Vec<u8> {
    fn to_value(&self) -> Result<Value<'_>> {
        self.as_slice().to_value()
    }
}

impl Column for Vec<u8> {
    const SQL_TYPE: &'static str = "BLOB";
    type Ref<'k> = &'k [u8];

    fn as_key(&self) -> &[u8] {
        self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        blob(value).map(<[u8]>::to_vec)
    }
}

impl ToValue for Bytes {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Blob(Cow::Borrowed(self)))
    }
}

impl Column for Bytes {
    const SQL_TYPE: &'static str = "BLOB";
    type Ref<'k> = &'k [u8];

    fn as_key(&self) -> &[u8] {
        self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        blob(value).map(Bytes::copy_from_slice)
    }
}

/// Reads a BLOB.
pub(super) fn blob(value: ValueRef<'_>) -> Result<&[u8]> {
    match value {
        ValueRef::Blob(blob) => Ok(blob),
        other => Err(mismatch("a blob", other)),
    }
}
