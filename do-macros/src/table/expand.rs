//! Prints the Rust of a table: the struct, `NewMessage`, its finders, and one `const _` with the impls.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Index as FieldIndex};

use super::columns::Storage;
use super::expiry::{self, Columns};
use super::finders::{self, Bodies};
use super::model::{Column, Default, OnDelete, Order, Reference, Table, Uniqueness, Written};
use super::{carried, new_row, schema, search};
use crate::raw;
use crate::types::respanned;

/// A table without mistakes.
pub(super) fn table(written: &Written, table: &Table) -> TokenStream {
    let item = &written.item;
    let new_row = new_row::item(written, table, Bodies::Real);
    let functions = functions(written, table, Bodies::Real);
    let schema = raw::literal(&schema::print(table, Columns::All));
    let own_types = own_types(table);
    let impls = [
        table_impl(written, table),
        new_row::new_row_impl(written, table),
        given_row_impl(written),
        from_row_impl(written),
    ];
    let carried = carried::of(written, table);
    let columns = carried::columns_impl(written, table);
    let references = expiry::references(written, table);
    quote! {
        #item
        #new_row
        #functions
        const _: () = {
            const SCHEMA: &::core::primitive::str = #schema;
            #(#own_types)*
            #(#impls)*
            #columns
            #references
        };
        #carried
    }
}

/// `impl Message { new, finders }`.
pub(super) fn functions(written: &Written, table: &Table, bodies: Bodies) -> TokenStream {
    let item = &written.item;
    let row = &item.ident;
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    let constructor = new_row::constructor(written, table, bodies);
    let finders = finders::of(table);
    let finders = finders.iter().map(|finder| finder.expand(item, table, bodies));
    let search = table.search.as_ref().map(|search| search::finder(search, item, table, bodies));
    quote! {
        #[allow(clippy::all, dead_code)]
        impl #generics #row #arguments #bounds {
            #constructor
            #(#finders)*
            #search
        }
    }
}

/// The name of the constant that says what a user's own type is as a column.
fn own_type_ident(column: &Column) -> Ident {
    let name = column.field_name.to_uppercase();
    Ident::new(&format!("{name}_COLUMN"), proc_macro2::Span::call_site())
}

