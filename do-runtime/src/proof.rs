//! What generated code asks of the user's types, once for each and at their own tokens: with the proof in a constant,
//! nothing else that is generated asks again, so that a type without the trait is one error, where it stands.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::RowAccess;
use crate::error::Result;
#[cfg(feature = "interface")]
use crate::interface::{Shape, Shapes};
use crate::object::{ArgumentsReader, ArgumentsWriter, Dispatch, StoredReader, StoredWriter};
use crate::ownership::{Carried, Sendable, encoded_bytes};
use crate::table::ValueShape;
use crate::table::generated::{column, json_column, json_from_value, json_value, position};
use crate::value::{Column, Value, ValueRef};

/// A type of the user's own as a column.
pub struct ColumnType<T> {
    /// Its type in SQLite.
    pub sql_type: &'static str,
    /// Whether a value can be NULL.
    pub null: bool,
    value: fn(&T) -> Result<Value<'_>>,
    read: fn(&dyn RowAccess, usize, &str) -> Result<T>,
    from_value: fn(ValueRef<'_>) -> Result<T>,
}

/// The object can be called, or this does not compile.
pub fn callable<O: Dispatch>() {}

/// A part of the payload of an alarm that its `exhausted` method takes as a `T`.
#[diagnostic::on_unimplemented(
    message = "the payload of the alarm has a `{Self}` here, and its `exhausted` method takes a `{T}`",
    label = "in the payload it is `{Self}`"
)]
pub trait HandedAs<T> {
    /// Itself.
    fn handed(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T> HandedAs<T> for T {
    fn handed(self) -> T {
        self
    }
}

/// Hands a part of a payload to an `exhausted` method.
pub fn handed<P: HandedAs<T>, T>(part: P) -> T {
    part.handed()
}

impl<T: Column> ColumnType<T> {
    /// `T` can be a column, or this does not compile.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        ColumnType {
            sql_type: T::SQL_TYPE,
            null: T::NULL,
            value: T::to_value,
            read: column::<T>,
            from_value: T::from_value,
        }
    }
}

/// `T` can be kept as JSON, or this does not compile.
pub const fn json_type<T: JsonValue>() -> ColumnType<T> {
    ColumnType {
        sql_type: "TEXT",
        null: false,
        value: json_value::<T>,
        read: json_column::<T>,
        from_value: json_from_value::<T>,
    }
}

impl<T> ColumnType<T> {
    /// A value, to bind.
    pub fn value<'v>(&self, value: &'v T) -> Result<Value<'v>> {
        (self.value)(value)
    }

    /// Reads a value back. The error names what was found instead.
    pub fn from_value(&self, value: ValueRef<'_>) -> Result<T> {
        (self.from_value)(value)
    }

    /// What a value can hold.
    pub const fn shape(&self) -> ValueShape {
        ValueShape { sql_type: self.sql_type, null: self.null }
    }

    /// Reads the column with a name.
    pub fn read_named(&self, row: &dyn RowAccess, name: &str) -> Result<T> {
        (self.read)(row, position(row, name)?, name)
    }

    /// Reads the column at an index. The error names it.
    pub fn read(&self, row: &dyn RowAccess, index: usize, name: &str) -> Result<T> {
        (self.read)(row, index, name)
    }
}

/// A stored field of a type of the user's own.
pub struct StoredField<T> {
    name: &'static str,
    take: fn(&mut StoredReader<'_>, &'static str) -> Result<Option<T>>,
    put: fn(&mut StoredWriter<'_>, &'static str, &T) -> Result,
}

/// `T` can be stored, or this does not compile.
pub const fn stored_field<T: Storable>(name: &'static str) -> StoredField<T> {
    StoredField { name, take: take::<T>, put: put::<T> }
}

impl<T> StoredField<T> {
    /// The field as it was stored, or nothing if it never was.
    pub fn take(&self, stored: &mut StoredReader<'_>) -> Result<Option<T>> {
        (self.take)(stored, self.name)
    }

    /// Hands the field over.
    pub fn put(&self, to: &mut StoredWriter<'_>, value: &T) -> Result {
        (self.put)(to, self.name, value)
    }
}

fn take<T: DeserializeOwned>(stored: &mut StoredReader<'_>, name: &'static str) -> Result<Option<T>> {
    stored.take(name)
}

