//! Prints the steps as the constant that the runtime reads.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::LitStr;
use syn::spanned::Spanned;

use super::{Step, StepKind};
use crate::{raw, types};

/// `const MIGRATIONS`, of `impl Object`.
pub(crate) fn constant(steps: &[Step]) -> TokenStream {
    let steps = steps.iter().map(step);
    quote! {
        const MIGRATIONS: &'static [::do_runtime::__private::Migration<Self>] = &[#(#steps),*];
    }
}

fn step(step: &Step) -> TokenStream {
    let version = Literal::u32_unsuffixed(step.version);
    let kind = match &step.kind {
        StepKind::Sql { text, .. } => {
            let text = raw::literal(text);
            quote!(::do_runtime::__private::Step::Sql(#text))
        }
        // Read again by the compiler, which thereby sees that the file has changed.
        StepKind::File { path, span, .. } => {
            let path = LitStr::new(&format!("/{path}"), *span);
            quote! {
                ::do_runtime::__private::Step::Sql(::core::include_str!(::core::concat!(
                    ::core::env!("CARGO_MANIFEST_DIR"),
                    #path
                )))
            }
        }
        StepKind::Backfill(function) => {
            let name = types::readable(function);
            let run = quote_spanned!(function.span()=> #function);
            quote!(::do_runtime::__private::Step::Backfill { name: #name, run: #run })
        }
    };
    quote!(::do_runtime::__private::Migration { version: #version, step: #kind })
}
