//! Rows that expire: `ttl = "30d"`, `ttl_from = column`, `#[expires_at]`.

use ::quote::{quote, quote_spanned};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::columns::Storage;
use super::expand;
use super::model::{Column, Default, Expiry, OnDelete, Table, Written, WrittenField};
use crate::options::{Opt, OptValue};
use crate::problems::Problems;
use crate::sql::quote;
use crate::{duration, suggest, types};

/// The column of a table with a plain `ttl`, which nobody declares.
pub(super) const WRITTEN_AT: &str = "__written_at";

/// Which columns of a table are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// Those that the user declares: what SQL is checked against.
    Declared,
    /// All that are in the database.
    All,
}

/// `ttl_from = used_at`.
pub(super) fn ttl_from(option: &Opt, problems: &mut Problems) -> Option<(Span, Ident)> {
    const EXAMPLE: &str = "write the column that rows live from on: `ttl_from = used_at`";
    match &option.value {
        OptValue::Assigned(value) => match syn::parse::Parser::parse2(Ident::parse_any, value.clone()) {
            Ok(column) => return Some((option.name.span(), column)),
            Err(_) => problems.at(value, EXAMPLE),
        },
        _ => problems.at(option, EXAMPLE),
    }
    None
}

/// When the rows expire, if they do.
pub(super) fn checked(written: &Written, table: &Table, problems: &mut Problems) -> Option<Expiry> {
    let mut marked = written.fields.iter().enumerate().filter_map(|(at, field)| Some((at, field, field.expires_at?)));
    let first = marked.next();
    for (_, _, span) in marked {
        let of = first.map(|(_, field, _)| field.ident.unraw().to_string()).unwrap_or_default();
        problems.at_span(span, format!("`#[expires_at]` is on `{of}` already: a row has one expiry"));
    }
    let ttl = written.ttl.as_ref().map(|ttl| duration::millis(ttl, problems));
    let from = written.ttl_from.as_ref().map(|(_, column)| from(column, written, table, problems));
    let (column, ttl) = match (first, ttl, from) {
        (Some((_, _, span)), Some(_), _) => {
            let instead = "remove `#[expires_at]`, or `ttl`";
            problems.at_span(span, format!("the rows expire by the table's `ttl` already: {instead}"));
            return None;
        }
        (Some((at, field, _)), None, None) => (Some(own_expiry(at, field, table, problems)?), 0),
        (_, None, Some(_)) => {
            let span = written.ttl_from.as_ref().map(|(span, _)| *span)?;
            let message = "`ttl_from` says from when on a row lives: say for how long too, as in `ttl = \"24h\"`";
            problems.at_span(span, message);
            return None;
        }
        (None, Some(ttl), from) => {
            let column = match from {
                Some(column) => Some(column?),
                None => None,
            };
            (column, i64::try_from(ttl?).unwrap_or(i64::MAX))
        }
        (None, None, None) => return None,
    };
    Some(Expiry { column, ttl, index: index(column, table) })
}

/// The column of `ttl_from`.
fn from(column: &Ident, written: &Written, table: &Table, problems: &mut Problems) -> Option<usize> {
    let name = column.unraw().to_string();
    let Some(position) = table.columns.iter().position(|column| column.field_name == name) else {
        let fields: Vec<&str> = table.columns.iter().map(|column| column.field_name.as_str()).collect();
        problems.at(column, format!("there is no field `{name}`{}", suggest::instead_of(&name, &fields)));
        return None;
    };
    if !is_time(&table.columns[position]) {
        let ty = types::readable(&written.fields[position].ty);
        let message = format!(
            "`ttl_from` takes a `Timestamp`, or an `Option<Timestamp>` for rows that may never expire, and `{name}` is `{ty}`"
        );
        problems.at(column, message);
        return None;
    }
    Some(position)
}