fn put<T: Serialize>(to: &mut StoredWriter<'_>, name: &'static str, value: &T) -> Result {
    to.put(name, value)
}

/// An argument of a type of the user's own.
pub struct ArgumentType<T> {
    name: &'static str,
    sendable: Sendable<T>,
    bytes: fn(&T) -> u64,
    put: fn(&mut ArgumentsWriter, &'static str, &T) -> Result,
    take: fn(&mut ArgumentsReader<'_>, &'static str) -> Result<T>,
    #[cfg(feature = "interface")]
    shape: fn(&mut Shapes) -> Shape,
}

/// `T` can be the argument of a call, or this does not compile.
pub const fn argument<T: Argument>(name: &'static str) -> ArgumentType<T> {
    travelling(name)
}

/// `T` can be in the payload of an alarm, or this does not compile.
pub const fn payload<T: Payload>(name: &'static str) -> ArgumentType<T> {
    travelling(name)
}

const fn travelling<T: Send + Serialize + DeserializeOwned>(name: &'static str) -> ArgumentType<T> {
    ArgumentType {
        name,
        sendable: Sendable::new(),
        bytes: encoded_bytes::<T>,
        put: put_argument,
        take: take_argument,
        #[cfg(feature = "interface")]
        shape: Shapes::of::<T>,
    }
}

impl<T> ArgumentType<T> {
    /// The parameter's name.
    #[cfg(feature = "interface")]
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// How it looks outside of the process.
    #[cfg(feature = "interface")]
    pub(crate) fn shape(&self) -> fn(&mut Shapes) -> Shape {
        self.shape
    }

    /// Takes an argument on its way.
    pub fn carry(&self, argument: T) -> Carried<T> {
        Carried::new(argument, &self.sendable, self.bytes)
    }

    /// Writes it down.
    pub fn put(&self, to: &mut ArgumentsWriter, argument: &T) -> Result {
        (self.put)(to, self.name, argument)
    }

    /// Reads it back.
    pub fn take(&self, from: &mut ArgumentsReader<'_>) -> Result<T> {
        (self.take)(from, self.name)
    }
}

fn put_argument<T: Serialize>(to: &mut ArgumentsWriter, name: &'static str, argument: &T) -> Result {
    to.put(name, argument)
}

fn take_argument<T: DeserializeOwned>(from: &mut ArgumentsReader<'_>, name: &'static str) -> Result<T> {
    from.take(name)
}

/// What can be an argument of an `#[rpc]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an argument of an #[rpc]",
    label = "an argument moves between threads and may be stored: it is `Send`, `Serialize` and `Deserialize`",
    note = "derive serde's `Serialize` and `Deserialize`, and hold nothing that is bound to one thread (`Arc` instead of `Rc`)"
)]
pub trait Argument: Send + Serialize + DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Serialize + DeserializeOwned + 'static> Argument for T {}

/// What can be in the payload of an `#[alarm]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be in the payload of an #[alarm]",
    label = "a payload is stored until its time comes: it is `Send`, `Serialize` and `Deserialize`",
    note = "derive serde's `Serialize` and `Deserialize`, and hold nothing that is bound to one thread (`Arc` instead of `Rc`)"
)]
pub trait Payload: Send + Serialize + DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Serialize + DeserializeOwned + 'static> Payload for T {}

/// What can be a stored field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be stored",
    label = "a stored field is `Serialize` and `Deserialize`",
    note = "derive serde's `Serialize` and `Deserialize` for it, or write `#[ephemeral]` if it may start afresh at each wake"
)]
pub trait Storable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Storable for T {}

/// What can be a column of JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be kept as JSON",
    label = "a column of JSON is `Serialize` and `Deserialize`",
    note = "derive serde's `Serialize` and `Deserialize` for it"
)]
pub trait JsonValue: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> JsonValue for T {}

/// What has a first value.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` has no first value",
    label = "this type has no `Default`",
    note = "derive `Default` for it, or write `#[stored(default = …)]`, or `#[ephemeral(default = …)]`, above the field"
)]
pub trait FirstValue: Sized {
    /// It.
    fn first_value() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> FirstValue for T {
    fn first_value() -> Self {
        T::default()
    }
}
