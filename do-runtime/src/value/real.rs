//! `f64`.

use super::{Column, ToValue, Value, ValueRef, mismatch};
use crate::error::{Error, Result};

impl ToValue for f64 {
    /// NaN is refused: SQLite would store it as NULL, and it could not be read back.
    fn to_value(&self) -> Result<Value<'_>> {
        if self.is_nan() {
            return Err(Error::invalid("NaN can't be stored: SQLite keeps it as NULL; use `Option<f64>` and `None`"));
        }
        Ok(Value::Real(*self))
    }
}

impl Column for f64 {
    const SQL_TYPE: &'static str = "REAL";
    type Ref<'k> = f64;

    fn as_key(&self) -> f64 {
        *self
    }

    /// SQLite hands a whole number back as an integer where an expression made it one.
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Real(real) => Ok(real),
            ValueRef::Integer(integer) => Ok(integer as f64),
            other => Err(mismatch("a number", other)),
        }
    }
}
