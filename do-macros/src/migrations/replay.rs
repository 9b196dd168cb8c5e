//! Runs the statements of a step, and says what is wrong with one that fails.

use rusqlite::{Connection, Error, ErrorCode};

use super::full_text;
use super::seed;
use super::statements::{self, Statement};
use super::structure::Structure;
use crate::sqlite::lexer::{Kind, Token};
use crate::sqlite::memory;
use crate::suggest;

/// A mistake in a step.
pub(super) struct Mistake {
    /// What is wrong, and what to write instead.
    pub(super) sentence: String,
    /// Where, in bytes.
    pub(super) at: usize,
    /// What stands behind the caret.
    pub(super) hint: String,
}

/// Runs a step over the rows that are there.
pub(super) fn step(db: &Connection, sql: &str) -> Result<(), Mistake> {
    let statements = statements::split(sql);
    if statements.is_empty() {
        return Err(Mistake { sentence: "there is no statement in it".to_owned(), at: 0, hint: String::new() });
    }
    if let Some(mistake) = statements.iter().find_map(misplaced) {
        return Err(mistake);
    }
    let whole = |error: Error| Mistake { sentence: error.to_string(), at: 0, hint: String::new() };
    Structure::read(db).and_then(|structure| full_text::take_away(db, &structure.full_text)).map_err(whole)?;
    for statement in &statements {
        memory::renew_budget();
        run(db, statement.text).map_err(|error| failed(db, statement, &error))?;
    }
    Ok(())
}

/// Runs one statement to its end, whether or not it has rows.
pub(super) fn run(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// The mistake of rows that refer to others that are not there. It is one after the last step, as at run time.
pub(super) fn dangling(db: &Connection) -> rusqlite::Result<Option<Mistake>> {
    memory::renew_budget();
    if seed::dangling(db) == 0 {
        return Ok(None);
    }
    let sql = "SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 1";
    let (child, parent): (String, String) = db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sentence = format!("it leaves rows of `{child}` that refer to rows of `{parent}` that are not there");
    Ok(Some(Mistake { sentence, at: 0, hint: String::new() }))
}

/// A statement that doesn't belong in a step.
fn misplaced(statement: &Statement<'_>) -> Option<Mistake> {
    let tokens = &statement.tokens;
    let mistake = |token: &Token<'_>, sentence: String| {
        Some(Mistake { sentence, at: statement.at + token.at, hint: String::new() })
    };
    let first = tokens.first()?;
    let word = first.text.to_ascii_uppercase();
    if first.is_any(&["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"]) {
        let sentence = format!("{word} doesn't belong in a step: all steps run in one transaction already; remove it");
        return mistake(first, sentence);
    }
    if first.is_any(&["PRAGMA", "ATTACH", "DETACH", "VACUUM", "EXPLAIN"]) {
        return mistake(first, format!("{word} doesn't belong in a step, which changes tables and rows: remove it"));
    }
    let kept_nowhere = |token: &&Token<'_>| token.is_any(&["TEMP", "TEMPORARY"]);
    let created = tokens.get(1).filter(|_| first.is("CREATE")).filter(kept_nowhere);
    let named = tokens.windows(2).find(|pair| kept_nowhere(&&pair[0]) && pair[1].is(".")).map(|pair| &pair[0]);
    if let Some(token) = created.or(named) {
        return mistake(
            token,
            "what is temporary doesn't outlive the step: make a table, and drop it at the end".into(),
        );
    }
    let parameter = tokens.iter().find(|token| token.kind == Kind::Param)?;
    mistake(parameter, format!("a step has no parameters: write the value instead of `{}`", parameter.text))
}

fn failed(db: &Connection, statement: &Statement<'_>, error: &Error) -> Mistake {
    let (message, offset) = match error {
        Error::SqlInputError { msg, offset, .. } => (msg.clone(), usize::try_from(*offset).ok()),
        Error::SqliteFailure(code, _) if code.code == ErrorCode::OperationInterrupted => {
            ("it takes too long: a step must come to an end soon, even over two rows".to_owned(), None)
        }
        Error::SqliteFailure(_, Some(message)) => (message.clone(), None),
        other => (other.to_string(), None),
    };
    let at = offset.or_else(|| named_in(&message, statement)).unwrap_or(0);
    let word = statement.tokens.iter().find(|token| token.at == at).and_then(Token::name).unwrap_or_default();
    let hint = Structure::read(db).ok().and_then(|structure| meant(&message, &word, statement, &structure));
    let hint = hint.map(|meant| format!("did you mean `{meant}`?")).unwrap_or_default();
    Mistake { sentence: format!("{message}{}", advice(&message)), at: statement.at + at, hint }
}

/// What to do, where SQLite only says what it can't.
fn advice(message: &str) -> &'static str {
    if message.starts_with("Cannot add a NOT NULL column") {
        " in a table that has rows already: write `DEFAULT …` behind it, for them"
    } else if message.contains("constraint failed") {
        ", in a table that has rows already"
    } else if message.contains("non-constant default") {
        " in a table that has rows already: make the table anew instead"
    } else {
        ""
    }
}

/// Where the name stands that a message without a place is about: the last word of it that is in the statement too.
fn named_in(message: &str, statement: &Statement<'_>) -> Option<usize> {
    let words = message.split(|c: char| c.is_whitespace() || matches!(c, '.' | ':' | '"' | '`' | ',' | '(' | ')'));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let find = |word: &&str| {
        let mut names = statement.tokens.iter();
        let is_it = |token: &&Token<'_>| token.name().is_some_and(|name| name.eq_ignore_ascii_case(word));
        names.find(is_it).filter(|token| !token.is_any(&["TABLE", "COLUMN", "INDEX", "NULL", "NOT", "ADD", "DEFAULT"]))
    };
    words.iter().rev().find_map(find).map(|token| token.at)
}

/// The name that was probably meant.
fn meant(message: &str, word: &str, statement: &Statement<'_>, structure: &Structure) -> Option<String> {
    let tables = structure.tables.iter();
    if message.starts_with("no such table") {
        return suggest::closest(word, tables.map(|table| table.name.as_str())).map(str::to_owned);
    }
    if !message.starts_with("no such column") && !message.contains("has no column named") {
        return None;
    }
    let is_used = |name: &str| statement.tokens.iter().filter_map(Token::name).any(|n| n.eq_ignore_ascii_case(name));
    let used = tables.filter(|table| is_used(&table.name));
    let columns = used.flat_map(|table| &table.columns);
    suggest::closest(word, columns.map(|column| column.name.as_str())).map(str::to_owned)
}
