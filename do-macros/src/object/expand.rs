//! Prints the Rust of an object: the struct, its stub, and one `const _` with the impls.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Fields, Ident, Path};

use super::model::{Field, Keep, Object, Written};
use super::schedule;
use crate::carry::freeze::{self, Asked};
use crate::carry::table::Frozen;
use crate::generics::{self, Generics};
use crate::migrations;
use crate::problems::Problems;
use crate::types;

/// An object without mistakes.
pub(super) fn object(written: &Written, object: &Object) -> TokenStream {
    let item = &written.item;
    let ident = &item.ident;
    let stub = stub(written);
    let stub_impls = stub_impls(written);
    let (schedule, schedule_impls) = (schedule::schedule(written), schedule::impls(written));
    let callable = quote_spanned!(ident.span()=> ::do_runtime::__private::callable::<#ident>);
    let first_values = object.fields.iter().filter_map(first_value_function);
    let stored_fields = object.fields.iter().filter_map(stored_field);
    let asked = imports(written);
    let imports: Vec<Ident> = asked.iter().map(|asked| asked.import.clone()).collect();
    let uses = asked.iter().map(|Asked { import, path }| {
        let import = quote_spanned!(path.span()=> use #path as #import;);
        quote!(#[allow(unused_imports)] #import)
    });
    let uses = quote!(#(#uses)*);
    let declares = imports.iter().map(|table| {
        let trait_ = quote_spanned!(table.span()=> ::do_runtime::__private::Declares<#table>);
        quote! {
            #[automatically_derived]
            impl #trait_ for #ident {}
        }
    });
    let object_impl = object_impl(written, object, &imports);
    let absent = (!imports.is_empty()).then(|| {
        quote! {
            #[allow(unused_imports)]
            use ::do_runtime::__private::Absent as _;
        }
    });
    let tables_of = quote!(::do_runtime::__private::sql::TablesOf<(#(#imports,)*)>);
    let frozen = Frozen { object: ident.clone(), tables: Vec::new(), refused: false, deny_scans: written.deny_scans };
    let migrations = written.migrations.as_ref().map(|migrations| (migrations.word.clone(), migrations.tokens.clone()));
    let frozen = freeze::begin(&item.vis, asked, frozen, migrations);
    quote! {
        #item
        #stub
        #schedule
        const _: () = {
            #stub_impls
            #schedule_impls
            const _: fn() = #callable;

            #(#first_values)*
            #(#stored_fields)*
            #absent
            #(#declares)*
            #object_impl

            #[automatically_derived]
            impl #tables_of for #ident {}
        };
        #uses
        #frozen
    }
}

/// The tables under names of their own, which stand for them in all that is generated.
fn imports(written: &Written) -> Vec<Asked> {
    let object = written.item.ident.unraw();
    let last = |path: &Path| path.segments.last().map(|last| last.ident.unraw().to_string()).unwrap_or_default();
    let import = |(index, path): (usize, &Path)| {
        let (table, span) = (last(path), path.span());
        // Tables of two modules may be called the same.
        let import = match written.tables[..index].iter().any(|earlier| last(earlier) == table) {
            true => format_ident!("__write_attribute_table_above_{table}_for_{object}_{index}", span = span),
            false => format_ident!("__write_attribute_table_above_{table}_for_{object}", span = span),
        };
        Asked { import, path: path.clone() }
    };
    written.tables.iter().enumerate().map(import).collect()
}

/// `ChatRoomStub`, of which the impl block says what can be called on it.
fn stub(written: &Written) -> TokenStream {
    let (vis, ident) = (&written.item.vis, &written.item.ident);
    let stub = super::stub_ident(ident);
    let title = format!(" Calls a [`{ident}`].");
    let docs: Vec<_> = written.item.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).collect();
    let gap = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
    let inner = quote!(::do_runtime::Stub<#ident>);
    let bound = bound(written);
    quote! {
        #[doc = #title]
        #gap
        #(#docs)*
        #vis struct #stub(#inner) where #bound;
    }
}

/// That the object can be called. With the lifetime, which means nothing, it is asked where the stub is used instead of
/// here, so that an object without an impl block is one error and not one for each thing that its stub has.
fn bound(written: &Written) -> TokenStream {
    let ident = &written.item.ident;
    quote!(for<'a> #ident: ::do_runtime::__private::Dispatch)
}

/// What the stub of every object has.
fn stub_impls(written: &Written) -> TokenStream {
    let (vis, ident) = (&written.item.vis, &written.item.ident);
    let (stub, bound) = (super::stub_ident(ident), bound(written));
    quote! {
        #[allow(dead_code)]
        impl #stub where #bound {
            /// The object's id.
            #vis fn id(&self) -> ::do_runtime::ObjectId {
                self.0.id()
            }

            /// The object's name, unless it has none or it is not known here.
            #vis fn name(&self) -> ::core::option::Option<&::core::primitive::str> {
                self.0.name()
            }

            /// The name of the object's class.
            #vis fn class(&self) -> &'static ::core::primitive::str {
                self.0.class()
            }
        }

        #[automatically_derived]
        impl ::core::clone::Clone for #stub where #bound {
            fn clone(&self) -> Self {
                Self(::core::clone::Clone::clone(&self.0))
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for #stub where #bound {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, f)
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<::do_runtime::Stub<#ident>> for #stub where #bound {
            fn from(stub: ::do_runtime::Stub<#ident>) -> Self {
                Self(stub)
            }
        }

        #[automatically_derived]
        impl ::do_runtime::__private::TypedStub for #stub where #bound {
            type Object = #ident;

            fn stub(&self) -> &::do_runtime::Stub<#ident> {
                &self.0
            }
        }
    }
}

fn object_impl(written: &Written, object: &Object, tables: &[Ident]) -> TokenStream {
    let ident = &written.item.ident;
    let class = &object.class;
    let tables =
        tables.iter().map(|table| quote_spanned!(table.span()=> ::do_runtime::__private::Present::<#table>::DEF));
    let limits = &written.limits;
    let migrations = written.migrations.as_ref().map(|migrations| migrations::constant(&migrations.steps));
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
            Keep::Ephemeral => match &field.default {
                Some(default) => quote!(#name: #default),
                None => quote!(#name: #first()),
            },
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
            #migrations

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
    let make = quote_spanned!(ty.span()=> ::do_runtime::__private::stored_field::<#ty>(#name));
    Some(quote! {
        const #constant: ::do_runtime::__private::StoredField<#ty> = #make;
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
    match first_value_ident(field) {
        Some(function) => quote!(#function),
        None => quote!(::core::default::Default::default),
    }
}

fn first_value_ident(field: &Field) -> Option<Ident> {
    let is_default = field.default.is_none() && types::is_plain(&field.ty);
    (!is_default).then(|| Ident::new(&format!("first_{}", field.name), Span::call_site()))
}

/// The function that makes the first value of a field, unless that is plainly `Default`: the only place where it is
/// made, so that a mistake in it is one error.
fn first_value_function(field: &Field) -> Option<TokenStream> {
    let (function, ty) = (first_value_ident(field)?, &field.ty);
    if field.keep == Keep::Ephemeral && field.default.is_some() {
        return None;
    }
    let value = match &field.default {
        Some(default) => quote!(#default),
        None => quote_spanned!(ty.span()=> ::do_runtime::__private::FirstValue::first_value()),
    };
    Some(quote! {
        fn #function() -> #ty {
            #value
        }
    })
}

/// An object with mistakes: the struct, a stub, and impls that never run.
pub(super) fn refused(written: &Written, problems: Problems) -> TokenStream {
    let problems = problems.into_tokens();
    let item = &written.item;
    let ident = &item.ident;
    let Generics { declared, arguments, bounds } = generics::for_all(&item.generics);
    let is_plain = item.generics.params.is_empty();
    let stub = is_plain.then(|| stub(written));
    let stub_impls = is_plain.then(|| stub_impls(written));
    let schedule = is_plain.then(|| schedule::schedule(written));
    let schedule_impls = is_plain.then(|| schedule::impls(written));
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
    let frozen = freeze::refused(&item.vis, ident);
    quote! {
        #problems
        #item
        #stub
        #schedule
        #frozen
        const _: () = {
            #stub_impls
            #schedule_impls
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
