//! How values look outside of the process.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};

/// An encoding of values that are sent or received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// JSON text.
    Json,
    /// MessagePack, with the names of fields.
    MessagePack,
}

impl Wire {
    /// The bytes of a value.
    ///
    /// # Errors
    /// `internal` if its type can't be encoded so: a map with keys that are no text, in JSON.
    pub(crate) fn encode<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>> {
        let unencodable = |error: Box<dyn std::error::Error + Send + Sync>| {
            let sentence = format!("a `{}` can't be encoded: {error}", std::any::type_name::<T>());
            Error::with_source(ErrorKind::Internal, sentence, error)
        };
        match self {
            Wire::Json => serde_json::to_vec(value).map_err(|error| unencodable(error.into())),
            Wire::MessagePack => rmp_serde::to_vec_named(value).map_err(|error| unencodable(error.into())),
        }
    }

    /// The value of bytes that another process sent.
    ///
    /// # Errors
    /// `internal` if they are none of its type: the two programs are not of the same version, most of the time.
    pub(crate) fn decode<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T> {
        let unreadable = |error: Box<dyn std::error::Error + Send + Sync>| {
            let name = std::any::type_name::<T>();
            let sentence = format!("what the other process answered can't be read as `{name}`: {error}");
            Error::with_source(ErrorKind::Internal, sentence, error)
        };
        match self {
            Wire::Json => serde_json::from_slice(bytes).map_err(|error| unreadable(error.into())),
            Wire::MessagePack => rmp_serde::from_slice(bytes).map_err(|error| unreadable(error.into())),
        }
    }
}
