//! What can be called from outside, said once for whoever describes the interface: `fn describe` of an object.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use super::model::{Argument, Block, Handler, Kind, Passing, Reach, Repeating};
use super::printing::hidden;
use super::sockets;

/// It, unless nothing can be called from outside and no sockets are taken.
pub(super) fn item(block: &Block) -> Option<TokenStream> {
    let to = hidden("to");
    let sockets = sockets::description(block, &to);
    let public = block.handlers.iter().filter(|handler| handler.reach == Reach::Public);
    let methods: Vec<_> = public.map(|handler| method(handler, &to)).collect();
    (!methods.is_empty() || sockets.is_some()).then(|| {
        quote! {
            fn describe(#to: &mut ::do_runtime::__private::Description<'_>) {
                #[allow(unused_imports)]
                use ::do_runtime::__private::NotReturned as _;
                #(#methods)*
                #sockets
            }
        }
    })
}

fn method(handler: &Handler, to: &syn::Ident) -> TokenStream {
    let Handler { cfgs, constant, outcome, .. } = handler;
    let doc = documentation(&handler.carried);
    // What is idempotent is said by its `static`.
    let reads = (handler.kind == Kind::Shared && handler.repeating == Repeating::Counts).then(|| quote!(.reads()));
    let deprecated = handler.carried.iter().any(|attribute| attribute.path().is_ident("deprecated"));
    let deprecated = deprecated.then(|| quote!(.deprecated()));
    let arguments = handler.arguments.iter().map(argument);
    let value = &outcome.value;
    let error = outcome.error.clone().unwrap_or_else(|| quote!(::do_runtime::Error));
    quote! {
        #(#cfgs)*
        #to.method(&#constant, #doc) #reads #deprecated #(#arguments)* .returns(::do_runtime::__private::Returns::<#value, #error>::SHAPE);
    }
}

fn argument(argument: &Argument) -> TokenStream {
    let (name, ty, proof) = (argument.name(), &argument.ty, &argument.proof);
    match argument.passing {
        Passing::Text => quote!(.argument::<::std::string::String>(#name)),
        Passing::Bytes => quote!(.argument::<::std::vec::Vec<::core::primitive::u8>>(#name)),
        Passing::Carried | Passing::Proved => quote!(.argument_of(&#proof)),
        Passing::String | Passing::Fixed | Passing::Counted => quote!(.argument::<#ty>(#name)),
    }
}

/// The lines of a documentation, each without the space that it begins with. What a macro makes of it is left out.
fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else { return None };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value else { return None };
        let text = text.value();
        Some(text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n"))
    });
    lines.collect::<Vec<_>>().join("\n")
}
