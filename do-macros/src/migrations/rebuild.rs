//! A table made anew, for what ALTER TABLE can't do: a new table, filled from the old one, takes its name.

use rusqlite::Connection;

use super::difference;
use super::seed;
use super::structure::{self, Column, Reference, Structure, Table};
use crate::sql::quote;
use crate::sqlite::lexer::{self, Token};
use crate::sqlite::memory;

/// The statements that make `want` of `have` and keep its rows, but for indexes and triggers.
pub(super) fn statements(db: &Connection, structure: &Structure, have: &Table, want: &Table) -> String {
    let name = quote::name(&want.name);
    let new = (1..)
        .map(|number| if number == 1 { format!("new_{}", want.name) } else { format!("new_{}_{number}", want.name) });
    let new = new.take(1000).find(|new| structure.table(new).is_none()).unwrap_or_default();
    let new = quote::name(&new);
    let mut notes = Vec::new();
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for column in want.columns.iter().filter(|column| !column.computed) {
        let Some(value) = value(db, have, want, column, &mut notes) else { continue };
        names.push(quote::name(&column.name));
        values.push(value);
    }
    for column in have.columns.iter().filter(|column| want.column(&column.name).is_none()) {
        notes.push(format!("-- what is in {name}.{} is lost", quote::name(&column.name)));
    }
    let notes: String = notes.iter().map(|note| format!("{note}\n")).collect();
    let create = create(have, want, &new);
    format!(
        "{create};\n{notes}INSERT INTO {new} ({}) SELECT {} FROM {name};\nDROP TABLE {name};\nALTER TABLE {new} RENAME TO {name};",
        names.join(", "),
        values.join(", ")
    )
}

/// `CREATE TABLE` under another name, in which a type of the user's own stays what it is.
fn create(have: &Table, want: &Table, name: &str) -> String {
    let tokens = lexer::lex(&want.sql);
    let mut edits: Vec<(&Token<'_>, String)> = Vec::new();
    let open = tokens.iter().position(|token| token.is("(")).unwrap_or(0);
    edits.extend(open.checked_sub(1).map(|before| (&tokens[before], name.to_owned())));
    for part in structure::parts(&tokens).into_iter().filter(|part| !structure::is_constraint(part)) {
        let [column, ty, ..] = part else { continue };
        let old = column.name().and_then(|column| have.column(&column)).filter(|old| !old.ty.is_empty());
        if ty.is("ANY")
            && let Some(old) = old
        {
            edits.push((ty, old.ty.clone()));
        }
    }
    let mut sql = want.sql.clone();
    for (token, text) in edits.into_iter().rev() {
        sql.replace_range(token.at..token.at + token.text.len(), &text);
    }
    sql
}

/// What a column of the new table gets; nothing, if its default or NULL will do.
fn value(db: &Connection, have: &Table, want: &Table, column: &Column, notes: &mut Vec<String>) -> Option<String> {
    let name = quote::name(&column.name);
    let table = quote::name(&want.name);
    let references =
        |one: &Table| -> Vec<Reference> { one.references.iter().filter(|key| is_of(key, column)).cloned().collect() };
    let parent = references(want).into_iter().find(|key| !key.table.eq_ignore_ascii_case(&want.name));
    let Some(old) = have.column(&column.name) else {
        let is_key = want.key.contains(&column.name.to_ascii_lowercase());
        let is_distinct = is_distinct(want, column);
        let is_left_out = if column.default.is_some() { !is_distinct } else { !column.not_null };
        if !is_key && is_left_out {
            return None;
        }
        let fill = match &parent {
            Some(parent) => first_of(parent),
            None if is_distinct => numbered(&column.ty),
            None => fill(db, want, column, &column.ty),
        };
        notes.push(fill_note(want, column, &fill));
        return Some(fill);
    };
    // A type of the user's own stays what it is.
    let ty = if column.ty == "ANY" { &old.ty } else { &column.ty };
    let mut value = name.clone();
    if !difference::same_type(&old.ty, &column.ty) {
        let is_number = matches!(column.ty.as_str(), "INTEGER" | "INT" | "REAL" | "NUMERIC");
        if is_number && is_distinct(want, column) {
            // Texts that are no numbers would all be 0.
            notes.push(format!("-- {table}.{name} is numbered anew"));
            return Some("rowid".to_owned());
        }
        value = format!("CAST({value} AS {})", column.ty);
    }
    if let Some(parent) = parent.filter(|parent| !references(have).contains(parent)) {
        let (key, target) = (quote::name(&parent.table), quote::name(&parent.targets[0]));
        notes.push(format!("-- {table}.{name} loses what refers to no row of {key}"));
        value = format!("(SELECT {key}.{target} FROM {key} WHERE {key}.{target} = {table}.{name})");
        if column.not_null {
            value = format!("coalesce({value}, {})", first_of(&parent));
        }
    } else if column.not_null && !old.not_null {
        let fill = if is_distinct(want, column) { numbered(ty) } else { fill(db, want, column, ty) };
        notes.push(fill_note(want, column, &fill));
        value = format!("coalesce({value}, {fill})");
    }
    let new_checks: Vec<&String> =
        want.checks.difference(&have.checks).filter(|check| is_about(db, check, column)).collect();
    if !new_checks.is_empty() || (value.starts_with("CAST") && !checks_of(db, want, column).is_empty()) {
        let checks: Vec<String> =
            checks_of(db, want, column).into_iter().map(|check| format!("({check}) IS NOT FALSE")).collect();
        let fill = match ty.as_str() {
            _ if !column.not_null => "NULL".to_owned(),
            "TEXT" if is_distinct(want, column) => format!("{} || rowid", fill(db, want, column, ty)),
            _ => fill(db, want, column, ty),
        };
        notes.push(format!("-- {fill} takes the place of what breaks the CHECK of {table}.{name}"));
        let checks = checks.join(" AND ");
        value = format!("(SELECT iif({checks}, {name}, {fill}) FROM (SELECT {value} AS {name}))");
    }
    Some(value)
}

/// Whether a reference is this one column.
fn is_of(reference: &Reference, column: &Column) -> bool {
    matches!(reference.columns.as_slice(), [only] if only.eq_ignore_ascii_case(&column.name))
        && reference.targets.len() == 1
}

fn first_of(parent: &Reference) -> String {
    format!("(SELECT min({}) FROM {})", quote::name(&parent.targets[0]), quote::name(&parent.table))
}

/// Whether each row must have another value.
fn is_distinct(table: &Table, column: &Column) -> bool {
    let name = column.name.to_ascii_lowercase();
    let unique_index = table.indexes.values().any(|index| index.unique && index.columns.contains(&name));
    let constraint = table.uniques.iter().any(|columns| columns.split(", ").any(|column| column == name));
    unique_index || constraint || table.key.contains(&name)
}

fn numbered(ty: &str) -> String {
    match ty {
        "TEXT" | "ANY" => "CAST(rowid AS TEXT)".to_owned(),
        "BLOB" => "CAST(rowid AS BLOB)".to_owned(),
        _ => "rowid".to_owned(),
    }
}

/// What rows that are there already get in a new column: a plain value that its checks accept.
pub(super) fn fill(db: &Connection, table: &Table, column: &Column, ty: &str) -> String {
    let plain = match ty {
        "INTEGER" | "INT" => "0",
        "REAL" => "0.0",
        "BLOB" => "x''",
        _ => "''",
    };
    let checks = checks_of(db, table, column);
    let default = column.default.as_ref().map(|default| format!("({default})"));
    let mut candidates = default
        .into_iter()
        .chain([plain.to_owned()])
        .chain(seed::of_checks(table, 0))
        .chain(["'unknown'", "'{}'"].map(str::to_owned));
    let accepted = candidates.find(|value| {
        memory::renew_budget();
        is_of_type(db, value, ty) && checks.iter().all(|check| holds(db, check, column, value) == Some(true))
    });
    accepted.map_or_else(|| plain.to_owned(), |value| simple(db, &value))
}

/// A number instead of a sum.
fn simple(db: &Connection, value: &str) -> String {
    db.query_row(&format!("SELECT quote({value})"), [], |row| row.get(0)).unwrap_or_else(|_| value.to_owned())
}

fn is_of_type(db: &Connection, value: &str, ty: &str) -> bool {
    let stored: Option<String> = db.query_row(&format!("SELECT typeof({value})"), [], |row| row.get(0)).ok();
    match ty {
        "INTEGER" | "INT" | "REAL" | "TEXT" | "BLOB" => {
            stored.is_some_and(|stored| difference::same_type(&stored.to_ascii_uppercase(), ty))
        }
        _ => true,
    }
}

/// The checks that are about this column alone.
fn checks_of<'a>(db: &Connection, table: &'a Table, column: &Column) -> Vec<&'a String> {
    table.checks.iter().filter(|check| is_about(db, check, column)).collect()
}

