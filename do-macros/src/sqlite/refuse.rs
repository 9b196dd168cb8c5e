//! Statements that are not for a handler, and what to write instead.

use super::excerpt::excerpt;
use super::lexer::{Kind, Token};
use super::shape::{Body, Statement, Target};
use super::worlds::Worlds;

const SCHEMA: &str =
    "the schema is not for handlers: `#[table]` declares tables and indexes, `migrations(…)` changes them";
const TRANSACTION: &str =
    "a handler is one transaction: its `Ok` commits and its `Err` undoes; `cx.savepoint` undoes a part alone";

/// Why a text is refused before SQLite sees it.
pub(super) fn by_tokens(sql: &str, tokens: &[Token<'_>]) -> Option<String> {
    let Some(first) = tokens.iter().find(|token| !token.is(";")) else {
        return Some("the SQL is empty: write one statement".to_owned());
    };
    let at =
        |token: &Token<'_>, message: &str, hint: &str| Some(format!("{message}\n{}", excerpt(sql, token.at, hint)));
    let message = match first.text.to_ascii_uppercase().as_str() {
        "CREATE" | "DROP" | "ALTER" | "REINDEX" | "ANALYZE" => SCHEMA,
        "BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" => TRANSACTION,
        "PRAGMA" => "PRAGMA is not for handlers: the runtime sets up the database",
        "ATTACH" | "DETACH" => "an object has one database: call another object's handlers instead",
        "VACUUM" => "VACUUM is not for handlers: the runtime keeps the database compact by itself",
        "EXPLAIN" => "EXPLAIN is not for handlers: a read of a whole table is a warning when the program is compiled",
        _ => return placeholder(sql, tokens).or_else(|| second(sql, tokens)),
    };
    if first.kind == Kind::Word { at(first, message, "") } else { None }
}

fn placeholder(sql: &str, tokens: &[Token<'_>]) -> Option<String> {
    let is_named = |text: &str| {
        text.strip_prefix(':').is_some_and(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'))
    };
    let token = tokens.iter().find(|token| token.kind == Kind::Param && !is_named(token.text))?;
    if token.text == ":" {
        let message = "`::` is no operator here: write `CAST(value AS type)`";
        return Some(format!("{message}\n{}", excerpt(sql, token.at, "")));
    }
    let name = token.text[1..].trim_start_matches(|c: char| !c.is_alphabetic());
    let instead = if name.is_empty() { ":name" } else { &format!(":{name}") };
    let message = format!("write `{instead}` instead of `{}`: parameters are variables, by name", token.text);
    Some(format!("{message}\n{}", excerpt(sql, token.at, "")))
}

fn second(sql: &str, tokens: &[Token<'_>]) -> Option<String> {
    let end = tokens.iter().position(|token| token.is(";"))?;
    let next = tokens[end..].iter().find(|token| !token.is(";"))?;
    Some(format!("one `sql!` holds one statement: write another `sql!` for the next\n{}", excerpt(sql, next.at, "")))
}

/// Why the table that a statement writes is refused.
pub(super) fn by_target(sql: &str, statement: &Statement, worlds: &Worlds) -> Option<String> {
    let target = match &statement.body {
        Body::Select(_) => return None,
        Body::Insert(insert) => &insert.target,
        Body::Update(update) => &update.target,
        Body::Delete(delete) => &delete.target,
    };
    let message = kept(target, worlds)?;
    Some(format!("{message}\n{}", excerpt(sql, target.at, "")))
}

fn kept(target: &Target, worlds: &Worlds) -> Option<String> {
    let name = target.table.to_ascii_lowercase();
    if name.starts_with("__do_") {
        return Some(format!("the table `{name}` is the runtime's own: SQL can't write it"));
    }
    if name.starts_with("sqlite_") {
        return Some(format!("the table `{name}` is SQLite's own: SQL can't write it"));
    }
    let search = worlds.virtual_tables.iter().map(|table| &table.name).find(|table| {
        let table = table.to_ascii_lowercase();
        name == table
            || ["_data", "_idx", "_content", "_docsize", "_config"].iter().any(|part| name == table.clone() + part)
    })?;
    let base = search.strip_suffix("_search").unwrap_or(search);
    Some(format!("the table `{name}` follows `{base}` by itself: write `{base}` instead"))
}
