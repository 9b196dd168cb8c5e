//! Full text: `search = (title, body)` becomes an FTS5 table beside the table, triggers that keep it in step, and the
//! finder `search`.

use ::quote::quote;
use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, ItemStruct, LitStr, Token};

use super::columns::{KeyForm, Storage};
use super::finders::Bodies;
use super::model::{Search, Table, Written, WrittenSearch};
use crate::options::{Opt, OptValue};
use crate::problems::Problems;
use crate::sql::quote;
use crate::suggest;

const EXAMPLE: &str = "write the columns: `search = body` or `search = (title, body)`";

/// The tokenizers that SQLite brings.
const TOKENIZERS: [&str; 4] = ["unicode61", "porter", "ascii", "trigram"];

/// Names that a full-text table has for itself.
const TAKEN: [&str; 2] = ["rank", "rowid"];

/// `search = …` or `search(…)` as it is written. Of one with mistakes there are no columns.
pub(super) fn written(option: &Opt, problems: &mut Problems) -> WrittenSearch {
    let mut written = WrittenSearch { span: option.name.span(), columns: Vec::new(), tokenize: None };
    let tokens = match &option.value {
        OptValue::Assigned(value) => value.clone(),
        OptValue::List(group) => group.stream(),
        OptValue::Word => TokenStream::new(),
    };
    match syn::parse2::<Columns>(tokens.clone()) {
        Ok(parsed) if !parsed.columns.is_empty() => {
            written.columns = parsed.columns;
            written.tokenize = parsed.tokenize;
        }
        Ok(_) => problems.at(option, EXAMPLE),
        Err(_) => problems.at(&tokens, EXAMPLE),
    }
    written
}

/// `body`, `(title, body)`, or `title, body, tokenize = "…"`.
struct Columns {
    columns: Vec<Ident>,
    tokenize: Option<LitStr>,
}

impl Parse for Columns {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut columns = Vec::new();
        let mut tokenize = None;
        while !input.is_empty() {
            if input.peek(syn::token::Paren) {
                let list;
                syn::parenthesized!(list in input);
                columns.extend(Punctuated::<Ident, Token![,]>::parse_terminated_with(&list, Ident::parse_any)?);
            } else if input.peek2(Token![=]) {
                let option = input.call(Ident::parse_any)?;
                if option != "tokenize" || tokenize.is_some() {
                    return Err(syn::Error::new(option.span(), EXAMPLE));
                }
                input.parse::<Token![=]>()?;
                tokenize = Some(input.parse()?);
            } else {
                columns.push(input.call(Ident::parse_any)?);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Columns { columns, tokenize })
    }
}

/// The full text that is meant: the columns that can be searched.
pub(super) fn checked(written: &Written, table: &Table, problems: &mut Problems) -> Option<Search> {
    let search = written.search.as_ref()?;
    let name = format!("{}_search", table.name);
    let mut columns: Vec<usize> = Vec::new();
    for column in &search.columns {
        let field = column.unraw().to_string();
        let Some(position) = table.columns.iter().position(|column| column.field_name == field) else {
            let fields: Vec<&str> = table.columns.iter().map(|column| column.field_name.as_str()).collect();
            problems.at(column, format!("there is no field `{field}`{}", suggest::instead_of(&field, &fields)));
            continue;
        };
        let there = &table.columns[position];
        let taken = |name: &str| there.name.eq_ignore_ascii_case(name);
        if columns.contains(&position) {
            problems.at(column, format!("`{field}` is in this search already: write it once"));
        } else if there.column_type.storage != Storage::Known("TEXT") || there.column_type.key_form != KeyForm::Str {
            problems.at(column, format!("`{field}` is not text: only a `String` or an `Option<String>` is searched"));
        } else if TAKEN.into_iter().any(taken) || taken(&name) {
            let message = format!(
                "`{}` means something of its own in a search: name the column otherwise, as in `#[column(name = \"the_{}\")]`",
                there.name, field
            );
            problems.at(column, message);
        } else {
            columns.push(position);
        }
    }
    if !table.key.is_empty() && integer_key(table).is_none() {
        let row = &written.item.ident;
        problems.at_span(
            search.span,
            format!("what is searched has a single key that is an integer: write `#[key] id: Id<{row}>`"),
        );
    }
    let tokenize = search.tokenize.as_ref().map(|tokenize| checked_tokenizer(tokenize, problems));
    Some(Search { name, columns, tokenize })
}

