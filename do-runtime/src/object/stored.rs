//! Stored fields: what generated code reads them from and writes them to, and what an awake object remembers of
//! them in order to write only what changed.

use std::any::type_name;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::{Engine, KeyRange, Space};
use crate::error::{Error, ErrorKind, Result};
use crate::object::{Object, payload};

/// How large the stored fields of an object may be in all, encoded, in bytes.
pub(crate) const STORED_LIMIT: usize = 256 << 10;

/// Where an object takes its stored fields from.
pub struct StoredReader<'s> {
    class: &'static str,
    source: Source<'s>,
}

enum Source<'s> {
    /// As they are in storage, where some may be missing.
    Storage(&'s BTreeMap<String, Vec<u8>>),
    /// As the awake object had them.
    State(&'s [Field]),
}

impl StoredReader<'_> {
    /// A field as it was stored, or nothing if it never was. One that is no `T` is a `storage` error that names
    /// the class, the field and the type.
    pub fn take<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<Option<T>> {
        let bytes = match self.source {
            Source::Storage(fields) => fields.get(name),
            Source::State(fields) => fields.iter().find(|field| field.name == name).map(|field| &field.bytes),
        };
        let Some(bytes) = bytes else { return Ok(None) };
        payload::decode(bytes).map(Some).map_err(|error| {
            let message = format!(
                "the stored field `{name}` of `{}` can't be read as `{}`: {error}",
                self.class,
                type_name::<T>()
            );
            Error::with_source(ErrorKind::Storage, message, error)
        })
    }
}

/// Where an object puts its stored fields. It keeps those that are not as they were.
pub struct StoredWriter<'s> {
    class: &'static str,
    before: &'s [Field],
    position: usize,
    changed: Vec<Field>,
    total: usize,
    largest: Option<(&'static str, usize)>,
    scratch: Vec<u8>,
}

impl StoredWriter<'_> {
    /// Takes a field. One that can't be encoded is `invalid`.
    pub fn put<T: Serialize>(&mut self, name: &'static str, value: &T) -> Result {
        self.scratch.clear();
        payload::encode_to(&mut self.scratch, value).map_err(|error| {
            let message = format!(
                "the stored field `{name}` of `{}`, a `{}`, can't be encoded: {error}",
                self.class,
                type_name::<T>()
            );
            Error::with_source(ErrorKind::Invalid, message, error)
        })?;
        let size = self.scratch.len();
        self.total += size;
        if self.largest.is_none_or(|(_, largest)| size > largest) {
            self.largest = Some((name, size));
        }
        // Generated code hands the fields over in the same order each time.
        let before = self.before.get(self.position).filter(|field| field.name == name);
        self.position += 1;
        if before.is_none_or(|field| field.bytes != self.scratch) {
            self.changed.push(Field { name, bytes: self.scratch.clone() });
        }
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: &'static str,
    bytes: Vec<u8>,
}

/// The stored fields of an awake object as they were when it woke, or when it last committed or was restored.
///
/// It is what the object itself encodes to, not what storage has: an encoding may differ although nothing
/// changed, when a type has grown since, or when a `HashMap` is in another order.
#[derive(Debug)]
pub(crate) struct StoredState {
    fields: Vec<Field>,
    /// Those of which storage has no value yet: the object woke with their defaults.
    unsaved: Vec<&'static str>,
}

/// The stored fields that a handler changed.
#[derive(Debug)]
#[must_use = "changes are to be written, or the object restored"]
pub(crate) struct StoredChanges(Vec<Field>);

impl StoredChanges {
    /// Whether no field changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl StoredState {
    /// Wakes an object from its storage.
    pub(crate) fn wake<O: Object>(engine: &dyn Engine) -> Result<(O, Self)> {
        let mut saved = BTreeMap::new();
        engine.kv_list(Space::Stored, &KeyRange::default(), &mut |name, bytes| {
            saved.insert(name.to_owned(), bytes.to_vec());
            Ok(ControlFlow::Continue(()))
        })?;
        let object = O::wake(&mut StoredReader { class: O::CLASS, source: Source::Storage(&saved) })?;
        let mut state = StoredState::of(&object)?;
        state.unsaved.retain(|name| !saved.contains_key(*name));
        Ok((object, state))
    }

