//! Full text that follows the declared tables, and what holds of it in every database.

use super::*;
use crate::engine::Space;
use crate::error::ErrorKind;
use crate::sqlite::follow;
use crate::table::TableDef;

const NOTE: &str = "CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT) STRICT;";

/// What the macros print, of these columns.
fn searched(columns: &[&str], options: &str) -> String {
    let list = columns.join(", ");
    let of = |row: &str| columns.iter().map(|column| format!("{row}.{column}")).collect::<Vec<_>>().join(", ");
    let (old, new) = (of("old"), of("new"));
    let add = format!("INSERT INTO note_search (rowid, {list}) VALUES (new.id, {new});");
    let remove = format!("INSERT INTO note_search (note_search, rowid, {list}) VALUES ('delete', old.id, {old});");
    format!(
        "{NOTE}
        CREATE VIRTUAL TABLE note_search USING fts5({list}, content='note', content_rowid='id'{options});
        CREATE TRIGGER note_search_insert AFTER INSERT ON note BEGIN {add} END;
        CREATE TRIGGER note_search_update AFTER UPDATE OF id, {list} ON note
        WHEN (old.id, {old}) IS NOT (new.id, {new}) BEGIN {remove} {add} END;
        CREATE TRIGGER note_search_delete AFTER DELETE ON note BEGIN {remove} END;"
    )
}

fn followed(database: &Database, schema: &str) -> Result<bool> {
    let schema = Box::leak(schema.to_owned().into_boxed_str());
    let table = TableDef {
        name: "note",
        rust_name: "Note",
        schema,
        types: &[],
        columns: &[],
        key: &[],
        assigned: None,
        indexes: &[],
        references: &[],
        expiry: None,
    };
    database.begin_exclusive().unwrap();
    match follow(database, &[&table]) {
        Ok(done) => database.commit(&mut Vec::new()).map(|_| done),
        Err(error) => database.rollback().and(Err(error)),
    }
}

/// An object of a program whose notes are not searched, with two of them.
fn with_rows() -> Database {
    let database = object(NOTE);
    commit(&database, &["INSERT INTO note (title, body) VALUES ('red apple', 'sour'), ('green pear', NULL)"]);
    database
}

#[track_caller]
fn found(database: &Database, query: &str) -> String {
    rows_with(
        database,
        "SELECT rowid FROM note_search WHERE note_search MATCH ?1 ORDER BY rowid",
        Params::Positional(&[text(query)]),
    )
    .concat()
}

/// FTS5 compares its index with the rows.
#[track_caller]
fn in_step(database: &Database) {
    commit(database, &["INSERT INTO note_search (note_search, rank) VALUES ('integrity-check', 1)"]);
    assert_eq!(one(database, "PRAGMA integrity_check"), "ok");
}

fn names(database: &Database) -> String {
    let names = rows(database, "SELECT name FROM sqlite_schema WHERE name LIKE 'note\\_%' ESCAPE '\\' ORDER BY name");
    names.join(" ").replace("note_search", "*")
}

#[test]
fn a_table_that_gains_full_text_has_its_rows_in_it() {
    let database = with_rows();
    let schema = searched(&["title", "body"], "");
    assert_eq!(followed(&database, &schema), Ok(true));
    assert_eq!(
        (found(&database, "apple"), found(&database, "sour"), found(&database, "pear")),
        ("1".into(), "1".into(), "2".into())
    );
    assert_eq!(followed(&database, &schema), Ok(false));
    commit(&database, &["UPDATE note SET title = 'plum' WHERE id = 1", "DELETE FROM note WHERE id = 2"]);
    assert_eq!(
        (found(&database, "apple"), found(&database, "plum"), found(&database, "pear")),
        ("".into(), "1".into(), "".into())
    );
    in_step(&database);
}

#[test]
fn other_columns_or_another_tokenizer_make_it_anew() {
    let database = with_rows();
    followed(&database, &searched(&["title"], "")).unwrap();
    assert_eq!((found(&database, "sour"), found(&database, "apples")), ("".into(), "".into()));
    assert_eq!(followed(&database, &searched(&["title", "body"], "")), Ok(true));
    assert_eq!((found(&database, "sour"), found(&database, "apples")), ("1".into(), "".into()));
    assert_eq!(followed(&database, &searched(&["title", "body"], ", tokenize='porter'")), Ok(true));
    assert_eq!((found(&database, "sour"), found(&database, "apples")), ("1".into(), "1".into()));
    in_step(&database);
    commit(&database, &["UPDATE note SET body = 'sweet'"]);
    assert_eq!((found(&database, "sour"), found(&database, "sweet")), ("".into(), "12".into()));
    in_step(&database);
}

