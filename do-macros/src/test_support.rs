//! For tests: expansions as a person reads them, compared with the files in `tests/expansions`.
//!
//! `UPDATE_EXPANSIONS=1 cargo test -p do-macros` writes the files anew; read the difference before it is committed.

use std::path::Path;

use proc_macro2::TokenStream;

/// The expansion as formatted Rust.
pub(crate) fn pretty(tokens: TokenStream) -> String {
    let file = syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("not Rust: {error}\n{tokens}"));
    prettyplease::unparse(&file)
}

/// The expansion is what the file says.
#[track_caller]
pub(crate) fn assert_expansion(name: &str, tokens: TokenStream) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions").join(name).with_extension("rs");
    let expansion = pretty(tokens);
    if std::env::var_os("UPDATE_EXPANSIONS").is_some() {
        std::fs::write(&path, &expansion).expect("the folder of expansions can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expansion == expected,
        "{name} expands to something else than its file says; UPDATE_EXPANSIONS=1 writes it anew. Now it is\n{expansion}"
    );
}

/// The sentences of the `compile_error!`s in an expansion, in order.
pub(crate) fn sentences(tokens: TokenStream) -> Vec<String> {
    let file: syn::File = syn::parse2(tokens).expect("an expansion is Rust");
    let errors = file.items.into_iter().filter_map(|item| match item {
        syn::Item::Macro(call) if call.mac.path.segments.last()?.ident == "compile_error" => {
            Some(call.mac.parse_body::<syn::LitStr>().expect("an error is a sentence").value())
        }
        _ => None,
    });
    errors.collect()
}
