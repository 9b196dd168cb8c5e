//! Which types can be the parameter of a statement where a column of a class stands: what `sql!` asks of a parameter.

use super::{Bytes, Id, Json, ObjectRef, ToValue, Uuid, Value};
use crate::id::ObjectId;
use crate::time::Timestamp;

/// The class of an INTEGER column.
#[derive(Debug)]
pub enum Integer {}
/// The class of a REAL column.
#[derive(Debug)]
pub enum Real {}
/// The class of a TEXT column.
#[derive(Debug)]
pub enum Text {}
/// The class of a BLOB column.
#[derive(Debug)]
pub enum Blob {}

/// The class of a LIMIT and an OFFSET.
#[derive(Debug)]
pub enum Count {}

/// A value that can be compared with, or put into, a column of the class `C`. `#[derive(Column)]` implements it; a type
/// whose [`Column`](super::Column) is written by hand implements it for its class: `impl Binds<Text> for Status {}`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a parameter where the SQL has a value of class `{C}`",
    label = "this parameter has another class",
    note = "INTEGER takes integers, `bool`, `Timestamp` and `Id<T>`; REAL takes numbers; TEXT takes `&str` and `String`; \
            BLOB takes `&[u8]`, `Vec<u8>`, `Uuid` and `ObjectId`; each of them as an `Option` too; \
            `Count`, after LIMIT and OFFSET, takes integers alone; \
            `IN (:list)` takes a slice, an array or a `Vec` of them"
)]
pub trait Binds<C>: ToValue {}

/// [`Binds`] for the inner type of a newtype: a bound that asks for nothing else, so that what is no column type is told once.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a newtype of `{Self}` can't be a parameter where the SQL has a value of class `{C}`",
    label = "this parameter has another class"
)]
pub trait BindsInside<C> {}

#[diagnostic::do_not_recommend]
impl<C, T: Binds<C>> BindsInside<C> for T {}

/// The values of a list: `IN (:names)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the list of an `IN (:list)`",
    label = "not a list of values",
    note = "pass a slice, an array or a `Vec` of values of the column's class"
)]
pub trait BindsList {
    /// The type of a value.
    type Item: ToValue;
    /// The values.
    fn items(&self) -> &[Self::Item];
}

#[diagnostic::do_not_recommend]
impl<T: ToValue> BindsList for [T] {
    type Item = T;

    fn items(&self) -> &[T] {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: ToValue, const N: usize> BindsList for [T; N] {
    type Item = T;

    fn items(&self) -> &[T] {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: ToValue> BindsList for Vec<T> {
    type Item = T;

    fn items(&self) -> &[T] {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<L: BindsList + ?Sized> BindsList for &L {
    type Item = L::Item;

    fn items(&self) -> &[L::Item] {
        (**self).items()
    }
}

macro_rules! binds {
    ($class:ident: $($type:ty),+) => {
        $(
            #[diagnostic::do_not_recommend]
            impl Binds<$class> for $type {}
        )+
    };
}

binds!(Integer: i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, bool, f64, Timestamp);
binds!(Count: i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);
binds!(Real: i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f64);
binds!(Text: str, String);
binds!(Blob: [u8], Vec<u8>, Bytes, Uuid, ObjectId);

#[diagnostic::do_not_recommend]
impl<const N: usize> Binds<Blob> for [u8; N] {}
#[diagnostic::do_not_recommend]
impl<O> Binds<Blob> for ObjectRef<O> {}
#[diagnostic::do_not_recommend]
impl<T> Binds<Integer> for Id<T> {}
#[diagnostic::do_not_recommend]
impl<T: serde::Serialize> Binds<Text> for Json<T> {}

#[diagnostic::do_not_recommend]
impl<C, T: Binds<C> + ?Sized> Binds<C> for &T {}
#[diagnostic::do_not_recommend]
impl<C, T: Binds<C>> Binds<C> for Option<T> {}
#[diagnostic::do_not_recommend]
impl<C> Binds<C> for Value<'_> {}
