//! Text.

use std::borrow::Cow;

use super::{Column, ToValue, Value, ValueRef, mismatch};
use crate::error::Result;

impl ToValue for str {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Text(Cow::Borrowed(self)))
    }
}

impl ToValue for String {
    fn to_value(&self) -> Result<Value<'_>> {
        self.as_str().to_value()
    }
}

impl Column for String {
    const SQL_TYPE: &'static str = "TEXT";
    type Ref<'k> = &'k str;

    fn as_key(&self) -> &str {
        self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        text(value).map(str::to_owned)
    }
}

/// Reads a TEXT.
pub(super) fn text(value: ValueRef<'_>) -> Result<&str> {
    match value {
        ValueRef::Text(text) => Ok(text),
        other => Err(mismatch("a text", other)),
    }
}
