//! What all that is printed of a block has in common.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Ident};

use super::model::{Argument, Block, Passing};

/// A name of ours that can't be taken for one of the user's.
pub(super) fn hidden(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The same, reported at a place of the user's.
pub(super) fn hidden_at(name: &str, place: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(place))
}

/// `#[allow(deprecated)]`, for the call of a method that is.
pub(super) fn allow_deprecated(attributes: &[Attribute]) -> Option<TokenStream> {
    let deprecated = attributes.iter().any(|attribute| attribute.path().is_ident("deprecated"));
    deprecated.then(|| quote!(#[allow(deprecated)]))
}

/// A documentation for a method that has none: what it does with the method of the object.
pub(super) fn undocumented(carried: &[Attribute], does: &str, method: &Ident, block: &Block) -> Option<TokenStream> {
    if carried.iter().any(|attribute| attribute.path().is_ident("doc")) {
        return None;
    }
    let object = block.object.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    let doc = format!(" {does} `{object}::{method}`.");
    Some(quote!(#[doc = #doc]))
}

/// A parameter as a caller sees it.
pub(super) fn parameter(argument: &Argument) -> TokenStream {
    let (ident, ty) = (&argument.ident, &argument.ty);
    match argument.passing {
        Passing::String => quote!(#ident: impl ::core::convert::Into<#ty>),
        _ => quote!(#ident: #ty),
    }
}
