//! The `sql!` of a method: it adds the schema of the object to what the user wrote.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ImplItem, ItemImpl, Path, parse_quote};

/// Gives `sql!` to those methods of a block that use it.
pub(crate) fn give(item: &mut ItemImpl, object: &Path) {
    for item in &mut item.items {
        let ImplItem::Fn(method) = item else { continue };
        if mentions_sql(method.block.to_token_stream()) {
            method.block.stmts.insert(
                0,
                parse_quote! {
                    #[allow(unused_macros)]
                    macro_rules! sql {
                        ($($tokens:tt)*) => {{
                            #[allow(unused_imports)]
                            use #object as __schema;
                            {
                                #[allow(unused_imports)]
                                use ::do_runtime::__private::__sql;
                                __schema! { {__sql} {#object, $($tokens)*} }
                            }
                        }};
                    }
                },
            );
            // Stands in where the object has no macro, which is an error elsewhere.
            method.block.stmts.insert(
                0,
                parse_quote! {
                    #[allow(unused_imports)]
                    use ::do_runtime::__private::__schema;
                },
            );
        }
    }
}

fn mentions_sql(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "sql",
        TokenTree::Group(group) => mentions_sql(group.stream()),
        _ => false,
    })
}
