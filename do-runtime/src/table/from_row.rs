//! What can be read from a row: a single value, and a tuple of values. Tables and structs with `#[derive(Row)]` have
//! their impls from the macros.

use super::FromRow;
use super::generated::column;
use super::shape::{RowShape, ValueShape};
use crate::engine::RowAccess;
use crate::error::{Error, Result};
use crate::value::Column;

#[diagnostic::do_not_recommend]
impl<T: Column> FromRow for T {
    const SHAPE: RowShape = RowShape::Value(ValueShape::of::<T>());

    fn from_row(row: &dyn RowAccess) -> Result<Self> {
        expect_columns(row, 1)?;
        column(row, 0, row.name(0))
    }
}

impl FromRow for () {
    /// Reads nothing, whatever there is.
    fn from_row(_: &dyn RowAccess) -> Result<Self> {
        Ok(())
    }
}

macro_rules! tuple {
    ($count:literal: $($type:ident $index:tt),+) => {
        impl<$($type: Column),+> FromRow for ($($type,)+) {
            const SHAPE: RowShape = RowShape::Tuple(&[$(ValueShape::of::<$type>()),+]);

            fn from_row(row: &dyn RowAccess) -> Result<Self> {
                expect_columns(row, $count)?;
                Ok(($(column::<$type>(row, $index, row.name($index))?,)+))
            }
        }
    };
}

tuple!(1: A 0);
tuple!(2: A 0, B 1);
tuple!(3: A 0, B 1, C 2);
tuple!(4: A 0, B 1, C 2, D 3);
tuple!(5: A 0, B 1, C 2, D 3, E 4);
tuple!(6: A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(7: A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple!(9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuple!(10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuple!(11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuple!(12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);

/// Columns are taken by position, so that one too many is as likely a mistake as one too few.
fn expect_columns(row: &dyn RowAccess, wanted: usize) -> Result {
    let found = row.columns();
    if found == wanted {
        return Ok(());
    }
    let columns = if found == 1 { "column" } else { "columns" };
    Err(Error::invalid(format!("the query gives {found} {columns}, and its row type takes {wanted}")))
}
