//! `#[derive(RpcError)]`: an error type of a handler's own, and what it is over HTTP.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use super::refusal::{self, Answered, Case};
use crate::generics::{self, Generics};
use crate::problems::Problems;

/// The status of what says none.
const USUAL_STATUS: u16 = 422;

/// The impls.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    if !input.generics.params.is_empty() {
        problems.at(&input.generics, "an error of a handler can't be generic: its caller gets one type");
    }
    let members = match &input.data {
        Data::Struct(data) => of_struct(input, data, &mut problems),
        Data::Enum(data) => of_enum(input, data, &mut problems),
        Data::Union(_) => TokenStream::new(),
    };
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
        impl ::do_runtime::RpcError for #ident {
            #members
        }

        #[automatically_derived]
        impl ::core::convert::From<#ident> for ::do_runtime::Error {
            fn from(error: #ident) -> Self {
                ::do_runtime::__private::user_error(error)
            }
        }
    }
}

/// What is other than usual of a struct.
fn of_struct(input: &DeriveInput, data: &syn::DataStruct, problems: &mut Problems) -> TokenStream {
    let of_type = Case { ident: &input.ident, fields: Some(&data.fields) };
    let Answered { status, wait } = refusal::read(&input.attrs, of_type, None, problems);
    let Some(status) = status else { return TokenStream::new() };
    let retry_after = wait.map(|field| {
        let wait = field.called(quote!(&self.#field));
        quote! {
            fn retry_after(&self) -> ::core::option::Option<::do_runtime::RetryAfter> {
                #wait
            }
        }
    });
    let statuses = statuses([status]);
    quote! {
        #statuses

        fn status(&self) -> ::core::primitive::u16 {
            #status
        }

        #retry_after
    }
}

/// What is other than usual of an enum: a status for all of it, and for each variant.
fn of_enum(input: &DeriveInput, data: &syn::DataEnum, problems: &mut Problems) -> TokenStream {
    let of_type = Case { ident: &input.ident, fields: None };
    let common = refusal::read(&input.attrs, of_type, None, problems).status;
    let mut said = common.is_some();
    let mut all = BTreeSet::new();
    let (mut of_status, mut of_wait) = (Vec::new(), Vec::new());
    for variant in &data.variants {
        let ident = &variant.ident;
        let case = Case { ident, fields: Some(&variant.fields) };
        let Answered { status, wait } = refusal::read(&variant.attrs, case, common, problems);
        said |= status.is_some();
        let status = status.unwrap_or(USUAL_STATUS);
        all.insert(status);
        of_status.push(quote!(Self::#ident { .. } => #status));
        of_wait.extend(wait.map(|field| {
            let wait = field.called(quote!(wait));
            quote!(Self::#ident { #field: wait, .. } => #wait)
        }));
    }
    // An enum without variants has no value to be told.
    if !said || all.is_empty() {
        return TokenStream::new();
    }
    let retry_after = (!of_wait.is_empty()).then(|| {
        let others = (of_wait.len() < of_status.len()).then(|| quote!(_ => ::core::option::Option::None));
        let arms = of_wait.iter().chain(&others);
        quote! {
            fn retry_after(&self) -> ::core::option::Option<::do_runtime::RetryAfter> {
                match self {
                    #(#arms,)*
                }
            }
        }
    });
    let statuses = statuses(all);
    quote! {
        #statuses

        fn status(&self) -> ::core::primitive::u16 {
            match self {
                #(#of_status,)*
            }
        }

        #retry_after
    }
}

fn statuses(all: impl IntoIterator<Item = u16>) -> TokenStream {
    let all = all.into_iter();
    quote!(const STATUSES: &'static [::core::primitive::u16] = &[#(#all),*];)
}
