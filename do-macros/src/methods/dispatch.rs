//! The object's side: the requests, and which method each of them runs.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Attribute, Ident};

use super::model::{Argument, Block, Context, Handler, Kind, Passing, Speed};
use crate::types::respanned;

/// `enum Request`, one variant for each handler.
pub(super) fn requests(block: &Block) -> TokenStream {
    let request = &block.request;
    let variants = block.handlers.iter().map(|handler| {
        let (cfgs, variant) = (&handler.cfgs, &handler.variant);
        let fields = handler.arguments.iter().map(field);
        if handler.arguments.is_empty() {
            quote!(#(#cfgs)* #variant)
        } else {
            quote!(#(#cfgs)* #variant { #(#fields),* })
        }
    });
    quote! {
        #[doc(hidden)]
        #[allow(private_interfaces, unreachable_pub)]
        pub enum #request {
            #(#variants,)*
        }
    }
}

/// One `static` for each handler.
pub(super) fn constants(block: &Block) -> TokenStream {
    let constants = block.handlers.iter().map(|handler| {
        let Handler { cfgs, constant, name, speed, .. } = handler;
        let make = match speed {
            Speed::Quick => quote!(new),
            Speed::Slow => quote!(slow),
        };
        quote! {
            #(#cfgs)*
            static #constant: ::do_runtime::__private::Method = ::do_runtime::__private::Method::#make(#name);
        }
    });
    quote!(#(#constants)*)
}

/// `impl Dispatch for ChatRoom`. Its bound always holds where there is a stub; where there is none, that is told already, and the
/// compiler asks no more.
pub(super) fn dispatch(block: &Block) -> TokenStream {
    let Block { object, stub, request, .. } = block;
    let arms = block.handlers.iter().map(|handler| arm(handler, request));
    let run = hidden("run");
    let run = if block.handlers.is_empty() { quote!(_) } else { quote!(#run) };
    let argument_bytes = argument_bytes(block);
    let init = block.init.as_ref().map(|init| {
        let (ident, cfgs) = (&init.ident, &init.cfgs);
        let (cx, given) = match init.context {
            Context::Taken => (quote!(cx), quote!(cx)),
            Context::LeftOut => (quote!(_), quote!()),
        };
        quote! {
            #(#cfgs)*
            const HAS_INIT: ::core::primitive::bool = true;

            #(#cfgs)*
            fn init(&mut self, #cx: &mut ::do_runtime::Cx<Self>) -> ::do_runtime::Result {
                self.#ident(#given)
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl ::do_runtime::__private::Dispatch for #object
        where
            for<'a> #stub: ::core::marker::Sized,
        {
            type Request = #request;
            type Stub = #stub;
            type Schedule<'a> = ::do_runtime::__private::Schedule<'a>;

            fn dispatch(
                request: #request,
                #run: ::do_runtime::__private::Run<'_, Self>,
            ) -> ::do_runtime::__private::Ran {
                match request {
                    #(#arms)*
                }
            }

            #argument_bytes
            #init
        }
    }
}

fn field(argument: &Argument) -> TokenStream {
    let (ident, ty) = (&argument.ident, &argument.ty);
    match argument.passing {
        Passing::Text => quote!(#ident: ::std::string::String),
        Passing::Bytes => quote!(#ident: ::std::vec::Vec<::core::primitive::u8>),
        Passing::Carried => quote!(#ident: ::do_runtime::__private::Carried<#ty>),
        Passing::String | Passing::Fixed | Passing::Counted => quote!(#ident: #ty),
    }
}

/// A name of ours that can't be taken for one of the user's.
fn hidden(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn arm(handler: &Handler, request: &Ident) -> TokenStream {
    let Handler { ident, variant, cfgs, .. } = handler;
    let names: Vec<&Ident> = handler.arguments.iter().map(|argument| &argument.ident).collect();
    let pattern =
        if names.is_empty() { quote!(#request::#variant) } else { quote!(#request::#variant { #(#names),* }) };
    let deprecated = handler.carried.iter().any(|attribute| attribute.path().is_ident("deprecated"));
    let allow = deprecated.then(|| quote!(#[allow(deprecated)]));
    let value = &handler.outcome.value;
    let error = match &handler.outcome.error {
        Some(error) => error.clone(),
        None => quote!(::do_runtime::Error),
    };
    let arguments: Vec<TokenStream> = handler.arguments.iter().map(given).collect();
    let run = hidden("run");
    let taken = handler.context == Context::Taken;
    let call = match handler.kind {
        Kind::Exclusive | Kind::Shared => {
            let (me, cx) = (hidden("me"), hidden("cx"));
            let how = if handler.kind == Kind::Exclusive { "exclusive" } else { "shared" };
            let how = Ident::new(how, Span::call_site());
            let (parameter, given) = if taken { (quote!(#cx), quote!(#cx,)) } else { (quote!(_), quote!()) };
            let call = quote!(#me.#ident(#given #(#arguments),*));
            match &handler.outcome.own {
                Some(outcome) => {
                    let call = quote!(#run.#how::<#value, #error>(|#me, #parameter| #outcome::into_result(#call)));
                    respanned(call, outcome.span())
                }
                None => quote!(#run.#how::<#value, #error>(|#me, #parameter| #call)),
            }
        }
        Kind::Orchestration => {
            let this = hidden("this");
            let (parameter, given) = if taken { (quote!(#this), quote!(#this,)) } else { (quote!(_), quote!()) };
            let own = handler.outcome.own.as_ref();
            let borrows = own.is_some() || handler.arguments.iter().any(|argument| is_borrowed(argument.passing));
            let future = quote!(Self::#ident(#given #(#arguments),*));
            let future = match own {
                Some(outcome) => quote!(async move { #outcome::into_result(#future.await) }),
                None if borrows => quote!(async move { #future.await }),
                None => future,
            };
            let moves = borrows.then(|| quote!(move));
            quote!(#run.orchestrate::<#value, #error, _>(#moves |#parameter| #future))
        }
    };
    quote! {
        #(#cfgs)*
        #allow
        #pattern => #call,
    }
}

fn is_borrowed(passing: Passing) -> bool {
    matches!(passing, Passing::Text | Passing::Bytes)
}

/// An argument of the handler, out of the request.
fn given(argument: &Argument) -> TokenStream {
    let ident = &argument.ident;
    match argument.passing {
        Passing::Text | Passing::Bytes => quote!(&#ident),
        Passing::Carried => quote!(#ident.take()),
        Passing::String | Passing::Fixed | Passing::Counted => quote!(#ident),
    }
}

/// `fn argument_bytes`, unless no argument is of a size that varies.
fn argument_bytes(block: &Block) -> Option<TokenStream> {
    let request = &block.request;
    let counted: Vec<(&Handler, Vec<&Ident>)> = block
        .handlers
        .iter()
        .map(|handler| {
            let arguments = handler.arguments.iter().filter(|argument| argument.passing != Passing::Fixed);
            (handler, arguments.map(|argument| &argument.ident).collect())
        })
        .collect();
    if counted.iter().all(|(_, names)| names.is_empty()) {
        return None;
    }
    let arms = counted.iter().map(|(handler, names)| {
        let (cfgs, variant): (&[Attribute], _) = (&handler.cfgs, &handler.variant);
        let rest = (names.len() < handler.arguments.len()).then(|| quote!(..));
        let (pattern, sum) = if names.is_empty() {
            (rest.map(|rest| quote!({ #rest })), quote!(0))
        } else {
            let comma = rest.is_some().then(|| quote!(,));
            let sum = quote!(#(::do_runtime::__private::argument_bytes(#names))+*);
            (Some(quote!({ #(#names),* #comma #rest })), sum)
        };
        quote!(#(#cfgs)* #request::#variant #pattern => #sum,)
    });
    Some(quote! {
        fn argument_bytes(request: &#request) -> ::core::primitive::u64 {
            match request {
                #(#arms)*
            }
        }
    })
}
