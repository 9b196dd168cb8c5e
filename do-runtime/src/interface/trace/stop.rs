//! How a trace ends: always with an error, since no value is made of what is only described.

use std::fmt;

use serde::de;

/// Why a deserialization ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// One more thing is known: that was the purpose.
    Enough,
    /// A field is missing.
    Missing(&'static str),
    /// A field is there twice; the name is that which it is written by.
    Twice(&'static str),
    /// The value was refused, or can't be made.
    Refused,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type is being described: there is no value")
    }
}

impl std::error::Error for Stop {}

impl de::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Stop::Refused
    }

    fn missing_field(name: &'static str) -> Self {
        Stop::Missing(name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Stop::Twice(name)
    }
}
