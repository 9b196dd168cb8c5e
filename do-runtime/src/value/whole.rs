//! Reads whole numbers that are of a type of ours: a visitor whose value has the type's name, so that a description of an interface
//! can tell an id or an instant from any other integer.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads an `i64` as a `T`.
///
/// # Errors
/// The deserializer's, if there is no integer or one that is too large.
pub(crate) fn whole<'de, T, D: Deserializer<'de>>(
    from: D,
    expected: &'static str,
    make: fn(i64) -> T,
) -> Result<T, D::Error> {
    from.deserialize_i64(Whole { expected, make })
}

struct Whole<T> {
    expected: &'static str,
    make: fn(i64) -> T,
}

impl<T> Visitor<'_> for Whole<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Ok((self.make)(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        match i64::try_from(number) {
            Ok(number) => Ok((self.make)(number)),
            Err(_) => Err(E::invalid_value(serde::de::Unexpected::Unsigned(number), &self)),
        }
    }
}
