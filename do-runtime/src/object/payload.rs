//! How values rest outside of tables: a byte for the format, then named-field MessagePack, so that serde's defaults
//! govern how a type may grow.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The format that is written.
const FORMAT: u8 = 1;

/// A value that can't be encoded.
#[derive(Debug)]
pub(crate) struct Unencodable(rmp_serde::encode::Error);

/// Bytes that can't be decoded.
#[derive(Debug)]
pub(crate) enum Undecodable {
    /// There are none.
    Empty,
    /// Their format is not one that this program knows.
    Format(u8),
    /// They are of another type.
    Payload(rmp_serde::decode::Error),
}

/// Encodes a value to the end of `bytes`.
pub(crate) fn encode_to<T: Serialize + ?Sized>(bytes: &mut Vec<u8>, value: &T) -> Result<(), Unencodable> {
    bytes.push(FORMAT);
    rmp_serde::encode::write_named(bytes, value).map_err(Unencodable)
}

/// Encodes a value.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Unencodable> {
    let mut bytes = Vec::new();
    encode_to(&mut bytes, value)?;
    Ok(bytes)
}

/// Decodes a value.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Undecodable> {
    match bytes {
        [] => Err(Undecodable::Empty),
        [FORMAT, payload @ ..] => rmp_serde::from_slice(payload).map_err(Undecodable::Payload),
        [format, ..] => Err(Undecodable::Format(*format)),
    }
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Unencodable {}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Undecodable::Empty => f.write_str("it is empty"),
            Undecodable::Format(format) => write!(f, "it is in format {format}, and this program knows only {FORMAT}"),
            Undecodable::Payload(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Undecodable {}
