//! What a table tells the SQL of its objects.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::Item;
use syn::ext::IdentExt;

use super::columns::Storage;
use super::expiry::Columns;
use super::model::{Column, Table, Written};
use super::schema;
use crate::carry::{self, Reach, callback};
use crate::schema as checks;

/// The macro that hands the table on.
pub(super) fn of(written: &Written, table: &Table) -> TokenStream {
    let mut ddl = schema::print(table, Columns::Declared);
    for column in table.columns.iter().filter(|column| column.column_type.storage == Storage::Own) {
        ddl = ddl.replace(&schema::type_placeholder(column), "ANY");
    }
    let carried = checks::Table {
        rust: written.item.ident.unraw().to_string(),
        name: table.name.clone(),
        columns: table.columns.iter().map(column).collect(),
        ddl,
        expires: table.expiry.is_some(),
    };
    let tokens = carry::table::tokens(&carried);
    let (ident, vis) = (&written.item.ident, &written.item.vis);
    let (name, reach) = match written.export {
        Some(_) => {
            // Exported macros have names of the whole crate.
            let mut hasher = DefaultHasher::new();
            std::env::var("CARGO_PKG_NAME").unwrap_or_default().hash(&mut hasher);
            tokens.to_string().hash(&mut hasher);
            (format_ident!("__table_{}_{:016x}", ident.unraw(), hasher.finish()), Reach::Everywhere)
        }
        None => (format_ident!("__table_{}", ident.unraw()), Reach::Crate),
    };
    callback(&name, ident, vis, reach, &tokens)
}

/// The macro of a table with mistakes.
pub(super) fn refused(item: &Item) -> TokenStream {
    let (ident, vis) = match item {
        Item::Struct(item) => (&item.ident, &item.vis),
        Item::Enum(item) => (&item.ident, &item.vis),
        Item::Union(item) => (&item.ident, &item.vis),
        _ => return TokenStream::new(),
    };
    callback(&format_ident!("__table_{}", ident.unraw()), ident, vis, Reach::Crate, &carry::table::refused())
}

fn column(column: &Column) -> checks::Column {
    let class = match column.column_type.storage {
        Storage::Known(sql) => checks::Class::from_sql(sql),
        Storage::Json | Storage::OwnJson => Some(checks::Class::Text),
        Storage::Own => None,
    };
    let is_json = matches!(column.column_type.storage, Storage::Json | Storage::OwnJson);
    let field = (!is_json).then(|| column.field_name.clone());
    checks::Column { name: column.name.clone(), class, nullable: column.column_type.null, field }
}

/// The types of the columns, for rows that have no type of their own.
pub(super) fn columns_impl(written: &Written, table: &Table) -> TokenStream {
    let row = &written.item.ident;
    let types = table.columns.iter().map(|column| {
        let ty = column.ty.to_token_stream();
        match column.column_type.storage {
            Storage::Json | Storage::OwnJson => quote!(::do_runtime::Json<#ty>),
            _ => ty,
        }
    });
    quote! {
        #[automatically_derived]
        impl ::do_runtime::__private::sql::ColumnsOf<(#(#types,)*)> for #row {}
    }
}