/// The key, if it is the rowid too.
fn integer_key(table: &Table) -> Option<usize> {
    let [only] = table.key[..] else { return None };
    (table.columns[only].column_type.storage == Storage::Known("INTEGER")).then_some(only)
}

fn checked_tokenizer(tokenize: &LitStr, problems: &mut Problems) -> String {
    let text = tokenize.value();
    let first = text.split_ascii_whitespace().next().unwrap_or_default();
    if first.is_empty() {
        problems.at(tokenize, "name a tokenizer: `tokenize = \"porter unicode61\"`");
    } else if !TOKENIZERS.contains(&first) {
        let instead = suggest::instead_of(first, &TOKENIZERS);
        problems.at(tokenize, format!("there is no tokenizer `{first}`{instead}"));
    }
    text
}

/// The statements that make the full-text table and its triggers.
pub(super) fn print(search: &Search, table: &Table) -> String {
    let Some(key) = integer_key(table) else { return String::new() };
    let key = &table.columns[key].name;
    let columns: Vec<String> = search.columns.iter().map(|column| quote::name(&table.columns[*column].name)).collect();
    let list = columns.join(", ");
    let of = |row: &str| columns.iter().map(|column| format!("{row}.{column}")).collect::<Vec<_>>().join(", ");
    let (old, new) = (of("old"), of("new"));
    let index = quote::name(&search.name);
    let trigger = |event: &str| quote::name(&format!("{}_{event}", search.name));
    let (insert, update, delete) = (trigger("insert"), trigger("update"), trigger("delete"));
    let mut options = format!("content={}, content_rowid={}", quote::text(&table.name), quote::text(key));
    if let Some(tokenize) = &search.tokenize {
        options += &format!(", tokenize={}", quote::text(tokenize));
    }
    let (table, key) = (quote::name(&table.name), quote::name(key));
    let add = format!("    INSERT INTO {index} (rowid, {list}) VALUES (new.{key}, {new});\n");
    let remove = format!("    INSERT INTO {index} ({index}, rowid, {list}) VALUES ('delete', old.{key}, {old});\n");
    format!(
        "CREATE VIRTUAL TABLE {index} USING fts5({list}, {options});\n\
         CREATE TRIGGER {insert} AFTER INSERT ON {table} BEGIN\n{add}END;\n\
         CREATE TRIGGER {update} AFTER UPDATE OF {key}, {list} ON {table}\n\
         WHEN (old.{key}, {old}) IS NOT (new.{key}, {new}) BEGIN\n{remove}{add}END;\n\
         CREATE TRIGGER {delete} AFTER DELETE ON {table} BEGIN\n{remove}END;\n"
    )
}

/// The finder.
pub(super) fn finder(search: &Search, item: &ItemStruct, table: &Table, bodies: Bodies) -> TokenStream {
    let (row, vis) = (&item.ident, &item.vis);
    let (cx, query) = (Ident::new("cx", Span::mixed_site()), Ident::new("query", Span::mixed_site()));
    let fields: Vec<&str> = search.columns.iter().map(|column| table.columns[*column].field_name.as_str()).collect();
    let names = search.columns.iter().map(|column| &table.columns[*column].name);
    let fields = suggest::listed(&fields);
    let doc = format!(" Every [`{row}`] with all words of the query in its {fields}, the best match first.");
    let body = match bodies {
        Bodies::Real => quote!(::do_runtime::__private::search(#cx, &[#(#names),*], #query)),
        Bodies::Refused => quote!({ let _ = (#cx, #query); ::do_runtime::__private::refused() }),
    };
    quote! {
        #[doc = #doc]
        #vis fn search<'c>(
            #cx: &'c ::do_runtime::Cx<impl ::do_runtime::__private::Object + ::do_runtime::__private::Declares<#row>>,
            #query: &::core::primitive::str,
        ) -> ::do_runtime::Search<'c, #row> {
            #body
        }
    }
}