/// One constant for each column of a user's own type: the only place that asks for its `Column`, so that a type without
/// it is one error, at the type. Likewise for serde's traits and JSON.
fn own_types(table: &Table) -> Vec<TokenStream> {
    let constant = |column: &Column| {
        let (name, ty) = (own_type_ident(column), &column.ty);
        let make = match column.column_type.storage {
            Storage::Own => quote_spanned!(ty.span()=> <#ty as ::do_runtime::__private::Column>::COLUMN_TYPE),
            Storage::OwnJson => quote_spanned!(ty.span()=> ::do_runtime::__private::json_type::<#ty>()),
            Storage::Known(_) | Storage::Json => return None,
        };
        Some(quote! {
            const #name: ::do_runtime::__private::ColumnType<#ty> = #make;
        })
    };
    table.columns.iter().filter_map(constant).collect()
}

fn table_impl(written: &Written, table: &Table) -> TokenStream {
    let row = &written.item.ident;
    let name = &table.name;
    let definition = definition(written, table);
    let key = key_type(&table.key, table);
    let key_values = key_values(table);
    let values = table.columns.iter().map(|column| {
        let field = &column.field;
        match column.column_type.storage {
            Storage::Known(_) => quote!(::do_runtime::__private::ToValue::to_value(&self.#field)?),
            Storage::Json => quote!(::do_runtime::__private::json_value(&self.#field)?),
            Storage::Own | Storage::OwnJson => {
                let constant = own_type_ident(column);
                quote!(#constant.value(&self.#field)?)
            }
        }
    });
    let read = table.columns.iter().enumerate().map(|(position, column)| {
        let (field, name) = (&column.field, &column.name);
        let index = match position {
            0 => quote!(first),
            _ => {
                let position = Literal::usize_unsuffixed(position);
                quote!(first + #position)
            }
        };
        match column.column_type.storage {
            Storage::Known(_) => quote!(#field: ::do_runtime::__private::column(row, #index, #name)?),
            Storage::Json => quote!(#field: ::do_runtime::__private::json_column(row, #index, #name)?),
            Storage::Own | Storage::OwnJson => {
                let constant = own_type_ident(column);
                quote!(#field: #constant.read(row, #index, #name)?)
            }
        }
    });
    let assign = match table.assigned {
        Some(assigned) => {
            let (field, ty) = (&table.columns[assigned].field, &table.columns[assigned].ty);
            quote! {
                fn assign(&mut self, key: ::core::primitive::i64) {
                    self.#field = <#ty>::from_raw(key);
                }
            }
        }
        None => quote! {
            fn assign(&mut self, _: ::core::primitive::i64) {}
        },
    };
    quote! {
        #[automatically_derived]
        impl ::do_runtime::__private::Table for #row {
            const NAME: &'static ::core::primitive::str = #name;
            const DEF: &'static ::do_runtime::__private::TableDef = #definition;

            type Key<'k> = #key;

            #key_values

            fn values(&self) -> ::do_runtime::Result<::std::vec::Vec<::do_runtime::__private::Value<'_>>> {
                ::core::result::Result::Ok(::std::vec![#(#values),*])
            }

            fn read(
                row: &dyn ::do_runtime::__private::RowAccess,
                first: ::core::primitive::usize,
            ) -> ::do_runtime::Result<Self> {
                ::core::result::Result::Ok(Self { #(#read),* })
            }

            #assign
        }
    }
}

/// `&TableDef { … }`.
fn definition(written: &Written, table: &Table) -> TokenStream {
    let name = &table.name;
    let rust_name = syn::ext::IdentExt::unraw(&written.item.ident).to_string();
    let types = placeholders(table);
    let columns = table.columns.iter().enumerate().map(|(position, column)| column_def(column, position, table));
    let key = table.key.iter().map(|position| Literal::usize_unsuffixed(*position));
    let assigned = match table.assigned {
        Some(assigned) => {
            let assigned = Literal::usize_unsuffixed(assigned);
            quote!(::core::option::Option::Some(#assigned))
        }
        None => quote!(::core::option::Option::None),
    };
    let indexes = table.indexes.iter().map(|index| {
        let name = &index.name;
        let unique = index.uniqueness == Uniqueness::Unique;
        let columns = index.columns.iter().map(|(position, order)| {
            let (name, descending) = (&table.columns[*position].name, *order == Order::Descending);
            quote!((#name, #descending))
        });
        quote! {
            ::do_runtime::__private::IndexDef { name: #name, columns: &[#(#columns),*], unique: #unique }
        }
    });
    let references = table.columns.iter().enumerate().filter_map(|(position, column)| {
        let (reference, position) = (column.references.as_ref()?, Literal::usize_unsuffixed(position));
        let (other, on_delete) = (&reference.table, on_delete(reference));
        let name = quote_spanned!(other.span()=> <#other as ::do_runtime::__private::Table>::NAME);
        Some(quote! {
            ::do_runtime::__private::ReferenceDef { column: #position, table: #name, on_delete: #on_delete }
        })
    });
    let expiry = expiry::definition(table);
    quote! {
        &::do_runtime::__private::TableDef {
            name: #name,
            rust_name: #rust_name,
            schema: SCHEMA,
            types: &[#(#types),*],
            columns: &[#(#columns),*],
            key: &[#(#key),*],
            assigned: #assigned,
            indexes: &[#(#indexes),*],
            references: &[#(#references),*],
            expiry: #expiry,
        }
    }
}

pub(super) fn on_delete(reference: &Reference) -> TokenStream {
    match reference.on_delete {
        Some(OnDelete::Cascade) => quote!(::do_runtime::__private::OnDelete::Cascade),
        Some(OnDelete::SetNull) => quote!(::do_runtime::__private::OnDelete::SetNull),
        Some(OnDelete::Restrict) | None => quote!(::do_runtime::__private::OnDelete::Restrict),
    }
}

fn column_def(column: &Column, position: usize, table: &Table) -> TokenStream {
    let name = &column.name;
    let sql_type = match column.column_type.storage {
        Storage::Known(sql) => sql.to_token_stream(),
        Storage::Json | Storage::OwnJson => quote!("TEXT"),
        Storage::Own => {
            let constant = own_type_ident(column);
            quote!(#constant.sql_type)
        }
    };
    let null = column.column_type.null;
    let in_sql = matches!(column.default, Some(Default::Now(_) | Default::Value { sql: Some(_), .. }));
    let default = in_sql || table.assigned == Some(position);
    quote! {
        ::do_runtime::__private::ColumnDef { name: #name, sql_type: #sql_type, null: #null, default: #default }
    }
}

/// What the placeholders of the schema stand for.
fn placeholders(table: &Table) -> Vec<TokenStream> {
    let mut seen: Vec<String> = Vec::new();
    let mut placeholders = Vec::new();
    for column in &table.columns {
        if column.column_type.storage == Storage::Own {
            let (text, constant) = (schema::type_placeholder(column), own_type_ident(column));
            if !seen.contains(&text) {
                placeholders.push(quote!((#text, #constant.sql_type)));
                seen.push(text);
            }
        }
        if let Some(reference) = &column.references {
            let (text, other) = (schema::table_placeholder(&reference.table), &reference.table);
            if !seen.contains(&text) {
                let name = quote_spanned!(other.span()=> <#other as ::do_runtime::__private::Table>::NAME);
                placeholders.push(quote!((#text, #name)));
                seen.push(text);
            }
        }
    }
    placeholders
}

/// The type of a key: the borrowed form of its column, or a tuple of several.
pub(super) fn key_type(key: &[usize], table: &Table) -> TokenStream {
    let types = key.iter().map(|position| table.columns[*position].key_type(&quote!('k)));
    if key.len() == 1 { quote!(#(#types)*) } else { quote!((#(#types),*)) }
}

/// The function that gives the values of a key, in order.
fn key_values(table: &Table) -> TokenStream {
    let values = (0..table.key.len()).map(|position| {
        let position = FieldIndex::from(position);
        let part = if table.key.len() == 1 { quote!(key) } else { quote!(&key.#position) };
        quote!(::do_runtime::__private::ToValue::to_value(#part)?)
    });
    let function = quote! {
        fn key_values<'v>(
            key: &'v Self::Key<'_>,
        ) -> ::do_runtime::Result<::std::vec::Vec<::do_runtime::__private::Value<'v>>> {
            ::core::result::Result::Ok(::std::vec![#(#values),*])
        }
    };
    let mut key = table.key.iter().map(|position| &table.columns[*position]);
    match key.find(|column| column.column_type.storage == Storage::Own) {
        Some(column) => respanned(function, column.ty.span()),
        None => function,
    }
}

/// A full row keeps its values.
fn given_row_impl(written: &Written) -> TokenStream {
    let row = &written.item.ident;
    quote! {
        #[automatically_derived]
        impl ::do_runtime::__private::NewRow for #row {
            type Row = Self;

            fn complete(self, _: ::do_runtime::Timestamp) -> (Self, ::do_runtime::__private::KeySource) {
                (self, ::do_runtime::__private::KeySource::Given)
            }
        }
    }
}

fn from_row_impl(written: &Written) -> TokenStream {
    let row = &written.item.ident;
    quote! {
        #[automatically_derived]
        impl ::do_runtime::__private::FromRow for #row {
            const SHAPE: ::do_runtime::__private::RowShape =
                ::do_runtime::__private::RowShape::Table(<Self as ::do_runtime::__private::Table>::DEF);

            fn from_row(row: &dyn ::do_runtime::__private::RowAccess) -> ::do_runtime::Result<Self> {
                ::do_runtime::__private::read_named(row)
            }
        }
    }
}
