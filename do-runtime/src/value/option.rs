//! `Option`: a column that may be NULL.

use super::{Column, ToValue, Value, ValueRef};
use crate::error::Result;

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Result<Value<'_>> {
        match self {
            Some(value) => value.to_value(),
            None => Ok(Value::Null),
        }
    }
}

impl<T: Column> Column for Option<T> {
    const SQL_TYPE: &'static str = T::SQL_TYPE;
    const NULL: bool = true;
    type Ref<'k>
        = Option<T::Ref<'k>>
    where
        T: 'k;

    fn as_key(&self) -> Option<T::Ref<'_>> {
        self.as_ref().map(T::as_key)
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}
