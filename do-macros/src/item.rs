//! `#[durable_object]`: which kind of item it stands on.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Ident, Item};

use crate::problems::Problems;
use crate::{methods, object, strip};

/// `#[durable_object(arguments)] item`.
pub(crate) fn durable_object(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::default();
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Struct(item)) => return object::expand(arguments, item),
        Ok(Item::Impl(item)) => return methods::expand(arguments, item),
        Ok(other) => problems.at(&keyword(&other), "`#[durable_object]` goes on a struct, and on its `impl` block"),
        Err(error) => problems.push(error),
    }
    let item = strip::attributes(item);
    let problems = problems.into_tokens();
    quote!(#problems #item)
}

/// The token that says what kind of item it is.
pub(crate) fn keyword(item: &Item) -> TokenTree {
    const KINDS: [&str; 12] =
        ["enum", "union", "fn", "mod", "trait", "type", "impl", "const", "static", "use", "extern", "macro_rules"];
    let tokens = item.to_token_stream();
    let is_kind =
        |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if KINDS.iter().any(|kind| ident == kind));
    let found = tokens.clone().into_iter().find(is_kind);
    found.or_else(|| tokens.into_iter().next()).unwrap_or_else(|| Ident::new("item", item.span()).into())
}
