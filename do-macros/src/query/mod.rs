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

#[cfg(all(test, not(feature = "checked-sql")))]
mod tests {
    use quote::quote;

    #[test]
    fn rows_without_a_type_are_refused_where_nothing_is_known_of_them() {
        let expanded = super::expand(quote!({ Room, cx, "SELECT 1" } { Room })).to_string();
        assert!(expanded.contains("without the feature `checked-sql` nothing is known of the columns"), "{expanded}");
        assert!(expanded.contains("name the type of the rows, as in `sql!(cx, Row, \\\"…\\\")`"), "{expanded}");
    }
}
