//! Reads what is written: the options of `#[table]` and the attributes of the fields.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Field, Fields, Ident, Item, LitStr, Token};

use super::model::{
    OnDelete, Order, Uniqueness, Written, WrittenDefault, WrittenField, WrittenIndex, WrittenReference,
};
use super::{expiry, search};
use crate::item::keyword;
use crate::options::{self, Opt, OptValue, Place, Repeat};
use crate::problems::Problems;
use crate::{strip, suggest};

const TABLE: Place =
    Place { what: "`#[table]`", known: &["name", "index", "unique", "search", "ttl", "ttl_from", "export"] };
const COLUMN: Place = Place { what: "`#[column]`", known: &["name", "json", "check"] };
const REFERENCES: Place = Place { what: "`#[references]`", known: &["on_delete"] };

const FIELD_ATTRIBUTES: &[&str] = &["key", "default", "references", "unique", "index", "expires_at", "column"];
const OF_OBJECTS: &[(&str, &str)] = &[
    ("stored", "`#[stored]` is for a field of a durable object: every column of a table is stored, so remove it"),
    ("ephemeral", "`#[ephemeral]` is for a field of a durable object: every column of a table is stored, so remove it"),
    ("rpc", "`#[rpc]` is for a method in a `#[durable_object] impl` block: remove it here"),
    ("alarm", "`#[alarm]` is for a method in a `#[durable_object] impl` block: remove it here"),
    ("init", "`#[init]` is for a method in a `#[durable_object] impl` block: remove it here"),
    ("authorize", "`#[authorize]` is for a method in a `#[durable_object] impl` block: remove it here"),
    ("fetch", "`#[fetch]` is for a method in a `#[durable_object] impl` block: remove it here"),
    ("websocket", "`#[websocket]` is for a method in a `#[durable_object] impl` block: remove it here"),
];

const BESIDE: &[(&str, &str)] = &[
    ("table", "`#[table]` is there already: write it once"),
    ("durable_object", "a struct is a table or a durable object: remove this, or the `#[table]` before it"),
];

/// The table as it is written, or nothing if the item is no struct at all.
pub(super) fn table(arguments: TokenStream, item: &TokenStream, problems: &mut Problems) -> Option<Written> {
    let mut item = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Struct(item)) => item,
        Ok(other) => {
            problems.at(&keyword(&other), "a table is a struct with named fields: write `#[table]` above a `struct`");
            return None;
        }
        Err(error) => {
            problems.push(error);
            return None;
        }
    };
    strip::take(&mut item.attrs, &[], BESIDE, problems);
    let mut written = Written {
        item: item.clone(),
        name: None,
        indexes: Vec::new(),
        search: None,
        ttl: None,
        ttl_from: None,
        export: None,
        fields: Vec::new(),
    };
    for option in options::read(arguments, TABLE, Repeat::Allowed(&["index", "unique"]), problems) {
        match option.key().as_str() {
            "name" => written.name = option.text("\"messages\"", problems),
            "export" => {
                option.word(problems);
                written.export = Some(option.name.span());
            }
            "search" => written.search = Some(search::written(&option, problems)),
            "ttl" => written.ttl = option.text("\"30d\"", problems),
            "ttl_from" => written.ttl_from = expiry::ttl_from(&option, problems),
            _ => written.indexes.extend(index(&option, problems)),
        }
    }
    if let Fields::Named(fields) = &mut item.fields {
        for field in &mut fields.named {
            written.fields.extend(self::field(field, problems));
        }
    } else {
        for field in &mut item.fields {
            strip::take(&mut field.attrs, FIELD_ATTRIBUTES, OF_OBJECTS, problems);
        }
    }
    written.item = item;
    Some(written)
}

fn field(field: &mut Field, problems: &mut Problems) -> Option<WrittenField> {
    let mut written = WrittenField {
        ident: field.ident.clone()?,
        ty: field.ty.clone(),
        key: None,
        default: None,
        references: None,
        unique: None,
        index: None,
        expires_at: None,
        name: None,
        json: None,
        check: None,
    };
    for attribute in strip::take(&mut field.attrs, FIELD_ATTRIBUTES, OF_OBJECTS, problems) {
        let span = attribute.path().span();
        match options::name_of(&attribute).as_str() {
            "key" => {
                options::no_arguments(&attribute, problems);
                written.key = Some(span);
            }
            "unique" => {
                options::no_arguments(&attribute, problems);
                written.unique = Some(span);
            }
            "index" => {
                options::no_arguments(&attribute, problems);
                written.index = Some(span);
            }
            "expires_at" => {
                options::no_arguments(&attribute, problems);
                written.expires_at = Some(span);
            }
            "default" => written.default = default(&attribute, problems),
            "references" => written.references = Some(references(&attribute, problems)),
            _ => column(&attribute, &mut written, problems),
        }
    }
    Some(written)
}

fn default(attribute: &Attribute, problems: &mut Problems) -> Option<WrittenDefault> {
    const EXAMPLE: &str = "`#[default(…)]`";
    let tokens = options::arguments(attribute, problems);
    if matches!(attribute.meta, syn::Meta::NameValue(_)) {
        return None;
    }
    let expression = options::expression(tokens, attribute.path().span(), EXAMPLE, problems)?;
    match &expression {
        syn::Expr::Path(path) if path.path.is_ident("now") => Some(WrittenDefault::Now(path.span())),
        _ => Some(WrittenDefault::Expr(Box::new(expression))),
    }
}

