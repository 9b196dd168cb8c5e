//! The step that is missing: planned, tried out over rows, and only then proposed.

use std::collections::BTreeSet;

use rusqlite::{Connection, Result};

use super::difference;
use super::rebuild;
use super::structure::{Column, Kind, Other, Structure, Table};
use super::{replay, seed, statements};
use crate::sql::quote;
use crate::sqlite::memory;

/// One part of a step: comments and statements.
struct Part {
    /// The table that it is about, in lower case, if it can be done otherwise by making that table anew.
    table: Option<String>,
    sql: String,
}

/// Whether a name that went and one that came may be the same thing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Renaming {
    Guessed,
    Unlikely,
}

/// The SQL that makes what is declared of the databases that `fresh` opens, and keeps their rows. Nothing, if no way
/// was found.
///
/// Each attempt has a database of its own: one with full text can't be rolled back in all cases.
pub(super) fn propose(fresh: &dyn Fn() -> Result<Connection>, want: &Structure) -> Result<Option<String>> {
    for renaming in [Renaming::Guessed, Renaming::Unlikely] {
        let proposal = proposal(fresh, want, renaming)?;
        if proposal.is_some() {
            return Ok(proposal);
        }
    }
    Ok(None)
}

/// The comment on columns whose SQL type only the runtime knows.
pub(super) fn of_own_types(columns: &[String]) -> String {
    format!("-- ANY: write what SQLite stores for {}, INTEGER, REAL, TEXT or BLOB", columns.join(", "))
}

fn proposal(fresh: &dyn Fn() -> Result<Connection>, want: &Structure, renaming: Renaming) -> Result<Option<String>> {
    let renamed = fresh()?;
    let renames = match renaming {
        Renaming::Guessed => renames(&renamed, want)?,
        Renaming::Unlikely => Vec::new(),
    };
    let have = Structure::read(&renamed)?;
    let mut anew: BTreeSet<String> = BTreeSet::new();
    loop {
        let parts = plan(&renamed, &have, want, &anew);
        let attempt = fresh()?;
        for rename in &renames {
            run(&attempt, rename)?;
        }
        let unfinished = try_out(&attempt, &parts, want)?;
        if unfinished.is_empty() {
            let sql: Vec<String> = renames.into_iter().chain(parts.into_iter().map(|part| part.sql)).collect();
            return Ok(Some(sql.join("\n")));
        }
        let both = |table: &&String| have.table(table).is_some() && want.table(table).is_some();
        let Some(next) = unfinished.iter().filter(both).find(|table| !anew.contains(*table)) else {
            return Ok(None);
        };
        anew.insert(next.clone());
    }
}

/// The tables that the parts don't bring to what is declared; an empty name for what is in no table.
fn try_out(db: &Connection, parts: &[Part], want: &Structure) -> Result<Vec<String>> {
    for part in parts {
        if run(db, &part.sql).is_err() {
            return Ok(vec![part.table.clone().unwrap_or_default()]);
        }
    }
    memory::renew_budget();
    if seed::dangling(db) > 0 {
        let mut dangling = db.prepare("SELECT DISTINCT lower(\"table\") FROM pragma_foreign_key_check")?;
        return dangling.query_map([], |row| row.get(0))?.collect();
    }
    let left = difference::between(&Structure::read(db)?, want);
    Ok(left.into_iter().map(|difference| difference.table.unwrap_or_default()).collect())
}

fn run(db: &Connection, sql: &str) -> Result<()> {
    for statement in statements::split(sql) {
        memory::renew_budget();
        replay::run(db, statement.text)?;
    }
    Ok(())
}

/// Renames what can be told to have another name only, in the database too.
fn renames(db: &Connection, want: &Structure) -> Result<Vec<String>> {
    let mut done = Vec::new();
    let mut rename = |sql: String| {
        if run(db, &sql).is_ok() {
            done.push(sql);
        }
    };
    let have = Structure::read(db)?;
    let gone: Vec<&Table> = have.tables.iter().filter(|table| want.table(&table.name).is_none()).collect();
    let new: Vec<&Table> = want.tables.iter().filter(|table| have.table(&table.name).is_none()).collect();
    if let ([old], [new]) = (gone.as_slice(), new.as_slice())
        && same_columns(old, new)
    {
        rename(format!("ALTER TABLE {} RENAME TO {};", quote::name(&old.name), quote::name(&new.name)));
    }
    for table in &Structure::read(db)?.tables {
        let Some(wanted) = want.table(&table.name) else { continue };
        let (gone, new) = (missing_in(table, wanted), missing_in(wanted, table));
        if let ([old], [new]) = (gone.as_slice(), new.as_slice())
            && difference::same_type(&old.ty, &new.ty)
        {
            let (table, old, new) = (quote::name(&table.name), quote::name(&old.name), quote::name(&new.name));
            rename(format!("ALTER TABLE {table} RENAME COLUMN {old} TO {new};"));
        }
    }
    Ok(done)
}

