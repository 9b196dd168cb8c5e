//! What all that is printed of a block has in common.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Ident};

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
