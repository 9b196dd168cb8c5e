//! Statements over rows that expire, against a database in which these are deleted.

mod hidden;
mod statements;
mod sweeps;
mod writes;

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::engine::{Engine, Params};
use crate::env::SeededRandom;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::sqlite::{Database, DatabaseOptions, HandlerContext, build_template, ddl, expiry};
use crate::table::{ColumnDef, ExpiryDef, OnDelete, ReferenceDef, TableDef};
use crate::value::{Value, ValueRef};
use crate::{Limits, Timestamp};

/// When the tests take place.
const NOW: i64 = 1_000_000;

const fn col(name: &'static str, sql_type: &'static str) -> ColumnDef {
    ColumnDef { name, sql_type, null: false, default: false }
}

const fn null(name: &'static str, sql_type: &'static str) -> ColumnDef {
    ColumnDef { name, sql_type, null: true, default: false }
}

const fn table(name: &'static str, schema: &'static str, columns: &'static [ColumnDef]) -> TableDef {
    TableDef {
        name,
        rust_name: name,
        schema,
        types: &[],
        columns,
        key: &[0],
        assigned: Some(0),
        indexes: &[],
        references: &[],
        expiry: None,
    }
}

const fn reference(column: usize, table: &'static str, on_delete: OnDelete) -> ReferenceDef {
    ReferenceDef { column, table, on_delete }
}

/// Lives 100 ms from its last use on.
static SESSION: TableDef = TableDef {
    expiry: Some(ExpiryDef { column: "used_at", ttl: 100 }),
    ..table(
        "session",
        "CREATE TABLE session (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, used_at INTEGER NOT NULL) STRICT;
         CREATE INDEX session_used_at ON session (used_at);
         CREATE VIRTUAL TABLE session_search USING fts5(token, content='session', content_rowid='id');
         CREATE TRIGGER session_search_insert AFTER INSERT ON session BEGIN
             INSERT INTO session_search (rowid, token) VALUES (new.id, new.token);
         END;
         CREATE TRIGGER session_search_delete AFTER DELETE ON session BEGIN
             INSERT INTO session_search (session_search, rowid, token) VALUES ('delete', old.id, old.token);
         END;",
        &[col("id", "INTEGER"), col("token", "TEXT"), col("used_at", "INTEGER")],
    )
};

/// Goes with its session.
static ITEM: TableDef = TableDef {
    references: &[reference(1, "session", OnDelete::Cascade)],
    ..table(
        "item",
        "CREATE TABLE item (id INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
            name TEXT NOT NULL) STRICT;
         CREATE INDEX item_session ON item (session);",
        &[col("id", "INTEGER"), col("session", "INTEGER"), col("name", "TEXT")],
    )
};

/// Goes with its item, if it has one.
static NOTE: TableDef = TableDef {
    references: &[reference(1, "item", OnDelete::Cascade)],
    ..table(
        "note",
        "CREATE TABLE note (id INTEGER PRIMARY KEY, item INTEGER REFERENCES item ON DELETE CASCADE, text TEXT NOT NULL) STRICT;",
        &[col("id", "INTEGER"), null("item", "INTEGER"), col("text", "TEXT")],
    )
};

/// Loses its session.
static VISIT: TableDef = TableDef {
    references: &[reference(1, "session", OnDelete::SetNull), reference(2, "branch", OnDelete::SetNull)],
    assigned: None,
    ..table(
        "visit",
        "CREATE TABLE visit (page TEXT NOT NULL PRIMARY KEY, session INTEGER REFERENCES session ON DELETE SET NULL,
            branch INTEGER REFERENCES branch ON DELETE SET NULL) STRICT;",
        &[col("page", "TEXT"), null("session", "INTEGER"), null("branch", "INTEGER")],
    )
};

/// Goes with the one above it, and with its session.
static BRANCH: TableDef = TableDef {
    references: &[reference(1, "branch", OnDelete::Cascade), reference(3, "session", OnDelete::Cascade)],
    expiry: Some(ExpiryDef { column: "until", ttl: 0 }),
    ..table(
        "branch",
        "CREATE TABLE branch (id INTEGER PRIMARY KEY, above INTEGER REFERENCES branch ON DELETE CASCADE, until INTEGER,
            session INTEGER REFERENCES session ON DELETE CASCADE) STRICT;
         CREATE INDEX branch_until ON branch (until);",
        &[col("id", "INTEGER"), null("above", "INTEGER"), null("until", "INTEGER"), null("session", "INTEGER")],
    )
};

