//! Requests as bytes: `fn encode` and `fn decode` of an object.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::model::{Argument, Block, Handler, Passing};
use super::printing::hidden;

/// Both, unless nothing can be called.
pub(super) fn items(block: &Block) -> Option<TokenStream> {
    if block.handlers.is_empty() {
        return None;
    }
    let request = &block.request;
    let (to, from) = (hidden("to"), hidden("from"));
    let has_arguments = block.handlers.iter().any(|handler| !handler.arguments.is_empty());
    let writer = if has_arguments { quote!(#to) } else { quote!(_) };
    let reader = if has_arguments { quote!(#from) } else { quote!(_) };
    let encoded = block.handlers.iter().map(|handler| encoded(handler, request));
    let nothing = otherwise(block);
    let decoded = block.handlers.iter().map(|handler| decoded(handler, request));
    Some(quote! {
        fn encode(
            request: &#request,
            #writer: &mut ::do_runtime::__private::ArgumentsWriter,
        ) -> ::do_runtime::Result<()> {
            match request {
                #(#encoded)*
                #nothing
            }
            ::core::result::Result::Ok(())
        }

        fn decode(
            method: &::core::primitive::str,
            #reader: &mut ::do_runtime::__private::ArgumentsReader<'_>,
        ) -> ::do_runtime::Result<(&'static ::do_runtime::__private::Method, #request)> {
            match method {
                #(#decoded)*
                _ => ::core::result::Result::Err(::do_runtime::__private::unknown_method(method)),
            }
        }
    })
}

/// An arm for a reference to an enum of which each variant may be left out by a `cfg`.
pub(super) fn otherwise(block: &Block) -> Option<TokenStream> {
    let all_conditional = block.handlers.iter().all(|handler| !handler.cfgs.is_empty());
    all_conditional.then(|| {
        quote! {
            #[allow(unreachable_patterns)]
            _ => ::core::default::Default::default(),
        }
    })
}

fn encoded(handler: &Handler, request: &Ident) -> TokenStream {
    let Handler { cfgs, variant, .. } = handler;
    if handler.arguments.is_empty() {
        return quote!(#(#cfgs)* #request::#variant => {});
    }
    let names = handler.arguments.iter().map(|argument| &argument.ident);
    let puts = handler.arguments.iter().map(put);
    quote! {
        #(#cfgs)*
        #request::#variant { #(#names),* } => {
            #(#puts)*
        }
    }
}

fn put(argument: &Argument) -> TokenStream {
    let (ident, name, proof, to) = (&argument.ident, argument.name(), &argument.proof, hidden("to"));
    match argument.passing {
        Passing::Carried => quote!(#proof.put(#to, #ident.argument())?;),
        Passing::Proved => quote!(#proof.put(#to, #ident)?;),
        Passing::Text | Passing::Bytes | Passing::String | Passing::Fixed | Passing::Counted => {
            quote!(#to.put(#name, #ident)?;)
        }
    }
}

fn decoded(handler: &Handler, request: &Ident) -> TokenStream {
    let Handler { cfgs, name, variant, constant, .. } = handler;
    let request = if handler.arguments.is_empty() {
        quote!(#request::#variant)
    } else {
        let fields = handler.arguments.iter().map(field);
        quote!(#request::#variant { #(#fields),* })
    };
    quote! {
        #(#cfgs)*
        #name => ::core::result::Result::Ok((&#constant, #request)),
    }
}

fn field(argument: &Argument) -> TokenStream {
    let (ident, name, proof) = (&argument.ident, argument.name(), &argument.proof);
    let from = hidden("from");
    match argument.passing {
        Passing::Carried => quote!(#ident: #proof.carry(#proof.take(#from)?)),
        Passing::Proved => quote!(#ident: #proof.take(#from)?),
        Passing::Text | Passing::Bytes | Passing::String | Passing::Fixed | Passing::Counted => {
            quote!(#ident: #from.take(#name)?)
        }
    }
}
