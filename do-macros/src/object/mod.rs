//! `#[durable_object]` on a struct: what an object is, apart from what can be called on it.
//!
//! `parse` reads what is written, `validate` makes the `model` of it, and `expand` prints the Rust.

mod expand;
mod limits;
mod model;
mod parse;
mod schedule;
mod validate;

#[cfg(test)]
mod tests;

pub(crate) use parse::OPTIONS;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, ItemStruct, Path};

use crate::problems::Problems;
use model::Written;

/// `#[durable_object(arguments)] struct`.
pub(crate) fn expand(arguments: TokenStream, item: ItemStruct) -> TokenStream {
    let mut problems = Problems::default();
    let written = parse::object(arguments, item, &mut problems);
    let object = validate::object(&written, &mut problems);
    match object {
        Some(object) if problems.is_empty() => {
            let (object, references) = (expand::object(&written, &object), references(&written));
            quote!(#object #references)
        }
        _ => expand::refused(&written, problems),
    }
}

/// The proof that the tables refer to each other only.
fn references(written: &Written) -> Option<TokenStream> {
    let object = &written.item.ident;
    (!written.tables.is_empty()).then(|| {
        quote_spanned! {object.span()=>
            const _: () = ::do_runtime::__private::references_are_declared::<#object>();
        }
    })
}

/// `ChatRoomStub`.
pub(crate) fn stub_ident(object: &Ident) -> Ident {
    format_ident!("{}Stub", object.unraw(), span = object.span())
}

/// Its path, beside that of the object.
pub(crate) fn stub_path(object: &Path) -> Path {
    beside(object, stub_ident)
}

/// `ChatRoomSchedule`.
pub(crate) fn schedule_ident(object: &Ident) -> Ident {
    format_ident!("{}Schedule", object.unraw(), span = object.span())
}

/// Its path, beside that of the object.
pub(crate) fn schedule_path(object: &Path) -> Path {
    beside(object, schedule_ident)
}

fn beside(object: &Path, ident: fn(&Ident) -> Ident) -> Path {
    let mut path = object.clone();
    if let Some(last) = path.segments.last_mut() {
        last.ident = ident(&last.ident);
    }
    path
}
