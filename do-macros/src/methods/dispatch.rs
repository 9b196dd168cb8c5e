//! The object's side: the requests, and which method each of them runs.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Ident};

use super::model::{Argument, Block, Context, Handler, Kind, Passing, Plain, Reach, Repeating, Speed};
use super::printing::{allow_deprecated, hidden};
use super::{alarms, describe, encode, fetch, sockets};
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
        #[allow(clippy::all, private_interfaces, unreachable_pub)]
        pub enum #request {
            #(#variants,)*
        }
    }
}

/// One `static` for each handler, and one constant for each argument of a type that is not known: the only place that
/// asks for the traits of an argument, so that a type without them is one error, at the type.
pub(super) fn constants(block: &Block) -> TokenStream {
    let methods = block.handlers.iter().map(|handler| {
        let Handler { cfgs, constant, name, speed, .. } = handler;
        let make = match speed {
            Speed::Quick => quote!(new),
            Speed::Slow => quote!(slow),
        };
        let idempotent = (handler.repeating == Repeating::Harmless).then(|| quote!(.idempotent()));
        let live = handler.live.then(|| quote!(.live()));
        // What is live reads.
        let reads = (handler.kind == Kind::Shared && !handler.live).then(|| quote!(.reads()));
        let deadline = handler.deadline.map(|millis| {
            let millis = Literal::u64_unsuffixed(millis);
            quote!(.deadline(#millis))
        });
        quote! {
            #(#cfgs)*
            static #constant: ::do_runtime::__private::Method =
                ::do_runtime::__private::Method::#make(#name) #live #reads #idempotent #deadline;
        }
    });
    let arguments = block.handlers.iter().map(|handler| proofs(&handler.cfgs, &handler.arguments, "argument"));
    let payloads = block.alarms.iter().map(|alarm| proofs(&alarm.cfgs, &alarm.arguments, "payload"));
    quote!(#(#methods)* #(#arguments)* #(#payloads)*)
}

fn proofs(cfgs: &[Attribute], arguments: &[Argument], make: &str) -> TokenStream {
    let make = Ident::new(make, Span::call_site());
    let carried = arguments.iter().filter(|argument| argument.passing.has_proof());
    let proofs = carried.map(|argument| {
        let (proof, ty, name) = (&argument.proof, &argument.ty, argument.name());
        let made = quote_spanned!(ty.span()=> ::do_runtime::__private::#make::<#ty>(#name));
        quote! {
            #(#cfgs)*
            const #proof: ::do_runtime::__private::ArgumentType<#ty> = #made;
        }
    });
    quote!(#(#proofs)*)
}

/// `impl Dispatch for ChatRoom`. Its bound always holds where there is a stub; where there is none, that is told already, and the
/// compiler asks no more.
pub(super) fn dispatch(block: &Block) -> TokenStream {
    let Block { object, stub, request, .. } = block;
    let arms = block.handlers.iter().map(|handler| arm(handler, request));
    let run = hidden("run");
    let run = if block.handlers.is_empty() { quote!(_) } else { quote!(#run) };
    let argument_bytes = argument_bytes(block);
    let (encode, alarms, sockets) = (encode::items(block), alarms::items(block), sockets::items(block));
    let init = block.init.as_ref().map(|init| {
        let (ident, cfgs) = (&init.ident, &init.cfgs);
        let (cx, given) = context(init);
        quote! {
            #(#cfgs)*
            const HAS_INIT: ::core::primitive::bool = true;

            #(#cfgs)*
            fn init(&mut self, #cx: &mut ::do_runtime::Cx<Self>) -> ::do_runtime::Result {
                self.#ident(#given)
            }
        }
    });
    let authorize = block.authorize.as_ref().map(|authorize| {
        let (ident, cfgs) = (&authorize.ident, &authorize.cfgs);
        let (cx, given) = context(authorize);
        quote! {
            #(#cfgs)*
            fn authorize(&self, #cx: &::do_runtime::Cx<Self>) -> ::do_runtime::Result {
                self.#ident(#given)
            }
        }
    });
    let (public, fetches, describe) = (public(block), fetch::items(block), describe::item(block));
    quote! {
        #[automatically_derived]
        impl ::do_runtime::__private::Dispatch for #object
        where
            for<'a> #stub: ::core::marker::Sized,
        {
            type Request = #request;
            type Stub = #stub;
            type Schedule<'a> = <#stub as ::do_runtime::__private::Scheduled>::Schedule<'a>;

            fn dispatch(
                request: #request,
                #run: ::do_runtime::__private::Run<'_, Self>,
            ) -> ::do_runtime::__private::Ran {
                match request {
                    #(#arms)*
                }
            }

            #argument_bytes
            #encode
            #public
            #fetches
            #describe
            #alarms
            #sockets
            #init
            #authorize
        }
    }
}

/// The parameter `cx` of what the runtime calls, and how it is handed on.
fn context(method: &Plain) -> (TokenStream, TokenStream) {
    match method.context {
        Context::Taken => (quote!(cx), quote!(cx)),
        Context::LeftOut => (quote!(_), quote!()),
    }
}

/// `const PUBLIC`, unless nothing can be called from outside.
fn public(block: &Block) -> Option<TokenStream> {
    let public = block.handlers.iter().filter(|handler| handler.reach == Reach::Public);
    let methods: Vec<_> = public.map(|Handler { cfgs, constant, .. }| quote!(#(#cfgs)* &#constant)).collect();
    (!methods.is_empty()).then(|| {
        quote! {
            const PUBLIC: &'static [&'static ::do_runtime::__private::Method] = &[#(#methods),*];
        }
    })
}

fn field(argument: &Argument) -> TokenStream {
    let (ident, ty) = (&argument.ident, &argument.ty);
    match argument.passing {
        Passing::Text => quote!(#ident: ::std::string::String),
        Passing::Bytes => quote!(#ident: ::std::vec::Vec<::core::primitive::u8>),
        Passing::Carried => quote!(#ident: ::do_runtime::__private::Carried<#ty>),
        Passing::String | Passing::Fixed | Passing::Proved | Passing::Counted => quote!(#ident: #ty),
    }
}

fn arm(handler: &Handler, request: &Ident) -> TokenStream {
    let Handler { ident, variant, cfgs, .. } = handler;
    let names: Vec<&Ident> = handler.arguments.iter().map(|argument| &argument.ident).collect();
    let pattern =
        if names.is_empty() { quote!(#request::#variant) } else { quote!(#request::#variant { #(#names),* }) };
    let allow = allow_deprecated(&handler.carried);
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
            let borrows = own.is_some() || handler.arguments.iter().any(|argument| argument.passing.is_borrowed());
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

/// Whether its size varies.
fn has_bytes(passing: Passing) -> bool {
    !matches!(passing, Passing::Fixed | Passing::Proved)
}

/// An argument of the handler, out of the request.
fn given(argument: &Argument) -> TokenStream {
    let ident = &argument.ident;
    match argument.passing {
        Passing::Text | Passing::Bytes => quote!(&#ident),
        Passing::Carried => quote!(#ident.take()),
        Passing::String | Passing::Fixed | Passing::Proved | Passing::Counted => quote!(#ident),
    }
}

/// `fn argument_bytes`, unless no argument is of a size that varies.
fn argument_bytes(block: &Block) -> Option<TokenStream> {
    let request = &block.request;
    let counted: Vec<(&Handler, Vec<&Ident>)> = block
        .handlers
        .iter()
        .map(|handler| {
            let arguments = handler.arguments.iter().filter(|argument| has_bytes(argument.passing));
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
    let nothing = encode::otherwise(block);
    Some(quote! {
        fn argument_bytes(request: &#request) -> ::core::primitive::u64 {
            match request {
                #(#arms)*
                #nothing
            }
        }
    })
}
