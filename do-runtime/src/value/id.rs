//! `Id<T>`: the key that SQLite assigns to a row of `T`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::integers::integer;
use super::{Column, ToValue, Value, ValueRef, whole};
use crate::error::{Error, Result};

/// The key of a row of `T`: an integer that SQLite assigns, and that no other table's rows can be asked for with.
///
/// It is serialized as an integer, whatever `T` is.
///
/// ```
/// use do_runtime::Id;
///
/// struct Message;
/// let id: Id<Message> = Id::from_raw(7);
/// assert_eq!(id.to_string(), "7");
/// assert_eq!("7".parse::<Id<Message>>()?, id);
/// # Ok::<(), do_runtime::Error>(())
/// ```
pub struct Id<T>(i64, PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// The id with this number.
    pub const fn from_raw(raw: i64) -> Self {
        Id(raw, PhantomData)
    }

    /// Its number.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> FromStr for Id<T> {
    type Err = Error;

    /// From its number; `invalid` if it is none.
    fn from_str(text: &str) -> Result<Self> {
        match text.parse() {
            Ok(raw) => Ok(Id::from_raw(raw)),
            Err(_) => Err(Error::invalid(format!("{text:?} is not an id: an id is an integer"))),
        }
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        whole(deserializer, "an id, which is an integer", Id::from_raw)
    }
}

impl<T> ToValue for Id<T> {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Integer(self.0))
    }
}

impl<T> Column for Id<T> {
    const SQL_TYPE: &'static str = "INTEGER";
    type Ref<'k>
        = Id<T>
    where
        T: 'k;

    fn as_key(&self) -> Id<T> {
        *self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        integer(value).map(Id::from_raw)
    }
}