fn is_about(db: &Connection, check: &str, column: &Column) -> bool {
    let named = lexer::lex(check).iter().filter_map(Token::name).any(|name| name.eq_ignore_ascii_case(&column.name));
    named && holds(db, check, column, "NULL").is_some()
}

/// Whether the check accepts the value; nothing, if it is about other columns too.
fn holds(db: &Connection, check: &str, column: &Column, value: &str) -> Option<bool> {
    let sql = format!("SELECT ({check}) IS NOT FALSE FROM (SELECT {value} AS {})", quote::name(&column.name));
    db.query_row(&sql, [], |row| row.get(0)).ok()
}

/// The comment on a value that was made up.
pub(super) fn fill_note(table: &Table, column: &Column, fill: &str) -> String {
    let (table, column) = (quote::name(&table.name), quote::name(&column.name));
    format!("-- {fill} is what rows that are there already get in {table}.{column}: write what fits")
}

/// A column as it is declared.
pub(super) fn column_text(table: &Table, column: &str) -> String {
    let tokens = lexer::lex(&table.sql);
    let parts = structure::parts(&tokens).into_iter().filter(|part| !structure::is_constraint(part));
    let is_it =
        |part: &&[Token<'_>]| part.first().and_then(Token::name).is_some_and(|name| name.eq_ignore_ascii_case(column));
    let found = parts.filter(is_it).find_map(|part| Some((part.first()?, part.last()?)));
    let text = found.map_or("", |(first, last)| &table.sql[first.at..last.at + last.text.len()]);
    // Declared in columns of equal width; in a line of its own one space does.
    spaced(text)
}

fn spaced(text: &str) -> String {
    let tokens = lexer::lex(text);
    let mut line = String::new();
    let mut end = 0;
    for token in &tokens {
        if token.at > end && !line.is_empty() {
            line.push(' ');
        }
        line.push_str(token.text);
        end = token.at + token.text.len();
    }
    line
}
