//! How the schema travels from `#[table]` to `sql!`.
//!
//! A macro sees its own tokens alone, so each table and each object has beside it a `macro_rules!` of the same name (macros have
//! names of their own), which hands its schema on. It is called as `Message! { {callback} {payload} }`, and answers with
//! `callback! { {payload} {schema} }`. Braces keep both parts from being looked at on the way.
//!
//! `#[durable_object]` on a struct asks its tables one after another (`freeze`), and puts what they say into the object's own.

pub(crate) mod block;
pub(crate) mod freeze;
pub(crate) mod table;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Visibility;

/// How far a schema goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The crate.
    Crate,
    /// Other crates too: `export`.
    Everywhere,
}

/// The macro that hands out a schema, and the `use` that puts it beside the type.
pub(crate) fn callback(
    name: &Ident,
    type_: &Ident,
    vis: &Visibility,
    reach: Reach,
    schema: &TokenStream,
) -> TokenStream {
    let export = (reach == Reach::Everywhere).then(|| quote!(#[macro_export]));
    let vis = match (reach, vis) {
        (Reach::Everywhere, Visibility::Public(_)) => quote!(pub),
        // A macro that is not exported is at most as visible as the crate.
        (_, Visibility::Public(_)) => quote!(pub(crate)),
        (_, vis) => quote!(#vis),
    };
    let mut type_ = type_.clone();
    type_.set_span(type_.span().located_at(Span::call_site()));
    quote! {
        #[doc(hidden)]
        #[allow(unused_macros)]
        #export
        macro_rules! #name {
            ({$($callback:tt)*} {$($payload:tt)*}) => {
                $($callback)* ! { {$($payload)*} {#schema} }
            };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        #vis use #name as #type_;
    }
}
