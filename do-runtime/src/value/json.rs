//! `Json<T>`: any type with serde's derives, as JSON text.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::text::text;
use super::{Column, ToValue, Value, ValueRef};
use crate::error::{Error, ErrorKind, Result};

/// A column that holds `T` as JSON text. serde's defaults govern how `T` may grow.
///
/// ```
/// use do_runtime::Json;
///
/// let tags = Json(vec!["urgent".to_owned()]);
/// assert_eq!(tags.len(), 1);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T> Json<T> {
    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Json(value)
    }
}

impl<T: Serialize> ToValue for Json<T> {
    fn to_value(&self) -> Result<Value<'_>> {
        to_json(&self.0)
    }
}

impl<T: Serialize + DeserializeOwned> Column for Json<T> {
    const SQL_TYPE: &'static str = "TEXT";
    type Ref<'k>
        = &'k Json<T>
    where
        T: 'k;

    fn as_key(&self) -> &Json<T> {
        self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        from_json(text(value)?).map(Json)
    }
}

/// A value as JSON text.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<Value<'static>> {
    match serde_json::to_string(value) {
        Ok(json) => Ok(Value::Text(Cow::Owned(json))),
        Err(error) => {
            let message = format!("`{}` can't be written as JSON: {error}", std::any::type_name::<T>());
            Err(Error::with_source(ErrorKind::Invalid, message, error))
        }
    }
}

/// A value from JSON text.
pub(crate) fn from_json<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| {
        let message = format!("the JSON is no `{}`: {error}", std::any::type_name::<T>());
        Error::with_source(ErrorKind::Storage, message, error)
    })
}
