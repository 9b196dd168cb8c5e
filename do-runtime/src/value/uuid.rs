//! `Uuid`, as a blob of 16 bytes.

use std::borrow::Cow;

use super::bytes::blob;
use super::{Column, ToValue, Uuid, Value, ValueRef, mismatch};
use crate::error::Result;

impl ToValue for Uuid {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Blob(Cow::Borrowed(self.as_bytes())))
    }
}

impl Column for Uuid {
    const SQL_TYPE: &'static str = "BLOB";
    type Ref<'k> = Uuid;

    fn as_key(&self) -> Uuid {
        *self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        Uuid::from_slice(blob(value)?).map_err(|_| mismatch("a UUID of 16 bytes", value))
    }
}
