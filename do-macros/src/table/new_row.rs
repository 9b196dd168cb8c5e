//! `NewMessage`: a row to insert, without what the database fills in.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Ident, ItemStruct, Meta, Path, Token, punctuated::Punctuated};

use super::columns::Storage;
use super::finders::Bodies;
use super::model::{Column, Default, Made, Optional, Table, Written};
use crate::{suggest, types};

/// `NewMessage`.
pub(super) fn ident(item: &ItemStruct) -> Ident {
    format_ident!("New{}", item.ident.unraw(), span = item.ident.span())
}

/// The struct and its setters.
pub(super) fn item(written: &Written, table: &Table, bodies: Bodies) -> TokenStream {
    let item = &written.item;
    let (vis, row, new) = (&item.vis, &item.ident, ident(item));
    let doc = format!(" A row of [`{row}`] to insert: what the database fills in may be left out.");
    let derives = shared_derives(item);
    let derive = (!derives.is_empty()).then(|| quote!(#[derive(#(#derives),*)]));
    if bodies == Bodies::Refused {
        let setters = setters(item, table, bodies);
        return quote! {
            #[doc = #doc]
            #derive
            #vis struct #new;
            #setters
        };
    }
    let fields = table.columns.iter().enumerate().map(|(position, column)| {
        let (field, ty) = (&column.field, &column.ty);
        if column.is_optional_in_new(position, table) {
            quote!(#field: ::core::option::Option<#ty>)
        } else {
            quote!(#field: #ty)
        }
    });
    let setters = setters(item, table, bodies);
    // What a column of JSON is made of has no bound, and clippy counts it.
    let json = |column: &Column| matches!(column.column_type.storage, Storage::Json | Storage::OwnJson);
    let allow = table.columns.iter().any(json).then(|| quote!(#[allow(clippy::type_complexity)]));
    quote! {
        #[doc = #doc]
        #derive
        #allow
        #vis struct #new {
            #(#fields,)*
        }
        #setters
    }
}

/// Those of `Debug`, `Clone` and `PartialEq` that the struct derives.
fn shared_derives(item: &ItemStruct) -> Vec<Ident> {
    let lists = item.attrs.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let paths = lists.filter_map(|attribute| match &attribute.meta {
        Meta::List(list) => list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).ok(),
        _ => None,
    });
    let derived: Vec<Path> = paths.flatten().collect();
    let has =
        |name: &&str| derived.iter().any(|path| path.segments.last().is_some_and(|segment| segment.ident == name));
    ["Debug", "Clone", "PartialEq"]
        .iter()
        .filter(|name| has(name))
        .map(|name| Ident::new(name, Span::call_site()))
        .collect()
}

fn setters(item: &ItemStruct, table: &Table, bodies: Bodies) -> TokenStream {
    let (vis, new) = (&item.vis, ident(item));
    let optional = optional_columns(table);
    if optional.is_empty() {
        return TokenStream::new();
    }
    let setters = optional.iter().map(|column| {
        let (field, ty) = (&column.field, &column.ty);
        let doc = match &column.default {
            Some(Default::Now(_)) => {
                format!(" Sets `{}`, which is the time of the handler otherwise.", column.field_name)
            }
            Some(Default::Value { .. }) => format!(" Sets `{}`, which has its default otherwise.", column.field_name),
            None => format!(" Sets `{}`, which the database assigns otherwise.", column.field_name),
        };
        match bodies {
            Bodies::Real => quote! {
                #[doc = #doc]
                #[must_use]
                #vis fn #field(mut self, #field: #ty) -> Self {
                    self.#field = ::core::option::Option::Some(#field);
                    self
                }
            },
            Bodies::Refused => quote! {
                #[doc = #doc]
                #[must_use]
                #vis fn #field(self, _: #ty) -> Self {
                    self
                }
            },
        }
    });
    quote! {
        #[allow(clippy::all, dead_code)]
        impl #new {
            #(#setters)*
        }
    }
}

fn optional_columns(table: &Table) -> Vec<&Column> {
    let columns = table.columns.iter().enumerate();
    columns.filter(|(position, column)| column.is_optional_in_new(*position, table)).map(|(_, column)| column).collect()
}

/// `Message::new(…)`.
pub(super) fn constructor(written: &Written, table: &Table, bodies: Bodies) -> TokenStream {
    let item = &written.item;
    let (vis, new) = (&item.vis, ident(item));
    let optional: Vec<&str> = optional_columns(table).iter().map(|column| column.field_name.as_str()).collect();
    let doc = match optional.len() {
        0 => " A row to insert.".to_owned(),
        1 => format!(" A row to insert. {} is filled in unless it is set.", suggest::listed(&optional)),
        _ => format!(" A row to insert. {} are filled in unless they are set.", suggest::listed(&optional)),
    };
    let is_optional = |position: usize, column: &Column| column.is_optional_in_new(position, table);
    let columns = || table.columns.iter().enumerate();
    let parameters = columns().filter(|(position, column)| !is_optional(*position, column)).map(|(_, column)| {
        let (field, ty) = (&column.field, &column.ty);
        if types::is(ty, "String") { quote!(#field: impl ::core::convert::Into<#ty>) } else { quote!(#field: #ty) }
    });
    let given: Vec<&Ident> = columns().filter(|(p, column)| !is_optional(*p, column)).map(|(_, c)| &c.field).collect();
    let body = match bodies {
        Bodies::Refused => quote!(let _ = (#(#given,)*); ::do_runtime::__private::refused()),
        Bodies::Real => {
            let fields = columns().map(|(position, column)| {
                let field = &column.field;
                if is_optional(position, column) {
                    quote!(#field: ::core::option::Option::None)
                } else if types::is(&column.ty, "String") {
                    quote!(#field: ::core::convert::Into::into(#field))
                } else {
                    quote!(#field)
                }
            });
            quote!(#new { #(#fields),* })
        }
    };
    quote! {
        #[doc = #doc]
        #vis fn new(#(#parameters),*) -> #new {
            #body
        }
    }
}

/// `impl NewRow for NewMessage`.
pub(super) fn new_row_impl(written: &Written, table: &Table) -> TokenStream {
    let item = &written.item;
    let (row, new) = (&item.ident, ident(item));
    let uses_now = table.columns.iter().any(|column| matches!(column.default, Some(Default::Now(_))));
    let now = Ident::new("now", Span::mixed_site());
    let now_pattern = if uses_now { quote!(#now) } else { quote!(_) };
    let key = Ident::new("key", Span::mixed_site());
    let fields = table.columns.iter().enumerate().map(|(position, column)| {
        let field = &column.field;
        match &column.default {
            _ if table.assigned == Some(position) => quote!(#field: #key),
            None => quote!(#field: self.#field),
            Some(Default::Now(Optional::No)) => quote!(#field: self.#field.unwrap_or(#now)),
            Some(Default::Now(Optional::Yes)) => {
                quote!(#field: self.#field.unwrap_or(::core::option::Option::Some(#now)))
            }
            Some(Default::Value { rust, made: Made::Before, .. }) => quote!(#field: self.#field.unwrap_or(#rust)),
            Some(Default::Value { rust, made: Made::WhenNeeded, .. }) => {
                quote!(#field: self.#field.unwrap_or_else(|| #rust))
            }
        }
    });
    let complete = match table.assigned {
        None => quote! {
            (#row { #(#fields),* }, ::do_runtime::__private::KeySource::Given)
        },
        Some(assigned) => {
            let (field, ty) = (&table.columns[assigned].field, &table.columns[assigned].ty);
            let source = Ident::new("source", Span::mixed_site());
            quote! {
                let (#key, #source) = match self.#field {
                    ::core::option::Option::Some(#key) => (#key, ::do_runtime::__private::KeySource::Given),
                    ::core::option::Option::None => {
                        (<#ty>::from_raw(0), ::do_runtime::__private::KeySource::Assigned)
                    }
                };
                (#row { #(#fields),* }, #source)
            }
        }
    };
    quote! {
        #[automatically_derived]
        impl ::do_runtime::__private::NewRow for #new {
            type Row = #row;

            fn complete(self, #now_pattern: ::do_runtime::Timestamp) -> (#row, ::do_runtime::__private::KeySource) {
                #complete
            }
        }
    }
}