fn same_columns(old: &Table, new: &Table) -> bool {
    let is_in = |column: &Column| old.column(&column.name).is_some_and(|o| difference::same_type(&o.ty, &column.ty));
    old.columns.len() == new.columns.len() && new.columns.iter().all(is_in)
}

/// The columns of `table` that `other` has not.
fn missing_in<'a>(table: &'a Table, other: &Table) -> Vec<&'a Column> {
    table.columns.iter().filter(|column| other.column(&column.name).is_none()).collect()
}

/// The parts that make `want` of `have`, with the tables in `anew` made anew instead of altered.
fn plan(db: &Connection, have: &Structure, want: &Structure, anew: &BTreeSet<String>) -> Vec<Part> {
    let mut parts = Vec::new();
    let common = |sql: String| Part { table: None, sql };
    let is_anew = |table: &Table| anew.contains(&table.name.to_ascii_lowercase());
    let own: Vec<String> = own_types(have, want);
    if !own.is_empty() {
        parts.push(common(of_own_types(&own)));
    }
    let stays = |other: &Other| {
        let is_same = |one: &&Other| one.name.eq_ignore_ascii_case(&other.name) && one.meaning == other.meaning;
        let is_on_both = have.others.iter().any(|one| is_same(&one)) && want.others.iter().any(|one| is_same(&one));
        // Dropping a table takes its triggers along, and views of it would stand in the way.
        is_on_both && (other.kind == Kind::Virtual || anew.is_empty())
    };
    let (of_rows, virtuals): (Vec<&Other>, Vec<&Other>) =
        have.others.iter().filter(|other| !stays(other)).partition(|other| other.kind != Kind::Virtual);
    for other in of_rows.into_iter().chain(virtuals) {
        parts.push(common(format!("DROP {} {};", other.kind.sql(), quote::name(&other.name))));
    }
    for table in have.tables.iter().filter(|table| !is_anew(table)) {
        let Some(wanted) = want.table(&table.name) else { continue };
        for (key, index) in &table.indexes {
            if wanted.indexes.get(key).is_none_or(|wanted| wanted.meaning != index.meaning) {
                parts.push(common(format!("DROP INDEX {};", quote::name(&index.name))));
            }
        }
    }
    for wanted in &want.tables {
        let sql = match have.table(&wanted.name) {
            None => vec![format!("{};", wanted.sql)],
            Some(table) if is_anew(wanted) => vec![rebuild::statements(db, have, table, wanted)],
            Some(table) => alterations(db, table, wanted),
        };
        let table = Some(wanted.name.to_ascii_lowercase());
        parts.extend(sql.into_iter().map(|sql| Part { table: table.clone(), sql }));
    }
    // Children were made after their parents.
    for table in have.tables.iter().rev().filter(|table| want.table(&table.name).is_none()) {
        let name = quote::name(&table.name);
        parts.push(common(format!("-- all rows of {name} are lost\nDROP TABLE {name};")));
    }
    for wanted in &want.tables {
        let kept = have.table(&wanted.name).filter(|_| !is_anew(wanted));
        for (key, index) in &wanted.indexes {
            let is_there = kept.and_then(|table| table.indexes.get(key)).is_some_and(|i| i.meaning == index.meaning);
            if !is_there {
                parts.push(Part { table: Some(wanted.name.to_ascii_lowercase()), sql: format!("{};", index.sql) });
            }
        }
    }
    let (virtuals, of_rows): (Vec<&Other>, Vec<&Other>) =
        want.others.iter().filter(|other| !stays(other)).partition(|other| other.kind == Kind::Virtual);
    for other in virtuals.into_iter().chain(of_rows) {
        parts.push(common(format!("{};", other.sql)));
    }
    parts
}

/// The new columns of types of the user's own.
fn own_types(have: &Structure, want: &Structure) -> Vec<String> {
    let of_table = |wanted: &Table| -> Vec<String> {
        let is_new = |column: &&Column| have.table(&wanted.name).is_none_or(|t| t.column(&column.name).is_none());
        let own = wanted.columns.iter().filter(|column| column.ty == "ANY").filter(is_new);
        own.map(|column| format!("{}.{}", quote::name(&wanted.name), quote::name(&column.name))).collect()
    };
    want.tables.iter().flat_map(of_table).collect()
}

/// `ALTER TABLE`, as far as that goes.
fn alterations(db: &Connection, have: &Table, want: &Table) -> Vec<String> {
    let table = quote::name(&want.name);
    let add = missing_in(want, have).into_iter().map(|column| {
        let declared = rebuild::column_text(want, &column.name);
        if !column.not_null || column.default.is_some() || column.computed {
            return format!("ALTER TABLE {table} ADD COLUMN {declared};");
        }
        let fill = rebuild::fill(db, want, column, &column.ty);
        let note = rebuild::fill_note(want, column, &fill);
        format!("{note}\nALTER TABLE {table} ADD COLUMN {declared} DEFAULT {fill};")
    });
    let drop = missing_in(have, want).into_iter().map(|column| {
        let name = quote::name(&column.name);
        format!("-- what is in {table}.{name} is lost\nALTER TABLE {table} DROP COLUMN {name};")
    });
    add.chain(drop).collect()
}
