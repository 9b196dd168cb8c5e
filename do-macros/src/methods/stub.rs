//! The caller's side: the methods of the stub.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;

use super::model::{Argument, Block, Handler, Passing};
use super::printing::{parameter, undocumented};
use crate::types::respanned;

/// `impl ChatRoomStub { … }`.
pub(super) fn methods(block: &Block) -> TokenStream {
    let stub = &block.stub;
    let methods = block.handlers.iter().map(|handler| method(handler, block));
    quote! {
        #[allow(clippy::all, dead_code, private_interfaces, unreachable_pub)]
        impl #stub {
            #(#methods)*
        }
    }
}

fn method(handler: &Handler, block: &Block) -> TokenStream {
    let Handler { stub_ident, variant, constant, cfgs, carried, .. } = handler;
    let request = &block.request;
    let doc = undocumented(carried, "Calls", &handler.ident, block);
    let parameters = handler.arguments.iter().map(parameter);
    let output = output(handler, block);
    let fields = handler.arguments.iter().map(sent);
    let request = if handler.arguments.is_empty() {
        quote!(#request::#variant)
    } else {
        quote!(#request::#variant { #(#fields),* })
    };
    // The stub may be of another module, where its field is private.
    let call = quote!(::do_runtime::__private::TypedStub::stub(self).call(&#constant, #request));
    let call = match &handler.outcome.own {
        Some(outcome) => respanned(call, outcome.span()),
        None => call,
    };
    quote! {
        #(#cfgs)*
        #doc
        #(#carried)*
        pub fn #stub_ident(&self, #(#parameters),*) -> #output {
            #call
        }
    }
}

fn output(handler: &Handler, block: &Block) -> TokenStream {
    let object = &block.object;
    let value = &handler.outcome.value;
    let error = handler.outcome.error.iter();
    let call = quote!(::do_runtime::Call<#object, #value #(, #error)*>);
    match &handler.outcome.own {
        Some(outcome) => respanned(call, outcome.span()),
        None => call,
    }
}

/// A field of a request, made of a parameter.
fn sent(argument: &Argument) -> TokenStream {
    let (ident, proof) = (&argument.ident, &argument.proof);
    match argument.passing {
        Passing::Text => quote!(#ident: ::std::borrow::ToOwned::to_owned(#ident)),
        Passing::Bytes => quote!(#ident: ::std::borrow::ToOwned::to_owned(#ident)),
        Passing::String => quote!(#ident: ::core::convert::Into::into(#ident)),
        Passing::Fixed | Passing::Proved | Passing::Counted => quote!(#ident),
        Passing::Carried => quote!(#ident: #proof.carry(#ident)),
    }
}
