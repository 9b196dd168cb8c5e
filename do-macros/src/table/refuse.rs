//! What is emitted for a table with mistakes: the struct, and functions and impls that have the right names and types
//! but never run, so that whatever uses the table has no error of its own.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Generics, Ident, Item, Visibility};

use super::carried;
use super::columns::Storage;
use super::expand;
use super::finders::Bodies;
use super::model::{Table, Written};
use super::new_row;
use crate::problems::Problems;
use crate::{generics, strip, types};

/// A struct that is almost a table.
pub(super) fn table(written: &Written, table: Option<&Table>, problems: Problems) -> TokenStream {
    let mut item = written.item.clone();
    // A reference is told already: that it has no lifetime would be another error.
    item.fields.iter_mut().for_each(|field| types::name_lifetimes(&mut field.ty));
    let problems = problems.into_tokens();
    let (new_row, functions) = match table {
        Some(table) if item.generics.params.is_empty() => {
            (new_row::item(written, table, Bodies::Refused), expand::functions(written, table, Bodies::Refused))
        }
        _ => anything(&item.vis, &item.ident, &item.generics),
    };
    let impls = impls(&item.ident, &item.generics, key(table));
    let carried = carried::refused(&Item::Struct(item.clone()));
    quote! {
        #problems
        #item
        #new_row
        #functions
        #impls
        #carried
    }
}

/// An item that is no struct.
pub(super) fn other(item: TokenStream, problems: Problems) -> TokenStream {
    let problems = problems.into_tokens();
    let item = strip::attributes(item);
    let rest = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Enum(item)) => named(&item.vis, &item.ident, &item.generics),
        Ok(Item::Union(item)) => named(&item.vis, &item.ident, &item.generics),
        _ => TokenStream::new(),
    };
    let carried = syn::parse2(item.clone()).map(|item| carried::refused(&item)).unwrap_or_default();
    quote!(#problems #item #rest #carried)
}

fn named(vis: &Visibility, ident: &Ident, generics: &Generics) -> TokenStream {
    let (new_row, functions) = anything(vis, ident, generics);
    let impls = impls(ident, generics, quote!(()));
    quote!(#new_row #functions #impls)
}

/// A `NewMessage`, as far as nothing is known of the columns.
fn anything(vis: &Visibility, ident: &Ident, _: &Generics) -> (TokenStream, TokenStream) {
    let new = format_ident!("New{}", ident.unraw());
    (quote!(#[allow(dead_code, missing_docs)] #vis struct #new;), TokenStream::new())
}

/// The type of a key, as far as it is known: of a table that has none it is probably the first column.
fn key(table: Option<&Table>) -> TokenStream {
    let Some(table) = table else { return quote!(()) };
    let columns = if table.key.is_empty() { &[0][..] } else { &table.key };
    let known = columns.iter().all(|column| matches!(table.columns[*column].column_type.storage, Storage::Known(_)));
    if known { expand::key_type(columns, table) } else { quote!(()) }
}

fn impls(ident: &Ident, generics: &Generics, key: TokenStream) -> TokenStream {
    let new = format_ident!("New{}", ident.unraw());
    let generics::Generics { declared, arguments, bounds } = generics::for_all(generics);
    let is_generic = !generics.params.is_empty();
    let new_row = (!is_generic).then(|| {
        quote! {
            impl ::do_runtime::__private::NewRow for #new {
                type Row = #ident;

                fn complete(self, _: ::do_runtime::Timestamp) -> (#ident, ::do_runtime::__private::KeySource) {
                    ::do_runtime::__private::refused()
                }
            }
        }
    });
    quote! {
        const _: () = {
            impl #declared ::do_runtime::__private::Table for #ident #arguments #bounds {
                const DEF: &'static ::do_runtime::__private::TableDef = &::do_runtime::__private::TableDef {
                    name: "",
                    rust_name: "",
                    schema: "",
                    types: &[],
                    columns: &[],
                    key: &[],
                    assigned: ::core::option::Option::None,
                    indexes: &[],
                    references: &[],
                expiry: ::core::option::Option::None,
                };

                type Key<'k> = #key;

                fn key_values<'v>(
                    _: &'v Self::Key<'_>,
                ) -> ::do_runtime::Result<::std::vec::Vec<::do_runtime::__private::Value<'v>>> {
                    ::do_runtime::__private::refused()
                }

                fn values(&self) -> ::do_runtime::Result<::std::vec::Vec<::do_runtime::__private::Value<'_>>> {
                    ::do_runtime::__private::refused()
                }

                fn read(
                    _: &dyn ::do_runtime::__private::RowAccess,
                    _: ::core::primitive::usize,
                ) -> ::do_runtime::Result<Self> {
                    ::do_runtime::__private::refused()
                }

                fn assign(&mut self, _: ::core::primitive::i64) {}
            }

            impl #declared ::do_runtime::__private::NewRow for #ident #arguments #bounds {
                type Row = Self;

                fn complete(self, _: ::do_runtime::Timestamp) -> (Self, ::do_runtime::__private::KeySource) {
                    ::do_runtime::__private::refused()
                }
            }

            #new_row

            impl #declared ::do_runtime::__private::FromRow for #ident #arguments #bounds {
                fn from_row(_: &dyn ::do_runtime::__private::RowAccess) -> ::do_runtime::Result<Self> {
                    ::do_runtime::__private::refused()
                }
            }
        };
    }
}
