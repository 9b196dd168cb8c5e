//! Arguments of calls and payloads of alarms as bytes: a byte for the format, then a MessagePack map from the name of
//! each parameter to its value, so that a method may grow by an `Option` while what was written before still waits.

mod extent;
#[cfg(feature = "http")]
mod outside;
#[cfg(test)]
mod tests;

#[cfg(feature = "http")]
pub(crate) use outside::as_they_came;

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Wire;
use crate::error::{Error, ErrorKind, Result, shown};

/// The format that is written.
const FORMAT: u8 = 1;

/// What a parameter is read from that the bytes lack.
const NIL: &[u8] = &[0xc0];

/// Puts arguments into bytes.
#[derive(Debug, Default)]
pub struct ArgumentsWriter {
    count: u32,
    entries: Vec<u8>,
}

impl ArgumentsWriter {
    /// No arguments yet.
    pub fn new() -> Self {
        ArgumentsWriter::default()
    }

    /// The bytes of what is put.
    pub fn written(put: impl FnOnce(&mut ArgumentsWriter) -> Result) -> Result<Vec<u8>> {
        let mut writer = ArgumentsWriter::new();
        put(&mut writer)?;
        Ok(writer.finish())
    }

    /// Adds the argument of a parameter. One that can't be encoded is `invalid`, and left out.
    pub fn put<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result {
        let before = self.entries.len();
        let written = rmp_serde::encode::write(&mut self.entries, name)
            .and_then(|()| rmp_serde::encode::write_named(&mut self.entries, value));
        written.map_err(|error| {
            self.entries.truncate(before);
            let message = format!("the argument `{name}`, a `{}`, can't be encoded: {error}", type_name::<T>());
            Error::with_source(ErrorKind::Invalid, message, error)
        })?;
        self.count += 1;
        Ok(())
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(6 + self.entries.len());
        bytes.push(FORMAT);
        match self.count {
            few @ 0..=15 => bytes.push(0x80 | few as u8),
            many => {
                bytes.push(0xdf);
                bytes.extend(many.to_be_bytes());
            }
        }
        bytes.extend(self.entries);
        bytes
    }
}

/// The MessagePack map of arguments that were written.
#[cfg(feature = "connect")]
pub(crate) fn packed(written: Vec<u8>) -> bytes::Bytes {
    // Behind the format.
    bytes::Bytes::from(written).slice(1..)
}

/// Takes arguments out of bytes.
#[derive(Debug)]
pub struct ArgumentsReader<'a> {
    entries: Vec<Entry<'a>>,
    source: Source,
}

/// Where arguments come from.
#[derive(Debug)]
enum Source {
    /// Encoded values.
    Wire(Wire),
    /// The texts in the path and the query of a request over HTTP.
    #[cfg(feature = "http")]
    Request(Box<crate::fetch::Request>),
}

#[derive(Debug)]
struct Entry<'a> {
    name: Cow<'a, str>,
    /// The bytes of its value.
    value: &'a [u8],
    taken: bool,
}

impl<'a> ArgumentsReader<'a> {
    /// Finds the arguments in what an [`ArgumentsWriter`] wrote. Bytes that are damaged, or in a format of a later version, are
    /// `invalid`.
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        match bytes {
            [FORMAT, map @ ..] => Self::packed(map),
            [] => Err(damaged("there is nothing")),
            [format, ..] => {
                let message =
                    format!("these arguments are in format {format}, and this program knows only format {FORMAT}");
                Err(Error::invalid(message))
            }
        }
    }

    /// Finds the arguments in a MessagePack map.
    pub(crate) fn packed(map: &'a [u8]) -> Result<Self> {
        let (count, mut rest) = extent::map(map).ok_or_else(|| damaged("they are no map"))?;
        let mut entries = Vec::new();
        for _ in 0..count {
            let (name, after) = extent::split_value(rest).ok_or_else(|| damaged("they end too early"))?;
            let name: &str = rmp_serde::from_slice(name).map_err(|_| damaged("one of them has no name"))?;
            let (value, after) = extent::split_value(after).ok_or_else(|| damaged("they end too early"))?;
            entries.push(Entry { name: name.into(), value, taken: false });
            rest = after;
        }
        match rest {
            [] => Ok(ArgumentsReader { entries, source: Source::Wire(Wire::MessagePack) }),
            _ => Err(damaged("something follows them")),
        }
    }

    /// The bytes of a value, if it is there.
    #[cfg(feature = "connect")]
    pub(crate) fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.entries.iter().find(|entry| entry.name == name).map(|entry| entry.value)
    }

    /// The argument of a parameter; one that is missing is read as nil, which makes an `Option` `None`. What is no
    /// `T` is `invalid`, with the names of the parameter and the type.
    pub fn take<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T> {
        let entry = self.entries.iter_mut().find(|entry| entry.name == name);
        let value = entry.map(|entry| {
            entry.taken = true;
            entry.value
        });
        let read: Result<T, Box<dyn std::error::Error + Send + Sync>> = match &self.source {
            Source::Wire(Wire::MessagePack) => rmp_serde::from_slice(value.unwrap_or(NIL)).map_err(Into::into),
            Source::Wire(Wire::Json) => serde_json::from_slice(value.unwrap_or(b"null")).map_err(Into::into),
            #[cfg(feature = "http")]
            Source::Request(request) => outside::read(request, value),
        };
        read.map_err(|error| {
            let expected = type_name::<T>();
            let message = match value {
                Some(_) => format!("the argument `{name}` can't be read as `{expected}`: {error}"),
                None => format!("the argument `{name}` is missing, and a `{expected}` can't be left out"),
            };
            wrong(name, message, Some(error))
        })
    }
}

/// An argument that is not what its method takes.
#[derive(Debug)]
pub(crate) struct WrongArgument {
    /// The parameter, or what was taken for one.
    pub(crate) name: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl fmt::Display for WrongArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the argument `{}` is wrong", self.name)
    }
}

impl std::error::Error for WrongArgument {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

fn wrong(name: &str, sentence: String, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::with_source(ErrorKind::Invalid, sentence, WrongArgument { name: shown(name), source })
}

fn damaged(how: &str) -> Error {
    Error::invalid(format!("these arguments are damaged: {how}"))
}
