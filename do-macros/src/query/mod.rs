//! `sql!`: SQL that is checked with the schema of its object, and becomes one call of the runtime.

mod expand;
mod local;
mod parse;

pub(crate) use local::give;

use proc_macro2::TokenStream;

/// `__sql! { {Object, cx, Row, "…"} {schema} }`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match syn::parse2::<parse::Call>(input) {
        Ok(call) => expand::call(&call),
        Err(error) => expand::refused(error),
    }
}
