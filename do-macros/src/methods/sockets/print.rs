//! `SOCKETS` and `fn socket` of an object.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Type};

use super::model::{Occasion, SocketMethod, Taken};
use crate::methods::model::{Block, Context};
use crate::methods::printing::hidden;
use crate::types::respanned;

/// What the sockets of a block are to its object. Nothing, if it takes none.
pub(in crate::methods) fn items(block: &Block) -> Option<TokenStream> {
    if block.sockets.is_empty() {
        return None;
    }
    let methods = block.sockets.iter().map(method);
    let arms = block.sockets.iter().map(arm);
    let run = hidden("run");
    Some(quote! {
        const SOCKETS: ::do_runtime::__private::SocketMethods = ::do_runtime::__private::SocketMethods {
            #(#methods)*
            ..::do_runtime::__private::SocketMethods::NONE
        };

        fn socket(#run: ::do_runtime::__private::SocketRun<'_, Self>) -> ::do_runtime::__private::SocketRan {
            match #run.occurred() {
                #(#arms)*
                _ => #run.unhandled(),
            }
        }
    })
}

fn method(method: &SocketMethod) -> TokenStream {
    let SocketMethod { ident, cfgs, occasion, auto_response, .. } = method;
    let field = Ident::new(occasion.word(), Span::call_site());
    let constant = format_ident!("{}", occasion.word().to_uppercase());
    let name = syn::ext::IdentExt::unraw(ident).to_string();
    let auto_response = auto_response.as_ref().map(|(request, response)| {
        quote! {
            #(#cfgs)*
            auto_response: ::core::option::Option::Some((#request, #response)),
        }
    });
    quote! {
        #(#cfgs)*
        #field: {
            static #constant: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(#name);
            ::core::option::Option::Some(&#constant)
        },
        #auto_response
    }
}

fn arm(method: &SocketMethod) -> TokenStream {
    let SocketMethod { ident, cfgs, occasion, .. } = method;
    let (run, me, cx) = (hidden("run"), hidden("me"), hidden("cx"));
    let occurred = match occasion {
        Occasion::Open => quote!(Open),
        Occasion::Message => quote!(Message),
        Occasion::Close => quote!(Close),
        Occasion::Error => quote!(Error),
    };
    let how = Ident::new(occasion.word(), Span::call_site());
    let (cx_parameter, cx_given) = match method.context {
        Context::Taken => (quote!(#cx), quote!(#cx,)),
        Context::LeftOut => (quote!(_), quote!()),
    };
    let names: &[&str] = match occasion {
        Occasion::Open => &["socket", "request"],
        Occasion::Message => &["socket", "message"],
        Occasion::Close => &["socket", "code", "reason"],
        Occasion::Error => &["socket", "error"],
    };
    let parameters = names.iter().map(|name| match method.takes.iter().any(|taken| name_of(taken) == *name) {
        true => {
            let name = hidden(name);
            quote!(#name)
        }
        false => quote!(_),
    });
    let given = method.takes.iter().map(|taken| {
        let name = hidden(name_of(taken));
        match taken {
            Taken::Borrowed(_) | Taken::ReasonText => quote!(&#name),
            _ => quote!(#name),
        }
    });
    let turbofish = method.message().map(turbofish);
    let call = respanned(quote!(#me.#ident(#cx_given #(#given),*)), method.result);
    quote! {
        #(#cfgs)*
        ::do_runtime::__private::Occurred::#occurred =>
            #run.#how #turbofish (|#me, #cx_parameter, #(#parameters),*| #call),
    }
}

/// What is said of the sockets of a block to whoever describes its interface. Nothing, if it takes none.
pub(in crate::methods) fn description(block: &Block, to: &Ident) -> Option<TokenStream> {
    let said = block.sockets.iter().map(|method| {
        let cfgs = &method.cfgs;
        let takes = method.message().map(|ty| {
            let turbofish = turbofish(ty);
            quote!(#(#cfgs)* #to.socket_takes(::do_runtime::__private::Takes #turbofish ::SHAPE);)
        });
        let sends = method.sends.as_ref().map(|ty| {
            let turbofish = turbofish(ty);
            quote!(#(#cfgs)* #to.socket_sends #turbofish ();)
        });
        quote!(#takes #sends)
    });
    (!block.sockets.is_empty()).then(|| {
        quote! {
            #[allow(unused_imports)]
            use ::do_runtime::__private::NotTaken as _;
            #to.sockets(&<Self as ::do_runtime::__private::Dispatch>::SOCKETS);
            #(#said)*
        }
    })
}

/// Reported at the type, if it can't be a message.
fn turbofish(ty: &Type) -> TokenStream {
    quote_spanned!(ty.span()=> ::<#ty>)
}

fn name_of(taken: &Taken) -> &'static str {
    match taken {
        Taken::Socket => "socket",
        Taken::Request => "request",
        Taken::Message(_) | Taken::Borrowed(_) => "message",
        Taken::Code => "code",
        Taken::Reason | Taken::ReasonText => "reason",
        Taken::Error => "error",
    }
}
