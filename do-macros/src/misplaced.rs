//! The attributes of methods where they mean nothing. In a `#[durable_object] impl` block they are read and taken off
//! before the compiler sees them.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Error;

/// The item unchanged, and where the attribute goes.
pub(crate) fn expand(name: &str, item: TokenStream) -> TokenStream {
    let message = format!("`#[{name}]` goes on a method in a `#[durable_object] impl` block");
    let error = Error::new(Span::call_site(), message).into_compile_error();
    quote!(#error #item)
}
