//! The column of a plain `ttl` in databases that are there already.

use super::*;
use crate::sqlite::{Outline, SchemaMark, Work, follow};

const WITHOUT: &str =
    "CREATE TABLE message (id INTEGER PRIMARY KEY, \"group\" TEXT NOT NULL, body TEXT NOT NULL DEFAULT 'none') STRICT;
    CREATE UNIQUE INDEX message_group_body ON message (\"group\", body);";

static BEFORE: TableDef = TableDef { expiry: None, schema: WITHOUT, ..MESSAGE_COPY };
const MESSAGE_COPY: TableDef = TableDef {
    expiry: None,
    ..table("message", WITHOUT, &[col("id", "INTEGER"), col("group", "TEXT"), col("body", "TEXT")])
};

static PLAIN_TABLES: [&TableDef; 1] = [&BEFORE];
static EXPIRING_TABLES: [&TableDef; 1] = [&MESSAGE];

fn options() -> DatabaseOptions {
    DatabaseOptions { limits: Limits::DEFAULT, random: Arc::new(SeededRandom::new(1)) }
}

/// Closes it and opens it again with these tables.
fn reopened(database: Database, tables: &'static [&'static TableDef], now: i64) -> Database {
    let pages = database.into_image().unwrap().to_pages().unwrap();
    let mut database = Database::open(Image::from_template(&pages, Limits::DEFAULT), &options()).unwrap();
    let _time = at(now);
    database.begin_exclusive().unwrap();
    follow(&database, tables).unwrap();
    database.commit(&mut Vec::new()).unwrap();
    database.watch(tables).unwrap();
    database
}

fn without(rows: &[&str]) -> Database {
    let pages = build_template(&ddl(&PLAIN_TABLES), &[]).unwrap();
    let database = Database::open(Image::from_template(&pages, Limits::DEFAULT), &options()).unwrap();
    write(&database, 1, rows);
    database
}

#[test]
fn rows_that_are_there_count_as_written_when_the_table_gains_its_ttl() {
    let database = without(&["INSERT INTO message VALUES (1, 'a', 'x'), (2, 'b', 'y')"]);
    let database = reopened(database, &EXPIRING_TABLES, 500);
    write(&database, 550, &["INSERT INTO message VALUES (3, 'c', 'z')"]);
    for (now, ids) in [(599, vec!["id", "1", "2", "3"]), (600, vec!["id", "3"]), (650, vec![])] {
        let _time = at(now);
        assert_eq!(rows(&database, "SELECT id FROM message ORDER BY id").unwrap(), ids);
    }
    assert_eq!(rows(&database, "PRAGMA integrity_check").unwrap(), ["integrity_check", "ok"]);
    // A database that began so has the same text.
    let mut text = String::new();
    for database in [database, empty()] {
        let sql = rows(&database, "SELECT sql FROM sqlite_schema WHERE name = 'message'").unwrap().remove(1);
        let words = |sql: &str| sql.split_whitespace().collect::<String>();
        assert!(text.is_empty() || words(&text) == words(&sql), "{text}\n{sql}");
        text = sql;
    }
}

#[test]
fn a_table_without_rows_gains_its_ttl() {
    let database = reopened(without(&[]), &EXPIRING_TABLES, 500);
    write(&database, 550, &["INSERT INTO message VALUES (3, 'c', 'z')"]);
    assert_eq!(database.earliest_expiry().unwrap().map(Timestamp::as_millis), Some(650));
}

#[test]
fn a_table_that_loses_its_ttl_loses_no_row() {
    let database = reopened(without(&["INSERT INTO message VALUES (1, 'a', 'x')"]), &EXPIRING_TABLES, 500);
    let database = reopened(database, &PLAIN_TABLES, 501);
    write(&database, 502, &["INSERT INTO message VALUES (2, 'b', 'y')"]);
    let _time = at(NOW);
    assert_eq!(rows(&database, "SELECT * FROM message").unwrap(), ["id, group, body", "1, a, x", "2, b, y"]);
    let indexes =
        rows(&database, "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'message'").unwrap();
    assert_eq!(indexes, ["name", "message_group_body"]);
}

