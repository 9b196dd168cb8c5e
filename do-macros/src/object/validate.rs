//! Checks what is written, and makes the object of it.

use syn::ext::IdentExt;
use syn::{Fields, Path};

use super::model::{Field, Keep, Object, Written, WrittenField};
use crate::problems::Problems;
use crate::types::{self, readable};

/// The object that is meant. Nothing, if its fields have no names.
pub(super) fn object(written: &Written, problems: &mut Problems) -> Option<Object> {
    let item = &written.item;
    if !item.generics.params.is_empty() {
        problems.at(&item.generics, "a durable object can't be generic: it is woken by its name alone");
    }
    if let Fields::Unnamed(fields) = &item.fields {
        problems.at(fields, "the fields of a durable object have names: write `{ … }` instead of `( … )`");
        return None;
    }
    repeated_tables(&written.tables, problems);
    for text in [&written.name, &written.jurisdiction].into_iter().flatten() {
        if text.value().trim().is_empty() {
            problems.at(text, "write a name that is not empty");
        }
    }
    let class = written.name.as_ref().map_or_else(|| item.ident.unraw().to_string(), |name| name.value());
    let fields = written.fields.iter().filter_map(|field| self::field(field, problems)).collect();
    Some(Object { class, fields })
}

fn repeated_tables(tables: &[Path], problems: &mut Problems) {
    for (position, table) in tables.iter().enumerate() {
        let name = readable(table);
        if tables[..position].iter().any(|earlier| readable(earlier) == name) {
            problems.at(table, format!("`{name}` is in the list already: write it once"));
        }
    }
}

fn field(written: &WrittenField, problems: &mut Problems) -> Option<Field> {
    if let Some(found) = types::not_send(&written.ty) {
        let message = format!(
            "{} can't be in a field: an object moves between threads, so that its fields are `Send`; {}",
            found.name, found.instead
        );
        problems.at(found.part, message);
    }
    let (keep, keeping) = match (&written.stored, &written.ephemeral) {
        (Some(keeping), None) => (Keep::Stored, keeping),
        (None, Some(keeping)) => (Keep::Ephemeral, keeping),
        (Some(_), Some(ephemeral)) => {
            problems.at_span(ephemeral.span, "a field is either `#[stored]` or `#[ephemeral]`: remove one of them");
            return None;
        }
        (None, None) => {
            let name = &written.ident;
            let message = format!(
                "what becomes of `{name}` when the object sleeps? Write `#[stored]` above it to keep it, or \
                 `#[ephemeral]` to start afresh at each wake"
            );
            problems.at(name, message);
            return None;
        }
    };
    Some(Field {
        ident: written.ident.clone(),
        name: written.ident.unraw().to_string(),
        ty: written.ty.clone(),
        keep,
        default: keeping.default.clone(),
    })
}
