//! How the full text of an existing database follows its declared tables.
//!
//! A full-text table is made of the rows of its table: whatever has changed of it, it is made anew from them. That it
//! is not declared any more loses nothing either.

use super::database::Database;
use super::declaration::same;
use super::schema::Object;
use crate::error::Result;
use crate::table::{full_text, quoted};

/// Lets the full text follow, within the open transaction, when the declared tables are there and before their triggers
/// are. `there` is what was there before.
pub(super) fn follow(database: &Database, there: &[Object], wanted: &[Object]) -> Result<()> {
    for gone in there.iter().filter(|object| is_full_text(object) && is_of_declared(object, wanted)) {
        if named(wanted, "table", &gone.name).is_none() {
            drop_triggers(database, &gone.name, there)?;
            drop_table(database, &gone.name)?;
        }
    }
    for wanted_table in wanted.iter().filter(|object| is_full_text(object)) {
        let name = &wanted_table.name;
        let before = named(there, "table", name);
        let is_same = before.is_some_and(|before| same(&before.sql, &wanted_table.sql));
        if is_same && triggers_of(name, wanted).all(|trigger| was_there(trigger, there)) {
            continue;
        }
        // One of the same text was without its triggers for a while: who knows what it has missed.
        if before.is_some() {
            drop_table(database, name)?;
        }
        database.batch(&wanted_table.sql)?;
        database.batch(&format!("INSERT INTO {0} ({0}) VALUES ('rebuild')", quoted(name)))?;
    }
    Ok(())
}

/// Whether it is a full-text table.
pub(super) fn is_full_text(object: &Object) -> bool {
    let mut words = object.sql.split_ascii_whitespace();
    let begins = ["CREATE", "VIRTUAL", "TABLE"].iter().all(|word| words.next().is_some_and(|one| is(one, word)));
    begins && words.any(|word| is(word.split('(').next().unwrap_or_default(), "fts5"))
}

/// Whether it has the name of the full text of a declared table, and is filled from there.
fn is_of_declared(object: &Object, wanted: &[Object]) -> bool {
    let tables = wanted.iter().filter(|table| table.kind == "table");
    let source = |table: &str| format!("content='{}'", table.replace('\'', "''"));
    tables
        .into_iter()
        .any(|table| is(&full_text(&table.name), &object.name) && object.sql.contains(&source(&table.name)))
}

/// The triggers that keep a full-text table in step.
fn triggers_of<'a>(name: &str, objects: &'a [Object]) -> impl Iterator<Item = &'a Object> {
    let names = ["insert", "update", "delete"].map(|event| format!("{name}_{event}"));
    objects.iter().filter(move |object| object.kind == "trigger" && names.iter().any(|name| is(name, &object.name)))
}

fn was_there(trigger: &Object, there: &[Object]) -> bool {
    named(there, "trigger", &trigger.name).is_some_and(|before| same(&before.sql, &trigger.sql))
}

fn drop_triggers(database: &Database, name: &str, there: &[Object]) -> Result<()> {
    triggers_of(name, there).try_for_each(|trigger| database.batch(&format!("DROP TRIGGER {}", quoted(&trigger.name))))
}

fn drop_table(database: &Database, name: &str) -> Result<()> {
    database.batch(&format!("DROP TABLE {}", quoted(name)))
}

fn named<'a>(objects: &'a [Object], kind: &str, name: &str) -> Option<&'a Object> {
    objects.iter().find(|object| object.kind == kind && is(&object.name, name))
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