const FIRST: &str = "CREATE TABLE message (id INTEGER PRIMARY KEY, \"group\" TEXT NOT NULL) STRICT";
const SECOND: &str = "CREATE TABLE new_message (id INTEGER PRIMARY KEY, \"group\" TEXT NOT NULL, body TEXT NOT NULL DEFAULT 'none') STRICT;
    INSERT INTO new_message (id, \"group\") SELECT * FROM message;
    DROP TABLE message; ALTER TABLE new_message RENAME TO message;
    CREATE UNIQUE INDEX message_group_body ON message (\"group\", body);
    INSERT INTO message VALUES (9, 'new', 'made')";

fn steps(texts: &[&'static str]) -> Vec<Outline> {
    texts.iter().zip(1..).map(|(sql, version)| Outline { version, work: Work::Sql(sql) }).collect()
}

/// Runs the steps that have not run.
fn migrated(database: Database, tables: &'static [&'static TableDef], texts: &[&'static str], now: i64) -> Database {
    let pages = database.into_image().unwrap().to_pages().unwrap();
    let mut database = Database::open(Image::from_template(&pages, Limits::DEFAULT), &options()).unwrap();
    let _time = at(now);
    let (ddl, steps) = (ddl(tables), steps(texts));
    database.begin_exclusive().unwrap();
    let done = database.migrations_done(&steps, &ddl).unwrap();
    if done < steps.len() {
        database.begin_steps().unwrap();
    }
    for text in &texts[done..] {
        database.run_step(text).unwrap();
    }
    database.complete_migration(&ddl, &steps).unwrap();
    database.commit(&mut Vec::new()).unwrap();
    assert!(SchemaMark::in_database(&database).unwrap().is_some());
    database.watch(tables).unwrap();
    database
}

#[test]
fn steps_find_the_tables_as_they_are_declared_and_rows_keep_their_time() {
    static ONE: [&TableDef; 1] = [&TableDef {
        expiry: Some(ExpiryDef { column: "__written_at", ttl: 100 }),
        ..table(
            "message",
            "CREATE TABLE message (id INTEGER PRIMARY KEY, \"group\" TEXT NOT NULL,
                __written_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))) STRICT;
             CREATE INDEX message_written_at ON message (__written_at);",
            &[col("id", "INTEGER"), col("group", "TEXT")],
        )
    }];
    let pages = build_template(&ddl(&ONE), &steps(&[FIRST])).unwrap();
    let mut database = Database::open(Image::from_template(&pages, Limits::DEFAULT), &options()).unwrap();
    database.watch(&ONE).unwrap();
    write(&database, 5, &["INSERT INTO message VALUES (1, 'a')"]);
    write(&database, 50, &["INSERT INTO message VALUES (2, 'b')"]);
    let database = migrated(database, &EXPIRING_TABLES, &[FIRST, SECOND], 90);
    for (now, ids) in
        [(104, vec!["id", "1", "2", "9"]), (105, vec!["id", "2", "9"]), (150, vec!["id", "9"]), (190, vec![])]
    {
        let _time = at(now);
        assert_eq!(rows(&database, "SELECT id FROM message ORDER BY id").unwrap(), ids, "at {now}");
    }
    let ours = rows(&database, "SELECT name FROM sqlite_schema WHERE name LIKE '\\_\\_do\\_%' ESCAPE '\\'").unwrap();
    assert_eq!(ours, ["name", "__do_kv"]);
}

#[test]
fn a_history_without_a_step_for_it_leads_to_a_ttl() {
    let pages = build_template(&ddl(&PLAIN_TABLES), &steps(&[WITHOUT])).unwrap();
    let database = Database::open(Image::from_template(&pages, Limits::DEFAULT), &options()).unwrap();
    write(&database, 1, &["INSERT INTO message VALUES (1, 'a', 'x')"]);
    let database = migrated(database, &EXPIRING_TABLES, &[WITHOUT], 70);
    assert_eq!(database.earliest_expiry().unwrap().map(Timestamp::as_millis), Some(170));
}
