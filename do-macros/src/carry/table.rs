//! A table on its way: as tokens, and read back.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Path, Token, bracketed, token};

use crate::raw;
use crate::schema::{Class, Column, Schema, Table};
use crate::types::readable;

/// What a table's macro hands out.
pub(crate) enum Carried {
    /// The table.
    Table(Table),
    /// It has mistakes, which are reported where it stands.
    Refused,
    /// It is an object.
    Object,
}

/// The tokens of a table without mistakes.
pub(crate) fn tokens(table: &Table) -> TokenStream {
    let (rust, name, ddl) = (&table.rust, &table.name, raw::literal(&table.ddl));
    let columns = table.columns.iter().map(|column| {
        let name = &column.name;
        let class = format_ident!("{}", column.class.map_or("own".to_owned(), |class| class.sql().to_lowercase()));
        let null = column.nullable.then(|| quote!(?));
        let field = match &column.field {
            Some(field) if field == name => None,
            Some(field) => Some(quote!(= #field)),
            None => Some(quote!(= !)),
        };
        quote!(#name #class #null #field)
    });
    let expires = table.expires.then(|| quote!(expires));
    quote!(#rust #name #ddl [#(#columns),*] #expires)
}

/// The tokens of a table with mistakes.
pub(crate) fn refused() -> TokenStream {
    quote!(refused)
}

impl Parse for Carried {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(syn::Ident) {
            let refused = input.parse::<Ident>()? == "refused";
            input.parse::<TokenStream>()?;
            return Ok(if refused { Carried::Refused } else { Carried::Object });
        }
        let text = || input.parse::<LitStr>().map(|text| text.value());
        let (rust, name, ddl) = (text()?, text()?, text()?);
        let list;
        bracketed!(list in input);
        let columns = list.parse_terminated(column, Token![,])?.into_iter().collect();
        let expires = input.parse::<Option<Ident>>()?.is_some();
        Ok(Carried::Table(Table { rust, name, columns, ddl, expires }))
    }
}

fn column(input: ParseStream<'_>) -> syn::Result<Column> {
    let name = input.parse::<LitStr>()?.value();
    let class: Ident = input.parse()?;
    let nullable = input.parse::<Option<Token![?]>>()?.is_some();
    let field = match input.parse::<Option<Token![=]>>()? {
        None => Some(name.clone()),
        Some(_) if input.parse::<Option<Token![!]>>()?.is_some() => None,
        Some(_) => Some(input.parse::<LitStr>()?.value()),
    };
    Ok(Column { name, class: Class::from_sql(&class.to_string()), nullable, field })
}

/// What an object's macro hands out.
pub(crate) struct Frozen {
    /// The object.
    pub(crate) object: Ident,
    /// Its tables, and how it calls them.
    pub(crate) tables: Vec<(Path, Table)>,
    /// Whether one of them, or the object itself, has mistakes.
    pub(crate) refused: bool,
    /// `scans = "deny"`.
    pub(crate) deny_scans: bool,
}

impl Frozen {
    /// The schema, for the checks: its tables are called as the object calls them.
    pub(crate) fn schema(&self) -> Schema {
        let named = |(path, table): &(Path, Table)| Table {
            rust: path.segments.last().map_or_else(|| readable(path), |last| last.ident.to_string()),
            ..table.clone()
        };
        Schema { object: self.object.to_string(), tables: self.tables.iter().map(named).collect() }
    }
}

impl ToTokens for Frozen {
    fn to_tokens(&self, to: &mut TokenStream) {
        let Frozen { object, tables, refused, deny_scans } = self;
        let refused = refused.then(|| quote!(!));
        let deny_scans = deny_scans.then(|| quote!(#));
        let tables = tables.iter().map(|(path, table)| {
            let table = tokens(table);
            quote!(#path {#table})
        });
        to.extend(quote!(#object #refused #deny_scans #(#tables)*));
    }
}

impl Parse for Frozen {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![!]) {
            // Of something that is no object.
            let object = Ident::new("Object", input.parse::<Token![!]>()?.span);
            return Ok(Frozen { object, tables: Vec::new(), refused: true, deny_scans: false });
        }
        let object = input.parse()?;
        let refused = input.parse::<Option<Token![!]>>()?.is_some();
        let deny_scans = input.parse::<Option<Token![#]>>()?.is_some();
        let mut tables = Vec::new();
        while !input.is_empty() {
            let path = input.call(Path::parse_mod_style)?;
            let body;
            let _: token::Brace = syn::braced!(body in input);
            if let Carried::Table(table) = body.parse()? {
                tables.push((path, table));
            }
        }
        Ok(Frozen { object, tables, refused, deny_scans })
    }
}
