//! Databases that follow their declared tables.

use super::*;
use crate::engine::Space;
use crate::error::ErrorKind;
use crate::sqlite::{ddl, follow};
use crate::table::TableDef;

/// A table of which only the text matters here.
fn table(schema: &'static str) -> TableDef {
    TableDef {
        name: "note",
        rust_name: "Note",
        schema,
        types: &[("{Level}", "TEXT")],
        columns: &[],
        key: &[],
        assigned: None,
        indexes: &[],
        references: &[],
        expiry: None,
    }
}

const BEFORE: &str = "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL, level {Level}) STRICT;
    CREATE INDEX note_author ON note (author);";

fn with_row(schema: &'static str) -> Database {
    let database = opened(&build_template(&ddl(&[&table(schema)]), &[]).unwrap(), Limits::DEFAULT);
    commit(&database, &["INSERT INTO note (id, author) VALUES (1, 'ann')"]);
    database
}

fn followed(database: &Database, schema: &'static str) -> Result<bool> {
    database.begin_exclusive().unwrap();
    match follow(database, &[&table(schema)]) {
        Ok(done) => database.commit(&mut Vec::new()).map(|_| done),
        Err(error) => database.rollback().and(Err(error)),
    }
}

#[test]
fn the_same_declaration_is_nothing_to_do() {
    let database = with_row(BEFORE);
    assert_eq!(followed(&database, BEFORE), Ok(false));
    let laid_out = "CREATE TABLE \"note\" (
          id INTEGER PRIMARY KEY,
          author TEXT NOT NULL, -- who
          level {Level}
        ) STRICT;
        CREATE INDEX note_author ON note (author);";
    let before = database.image(|image| image.to_pages()).unwrap().unwrap();
    assert_eq!(followed(&database, laid_out), Ok(true));
    let after = database.image(|image| image.to_pages()).unwrap().unwrap();
    assert!(
        before.len() == after.len()
            && one(&database, "SELECT sql FROM sqlite_schema WHERE name = 'note'").starts_with("CREATE TABLE note (")
    );
    assert_eq!(followed(&database, laid_out), Ok(false));
}

#[test]
fn tables_indexes_and_columns_are_added_and_old_indexes_go() {
    let database = with_row(BEFORE);
    let grown = "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL, level {Level},
            stars INTEGER NOT NULL DEFAULT 3 CHECK (stars < 6), tag INTEGER REFERENCES tag ON DELETE SET NULL) STRICT;
        CREATE INDEX note_stars ON note (stars, author DESC);
        CREATE TABLE tag (id INTEGER PRIMARY KEY) STRICT;
        CREATE UNIQUE INDEX tag_id ON tag (id);
        CREATE VIRTUAL TABLE note_search USING fts5(author, content='note', content_rowid='id');
        CREATE TRIGGER note_added AFTER INSERT ON note BEGIN
            INSERT INTO note_search (rowid, author) VALUES (new.id, new.author); END;";
    assert_eq!(followed(&database, grown), Ok(true));
    assert_eq!(one(&database, "SELECT * FROM note"), "1|ann|NULL|3|NULL");
    assert_eq!(
        rows(
            &database,
            "SELECT name FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY name"
        ),
        ["note_added", "note_stars", "tag_id"]
    );
    assert_eq!(followed(&database, grown), Ok(false));
    commit(&database, &["INSERT INTO note (id, author, stars) VALUES (2, 'ben', 5)"]);
    assert_eq!(one(&database, "SELECT rowid FROM note_search WHERE note_search MATCH 'ben'"), "2");
    database.begin_exclusive().unwrap();
    assert_eq!(refused(&database, "INSERT INTO note (author, stars) VALUES ('c', 6)").kind(), ErrorKind::Conflict);
    assert_eq!(refused(&database, "INSERT INTO note (author, tag) VALUES ('c', 6)").kind(), ErrorKind::Conflict);
    database.rollback().unwrap();
    assert_eq!(one(&database, "PRAGMA integrity_check"), "ok");
}

#[test]
fn what_can_not_be_followed_names_table_and_column_and_what_to_do() {
    for (schema, said) in [
        (
            "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL) STRICT;",
            "has a column `level` that the program does not declare",
        ),
        (
            "CREATE TABLE note (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, level {Level}) STRICT;",
            "the column `author` of the table `note` has changed: its type was TEXT and is INTEGER",
        ),
        (
            "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT, level {Level}) STRICT;",
            "the column `author` of the table `note` has changed: it must have a value and now may be NULL",
        ),
        (
            "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL DEFAULT 'x', level {Level}) STRICT;",
            "its default was none and is 'x'",
        ),
        (
            "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL, level {Level} CHECK (level > '')) STRICT;",
            "`level` of the table `note` has changed: its checks",
        ),
        (
            "CREATE TABLE note (id INTEGER, author TEXT NOT NULL, level {Level}, PRIMARY KEY (id, author)) STRICT;",
            "the key, the constraints or the options of the table `note`",
        ),
        (
            "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL, level {Level}, extra TEXT NOT NULL) STRICT;",
            "the column `extra` of the table `note` is new, and rows that are there would have no value",
        ),
        (
            "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL, level {Level}, at INTEGER NOT NULL DEFAULT (unixepoch())) STRICT;",
            "the column `at` of the table `note` is new and can't be added",
        ),
        (
            "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL, level {Level}, one TEXT UNIQUE) STRICT;",
            "the column `one` of the table `note`",
        ),
    ] {
        let database = with_row(BEFORE);
        let error = followed(&database, schema).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(one(&database, "SELECT * FROM note"), "1|ann|NULL");
        assert_eq!(followed(&database, BEFORE), Ok(false), "the former program goes on");
    }
}

#[test]
fn a_unique_index_that_rows_contradict_is_refused_by_name() {
    let database = with_row(BEFORE);
    commit(&database, &["INSERT INTO note (author) VALUES ('ann')"]);
    let unique = "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL, level {Level}) STRICT;
        CREATE UNIQUE INDEX note_author ON note (author);";
    let error = followed(&database, unique).unwrap_err().to_string();
    assert!(
        error.contains("the index `note_author` of the table `note` can't be made, because rows contradict it"),
        "{error}"
    );
    commit(&database, &["DELETE FROM note WHERE id > 1"]);
    assert_eq!(followed(&database, unique), Ok(true));
}

#[test]
fn the_fingerprint_is_kept_with_the_object() {
    let database = with_row(BEFORE);
    let kept = database.kv_get(Space::Meta, "schema").unwrap().unwrap();
    assert_eq!(kept, crate::sqlite::fingerprint(&ddl(&[&table(BEFORE)]), &[]));
    assert!(ddl(&[&table(BEFORE)])[0].contains("level TEXT"));
}
