//! The side that sets alarms: the methods of `ChatRoomSchedule`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Ident, Path};

use super::model::Alarm;
use crate::methods::model::{Argument, Block, Passing, Role, Written};
use crate::methods::printing::{hidden, parameter, undocumented};
use crate::methods::refuse::parameters;
use crate::methods::validate::cfgs;
use crate::object::schedule_path;
use crate::types;

/// `impl ChatRoomSchedule<'_> { … }`, unless there are no alarms.
pub(in crate::methods) fn methods(block: &Block) -> Option<TokenStream> {
    let schedule = &block.schedule;
    let methods: Vec<_> = block.alarms.iter().map(|alarm| method(alarm, block)).collect();
    (!methods.is_empty()).then(|| {
        quote! {
            #[allow(clippy::all, dead_code, private_interfaces, unreachable_pub)]
            impl<'a> #schedule<'a> {
                #(#methods)*
            }
        }
    })
}

fn method(alarm: &Alarm, block: &Block) -> TokenStream {
    let Alarm { schedule_ident, name, cfgs, carried, .. } = alarm;
    let doc = undocumented(carried, "Sets the alarm", &alarm.ident, block);
    let parameters = alarm.arguments.iter().map(parameter);
    let to = hidden("to");
    let to = if alarm.arguments.is_empty() { quote!(_) } else { quote!(#to) };
    let puts = alarm.arguments.iter().map(put);
    quote! {
        #(#cfgs)*
        #doc
        #(#carried)*
        pub fn #schedule_ident(self, #(#parameters),*) -> ::do_runtime::Setting<'a> {
            let payload = ::do_runtime::__private::ArgumentsWriter::written(|#to| {
                #(#puts)*
                ::core::result::Result::Ok(())
            });
            ::do_runtime::Schedule::alarm(&self, #name, payload)
        }
    }
}

/// Writes a parameter down.
fn put(argument: &Argument) -> TokenStream {
    let (ident, ty, name, proof) = (&argument.ident, &argument.ty, argument.name(), &argument.proof);
    let to = hidden("to");
    match argument.passing {
        Passing::Text | Passing::Bytes => quote!(#to.put(#name, #ident)?;),
        Passing::String => quote!(#to.put(#name, &::core::convert::Into::<#ty>::into(#ident))?;),
        Passing::Fixed | Passing::Counted => quote!(#to.put(#name, &#ident)?;),
        Passing::Proved | Passing::Carried => quote!(#proof.put(#to, &#ident)?;),
    }
}

/// The same for a block with mistakes, with methods that never run.
pub(in crate::methods) fn stand_in(written: &Written, object: &Path) -> Option<TokenStream> {
    let schedule = schedule_path(object);
    let mut seen = vec!["cancel".to_owned()];
    let mut methods = Vec::new();
    for written in &written.methods {
        let Role::Alarm(options) = &written.role else { continue };
        let signature = &written.method.sig;
        let renamed = options.rename.as_ref().and_then(|rename| rename.parse::<Ident>().ok());
        let ident = renamed.unwrap_or_else(|| signature.ident.clone());
        let name = ident.unraw().to_string();
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let cfgs = cfgs(&written.method.attrs);
        let (generics, _, bounds) = signature.generics.split_for_impl();
        let bounds = types::without_self(&bounds, object);
        let parameters = parameters(signature, object);
        methods.push(quote! {
            #(#cfgs)*
            #[allow(missing_docs)]
            pub fn #ident #generics (self, #(#parameters),*) -> ::do_runtime::Setting<'a> #bounds {
                ::do_runtime::__private::refused()
            }
        });
    }
    (!methods.is_empty()).then(|| {
        quote! {
            #[allow(clippy::all, dead_code, private_interfaces, unreachable_pub)]
            impl<'a> #schedule<'a> {
                #(#methods)*
            }
        }
    })
}
