//! Reads what is written: the options of `#[durable_object]` and the attributes of the fields.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Field, ItemStruct, Meta, Path, Token};

use super::limits;
use super::model::{Keeping, Migrations, Written, WrittenField};
use crate::migrations;
use crate::options::{self, Opt, OptValue, Place, Repeat};
use crate::problems::Problems;
use crate::strip;

/// The options that belong above the struct.
pub(crate) const OPTIONS: &[&str] = &["tables", "migrations", "name", "jurisdiction", "limits", "scans"];

const OBJECT: Place = Place { what: "`#[durable_object]` on a struct", known: OPTIONS };

const FIELD_ATTRIBUTES: &[&str] = &["stored", "ephemeral"];
const OF_TABLES: &[(&str, &str)] = &[
    ("key", "`#[key]` is for a field of a `#[table]`: a field of an object is `#[stored]` or `#[ephemeral]`"),
    ("default", "`#[default]` is for a field of a `#[table]`: write `#[stored(default = …)]`"),
    (
        "references",
        "`#[references]` is for a field of a `#[table]`: a field of an object is `#[stored]` or `#[ephemeral]`",
    ),
    ("unique", "`#[unique]` is for a field of a `#[table]`: a field of an object is `#[stored]` or `#[ephemeral]`"),
    ("index", "`#[index]` is for a field of a `#[table]`: a field of an object is `#[stored]` or `#[ephemeral]`"),
    ("column", "`#[column]` is for a field of a `#[table]`: a field of an object is `#[stored]` or `#[ephemeral]`"),
    ("rpc", "`#[rpc]` is for a method in a `#[durable_object] impl` block: remove it here"),
    ("alarm", "`#[alarm]` is for a method in a `#[durable_object] impl` block: remove it here"),
    ("init", "`#[init]` is for a method in a `#[durable_object] impl` block: remove it here"),
    ("authorize", "`#[authorize]` is for a method in a `#[durable_object] impl` block: remove it here"),
    ("fetch", "`#[fetch]` is for a method in a `#[durable_object] impl` block: remove it here"),
    ("websocket", "`#[websocket]` is for a method in a `#[durable_object] impl` block: remove it here"),
];

const BESIDE: &[(&str, &str)] = &[
    ("durable_object", "`#[durable_object]` is there already: write it once"),
    ("table", "a struct is a table or a durable object: remove this, or the `#[durable_object]` before it"),
];

/// The object as it is written.
pub(super) fn object(arguments: TokenStream, item: ItemStruct, problems: &mut Problems) -> Written {
    let mut written = Written {
        item,
        tables: Vec::new(),
        name: None,
        jurisdiction: None,
        limits: Vec::new(),
        migrations: None,
        deny_scans: false,
        fields: Vec::new(),
    };
    strip::take(&mut written.item.attrs, &[], BESIDE, problems);
    for option in options::read(arguments, OBJECT, Repeat::Refused, problems) {
        match option.key().as_str() {
            "tables" => written.tables = tables(&option, problems),
            "migrations" => written.migrations = migrations(&option, problems),
            "name" => written.name = option.text("\"ChatRoom\"", problems),
            "scans" => written.deny_scans = scans(&option, problems),
            "jurisdiction" => written.jurisdiction = option.text("\"eu\"", problems),
            _ => match &option.value {
                OptValue::List(list) => written.limits = limits::setters(list, problems),
                _ => problems.at(&option, "write the limits in parentheses: `limits(value = \"2MiB\", queue = 16384)`"),
            },
        }
    }
    for field in &mut written.item.fields {
        written.fields.extend(self::field(field, problems));
    }
    written
}

/// Whether a read of a whole table is an error.
fn scans(option: &Opt, problems: &mut Problems) -> bool {
    const EXAMPLE: &str = "\"deny\", which makes a read of a whole table an error, or \"warn\"";
    let Some(text) = option.text("\"deny\"", problems) else { return false };
    match text.value().as_str() {
        "deny" => true,
        "warn" => false,
        _ => {
            problems.at(&text, format!("write {EXAMPLE}"));
            false
        }
    }
}

fn tables(option: &Opt, problems: &mut Problems) -> Vec<Path> {
    const EXAMPLE: &str = "write the tables in parentheses: `tables(Message, Author)`";
    let OptValue::List(list) = &option.value else {
        problems.at(option, EXAMPLE);
        return Vec::new();
    };
    let parser = |input: syn::parse::ParseStream<'_>| {
        Punctuated::<Path, Token![,]>::parse_terminated_with(input, Path::parse_mod_style)
    };
    match syn::parse::Parser::parse2(parser, list.stream()) {
        Ok(tables) => tables.into_iter().collect(),
        Err(_) => {
            problems.at(&list.stream(), EXAMPLE);
            Vec::new()
        }
    }
}

fn migrations(option: &Opt, problems: &mut Problems) -> Option<Migrations> {
    match &option.value {
        OptValue::List(list) => Some(Migrations {
            word: option.name.clone(),
            tokens: list.stream(),
            steps: migrations::steps(list.stream(), problems),
        }),
        _ => {
            problems
                .at(option, "write the steps in parentheses: `migrations(1 = \"…\", 2 = file(\"migrations/2.sql\"))`");
            None
        }
    }
}

fn field(field: &mut Field, problems: &mut Problems) -> Option<WrittenField> {
    let attributes = strip::take(&mut field.attrs, FIELD_ATTRIBUTES, OF_TABLES, problems);
    let mut written = WrittenField { ident: field.ident.clone()?, ty: field.ty.clone(), stored: None, ephemeral: None };
    for attribute in attributes {
        let keeping = Some(keeping(&attribute, problems));
        match options::name_of(&attribute).as_str() {
            "stored" => written.stored = keeping,
            _ => written.ephemeral = keeping,
        }
    }
    Some(written)
}

fn keeping(attribute: &Attribute, problems: &mut Problems) -> Keeping {
    let default = match attribute.meta {
        Meta::Path(_) => None,
        _ => options::only_expression(attribute, "default", problems),
    };
    Keeping { span: attribute.path().span(), default }
}