    /// The stored fields of an object that never was called.
    pub(crate) fn first<O: Object>() -> Result<Self> {
        let object = O::wake(&mut StoredReader { class: O::CLASS, source: Source::State(&[]) })?;
        StoredState::of(&object)
    }

    /// The stored fields as the object has them now: what a savepoint goes back to.
    pub(crate) fn of<O: Object>(object: &O) -> Result<Self> {
        let fields = compare(object, &[])?;
        let unsaved = fields.iter().map(|field| field.name).collect();
        Ok(StoredState { fields, unsaved })
    }

    /// What has changed. More than [`STORED_LIMIT`] in all is a `storage` error that names the largest field.
    pub(crate) fn changes<O: Object>(&self, object: &O) -> Result<StoredChanges> {
        compare(object, &self.fields).map(StoredChanges)
    }

    /// Writes the changes, and with them the first values of fields that storage does not have yet.
    ///
    /// It is to be called in a transaction that writes anything, be it only rows, so that a default is drawn
    /// once in the life of an object; but not in one that writes nothing, which must not bring the object into being.
    pub(crate) fn write(&self, changes: &StoredChanges, engine: &dyn Engine) -> Result {
        for field in &changes.0 {
            engine.kv_put(Space::Stored, field.name, &field.bytes)?;
        }
        for field in &self.fields {
            let changed = changes.0.iter().any(|change| change.name == field.name);
            if !changed && self.unsaved.contains(&field.name) {
                engine.kv_put(Space::Stored, field.name, &field.bytes)?;
            }
        }
        Ok(())
    }

    /// Takes over changes that were written and are committed.
    pub(crate) fn commit(&mut self, changes: StoredChanges) {
        self.unsaved.clear();
        for change in changes.0 {
            match self.fields.iter_mut().find(|field| field.name == change.name) {
                Some(field) => field.bytes = change.bytes,
                None => self.fields.push(change),
            }
        }
    }

    /// Gives the object its stored fields back as they were, leaving its ephemeral ones.
    pub(crate) fn restore<O: Object>(&mut self, object: &mut O) -> Result {
        object.restore(&mut StoredReader { class: O::CLASS, source: Source::State(&self.fields) })?;
        self.fields = compare(object, &[])?;
        Ok(())
    }

    /// Checks that a handler which only reads has left them alone.
    pub(crate) fn unchanged<O: Object>(&self, object: &O) -> Result {
        match self.changes(object)?.0.first() {
            None => Ok(()),
            Some(field) => Err(Error::new(
                ErrorKind::Handler,
                format!(
                    "a handler with `&self` changed the stored field `{}` of `{}` through a cell: take `&mut self`, \
                     or make the field `#[ephemeral]`",
                    field.name,
                    O::CLASS
                ),
            )),
        }
    }
}

/// The stored fields of an object that are not as they were before.
fn compare<O: Object>(object: &O, before: &[Field]) -> Result<Vec<Field>> {
    let mut writer = StoredWriter {
        class: O::CLASS,
        before,
        position: 0,
        changed: Vec::new(),
        total: 0,
        largest: None,
        scratch: Vec::new(),
    };
    object.store(&mut writer)?;
    match writer.largest {
        Some((name, size)) if writer.total > STORED_LIMIT => Err(Error::new(
            ErrorKind::Storage,
            format!(
                "the stored fields of `{}` have {} bytes in all, and may have {STORED_LIMIT}; the largest is `{name}` \
                 with {size}: keep what grows in a table",
                O::CLASS,
                writer.total
            ),
        )),
        _ => Ok(writer.changed),
    }
}

#[cfg(test)]
mod tests;