#[test]
fn full_text_that_is_not_declared_any_more_goes_and_may_come_back() {
    let database = with_rows();
    let schema = searched(&["title", "body"], "");
    followed(&database, &schema).unwrap();
    assert_eq!(names(&database), "* *_config *_data *_delete *_docsize *_idx *_insert *_update");
    assert_eq!(followed(&database, NOTE), Ok(true));
    assert_eq!(names(&database), "");
    commit(&database, &["INSERT INTO note (title) VALUES ('blue plum')", "DELETE FROM note WHERE id = 1"]);
    assert_eq!(followed(&database, &schema), Ok(true));
    assert_eq!((found(&database, "apple"), found(&database, "plum")), ("".into(), "3".into()));
    in_step(&database);
}

#[test]
fn full_text_that_was_without_its_triggers_is_made_anew() {
    let database = with_rows();
    let schema = searched(&["title"], "");
    followed(&database, &schema).unwrap();
    commit(&database, &["DROP TRIGGER note_search_insert", "INSERT INTO note (title) VALUES ('blue plum')"]);
    assert_eq!(found(&database, "plum"), "");
    database.begin_exclusive().unwrap();
    refused(&database, "INSERT INTO note_search (note_search, rank) VALUES ('integrity-check', 1)");
    database.rollback().unwrap();
    assert_eq!(followed(&database, &format!("{schema} CREATE INDEX note_title ON note (title);")), Ok(true));
    assert_eq!(found(&database, "plum"), "3");
    in_step(&database);
}

#[test]
fn a_full_text_table_of_the_users_own_stays() {
    let database = with_rows();
    let own = "CREATE VIRTUAL TABLE note_search USING fts5(words)";
    commit(&database, &[own, "INSERT INTO note_search VALUES ('kept')"]);
    assert_eq!(followed(&database, &NOTE.replace("body TEXT", "body TEXT, more TEXT")), Ok(true));
    assert_eq!(found(&database, "kept"), "1");
    let searched = searched(&["title"], "").replace("body TEXT", "body TEXT, more TEXT");
    let error = followed(&database, &searched).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(
        error.to_string().contains("there is a `note_search` already, which is not the full text of `note`"),
        "{error}"
    );
    assert_eq!(found(&database, "kept"), "1");
}

#[test]
fn a_change_that_is_refused_leaves_the_full_text_as_it_was() {
    let database = with_rows();
    let schema = searched(&["title"], "");
    followed(&database, &schema).unwrap();
    let refused = searched(&["title", "body"], "") + "CREATE UNIQUE INDEX note_same ON note (length(title) > 0);";
    assert_eq!(followed(&database, &refused).unwrap_err().kind(), ErrorKind::Storage);
    assert_eq!((found(&database, "apple"), found(&database, "sour")), ("1".into(), "".into()));
    in_step(&database);
    assert_eq!(followed(&database, &schema), Ok(false));
}

#[test]
fn a_new_object_begins_with_full_text_and_the_same_bytes() {
    let schema = searched(&["title", "body"], "");
    assert!(template(&schema) == template(&schema));
    let database = object(&schema);
    commit(&database, &["INSERT INTO note (title) VALUES ('red apple')"]);
    assert_eq!(found(&database, "apple"), "1");
    assert!(database.kv_get(Space::Meta, "schema").unwrap().is_some());
    in_step(&database);
}

#[test]
fn what_the_index_is_made_of_can_not_be_written() {
    let database = object(&searched(&["title"], ""));
    database.begin_exclusive().unwrap();
    for sql in ["DELETE FROM note_search_data", "UPDATE note_search_config SET v = 9", "DROP TABLE note_search_idx"] {
        assert_eq!(refused(&database, sql).kind(), ErrorKind::Invalid, "{sql}");
    }
    database.rollback().unwrap();
}

#[test]
fn a_transaction_that_outgrows_its_limit_leaves_rows_and_index_as_they_were() {
    let limits = Limits { transaction: 256 * 1024, ..Limits::DEFAULT };
    let database = opened(&template(&searched(&["title", "body"], "")), limits);
    commit(&database, &["INSERT INTO note (title) VALUES ('red apple')"]);
    database.begin_exclusive().unwrap();
    let many = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 5000)
        INSERT INTO note (title, body) SELECT 'plum ' || i, hex(randomblob(40)) FROM n";
    let ended = try_run(&database, many).and_then(|_| database.commit(&mut Vec::new()));
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Storage);
    database.rollback().unwrap();
    assert_eq!((found(&database, "apple"), found(&database, "plum")), ("1".into(), "".into()));
    in_step(&database);
}
