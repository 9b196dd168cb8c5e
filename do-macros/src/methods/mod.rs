//! `#[durable_object]` on an impl block: what can be called on an object.
//!
//! `parse` reads what is written, `handler` and `arguments` check one method, `validate` the block and `names` its names;
//! `stub` and `dispatch` print the two sides of a call, `encode` its bytes and `describe` what it is to those outside; `alarms` does
//! all of that for alarms, `sockets` for sockets and `fetch` for requests, and `expand` puts them together.

mod alarms;
mod arguments;
mod describe;
mod dispatch;
mod encode;
mod expand;
mod fetch;
mod handler;
mod model;
mod names;
mod parse;
mod printing;
mod refuse;
mod sockets;
mod stub;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::ItemImpl;

use crate::problems::Problems;
use crate::query;

/// `#[durable_object(arguments)] impl`.
pub(crate) fn expand(arguments: TokenStream, item: ItemImpl) -> TokenStream {
    let mut problems = Problems::default();
    let mut written = parse::block(arguments, item, &mut problems);
    let block = validate::block(&written, &mut problems);
    if let Some(object) = validate::plain_path(&written) {
        query::give(&mut written.item, &object);
    }
    match block {
        Some(block) if problems.is_empty() => expand::block(&written, &block),
        _ => refuse::block(&written, problems),
    }
}
