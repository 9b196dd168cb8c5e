//! Key-values: any serde value under a text key, beside the tables.

use std::any::type_name;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Deref};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::{Engine, KeyRange, Space};
use crate::error::{Error, ErrorKind, Result};
use crate::object::{Cx, Object, payload};
use crate::table::RowLimit;

impl<O: Object> Cx<O> {
    /// The object's key-values, to read.
    pub fn kv(&self) -> Kv<'_> {
        Kv { engine: self.engine() }
    }

    /// The object's key-values, to write and read.
    pub fn kv_mut(&mut self) -> KvMut<'_> {
        KvMut { kv: Kv { engine: self.engine() }, value_limit: O::LIMITS.value }
    }
}

/// The key-values of an object, to read. Keys are in the order of their UTF-8 bytes.
///
/// ```
/// # use do_runtime::{Cx, Object, Result};
/// fn themes<O: Object>(cx: &mut Cx<O>) -> Result<Vec<(String, String)>> {
///     cx.kv_mut().put("theme/ann", "dark")?;
///     let ann: Option<String> = cx.kv().get("theme/ann")?;
///     assert_eq!(ann.as_deref(), Some("dark"));
///     cx.kv().list().prefix("theme/").all()
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Kv<'c> {
    engine: &'c dyn Engine,
}

impl<'c> Kv<'c> {
    /// The value under a key. One that is no `V` is a `storage` error that names the key and the type.
    pub fn get<V: DeserializeOwned>(&self, key: &str) -> Result<Option<V>> {
        match self.engine.kv_get(Space::User, key)? {
            Some(bytes) => decode(key, &bytes).map(Some),
            None => Ok(None),
        }
    }

    /// The values under keys. A key that is not set is left out.
    pub fn get_many<V: DeserializeOwned>(
        &self,
        keys: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<BTreeMap<String, V>> {
        let mut values = BTreeMap::new();
        for key in keys {
            let key = key.as_ref();
            if let Some(value) = self.get(key)? {
                values.insert(key.to_owned(), value);
            }
        }
        Ok(values)
    }

    /// A listing of keys and values: all of them, unless it is narrowed.
    pub fn list(&self) -> KvList<'c> {
        KvList { engine: self.engine, prefix: None, start: None, end: None, reverse: false, limit: Ok(None) }
    }
}

/// What is done with one key and its encoded value after another.
type Each<'e> = dyn FnMut(&str, &[u8]) -> Result<ControlFlow<()>> + 'e;

/// A listing of key-values: nothing is read until it is asked for.
#[must_use = "a listing reads nothing until it is asked: `.all()?`, `.keys()?` or `.each(…)?`"]
pub struct KvList<'c> {
    engine: &'c dyn Engine,
    prefix: Option<String>,
    start: Option<String>,
    end: Option<String>,
    reverse: bool,
    limit: Result<Option<u64>>,
}

impl KvList<'_> {
    /// Only keys that begin so.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Only keys from this one on.
    pub fn start(mut self, start: impl Into<String>) -> Self {
        self.start = Some(start.into());
        self
    }

    /// Only keys before this one.
    pub fn end(mut self, end: impl Into<String>) -> Self {
        self.end = Some(end.into());
        self
    }

    /// From the last to the first.
    pub fn reverse(mut self) -> Self {
        self.reverse = !self.reverse;
        self
    }

    /// At most so many. A negative number is an `invalid` error when the listing is asked for.
    pub fn limit(mut self, keys: impl RowLimit) -> Self {
        self.limit = self.limit.and(keys.row_limit().map(Some));
        self
    }

    /// The keys and their values. One that is no `V` is a `storage` error that names the key and the type.
    pub fn all<V: DeserializeOwned>(self) -> Result<Vec<(String, V)>> {
        let mut all = Vec::new();
        self.each(|key, value| {
            all.push((key.to_owned(), value));
            Ok(())
        })?;
        Ok(all)
    }

    /// The keys alone, whatever their values are.
    pub fn keys(self) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        self.run(&mut |key, _| {
            keys.push(key.to_owned());
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(keys)
    }

    /// Hands over one key and its value after another, until the closure fails.
    pub fn each<V: DeserializeOwned>(self, mut closure: impl FnMut(&str, V) -> Result) -> Result {
        self.run(&mut |key, bytes| {
            closure(key, decode(key, bytes)?)?;
            Ok(ControlFlow::Continue(()))
        })
    }

    fn run(self, each: &mut Each<'_>) -> Result {
        let range = KeyRange {
            prefix: self.prefix.as_deref(),
            start: self.start.as_deref(),
            end: self.end.as_deref(),
            reverse: self.reverse,
            limit: self.limit?,
        };
        self.engine.kv_list(Space::User, &range, each)
    }
}

/// What SQLite adds to a key and its value in a row, at most: the limit is on the row.
const ROW_HEADER: usize = 16;

/// The key-values of an object, to write; and to read, as [`Kv`] does.
pub struct KvMut<'c> {
    kv: Kv<'c>,
    value_limit: u64,
}

impl<'c> Deref for KvMut<'c> {
    type Target = Kv<'c>;
    fn deref(&self) -> &Kv<'c> {
        &self.kv
    }
}

impl KvMut<'_> {
    /// Sets a key. A value that is, with its key, larger than `limits(value = …)` is a `storage` error that names
    /// the key and the size.
    pub fn put<V: Serialize + ?Sized>(&mut self, key: &str, value: &V) -> Result {
        let bytes = self.encode(key, value)?;
        self.kv.engine.kv_put(Space::User, key, &bytes)
    }

    /// Sets several keys. If one value can't be encoded or is too large, none is set.
    pub fn put_all<K: AsRef<str>, V: Serialize>(&mut self, values: impl IntoIterator<Item = (K, V)>) -> Result {
        let mut encoded = Vec::new();
        for (key, value) in values {
            let bytes = self.encode(key.as_ref(), &value)?;
            encoded.push((key, bytes));
        }
        let engine = self.kv.engine;
        engine.savepoint(&mut || {
            encoded.iter().try_for_each(|(key, bytes)| engine.kv_put(Space::User, key.as_ref(), bytes))
        })
    }

    /// Removes a key; whether it was set.
    pub fn delete(&mut self, key: &str) -> Result<bool> {
        self.kv.engine.kv_delete(Space::User, key)
    }

    /// Removes all keys.
    pub fn delete_all(&mut self) -> Result {
        self.kv.engine.kv_clear(Space::User)
    }

    fn encode<V: Serialize + ?Sized>(&self, key: &str, value: &V) -> Result<Vec<u8>> {
        let bytes = payload::encode(value).map_err(|error| {
            let message = format!("the `{}` for the key {key:?} can't be encoded: {error}", type_name::<V>());
            Error::with_source(ErrorKind::Invalid, message, error)
        })?;
        if (key.len() + bytes.len() + ROW_HEADER) as u64 > self.value_limit {
            let message = format!(
                "the value for the key {key:?} has {} bytes, and with its key it may have {}: split it, or raise \
                 `limits(value = …)`",
                bytes.len(),
                self.value_limit.saturating_sub(ROW_HEADER as u64)
            );
            return Err(Error::new(ErrorKind::Storage, message));
        }
        Ok(bytes)
    }
}

fn decode<V: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<V> {
    payload::decode(bytes).map_err(|error| {
        let message = format!("the value under the key {key:?} can't be read as `{}`: {error}", type_name::<V>());
        Error::with_source(ErrorKind::Storage, message, error)
    })
}

#[cfg(test)]
mod tests;
