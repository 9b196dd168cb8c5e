//! Arguments that came from outside the process, where anything may be sent.

use std::any::type_name;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{ArgumentsReader, Entry, FORMAT, NIL, Source, wrong};
use crate::error::{Error, ErrorKind, Result, shown};
use crate::fetch::Request;
use crate::object::{Method, Wire};

impl<'a> ArgumentsReader<'a> {
    /// Finds the arguments in what came from outside: a map from the names of the parameters to their values. No bytes at all are no
    /// arguments.
    ///
    /// # Errors
    /// `invalid` if it is no such map, or names a parameter twice.
    pub(crate) fn of_wire(bytes: &'a [u8], wire: Wire) -> Result<Self> {
        let found = match wire {
            _ if bytes.is_empty() => ArgumentsReader { entries: Vec::new(), source: Source::Wire(wire) },
            Wire::MessagePack => Self::packed(bytes)?,
            Wire::Json => {
                let Members(entries) = serde_json::from_slice(bytes).map_err(|error| {
                    let sentence = format!("the arguments are no JSON object of them: {error}");
                    Error::with_source(ErrorKind::Invalid, sentence, error)
                })?;
                ArgumentsReader { entries, source: Source::Wire(wire) }
            }
        };
        let mut names = HashSet::new();
        match found.entries.iter().find(|entry| !names.insert(&*entry.name)) {
            None => Ok(found),
            Some(Entry { name, .. }) => {
                Err(wrong(name, format!("the argument `{}` is there twice", shown(name)), None))
            }
        }
    }

    /// The arguments of a method that a request over HTTP is for: by their names the parts of its path, then what its query has; and the request
    /// itself for a parameter of its type.
    pub(crate) fn of_request(request: &'a Request, parts: &'a [(&'static str, String)]) -> Self {
        let parts = parts.iter().map(|(name, value)| (*name, value.as_str()));
        let entries = parts.chain(request.queries()).map(|(name, value)| Entry {
            name: name.into(),
            value: value.as_bytes(),
            taken: false,
        });
        ArgumentsReader { entries: entries.collect(), source: Source::Request(Box::new(request.clone())) }
    }

    /// Refuses arguments that nobody took: a name that is spelt wrongly would else be an argument that is left out.
    ///
    /// # Errors
    /// `invalid`, with the name.
    pub(crate) fn refuse_rest(&self, method: &Method) -> Result<()> {
        match self.entries.iter().find(|entry| !entry.taken) {
            None => Ok(()),
            Some(Entry { name, .. }) => {
                let name = shown(name);
                Err(wrong(&name, format!("`{}` has no parameter `{name}`", method.name), None))
            }
        }
    }
}

/// Arguments as they came, to be compared with those of a repeated call: MessagePack as an [`ArgumentsWriter`](super::ArgumentsWriter)
/// would have written it, JSON without the spaces and the order of its members, which mean nothing.
pub(crate) fn as_they_came(bytes: &[u8], wire: Wire) -> Vec<u8> {
    match wire {
        Wire::MessagePack => [&[FORMAT], bytes].concat(),
        Wire::Json => match serde_json::from_slice::<serde_json::Value>(bytes) {
            Ok(value) => value.to_string().into_bytes(),
            // What has been read as arguments is JSON, or nothing at all.
            Err(_) => bytes.to_vec(),
        },
    }
}

/// The members of a JSON object, in order.
struct Members<'a>(Vec<Entry<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for Each<'a> {
            type Value = Members<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a member for each parameter")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some((name, value)) = map.next_entry::<MemberName<'a>, &'a RawValue>()? {
                    entries.push(Entry { name: name.0, value: value.get().as_bytes(), taken: false });
                }
                Ok(Members(entries))
            }
        }

        from.deserialize_map(Each(PhantomData))
    }
}

/// Borrowed unless it has escapes.
#[derive(Deserialize)]
struct MemberName<'a>(#[serde(borrow)] Cow<'a, str>);

/// A value from a text of a request: as text where a text will do, else as a number, `true` or `false`.
pub(super) fn read<T: DeserializeOwned>(
    request: &Request,
    value: Option<&[u8]>,
) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
    if type_name::<T>() == type_name::<Request>() {
        // It is a `T`, which its name alone says here.
        return Ok(rmp_serde::from_slice(&rmp_serde::to_vec_named(request)?)?);
    }
    let Some(text) = value else { return Ok(rmp_serde::from_slice(NIL)?) };
    let text = std::str::from_utf8(text)?;
    serde_json::from_value(text.into()).or_else(|_| serde_json::from_str(text)).map_err(Into::into)
}
