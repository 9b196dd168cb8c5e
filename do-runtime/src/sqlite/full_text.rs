//! How the full text of an existing database follows its declared tables.
//!
//! Full text is an FTS5 table over the rows of a declared table, with that table's name and `_search` at its end, and three
//! triggers. It is made of the rows alone: whatever has changed of it, it is made anew from them, and where it is not
//! declared any more it goes.

use std::collections::BTreeSet;

use super::database::Database;
use super::declaration::same;
use super::schema::{Object, objects};
use crate::error::{Error, ErrorKind, Result};
use crate::table::{full_text, quoted};

/// Lets the full text follow, triggers and all, within the open transaction, when the declared tables are there. `declared` is
/// a database as the program declares it.
pub(super) fn follow(database: &Database, declared: &Database) -> Result<()> {
    let (there, wanted) = (objects(database)?, objects(declared)?);
    let tables = wanted.iter().filter(|object| object.kind == "table" && !is_full_text(object));
    for table in tables {
        let name = full_text(&table.name);
        let taken = there.iter().find(|object| object.kind != "trigger" && is(&object.name, &name));
        let is_ours = taken.is_some_and(|taken| is_of(table, taken));
        let (there, wanted) = (parts(&name, &there), parts(&name, &wanted));
        match wanted.is_empty() {
            true if !is_ours => continue,
            false if !is_ours && taken.is_some() => return Err(refused(&name, &table.name)),
            _ => {}
        }
        // One that was without its triggers for a while may have missed something.
        let is_same =
            |(there, wanted): (&&Object, &&Object)| is(&there.name, &wanted.name) && same(&there.sql, &wanted.sql);
        if there.len() == wanted.len() && there.iter().zip(&wanted).all(is_same) {
            continue;
        }
        drop_parts(database, &there)?;
        wanted.iter().try_for_each(|part| database.batch(&part.sql))?;
        if !wanted.is_empty() {
            database.batch(&format!("INSERT INTO {0} ({0}) VALUES ('rebuild')", quoted(&name)))?;
        }
    }
    Ok(())
}

/// Takes the full text of all tables away, within the open transaction, until it follows again: a step of a migration then
/// changes a table as if it had none, and no trigger stands in its way.
pub(super) fn take_away(database: &Database) -> Result<()> {
    let there = objects(database)?;
    all(&there).into_iter().try_for_each(|parts| drop_parts(database, &parts))
}

/// The names of all that is full text of a table, and its triggers, in lower case.
pub(super) fn names(database: &Database) -> Result<BTreeSet<String>> {
    Ok(all(&objects(database)?).iter().flatten().map(|part| part.name.to_ascii_lowercase()).collect())
}

/// The full text of each table that has some.
fn all(objects: &[Object]) -> Vec<Vec<&Object>> {
    let tables = objects.iter().filter(|object| object.kind == "table" && !is_full_text(object));
    let of = |table: &Object| {
        let name = full_text(&table.name);
        let is_ours = objects.iter().any(|object| is(&object.name, &name) && is_of(table, object));
        is_ours.then(|| parts(&name, objects))
    };
    tables.filter_map(of).collect()
}

fn drop_parts(database: &Database, parts: &[&Object]) -> Result<()> {
    parts.iter().rev().try_for_each(|part| database.batch(&format!("DROP {} {}", part.kind, quoted(&part.name))))
}

fn refused(name: &str, table: &str) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!(
            "there is a `{name}` already, which is not the full text of `{table}`; drop it with the former program first"
        ),
    )
}

/// Whether it is an FTS5 table.
pub(super) fn is_full_text(object: &Object) -> bool {
    let mut words = object.sql.split_ascii_whitespace();
    let begins = ["CREATE", "VIRTUAL", "TABLE"].iter().all(|word| words.next().is_some_and(|one| is(one, word)));
    begins && words.any(|word| is(word.split('(').next().unwrap_or_default(), "fts5"))
}

/// The FTS5 table of this name and its triggers, as far as they are there, always in the same order.
fn parts<'a>(name: &str, objects: &'a [Object]) -> Vec<&'a Object> {
    let table = objects.iter().find(|object| is(&object.name, name) && is_full_text(object));
    let triggers = ["insert", "update", "delete"].into_iter().filter_map(|event| {
        let name = format!("{name}_{event}");
        objects.iter().find(|object| object.kind == "trigger" && is(&object.name, &name))
    });
    table.into_iter().chain(triggers).collect()
}

/// Whether it is made of the table's rows. A user's own is not.
fn is_of(table: &Object, object: &Object) -> bool {
    let packed = |text: &str| text.split_ascii_whitespace().collect::<String>().to_ascii_lowercase();
    let content = format!("content='{}'", table.name.replace('\'', "''"));
    is_full_text(object) && packed(&object.sql).contains(&packed(&content))
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
