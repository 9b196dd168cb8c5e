//! Statements of any text: their tokens, and what they see of rows that have expired.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::sweep;
use super::tokens::tokens as split;
use crate::engine::{Engine, Params};
use crate::env::SeededRandom;
use crate::error::{ErrorKind, Result};
use crate::image::Image;
use crate::sqlite::{Database, DatabaseOptions, HandlerContext, build_template, ddl};
use crate::table::{ColumnDef, ExpiryDef, OnDelete, ReferenceDef, TableDef};
use crate::value::ValueRef;
use crate::{Limits, Timestamp};

/// When the statements run.
const NOW: Timestamp = Timestamp::from_millis(1_000);

/// How much a statement may compute, in thousands of SQLite's instructions.
const PATIENCE: u32 = 200;

const fn column(name: &'static str, sql_type: &'static str) -> ColumnDef {
    ColumnDef { name, sql_type, null: false, default: false }
}

const MESSAGE: TableDef = TableDef {
    name: "message",
    rust_name: "Message",
    schema: "CREATE TABLE message (id INTEGER PRIMARY KEY, body TEXT NOT NULL, until INTEGER NOT NULL) STRICT;",
    types: &[],
    columns: &[column("id", "INTEGER"), column("body", "TEXT"), column("until", "INTEGER")],
    key: &[0],
    assigned: Some(0),
    indexes: &[],
    references: &[],
    expiry: Some(ExpiryDef { column: "until", ttl: 0 }),
};

const NOTE: TableDef = TableDef {
    name: "note",
    rust_name: "Note",
    schema: "CREATE TABLE note (id INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE) STRICT;",
    types: &[],
    columns: &[column("id", "INTEGER"), column("message", "INTEGER")],
    key: &[0],
    assigned: Some(0),
    indexes: &[],
    references: &[ReferenceDef { column: 1, table: "message", on_delete: OnDelete::Cascade }],
    expiry: None,
};

static TABLES: [&TableDef; 2] = [&MESSAGE, &NOTE];

/// Rows of which the first of each table, and whatever belongs to it, is gone at [`NOW`].
const ROWS: [&str; 2] = [
    "INSERT INTO message VALUES (1, 'old', 900), (2, 'new', 1001), (3, 'newer', 2000)",
    "INSERT INTO note VALUES (1, 1), (2, 2), (3, 3), (4, 1)",
];

/// Tokens lie in order in their text, with nothing between them but white space and comments.
pub(crate) fn tokens(input: &[u8]) {
    let sql = String::from_utf8_lossy(input);
    let mut end = 0;
    for token in split(&sql) {
        assert!(token.at >= end && !token.text.is_empty());
        assert_eq!(sql.get(token.at..token.end()), Some(token.text));
        let between = sql[end..token.at].trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{feff}');
        assert!(
            between.is_empty() || between.starts_with("--") || between.starts_with("/*"),
            "{between:?} is left out"
        );
        let _ = (token.names("message"), token.is("SELECT"), token.is_name());
        end = token.end();
    }
}

/// A statement that reads gives the same with rows that have expired and without them.
pub(crate) fn expiring(input: &[u8]) {
    thread_local! {
        static WORLDS: [Database; 2] = worlds().expect("the databases can be made");
    }
    let Ok(sql) = std::str::from_utf8(input) else { return };
    if is_about_the_database(sql) {
        return;
    }
    WORLDS.with(|[with, without]| {
        let _now = HandlerContext::enter(NOW);
        let [with, without] = [rows(with, sql), rows(without, sql)];
        let out_of_patience = |rows: &Result<_>| rows.as_ref().is_err_and(|e| e.kind() == ErrorKind::Deadline);
        if out_of_patience(&with) || out_of_patience(&without) {
            return;
        }
        match (with, without) {
            (Ok(with), Ok(without)) => assert_eq!(with, without, "{sql:?} sees rows that have expired"),
            // What would see them is refused while they are there.
            (Err(error), _) => assert_ne!(error.kind(), ErrorKind::Internal, "{error}"),
            (Ok(_), Err(error)) => panic!("{sql:?} is refused only where nothing has expired: {error}"),
        }
    });
}

/// Whether it asks how something is stored or computed, in which the two databases do differ.
fn is_about_the_database(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    ["sqlite_", "pragma", "dbstat", "explain", "random", "changes", "last_insert_rowid", "__do"]
        .iter()
        .any(|word| lower.contains(word))
}

/// One with rows that have expired, and one without.
fn worlds() -> Result<[Database; 2]> {
    let [with, mut without] = [world()?, world()?];
    without.begin_exclusive()?;
    sweep(&without, &TABLES, NOW, 1_000)?;
    without.commit(&mut Vec::new())?;
    // What is left is seen as it is.
    without.watch = None;
    Ok([with, without])
}

fn world() -> Result<Database> {
    let pages = build_template(&ddl(&TABLES), &[])?;
    let options =
        DatabaseOptions { limits: Limits::DEFAULT.with_value(100_000), random: Arc::new(SeededRandom::new(1)) };
    let mut database = Database::open(Image::from_template(&pages, options.limits), &options)?;
    database.watch(&TABLES)?;
    let patience = || {
        PATIENT.set(PATIENT.get().saturating_sub(1));
        PATIENT.get() == 0
    };
    database.session.connection_mut().progress_handler(1_000, Some(patience)).expect("a connection takes a handler");
    PATIENT.set(PATIENCE);
    let _then = HandlerContext::enter(Timestamp::from_millis(1));
    database.begin_exclusive()?;
    for sql in ROWS {
        database.execute(sql, Params::Positional(&[]))?;
    }
    database.commit(&mut Vec::new())?;
    Ok(database)
}

/// What a statement gives, with the names of its columns.
fn rows(database: &Database, sql: &str) -> Result<Vec<String>> {
    let spent = Cell::new(0);
    let mut rows = Vec::new();
    PATIENT.set(PATIENCE);
    let done = database.query(sql, Params::Positional(&[]), &mut |row| {
        spent.set(spent.get() + 1);
        if rows.is_empty() {
            rows.push((0..row.columns()).map(|column| row.name(column)).collect::<Vec<_>>().join("|"));
        }
        rows.push((0..row.columns()).map(|column| shown(row.value(column))).collect::<Vec<_>>().join("|"));
        Ok(if spent.get() < 1_000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    });
    done.map(|()| rows)
}

thread_local! {
    static PATIENT: Cell<u32> = const { Cell::new(0) };
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Blob(bytes) => format!("{bytes:?}"),
        ValueRef::Text(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}
