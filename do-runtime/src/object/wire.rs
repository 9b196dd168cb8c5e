//! How values look outside of the process.

use serde::Serialize;

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
}
