//! What is emitted for a block with mistakes: the impl, and a stub whose methods have the right names and types but
//! never run, so that whatever calls them has no error of its own.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{FnArg, Path, ReturnType, Signature, Type};

use super::model::{Purpose, Role, Written, WrittenMethod};
use super::{alarms, validate};
use crate::carry::block;
use crate::object::stub_path;
use crate::problems::Problems;
use crate::types;

/// A block with mistakes.
pub(super) fn block(written: &Written, problems: Problems) -> TokenStream {
    let item = &written.item;
    let problems = problems.into_tokens();
    let rest = match (validate::plain_path(written), written.purpose) {
        (Some(object), Purpose::Handlers) => stand_in(written, &object),
        (Some(object), Purpose::Helpers) => block::helpers(&object),
        (None, _) => TokenStream::new(),
    };
    quote!(#problems #item #rest)
}

fn stand_in(written: &Written, object: &Path) -> TokenStream {
    let methods = methods(written, object);
    let stub = stub_path(object);
    let alarms = alarms::stand_in(written, object);
    block::handlers(
        object,
        &quote! {
            #[allow(clippy::all, dead_code, private_interfaces, unreachable_pub)]
            impl #stub {
                #(#methods)*
            }

            #alarms

            impl ::do_runtime::__private::Dispatch for #object
            where
                for<'a> #stub: ::core::marker::Sized,
            {
                type Request = ();
                type Stub = #stub;
                type Schedule<'a> = <#stub as ::do_runtime::__private::Scheduled>::Schedule<'a>;

                fn dispatch(
                    _: (),
                    _: ::do_runtime::__private::Run<'_, Self>,
                ) -> ::do_runtime::__private::Ran {
                    ::do_runtime::__private::refused()
                }
            }
        },
    )
}

fn methods(written: &Written, object: &Path) -> Vec<TokenStream> {
    let mut seen = vec!["id".to_owned(), "name".to_owned(), "class".to_owned()];
    let mut methods = Vec::new();
    for written in &written.methods {
        let Role::Rpc(options) = &written.role else { continue };
        let ident = &written.method.sig.ident;
        let renamed = options.rename.as_ref().and_then(|rename| rename.parse::<syn::Ident>().ok());
        let ident = renamed.unwrap_or_else(|| ident.clone());
        let name = ident.unraw().to_string();
        if !seen.contains(&name) {
            methods.push(method(written, &ident, object));
            seen.push(name);
        }
    }
    methods
}

fn method(written: &WrittenMethod, ident: &syn::Ident, object: &Path) -> TokenStream {
    let signature = &written.method.sig;
    let cfgs = validate::cfgs(&written.method.attrs);
    let (generics, _, bounds) = signature.generics.split_for_impl();
    let bounds = types::without_self(&bounds, object);
    let parameters = parameters(signature, object);
    let output = output(&signature.output, object);
    quote! {
        #(#cfgs)*
        #[allow(missing_docs)]
        pub fn #ident #generics (&self, #(#parameters),*) -> #output #bounds {
            ::do_runtime::__private::refused()
        }
    }
}

/// The parameters of a stand-in, without `cx` or `this`.
pub(super) fn parameters(signature: &Signature, object: &Path) -> impl Iterator<Item = TokenStream> {
    signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) if !is_context(&typed.ty) => {
            let ty = types::without_self(&typed.ty, object);
            let is_string = types::is(&typed.ty, "String");
            Some(if is_string { quote!(_: impl ::core::convert::Into<#ty>) } else { quote!(_: #ty) })
        }
        _ => None,
    })
}

/// Whether it is the type of `cx` or `this`.
fn is_context(ty: &Type) -> bool {
    let inner = match types::peel(ty) {
        Type::Reference(reference) => &reference.elem,
        other => other,
    };
    types::is(inner, "Cx") || types::is(inner, "This")
}

fn output(output: &ReturnType, object: &Path) -> TokenStream {
    let ty = match output {
        ReturnType::Default => return quote!(::do_runtime::Call<#object, ()>),
        ReturnType::Type(_, ty) if types::has_impl_trait(ty) => return quote!(::do_runtime::Call<#object, ()>),
        ReturnType::Type(_, ty) => ty,
    };
    let parts = match types::named(ty) {
        Some(named) if named.ident == "Result" && named.arguments.is_empty() => vec![quote!(())],
        Some(named) if named.ident == "Result" => {
            named.arguments.iter().map(|part| types::without_self(part, object)).collect()
        }
        _ => vec![types::without_self(ty, object)],
    };
    quote!(::do_runtime::Call<#object #(, #parts)*>)
}