fn references(attribute: &Attribute, problems: &mut Problems) -> WrittenReference {
    let mut written = WrittenReference { span: attribute.path().span(), on_delete: None };
    let arguments = options::arguments(attribute, problems);
    for option in options::read(arguments, REFERENCES, Repeat::Refused, problems) {
        written.on_delete = on_delete(&option, problems);
    }
    written
}

fn on_delete(option: &Opt, problems: &mut Problems) -> Option<OnDelete> {
    const KNOWN: [&str; 3] = ["cascade", "set_null", "restrict"];
    let OptValue::Assigned(value) = &option.value else {
        problems.at(option, "write `on_delete = cascade`, `on_delete = set_null` or `on_delete = restrict`");
        return None;
    };
    match value.to_string().as_str() {
        "cascade" => Some(OnDelete::Cascade),
        "set_null" => Some(OnDelete::SetNull),
        "restrict" => Some(OnDelete::Restrict),
        other => {
            let instead = suggest::instead_of(other, &KNOWN);
            problems.at(value, format!("there is no `on_delete = {other}`{instead}"));
            None
        }
    }
}

fn column(attribute: &Attribute, written: &mut WrittenField, problems: &mut Problems) {
    let arguments = options::arguments(attribute, problems);
    if arguments.is_empty() && matches!(attribute.meta, syn::Meta::Path(_)) {
        problems
            .at(attribute.path(), "write what is said of the column: `#[column(name = \"…\", json, check = \"…\")]`");
    }
    for option in options::read(arguments, COLUMN, Repeat::Refused, problems) {
        match option.key().as_str() {
            "name" => written.name = option.text("\"author\"", problems),
            "check" => written.check = option.text("\"quantity > 0\"", problems),
            _ => {
                option.word(problems);
                written.json = Some(option.name.span());
            }
        }
    }
}

fn index(option: &Opt, problems: &mut Problems) -> Option<WrittenIndex> {
    let key = option.key();
    let uniqueness = if key == "unique" { Uniqueness::Unique } else { Uniqueness::Plain };
    let tokens = match &option.value {
        OptValue::Assigned(value) => value.clone(),
        OptValue::List(group) => group.stream(),
        OptValue::Word => {
            problems.at(&option.name, format!("write the columns: `{key} = author` or `{key} = (author, at desc)`"));
            return None;
        }
    };
    let parsed = syn::parse2::<IndexColumns>(tokens.clone());
    let IndexColumns { columns, filter } = match parsed {
        Ok(parsed) => parsed,
        Err(_) if tokens.is_empty() => {
            problems.at(option, format!("write the columns: `{key} = author` or `{key} = (author, at desc)`"));
            return None;
        }
        Err(_) => {
            let message = format!("write columns here: `{key} = author` or `{key} = (author, at desc)`");
            problems.at(&tokens, message);
            return None;
        }
    };
    let columns = columns.into_iter().filter_map(|column| column.checked(problems)).collect::<Vec<_>>();
    if columns.is_empty() {
        if problems.is_empty() {
            problems.at(option, format!("write at least one column: `{key} = author`"));
        }
        return None;
    }
    Some(WrittenIndex { span: option.name.span(), uniqueness, columns, filter })
}

/// `author`, `(author, at desc)`, or `columns, where = "…"`.
struct IndexColumns {
    columns: Vec<IndexColumn>,
    filter: Option<LitStr>,
}

/// `at desc`.
struct IndexColumn {
    column: Ident,
    order: Option<Ident>,
}

impl Parse for IndexColumns {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut columns = Vec::new();
        let mut filter = None;
        while !input.is_empty() {
            if input.peek(Token![where]) {
                input.parse::<Token![where]>()?;
                input.parse::<Token![=]>()?;
                filter = Some(input.parse()?);
            } else if input.peek(syn::token::Paren) {
                let list;
                syn::parenthesized!(list in input);
                columns.extend(Punctuated::<IndexColumn, Token![,]>::parse_terminated(&list)?);
            } else {
                columns.push(input.parse()?);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(IndexColumns { columns, filter })
    }
}

impl Parse for IndexColumn {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let column = input.call(Ident::parse_any)?;
        let order = if input.peek(Ident::peek_any) { Some(input.call(Ident::parse_any)?) } else { None };
        Ok(IndexColumn { column, order })
    }
}

impl IndexColumn {
    fn checked(self, problems: &mut Problems) -> Option<(Ident, Order)> {
        let order = match &self.order {
            None => Order::Ascending,
            Some(order) if order == "asc" => Order::Ascending,
            Some(order) if order == "desc" => Order::Descending,
            Some(other) => {
                let message = match suggest::closest(&other.unraw().to_string(), ["desc", "asc", "descending"]) {
                    Some("asc") => format!("there is no order `{other}`: did you mean `asc`?"),
                    Some(_) => format!("there is no order `{other}`: did you mean `desc`?"),
                    None => format!("after a column comes `desc`, `asc` or a comma, not `{other}`"),
                };
                problems.at(other, message);
                return None;
            }
        };
        Some((self.column, order))
    }
}
