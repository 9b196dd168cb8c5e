//! Objects as columns: `ObjectId`, and `ObjectRef<O>`, which knows its class.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bytes::blob;
use super::{Column, ToValue, Value, ValueRef, mismatch};
use crate::ObjectId;
use crate::error::Result;

impl Serialize for ObjectId {
    /// As 64 hexadecimal digits.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    /// From 64 hexadecimal digits. Whether there is such an object, and of which class, is checked when it is called.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Hexadecimal)
    }
}

struct Hexadecimal;

impl Visitor<'_> for Hexadecimal {
    type Value = ObjectId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the 64 hexadecimal digits of an object's id")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ObjectId, E> {
        from_hex(text).ok_or_else(|| E::custom("an object's id has 64 hexadecimal digits"))
    }
}

fn from_hex(text: &str) -> Option<ObjectId> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut id = [0; 32];
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = (high << 4 | low) as u8;
    }
    Some(ObjectId(id))
}

impl ToValue for ObjectId {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Blob(Cow::Borrowed(self.as_bytes())))
    }
}

impl Column for ObjectId {
    const SQL_TYPE: &'static str = "BLOB";
    type Ref<'k> = ObjectId;

    fn as_key(&self) -> ObjectId {
        *self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match blob(value)?.try_into() {
            Ok(id) => Ok(ObjectId(id)),
            Err(_) => Err(mismatch("an object's id of 32 bytes", value)),
        }
    }
}

/// A reference to an object of class `O`: its id, as a column, an argument or a part of stored state.
pub struct ObjectRef<O>(ObjectId, PhantomData<fn() -> O>);

impl<O> ObjectRef<O> {
    /// A reference to the object with this id. Its class is checked when it is called.
    pub const fn from_id(id: ObjectId) -> Self {
        ObjectRef(id, PhantomData)
    }

    /// The object's id.
    pub const fn id(self) -> ObjectId {
        self.0
    }
}

impl<O> Clone for ObjectRef<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for ObjectRef<O> {}

impl<O> PartialEq for ObjectRef<O> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<O> Eq for ObjectRef<O> {}

impl<O> Hash for ObjectRef<O> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<O> fmt::Debug for ObjectRef<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectRef({})", self.0)
    }
}

impl<O> Serialize for ObjectRef<O> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, O> Deserialize<'de> for ObjectRef<O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ObjectId::deserialize(deserializer).map(ObjectRef::from_id)
    }
}

impl<O> ToValue for ObjectRef<O> {
    fn to_value(&self) -> Result<Value<'_>> {
        self.0.to_value()
    }
}

impl<O> Column for ObjectRef<O> {
    const SQL_TYPE: &'static str = "BLOB";
    type Ref<'k>
        = ObjectRef<O>
    where
        O: 'k;

    fn as_key(&self) -> ObjectRef<O> {
        *self
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        ObjectId::from_value(value).map(ObjectRef::from_id)
    }
}