/// Lives 100 ms from when it is written on.
static MESSAGE: TableDef = TableDef {
    expiry: Some(ExpiryDef { column: "__written_at", ttl: 100 }),
    ..table(
        "message",
        "CREATE TABLE message (id INTEGER PRIMARY KEY, \"group\" TEXT NOT NULL, body TEXT NOT NULL DEFAULT 'none',
            __written_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))) STRICT;
         CREATE UNIQUE INDEX message_group_body ON message (\"group\", body);
         CREATE INDEX message_written_at ON message (__written_at);",
        &[col("id", "INTEGER"), col("group", "TEXT"), col("body", "TEXT")],
    )
};

/// Nothing of it expires.
static PLAIN: TableDef = table(
    "plain",
    "CREATE TABLE plain (id INTEGER PRIMARY KEY, text TEXT) STRICT;",
    &[col("id", "INTEGER"), null("text", "TEXT")],
);

static TABLES: [&TableDef; 7] = [&SESSION, &ITEM, &NOTE, &VISIT, &BRANCH, &MESSAGE, &PLAIN];

/// Rows of which half are over at [`NOW`].
const ROWS: [&str; 6] = [
    "INSERT INTO session VALUES (1, 'old', 999900), (2, 'new', 999901), (3, 'older', 5), (4, 'newer', 1000000)",
    "INSERT INTO item VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c'), (4, 4, 'd'), (5, 2, 'e'), (6, 1, 'e')",
    "INSERT INTO note VALUES (1, 1, 'of a'), (2, 2, 'of b'), (3, NULL, 'of none'), (4, 6, 'of e'), (5, 5, 'of e')",
    "INSERT INTO branch VALUES (1, NULL, 1000000, NULL), (2, 1, NULL, NULL), (3, 2, NULL, NULL), (4, NULL, NULL, 2), (5, 4, 1000001, NULL),
        (6, 4, NULL, 1), (7, 6, NULL, 2), (8, 8, NULL, NULL)",
    "INSERT INTO visit VALUES ('x', 1, 3), ('y', 2, 5), ('z', NULL, 7), ('w', 4, NULL)",
    "INSERT INTO plain VALUES (1, 'new'), (2, NULL)",
];

fn at(millis: i64) -> HandlerContext {
    HandlerContext::enter(Timestamp::from_millis(millis))
}

/// An object with these tables, and nothing in it.
fn empty() -> Database {
    let pages = build_template(&ddl(&TABLES), &[]).unwrap();
    let options = DatabaseOptions { limits: Limits::DEFAULT, random: Arc::new(SeededRandom::new(1)) };
    let mut database = Database::open(Image::from_template(&pages, Limits::DEFAULT), &options).unwrap();
    database.watch(&TABLES).unwrap();
    database
}

/// One with rows of which half are over.
fn database() -> Database {
    let database = empty();
    write(&database, 0, &ROWS);
    write(&database, 999_900, &["INSERT INTO message VALUES (1, 'a', 'old'), (2, 'b', 'old')"]);
    write(&database, 999_901, &["INSERT INTO message VALUES (3, 'a', 'new'), (4, 'b', 'new')"]);
    database
}

/// The same without what is over.
fn swept() -> Database {
    let database = database();
    let _time = at(NOW);
    database.begin_exclusive().unwrap();
    assert!(!expiry::sweep(&database, &TABLES, Timestamp::from_millis(NOW), 1000).unwrap());
    database.commit(&mut Vec::new()).unwrap();
    database
}

#[track_caller]
fn write(database: &Database, now: i64, statements: &[&str]) {
    let _time = at(now);
    database.begin_exclusive().unwrap();
    for sql in statements {
        database.execute(sql, Params::Positional(&[])).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    database.commit(&mut Vec::new()).unwrap();
}

/// What a statement gives: the names of the columns, then the rows.
fn rows(database: &Database, sql: &str) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    let params: Vec<(&str, Value<'_>)> =
        if sql.contains(":session") { vec![("session", Value::Text("session".into()))] } else { Vec::new() };
    database.query(sql, Params::Named(&params), &mut |row| {
        if rows.is_empty() {
            rows.push((0..row.columns()).map(|column| row.name(column)).collect::<Vec<_>>().join(", "));
        }
        rows.push((0..row.columns()).map(|column| plain(row.value(column))).collect::<Vec<_>>().join(", "));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

fn plain(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Text(text) => text.to_owned(),
        other => other.to_string(),
    }
}

fn refused(database: &Database, sql: &str) -> Error {
    rows(database, sql).expect_err("this is refused")
}