/// The column with `#[expires_at]`.
fn own_expiry(position: usize, field: &WrittenField, table: &Table, problems: &mut Problems) -> Option<usize> {
    let column = &table.columns[position];
    if !is_time(column) {
        let message =
            "`#[expires_at]` goes on a `Timestamp`, or on an `Option<Timestamp>` for rows that may never expire";
        problems.at(&field.ty, message);
        return None;
    }
    if let (Some(Default::Now(_)), Some(super::model::WrittenDefault::Now(now))) = (&column.default, &field.default) {
        let message = "a row that expires now is gone when it is written: write `ttl = \"24h\"` and `ttl_from` for rows that live \
                       from now on";
        problems.at_span(*now, message);
        return None;
    }
    Some(position)
}

/// Whether it holds a time that SQL can compare.
fn is_time(column: &Column) -> bool {
    let ty = types::optional(&column.ty).unwrap_or(&column.ty);
    types::is(ty, "Timestamp") && column.column_type.storage == Storage::Known("INTEGER")
}

/// The name of the index that finds what has expired, unless one that is there begins with the column.
fn index(column: Option<usize>, table: &Table) -> Option<String> {
    let whole = table.indexes.iter().filter(|index| index.filter.is_none()).map(super::model::Index::positions);
    let is_there =
        column.is_some_and(|column| whole.chain([table.key.clone()]).any(|over| over.first() == Some(&column)));
    let of = column.map_or("written_at", |column| &table.columns[column].name);
    let mut name = format!("{}_{of}", table.name);
    while table.indexes.iter().any(|index| index.name == name) {
        name.push_str("_also");
    }
    (!is_there).then_some(name)
}

/// The name of the column that is not declared.
pub(super) fn hidden_column(table: &Table, columns: Columns) -> Option<&'static str> {
    let hides = table.expiry.as_ref().is_some_and(|expiry| expiry.column.is_none());
    (hides && columns == Columns::All).then_some(WRITTEN_AT)
}

/// The statement that makes the index over the expiry.
pub(super) fn index_line(table: &Table, columns: Columns) -> String {
    let Some((expiry, index)) = table.expiry.as_ref().and_then(|expiry| Some((expiry, expiry.index.as_ref()?))) else {
        return String::new();
    };
    let column = match expiry.column {
        Some(column) => quote::name(&table.columns[column].name),
        None if columns == Columns::Declared => return String::new(),
        None => WRITTEN_AT.to_owned(),
    };
    format!("CREATE INDEX {} ON {} ({column});\n", quote::name(index), quote::name(&table.name))
}

/// `ExpiryDef`, if there is one.
pub(super) fn definition(table: &Table) -> TokenStream {
    let Some(Expiry { column, ttl, .. }) = &table.expiry else { return quote!(::core::option::Option::None) };
    let column = column.map_or(WRITTEN_AT, |column| &table.columns[column].name);
    let ttl = Literal::i64_unsuffixed(*ttl);
    quote! {
        ::core::option::Option::Some(::do_runtime::__private::ExpiryDef { column: #column, ttl: #ttl })
    }
}

/// The proof that references of the table don't keep rows of others from expiring.
pub(super) fn references(written: &Written, table: &Table) -> TokenStream {
    let proofs = table.columns.iter().filter_map(|column| {
        let reference = column.references.as_ref()?;
        match reference.on_delete {
            Some(OnDelete::Cascade) => return None,
            Some(OnDelete::SetNull) if column.column_type.null => return None,
            _ => {}
        }
        let (row, other) = (written.item.ident.unraw(), &reference.table);
        let field = format!("{row}::{}", column.field_name);
        let on_delete = expand::on_delete(reference);
        // Of what is no table nothing is said here.
        let other = quote_spanned!(other.span()=> ::do_runtime::__private::Present::<#other>::DEF);
        let proof = quote_spanned!(reference.span=> ::do_runtime::__private::keeps_nothing(#field, #other, #on_delete));
        Some(quote! {
            const _: () = {
                #[allow(unused_imports)]
                use ::do_runtime::__private::Absent as _;
                #proof;
            };
        })
    });
    quote!(#(#proofs)*)
}
