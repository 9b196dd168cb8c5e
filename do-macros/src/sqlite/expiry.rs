//! What a statement can't do over tables whose rows expire: it would see rows that are gone.

use super::excerpt::excerpt;
use super::lexer::{Kind, Token};
use super::memory;
use super::worlds::Worlds;
use crate::schema::Schema;
use rusqlite::Connection;

/// The names under which SQLite has the number of a row.
const ROWIDS: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// The tables whose rows go by themselves: they expire, or go with rows that do.
pub(super) fn going(schema: &Schema, empty: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut going: Vec<String> =
        schema.tables.iter().filter(|table| table.expires).map(|table| table.name.clone()).collect();
    if going.is_empty() {
        return Ok(going);
    }
    memory::renew_budget();
    let sql = "SELECT t.name, f.\"table\" FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f
        WHERE t.type = 'table' AND f.on_delete = 'CASCADE'";
    let mut cascades = empty.prepare(sql)?;
    let cascades = cascades.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let cascades: Vec<(String, String)> = cascades.collect::<rusqlite::Result<_>>()?;
    let is = |one: &String, other: &String| one.eq_ignore_ascii_case(other);
    let next = |going: &[String]| {
        let found = cascades.iter().find(|(child, parent)| {
            going.iter().any(|table| is(table, parent)) && !going.iter().any(|table| is(table, child))
        });
        found.map(|(child, _)| child.clone())
    };
    while let Some(child) = next(&going) {
        going.push(child);
    }
    Ok(going)
}

/// Why a statement is refused.
pub(super) fn refusal(sql: &str, tokens: &[Token<'_>], schema: &Schema, worlds: &Worlds) -> Option<String> {
    let at = |token: &Token<'_>, message: String| Some(format!("{message}\n{}", excerpt(sql, token.at, "")));
    let going: Vec<&String> =
        worlds.going.iter().filter(|table| tokens.iter().any(|token| names(token, table))).collect();
    let qualified = tokens.windows(3).find_map(|window| {
        let table = going.iter().find(|table| names(&window[2], table))?;
        (names(&window[0], "main") && window[1].is(".")).then_some((&window[0], *table))
    });
    if let Some((token, table)) = qualified {
        return at(token, format!("`main.{table}` would show rows that have expired: write `{table}`"));
    }
    for table in &worlds.going {
        let search = format!("{table}_search");
        let found = tokens.iter().find(|token| names(token, &search));
        if let Some(token) = found.filter(|_| !going.contains(&table)) {
            return at(token, format!("`{search}` alone finds rows that have expired: join it with `{table}`"));
        }
    }
    let indexed =
        tokens.windows(2).find(|pair| pair[0].is_any(&["INDEXED", "NOT"]) && pair[1].is_any(&["BY", "INDEXED"]));
    if let Some(pair) = indexed.filter(|_| !going.is_empty()) {
        let table = going[0];
        return at(
            &pair[0],
            format!("the rows of `{table}` expire: how they are found is left to SQLite, without `INDEXED`"),
        );
    }
    let (token, name) = ROWIDS.iter().find_map(|name| Some((rowid(tokens, name, worlds)?, *name)))?;
    let table = going.first()?;
    let of_table = schema.tables.iter().find(|known| known.name.eq_ignore_ascii_case(table))?;
    let is_column =
        |table: &crate::schema::Table| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    if schema.tables.iter().any(is_column) {
        return None;
    }
    let position = schema.tables.iter().position(|known| known.name == of_table.name)?;
    let key = worlds.columns.get(position)?.iter().position(|column| column.rowid);
    let instead = match key {
        Some(key) => format!("write `{}`", of_table.columns[key].name),
        None => "write a column of its key".to_owned(),
    };
    at(token, format!("`{table}`, whose rows expire, has no `{name}`: {instead}"))
}

/// Where the number of a row is asked for, unless it is that of full text.
fn rowid<'t, 'a>(tokens: &'t [Token<'a>], name: &str, worlds: &Worlds) -> Option<&'t Token<'a>> {
    let of_full_text = |token: &Token<'_>| worlds.virtual_tables.iter().any(|table| names(token, &table.name));
    let is_alias = |from: &[Token<'_>], word: &Token<'_>| match from {
        [table, as_, alias, ..] if of_full_text(table) && as_.is("AS") => alias.name() == word.name(),
        [table, alias, ..] if of_full_text(table) => alias.name().is_some() && alias.name() == word.name(),
        _ => false,
    };
    let found = tokens.iter().enumerate().find(|(at, token)| {
        let qualifier = match tokens.get(at.wrapping_sub(2)..*at) {
            Some([qualifier, dot]) if dot.is(".") => Some(qualifier),
            _ => None,
        };
        let is_other = qualifier
            .is_some_and(|word| of_full_text(word) || (0..tokens.len()).any(|from| is_alias(&tokens[from..], word)));
        names(token, name) && !is_other
    });
    found.map(|(_, token)| token)
}

/// Whether it is this name.
fn names(token: &Token<'_>, name: &str) -> bool {
    matches!(token.kind, Kind::Word | Kind::Quoted) && token.name().is_some_and(|word| word.eq_ignore_ascii_case(name))
}
