//! Pasting what was proposed ends the error.

use super::support::{mistake, mistakes, paste, try_paste};

const OLD: &str = "CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT NOT NULL, body TEXT) STRICT;
    CREATE INDEX message_author ON message (author);";

#[test]
fn one_new_column_is_one_line() {
    let declared = OLD.replace("body TEXT", "body TEXT, at INTEGER");
    assert_eq!(paste(&declared, &[OLD]), "ALTER TABLE message ADD COLUMN at INTEGER;");
}

#[test]
fn a_column_that_went_while_one_of_its_type_came_is_renamed() {
    let declared = OLD.replace("body", "content");
    assert_eq!(paste(&declared, &[OLD]), "ALTER TABLE message RENAME COLUMN body TO content;");
}

#[test]
fn a_table_that_went_while_one_like_it_came_is_renamed() {
    let step = paste(&OLD.replace("message", "post"), &[OLD]);
    assert!(step.contains("ALTER TABLE message RENAME TO post;"), "{step}");
    assert!(!step.contains("DROP TABLE"), "{step}");
}

#[test]
fn what_is_lost_is_said() {
    let declared = "CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT NOT NULL) STRICT;";
    let old = format!("{OLD} CREATE TABLE old (x REAL, y REAL) STRICT;");
    let step = paste(declared, &[&old]);
    assert!(step.contains("-- what is in message.body is lost\n    ALTER TABLE message DROP COLUMN body;"), "{step}");
    assert!(step.contains("-- all rows of old are lost\n    DROP TABLE old;"), "{step}");
}

#[test]
fn a_table_made_anew_keeps_its_rows() {
    let declared = "CREATE TABLE message (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, body TEXT NOT NULL CHECK (body <> '')) STRICT;";
    let step = paste(declared, &[OLD]);
    let db = crate::sqlite::memory::open().expect("memory is there");
    db.execute_batch(OLD).expect("it is SQL");
    db.execute_batch("INSERT INTO message VALUES (3, '12', 'x'), (4, 'y', NULL)").expect("it is SQL");
    db.execute_batch(&step).expect("the step runs");
    let rows: String = db
        .query_row("SELECT group_concat(id || ' ' || author || ' ' || (body = 'x'), ', ') FROM message", [], |row| {
            row.get(0)
        })
        .expect("the table is there");
    assert_eq!(rows, "3 12 1, 4 0 0");
}

#[test]
fn a_type_of_the_users_own_stays_what_the_steps_made_it() {
    let old = "CREATE TABLE message (id INTEGER PRIMARY KEY, mood TEXT NOT NULL, n INTEGER) STRICT;";
    let declared = "CREATE TABLE message (id INTEGER PRIMARY KEY, mood ANY NOT NULL, n TEXT) STRICT;";
    let step = paste(declared, &[old]);
    assert!(step.contains("mood TEXT NOT NULL"), "{step}");
    assert!(mistakes(&declared.replace("n TEXT", "n INTEGER"), &[old]).is_empty());
}

const SEARCH: &str = "CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL) STRICT;
    CREATE VIRTUAL TABLE note_search USING fts5(title, body, content = 'note', content_rowid = 'id');
    CREATE TRIGGER note_search_insert AFTER INSERT ON note BEGIN
        INSERT INTO note_search (rowid, title, body) VALUES (new.id, new.title, new.body);
    END;
    CREATE TRIGGER note_search_delete AFTER DELETE ON note BEGIN
        INSERT INTO note_search (note_search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
    END;";

const NOTE: &str = "CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL) STRICT;";

#[test]
fn full_text_is_no_matter_of_the_steps() {
    assert_eq!(mistakes(SEARCH, &[NOTE]), [""; 0]);
    assert_eq!(mistakes(NOTE, &[SEARCH]), [""; 0]);
    let first = mistake(SEARCH, &[]);
    assert!(first.contains("CREATE TABLE note") && !first.contains("note_search"), "{first}");
    let declared = SEARCH.replace("body TEXT NOT NULL", "body INTEGER NOT NULL");
    let step = paste(&declared, &[NOTE]);
    assert!(!step.contains("note_search"), "{step}");
}

#[test]
fn a_table_with_full_text_is_changed_as_if_it_had_none() {
    let declared = "CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT;";
    assert_eq!(mistakes(declared, &[SEARCH, "ALTER TABLE note DROP COLUMN body"]), [""; 0]);
}

/// Schemas of which each can become each other.
const SCHEMAS: &[&str] = &[
    "CREATE TABLE message (id INTEGER PRIMARY KEY) STRICT;",
    OLD,
    "CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT, body TEXT NOT NULL DEFAULT 'it''s') STRICT;
     CREATE INDEX message_author ON message (author DESC, body) WHERE author IS NOT NULL;",
    "CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))) STRICT;
     CREATE UNIQUE INDEX message_author ON message (author, at);",
    "CREATE TABLE message (id TEXT NOT NULL PRIMARY KEY, author TEXT NOT NULL UNIQUE) STRICT;",
    "CREATE TABLE message (author TEXT NOT NULL, number INTEGER NOT NULL CHECK (number > 0), PRIMARY KEY (author, number)) STRICT;",
    "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mood ANY NOT NULL) STRICT;
     CREATE UNIQUE INDEX author_name ON author (name);",
    "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mood ANY) STRICT;
     CREATE TABLE message (id INTEGER PRIMARY KEY, author INTEGER REFERENCES \"author\" ON DELETE CASCADE, body BLOB) STRICT;",
    "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
     CREATE TABLE message (id INTEGER PRIMARY KEY, author INTEGER REFERENCES \"author\" ON DELETE SET NULL, reply INTEGER REFERENCES message, body TEXT CHECK (length(body) < 5)) STRICT;
     CREATE INDEX message_body ON message (lower(body));",
    "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, author TEXT NOT NULL COLLATE NOCASE, body REAL NOT NULL, size INTEGER AS (length(author)) STORED) STRICT;",
    "CREATE TABLE \"order\" (id INTEGER PRIMARY KEY, \"group\" TEXT NOT NULL CHECK (\"group\" IN ('a', 'b')), status TEXT NOT NULL DEFAULT 'open') STRICT;
     CREATE INDEX order_status ON \"order\" (status) WHERE status <> 'done';",
    "CREATE TABLE message (id INTEGER, author TEXT, n NUMERIC);",
    SEARCH,
    "CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT NOT NULL, content TEXT NOT NULL) STRICT;
     CREATE VIRTUAL TABLE note_search USING fts5(title, content, content = 'note', content_rowid = 'id');
     CREATE TRIGGER note_search_insert AFTER INSERT ON note BEGIN
        INSERT INTO note_search (rowid, title, content) VALUES (new.id, new.title, new.content);
     END;",
    "CREATE TABLE note (id INTEGER PRIMARY KEY, title INTEGER, body TEXT, extra TEXT) STRICT;
     CREATE VIEW titles AS SELECT title FROM note;",
];

#[test]
fn each_schema_becomes_each_other() {
    let pairs = SCHEMAS.iter().flat_map(|old| SCHEMAS.iter().map(move |declared| (old, declared)));
    let others = pairs.filter(|(old, declared)| old != declared);
    let failures: Vec<String> = others
        .filter_map(|(old, declared)| {
            try_paste(declared, &[old]).err().map(|reason| format!("from {old}\nto {declared}\n{reason}"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn each_schema_is_itself() {
    for declared in SCHEMAS {
        assert_eq!(mistakes(declared, &[declared]), [""; 0]);
    }
}
