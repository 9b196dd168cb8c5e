//! Prints the Rust of an object: the struct, its stub, and one `const _` with the impls.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Fields, Ident};

use super::model::{Field, Keep, Object, Written};
use crate::generics::{self, Generics};
use crate::problems::Problems;
use crate::types;

/// An object without mistakes.
pub(super) fn object(written: &Written, object: &Object) -> TokenStream {
    let item = &written.item;
    let ident = &item.ident;
    let stub = stub(written);
    let stored_fields = object.fields.iter().filter_map(stored_field);
    let declares = written.tables.iter().map(|table| {
        let trait_ = quote_spanned!(table.span()=> ::do_runtime::__private::Declares<#table>);
        quote! {
            #[automatically_derived]
            impl #trait_ for #ident {}
        }
    });
    let object_impl = object_impl(written, object);
    quote! {
        #item
        #stub
        const _: () = {
            #(#stored_fields)*
            #(#declares)*
            #object_impl
        };
    }
}

/// `ChatRoomStub`, of which the impl block says what can be called on it.
fn stub(written: &Written) -> TokenStream {
    let (vis, ident) = (&written.item.vis, &written.item.ident);
    let stub = super::stub_ident(ident);
    let title = format!(" Calls a [`{ident}`].");
    let docs: Vec<_> = written.item.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).collect();
    let gap = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
    let inner = quote_spanned!(ident.span()=> ::do_runtime::Stub<#ident>);
    quote! {
        #[doc = #title]
        #gap
        #(#docs)*
        #vis struct #stub(#inner);
    }
}

fn object_impl(written: &Written, object: &Object) -> TokenStream {
    let ident = &written.item.ident;
    let class = &object.class;
    let tables = written
        .tables
        .iter()
        .map(|table| quote_spanned!(table.span()=> <#table as ::do_runtime::__private::Table>::DEF));
    let limits = &written.limits;
    let jurisdiction = match &written.jurisdiction {
        Some(region) => quote!(::core::option::Option::Some(#region)),
        None => quote!(::core::option::Option::None),
    };
    let sendable = sendable(object);
    let made = object.fields.iter().map(|field| {
        let (name, first) = (&field.ident, first_value(field));
        match field.keep {
            Keep::Stored => {
                let take = take(field);
                quote!(#name: #take?.unwrap_or_else(#first))
            }
            Keep::Ephemeral => {
                let value = first_value_now(field);
                quote!(#name: #value)
            }
        }
    });
    let made = match &written.item.fields {
        Fields::Unit => quote!(Self),
        _ => quote!(Self { #(#made),* }),
    };
    let stored: Vec<&Field> = object.fields.iter().filter(|field| field.keep == Keep::Stored).collect();
    let puts = stored.iter().map(|field| put(field));
    let restores = stored.iter().map(|field| {
        let (name, take, first) = (&field.ident, take(field), first_value(field));
        quote!(self.#name = #take?.unwrap_or_else(#first);)
    });
    let from = if stored.is_empty() { quote!(_) } else { quote!(stored) };
    let to = if stored.is_empty() { quote!(_) } else { quote!(to) };
    quote! {
        #[automatically_derived]
        impl ::do_runtime::__private::Object for #ident {
            const CLASS: &'static ::core::primitive::str = #class;
            const TABLES: &'static [&'static ::do_runtime::__private::TableDef] = &[#(#tables),*];
            const LIMITS: ::do_runtime::Limits = ::do_runtime::Limits::DEFAULT #(#limits)*;
            const JURISDICTION: ::core::option::Option<&'static ::core::primitive::str> = #jurisdiction;

            fn sendable() -> ::do_runtime::__private::Sendable<Self> {
                #sendable
            }

            fn wake(#from: &mut ::do_runtime::__private::StoredReader<'_>) -> ::do_runtime::Result<Self> {
                ::core::result::Result::Ok(#made)
            }

            fn store(&self, #to: &mut ::do_runtime::__private::StoredWriter<'_>) -> ::do_runtime::Result {
                #(#puts?;)*
                ::core::result::Result::Ok(())
            }

            fn restore(&mut self, #from: &mut ::do_runtime::__private::StoredReader<'_>) -> ::do_runtime::Result {
                #(#restores)*
                ::core::result::Result::Ok(())
            }
        }
    }
}

/// The proof that the object is `Send`, with the span of the first type of which that is not plain to see.
fn sendable(object: &Object) -> TokenStream {
    let doubtful = object.fields.iter().map(|field| &field.ty).find(|ty| !types::is_known(ty));
    let span = doubtful.map_or_else(Span::call_site, |ty| ty.span());
    quote_spanned!(span=> ::do_runtime::__private::Sendable::new())
}

fn stored_field_ident(field: &Field) -> Ident {
    Ident::new(&format!("{}_FIELD", field.name.to_uppercase()), Span::call_site())
}

/// The constant of a stored field whose type is not known to have serde's traits: the only place that asks for them,
/// so that a type without them is one error, at the type.
fn stored_field(field: &Field) -> Option<TokenStream> {
    if field.keep == Keep::Ephemeral || types::is_known(&field.ty) {
        return None;
    }
    let (constant, ty, name) = (stored_field_ident(field), &field.ty, &field.name);
    let make = quote_spanned!(ty.span()=> ::do_runtime::__private::StoredField::new);
    Some(quote! {
        const #constant: ::do_runtime::__private::StoredField<#ty> = #make(#name);
    })
}

fn take(field: &Field) -> TokenStream {
    let name = &field.name;
    if types::is_known(&field.ty) {
        return quote!(stored.take(#name));
    }
    let constant = stored_field_ident(field);
    quote!(#constant.take(stored))
}

fn put(field: &Field) -> TokenStream {
    let (ident, name) = (&field.ident, &field.name);
    if types::is_known(&field.ty) {
        return quote!(to.put(#name, &self.#ident));
    }
    let constant = stored_field_ident(field);
    quote!(#constant.put(to, &self.#ident))
}

/// What makes the first value of a field.
fn first_value(field: &Field) -> TokenStream {
    let ty = &field.ty;
    match &field.default {
        Some(default) => quote!(|| #default),
        None if types::is_plain(ty) => quote!(::core::default::Default::default),
        None => quote_spanned!(ty.span()=> <#ty as ::do_runtime::__private::FirstValue>::first_value),
    }
}

fn first_value_now(field: &Field) -> TokenStream {
    match &field.default {
        Some(default) => quote!(#default),
        None => {
            let first = first_value(field);
            quote!(#first())
        }
    }
}

/// An object with mistakes: the struct, a stub, and impls that never run.
pub(super) fn refused(written: &Written, problems: Problems) -> TokenStream {
    let problems = problems.into_tokens();
    let item = &written.item;
    let ident = &item.ident;
    let Generics { declared, arguments, bounds } = generics::for_all(&item.generics);
    let stub = item.generics.params.is_empty().then(|| stub(written));
    let declares = written
        .tables
        .iter()
        .map(|table| quote!(impl #declared ::do_runtime::__private::Declares<#table> for #ident #arguments #bounds {}));
    let mut seen: Vec<String> = Vec::new();
    let declares: Vec<TokenStream> = declares
        .zip(&written.tables)
        .filter(|(_, table)| {
            let name = types::readable(table);
            let new = !seen.contains(&name);
            seen.push(name);
            new
        })
        .map(|(declares, _)| declares)
        .collect();
    quote! {
        #problems
        #item
        #stub
        const _: () = {
            #(#declares)*

            impl #declared ::do_runtime::__private::Object for #ident #arguments #bounds {
                const CLASS: &'static ::core::primitive::str = "";
                const TABLES: &'static [&'static ::do_runtime::__private::TableDef] = &[];
                const LIMITS: ::do_runtime::Limits = ::do_runtime::Limits::DEFAULT;
                const JURISDICTION: ::core::option::Option<&'static ::core::primitive::str> =
                    ::core::option::Option::None;

                fn sendable() -> ::do_runtime::__private::Sendable<Self> {
                    ::do_runtime::__private::refused()
                }

                fn wake(_: &mut ::do_runtime::__private::StoredReader<'_>) -> ::do_runtime::Result<Self> {
                    ::do_runtime::__private::refused()
                }

                fn store(&self, _: &mut ::do_runtime::__private::StoredWriter<'_>) -> ::do_runtime::Result {
                    ::do_runtime::__private::refused()
                }

                fn restore(&mut self, _: &mut ::do_runtime::__private::StoredReader<'_>) -> ::do_runtime::Result {
                    ::do_runtime::__private::refused()
                }
            }
        };
    }
}
