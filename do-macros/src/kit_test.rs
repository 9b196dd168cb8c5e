//! `#[do_runtime::test]`: an async function becomes a test that the test kit runs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, ItemFn};

use crate::options::{self, Place, Repeat};
use crate::problems::Problems;

const TEST: Place = Place { what: "`#[do_runtime::test]`", known: &[] };

/// The test.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::default();
    options::read(arguments, TEST, Repeat::Refused, &mut problems);
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        problems.at(&item, "`#[do_runtime::test]` goes on a function: write `async fn name(kit: TestKit) -> Result`");
        let problems = problems.into_tokens();
        return quote!(#problems #item);
    };
    check(&function, &mut problems);
    let ItemFn { attrs, vis, sig, block, .. } = &function;
    let (ident, output) = (&sig.ident, &sig.output);
    if !problems.is_empty() {
        let problems = problems.into_tokens();
        return quote!(#problems #[allow(dead_code)] #function);
    }
    let name = ident.to_string();
    let inputs = &sig.inputs;
    let test = if inputs.is_empty() { quote!(|_| #ident()) } else { quote!(#ident) };
    quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis fn #ident() #output {
            async fn #ident(#inputs) #output #block

            ::do_runtime::testing::run(::core::concat!(::core::module_path!(), "::", #name), #test)
        }
    }
}

fn check(function: &ItemFn, problems: &mut Problems) {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        problems.at(&signature.fn_token, "a test of the kit awaits: write `async fn`");
    }
    if !signature.generics.params.is_empty() {
        problems.at(&signature.generics, "a test can't be generic");
    }
    let mut inputs = signature.inputs.iter();
    match inputs.next() {
        None => {}
        Some(FnArg::Typed(kit)) if crate::types::named(&kit.ty).is_some_and(|named| named.ident == "TestKit") => {}
        Some(other) => problems.at(other, "a test takes nothing but the kit: write `kit: TestKit`"),
    }
    for other in inputs {
        problems.at(other, "a test takes nothing but the kit: remove this");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{assert_expansion, sentences};

    #[test]
    fn a_test_of_the_kit() {
        let with_kit = expand(
            quote!(),
            quote! {
                #[should_panic(expected = "held")]
                async fn rows_are_kept(kit: TestKit) -> Result {
                    kit.crash().await
                }
            },
        );
        let without_kit = expand(
            quote!(),
            quote!(
                async fn nothing_is_there() {}
            ),
        );
        assert_expansion("kit_test", quote!(#with_kit #without_kit));
    }

    #[test]
    fn a_test_that_cannot_be_run_says_what_to_write() {
        for (item, sentence) in [
            (
                quote!(
                    fn f(kit: TestKit) {}
                ),
                "a test of the kit awaits: write `async fn`",
            ),
            (
                quote!(
                    async fn f(n: u8) {}
                ),
                "a test takes nothing but the kit: write `kit: TestKit`",
            ),
            (
                quote!(
                    async fn f(kit: TestKit, n: u8) {}
                ),
                "a test takes nothing but the kit: remove this",
            ),
        ] {
            assert_eq!(sentences(expand(quote!(), item)), [sentence]);
        }
    }
}
