//! Synthetic rows: objects that are there already have some, and a step that only works on empty tables must not
//! pass.

use rusqlite::{Connection, Result};

use super::structure::{Column, Structure, Table};
use crate::sql::quote;
use crate::sqlite::lexer::{self, Kind};
use crate::sqlite::memory;

/// Rows in each table. The first has a value in each column, the second is NULL where that is allowed.
const ROWS: u32 = 2;

/// How many combinations of values are tried for a row.
const ATTEMPTS: usize = 200;

/// The first synthetic number: none that a step would write itself.
const FIRST: u32 = 700_001;

/// Puts rows into each empty table, parents first. A table whose constraints refuse all that is tried stays empty.
pub(super) fn seed(db: &Connection) -> Result<()> {
    let structure = Structure::read(db)?;
    let mut left: Vec<&Table> = structure.tables.iter().collect();
    // Each round fills the tables whose parents have rows by then.
    for _ in 0..structure.tables.len() {
        let before = left.len();
        let mut waiting = Vec::new();
        for table in left {
            if !is_empty(db, table)? {
                continue;
            }
            for row in 0..ROWS {
                put_row(db, table, row)?;
            }
            if is_empty(db, table)? {
                waiting.push(table);
            }
        }
        left = waiting;
        if left.is_empty() || left.len() == before {
            break;
        }
    }
    Ok(())
}

fn is_empty(db: &Connection, table: &Table) -> Result<bool> {
    memory::renew_budget();
    let sql = format!("SELECT NOT EXISTS (SELECT 1 FROM {})", quote::name(&table.name));
    db.query_row(&sql, [], |row| row.get(0))
}

fn put_row(db: &Connection, table: &Table, row: u32) -> Result<()> {
    let columns: Vec<&Column> = table.columns.iter().filter(|column| !column.computed).collect();
    let values: Vec<Vec<String>> = columns.iter().map(|column| candidates(table, column, row)).collect();
    let names: Vec<String> = columns.iter().map(|column| quote::name(&column.name)).collect();
    // A later step may put right what an earlier one left.
    let before = dangling(db);
    for attempt in 0..ATTEMPTS {
        let chosen = values.iter().enumerate().map(|(column, values)| {
            // Different strides, so that all combinations of two columns come up.
            let place = if attempt < 20 { attempt } else { attempt / (column + 1) + attempt * column };
            values[place % values.len()].as_str()
        });
        let chosen: Vec<&str> = chosen.collect();
        let table = quote::name(&table.name);
        let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), chosen.join(", "));
        memory::renew_budget();
        db.execute_batch("SAVEPOINT synthetic_row")?;
        if db.execute_batch(&sql).is_ok() && dangling(db) <= before {
            return db.execute_batch("RELEASE synthetic_row");
        }
        db.execute_batch("ROLLBACK TO synthetic_row; RELEASE synthetic_row")?;
    }
    Ok(())
}

/// How many rows refer to one that there is not.
pub(super) fn dangling(db: &Connection) -> i64 {
    // An error: the parent has no such column, or none that is unique. Nothing can be put right by rows.
    db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap_or(0)
}

/// Values that the column may like, best first.
fn candidates(table: &Table, column: &Column, row: u32) -> Vec<String> {
    let number = FIRST + row;
    if let Some(value) = of_parent(table, column, row) {
        let null = (!column.not_null).then(|| "NULL".to_owned());
        return std::iter::once(value).chain(null).collect();
    }
    let mut values: Vec<String> = match column.ty.as_str() {
        "INTEGER" | "INT" => vec![number.to_string(), (row + 1).to_string(), row.to_string()],
        "REAL" => vec![format!("{number}.5"), format!("0.{}", row + 1), format!("{}.0", row + 1)],
        "BLOB" => vec![format!("x'{number}'"), format!("zeroblob({})", 16 + row), "x''".to_owned()],
        "TEXT" | "ANY" => {
            vec![format!("'synthetic {number}'"), format!("'{row}'"), "'{}'".to_owned(), "'[]'".to_owned()]
        }
        other if other.contains("INT") => vec![number.to_string(), (row + 1).to_string(), row.to_string()],
        _ => vec![format!("'synthetic {number}'"), (row + 1).to_string()],
    };
    values.extend(column.default.as_ref().map(|default| format!("({default})")));
    values.extend(of_checks(table, row));
    if !column.not_null {
        let first = if row == 0 { values.len() } else { 0 };
        values.insert(first, "NULL".to_owned());
    }
    values
}

/// The key of the parent's row, if the column is part of a foreign key.
fn of_parent(table: &Table, column: &Column, row: u32) -> Option<String> {
    let same = |name: &String| name.eq_ignore_ascii_case(&column.name);
    let (reference, at) = table.references.iter().find_map(|key| Some((key, key.columns.iter().position(same)?)))?;
    let target = quote::name(reference.targets.get(at)?);
    let parent = quote::name(&reference.table);
    if reference.table.eq_ignore_ascii_case(&table.name) {
        // A row that is its own parent, where the key is a number.
        return Some((FIRST + row).to_string());
    }
    Some(format!(
        "coalesce((SELECT {target} FROM {parent} LIMIT 1 OFFSET {row}), (SELECT {target} FROM {parent} LIMIT 1))"
    ))
}

/// The literals in the table's checks, and for numbers their neighbours.
pub(super) fn of_checks(table: &Table, row: u32) -> Vec<String> {
    let mut values = Vec::new();
    for check in &table.checks {
        for token in lexer::lex(check) {
            match token.kind {
                Kind::Number => {
                    let text = token.text;
                    values.extend([text.to_owned(), format!("{text} + {}", row + 1), format!("{text} - {}", row + 1)]);
                    // About as long as that, for `length(name) = 8`.
                    if let Ok(length @ ..10_000) = text.parse::<usize>() {
                        let letter = if row == 0 { "x" } else { "y" };
                        let lengths = [length, length + 1, length.saturating_sub(1)];
                        values.extend(lengths.map(|length| quote::text(&letter.repeat(length))));
                    }
                }
                Kind::Text | Kind::Blob => values.push(token.text.to_owned()),
                _ => {}
            }
        }
    }
    values
}
