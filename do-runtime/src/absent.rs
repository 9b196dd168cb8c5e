//! What generated code falls back on where a type has no `#[table]` or `#[durable_object]`: its absence is one error, and
//! whatever needs it has none of its own.
//!
//! Each such type has a macro of the same name beside it. Generated code imports that in a block as `__schema`; where only the
//! type is there, `__schema!` means the macro of this module, which the block around it has imported. That happens too where a
//! table of an object could not be asked, which is an error there already.

use core::marker::PhantomData;

use crate::object::Object;
use crate::table::{Table, TableDef};

/// Answers as the macro of an object does, with the schema of none.
#[macro_export]
#[doc(hidden)]
macro_rules! __schema {
    ({$($callback:tt)*} {$($payload:tt)*}) => {
        $($callback)* ! { {$($payload)*} {!} }
    };
}

/// What stands before the generated items of an impl block whose type has no macro.
#[macro_export]
#[doc(hidden)]
macro_rules! __unless_object {
    ({$($items:tt)*} {!}) => { $($items)* };
    ({$($items:tt)*} {$($schema:tt)*}) => {};
}

/// What there is of a table, or of an object: an inherent constant stands before one of [`Absent`].
pub struct Present<T>(PhantomData<T>);

impl<T: Table> Present<T> {
    /// The declaration of a table.
    pub const DEF: &'static TableDef = T::DEF;
}

impl<T: Object> Present<T> {
    /// Stops the compiler at another name of an object.
    pub const OTHER_NAME: () = no_object::<T>();
}

/// What there is of anything else.
pub trait Absent {
    /// A declaration without a name, of which nothing is said.
    const DEF: &'static TableDef = &TableDef {
        name: "",
        rust_name: "",
        schema: "",
        types: &[],
        columns: &[],
        key: &[],
        assigned: None,
        indexes: &[],
        references: &[],
        expiry: None,
    };

    /// Nothing is said of it.
    const OTHER_NAME: () = ();
}

impl<T> Absent for Present<T> {}

/// Stops the compiler where the type of an impl block has no macro: it is no object, or another name of one.
#[track_caller]
pub const fn no_object<O: Object>() {
    let mut at = 0;
    while at < O::TABLES.len() {
        if O::TABLES[at].name.is_empty() {
            return;
        }
        at += 1;
    }
    panic!("this is another name of an object, by which SQL knows no tables: write the name of the struct itself");
}
