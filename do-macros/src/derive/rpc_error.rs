//! `#[derive(RpcError)]`: an error type of a handler's own.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::generics::{self, Generics};
use crate::problems::Problems;

/// The impls.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    if !input.generics.params.is_empty() {
        problems.at(&input.generics, "an error of a handler can't be generic: its caller gets one type");
    }
    let ident = &input.ident;
    let Generics { declared, arguments, bounds } = generics::for_all(&input.generics);
    let refused = !problems.is_empty();
    let problems = problems.into_tokens();
    if refused {
        return quote! {
            #problems

            impl #declared ::core::convert::From<#ident #arguments> for ::do_runtime::Error #bounds {
                fn from(_: #ident #arguments) -> Self {
                    ::do_runtime::__private::refused()
                }
            }
        };
    }
    quote! {
        #[automatically_derived]
        impl ::do_runtime::RpcError for #ident {}

        #[automatically_derived]
        impl ::core::convert::From<#ident> for ::do_runtime::Error {
            fn from(error: #ident) -> Self {
                ::do_runtime::__private::user_error(error)
            }
        }
    }
}
