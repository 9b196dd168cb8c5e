//! `sql!`: SQL that is checked with the schema of its object, and becomes one call of the runtime.

#[cfg(feature = "checked-sql")]
mod expand;
mod local;
#[cfg(feature = "checked-sql")]
mod parse;

pub(crate) use local::give;

use proc_macro2::TokenStream;

/// `__sql! { {Object, cx, Row, "…"} {schema} }`.
#[cfg(feature = "checked-sql")]
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match syn::parse2::<parse::Call>(input) {
        Ok(call) => expand::call(&call),
        Err(error) => expand::refused(error),
    }
}

/// Without SQLite nothing can be checked, and nothing unchecked goes by this name.
#[cfg(not(feature = "checked-sql"))]
pub(crate) fn expand(_: TokenStream) -> TokenStream {
    quote::quote! {
        ::core::compile_error!("`sql!` needs the feature `checked-sql` of do-runtime: turn it on, or use `cx.sql_unchecked(…)`")
    }
}
