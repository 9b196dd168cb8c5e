//! `#[table]`: a struct becomes a table of an object's database.
//!
//! `parse` reads what is written, `validate` makes the `model` of it, `schema` prints that as SQL, `finders` draws
//! its finders from the indexes, `search` is all of full text, `expiry` of rows that expire, and `expand` prints the Rust.

mod carried;
pub(crate) mod columns;
mod expand;
mod expiry;
mod finders;
mod model;
mod new_row;
mod parse;
mod refuse;
mod schema;
mod search;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::problems::Problems;

/// `#[table(arguments)] item`.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::default();
    let Some(written) = parse::table(arguments, &item, &mut problems) else {
        return refuse::other(item, problems);
    };
    let table = validate::table(&written, &mut problems);
    match table {
        Some(table) if problems.is_empty() => expand::table(&written, &table),
        table => refuse::table(&written, table.as_ref(), problems),
    }
}
