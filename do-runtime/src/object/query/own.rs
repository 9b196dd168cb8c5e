//! Parameters that are compared with a column of a user's own type, whose class the macros don't know: the compiler finds it by
//! what the type itself can be bound to. A type that is written by hand, and says nothing of it, takes any parameter.
//!
//! `(&&&&&column).one(value)` finds the first of these traits that the type of the column has: each of them is implemented for one
//! reference less.

use std::marker::PhantomData;

use super::checked::{ColumnsOf, Nth, Parameter, TablesOf, any, any_list};
use crate::value::{Binds, BindsList, Blob, Integer, Real, Text, ToValue};

/// A column of the type `C`.
#[derive(Debug)]
pub struct OfColumn<C>(PhantomData<fn() -> C>);

/// The column `COLUMN` of the table `TABLE` of an object.
pub fn of_column<O, Tables, Columns, const TABLE: usize, const COLUMN: usize>() -> OfColumn<Columns::Type>
where
    O: TablesOf<Tables>,
    Tables: Nth<TABLE, Type: ColumnsOf<Columns>>,
    Columns: Nth<COLUMN>,
{
    OfColumn(PhantomData)
}

macro_rules! of_class {
    ($trait:ident $class:ident $column:ty, $doc:literal) => {
        #[doc = $doc]
        pub trait $trait {
            /// A value.
            fn one<'p, T: Binds<$class>>(&self, value: &'p T) -> Parameter<'p> {
                any(value)
            }

            /// A list of values.
            fn list<'p, L: BindsList + ?Sized>(&self, values: &'p L) -> Parameter<'p>
            where
                L::Item: Binds<$class>,
            {
                any_list(values)
            }
        }

        impl<C: Binds<$class>> $trait for $column {}
    };
}

of_class!(OfText Text &&&&OfColumn<C>, "A column of texts.");
of_class!(OfBlob Blob &&&OfColumn<C>, "A column of bytes.");
of_class!(OfInteger Integer &&OfColumn<C>, "A column of integers.");
of_class!(OfReal Real &OfColumn<C>, "A column of numbers.");

/// A column of a type that does not say its class.
pub trait OfUnknown {
    /// A value.
    fn one<'p, T: ToValue>(&self, value: &'p T) -> Parameter<'p> {
        any(value)
    }

    /// A list of values.
    fn list<'p, L: BindsList + ?Sized>(&self, values: &'p L) -> Parameter<'p> {
        any_list(values)
    }
}

impl<C> OfUnknown for OfColumn<C> {}
