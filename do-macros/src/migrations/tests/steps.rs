//! Steps that fail, and messages.

use super::support::{mistake, mistakes, schema};
use crate::migrations::check;

const MESSAGE: &str = "CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT NOT NULL) STRICT;";

#[test]
fn steps_that_lead_to_the_declared_tables_are_fine() {
    let steps = [
        "CREATE TABLE message (id INTEGER PRIMARY KEY) STRICT",
        "ALTER TABLE message ADD COLUMN author TEXT NOT NULL DEFAULT ''",
    ];
    assert!(mistakes(MESSAGE, &steps).is_empty());
}

#[test]
fn the_spelling_and_the_order_of_columns_do_not_matter() {
    let declared = "CREATE TABLE message (\n    id   INTEGER PRIMARY KEY,\n    body TEXT NOT NULL DEFAULT 'x' CHECK (body <> ''),\n    \
                    at   INTEGER DEFAULT (1 + 1)\n) STRICT;\nCREATE INDEX message_at ON message (at DESC, body);";
    let step = "create table if not exists \"message\" (id integer primary key, at int default (1+1), body TEXT not null \
                default 'x', check(\"body\"!='')) strict; create index Message_at on MESSAGE(at desc, `body` asc)";
    assert!(mistakes(declared, &[step]).is_empty(), "{:?}", mistakes(declared, &[step]));
}

#[test]
fn a_misspelt_column_is_shown_in_its_line() {
    assert_eq!(
        mistake(MESSAGE, &[MESSAGE, "\n    -- all\n    UPDATE message\n    SET auhtor = 'x';\n"]),
        "migration 2 fails: no such column: auhtor\n  SET auhtor = 'x';\n      ^^^^^^ did you mean `author`?"
    );
}

#[test]
fn a_misspelt_table_is_shown_though_sqlite_tells_no_place() {
    assert_eq!(
        mistake(MESSAGE, &[MESSAGE, "SELECT 1; ALTER TABLE mesage ADD COLUMN x TEXT"]),
        "migration 2 fails: no such table: mesage\n  SELECT 1; ALTER TABLE mesage ADD COLUMN x TEXT\n                        \
         ^^^^^^ did you mean `message`?"
    );
}

#[test]
fn a_column_that_rows_can_not_have_is_found_before_there_are_rows() {
    let steps =
        ["CREATE TABLE message (id INTEGER PRIMARY KEY) STRICT", "ALTER TABLE message ADD COLUMN author TEXT NOT NULL"];
    assert_eq!(
        mistake(MESSAGE, &steps),
        "migration 2 fails: Cannot add a NOT NULL column with default value NULL in a table that has rows already: write \
         `DEFAULT …` behind it, for them\n  ALTER TABLE message ADD COLUMN author TEXT NOT NULL\n  ^^^^^"
    );
}

#[test]
fn rows_are_there_in_spite_of_checks_and_foreign_keys() {
    let tables = "CREATE TABLE child (parent TEXT NOT NULL REFERENCES parent ON DELETE CASCADE, n REAL NOT NULL) STRICT;
        CREATE TABLE parent (name TEXT PRIMARY KEY NOT NULL CHECK (name IN ('a', 'b')), size INTEGER NOT NULL UNIQUE CHECK (size > 2 AND size < 10)) STRICT;";
    for table in ["child", "parent"] {
        let alter = format!("ALTER TABLE {table} ADD COLUMN x TEXT NOT NULL");
        let message = mistake(tables, &[tables, &alter]);
        assert!(message.starts_with("migration 2 fails: Cannot add a NOT NULL column"), "{table}: {message}");
    }
}

#[test]
fn a_unique_index_over_a_column_that_is_the_same_in_all_rows_is_found() {
    let step =
        "ALTER TABLE message ADD COLUMN nick TEXT NOT NULL DEFAULT ''; CREATE UNIQUE INDEX nick ON message (nick)";
    let message = mistake(MESSAGE, &[MESSAGE, step]);
    assert!(message.starts_with("migration 2 fails: UNIQUE constraint failed: message.nick, in a table"), "{message}");
}

#[test]
fn what_does_not_belong_in_a_step_is_refused() {
    for (step, word) in [
        ("BEGIN; SELECT 1; COMMIT", "BEGIN"),
        ("SELECT 1; COMMIT", "COMMIT"),
        ("SAVEPOINT a", "SAVEPOINT"),
        ("ROLLBACK", "ROLLBACK"),
        ("PRAGMA foreign_keys = OFF", "PRAGMA"),
        ("/* x */ ATTACH 'file' AS other", "ATTACH"),
        ("VACUUM", "VACUUM"),
    ] {
        let message = mistake(MESSAGE, &[MESSAGE, step]);
        assert!(message.starts_with(&format!("migration 2 fails: {word} doesn't belong in a step")), "{message}");
        assert!(message.contains('^'), "{message}");
    }
    for step in ["CREATE TEMP TABLE x (a)", "create temporary view x as select 1", "CREATE TABLE temp.x (a)"] {
        let message = mistake(MESSAGE, &[MESSAGE, step]);
        assert!(message.starts_with("migration 2 fails: what is temporary"), "{message}");
    }
    let message = mistake(MESSAGE, &[MESSAGE, "DELETE FROM message WHERE id = :id"]);
    assert!(
        message.starts_with("migration 2 fails: a step has no parameters: write the value instead of `:id`"),
        "{message}"
    );
}

#[test]
fn a_step_without_end_is_cut_off() {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) DELETE FROM message WHERE id IN n";
    let message = mistake(MESSAGE, &[MESSAGE, endless]);
    assert!(message.starts_with("migration 2 fails: it takes too long"), "{message}");
}

#[test]
fn a_step_of_comments_only_says_so() {
    let message = mistake(MESSAGE, &[MESSAGE, "-- nothing"]);
    assert!(message.starts_with("migration 2 fails: there is no statement in it"), "{message}");
}

#[test]
fn rows_that_refer_to_nothing_after_a_step_are_found() {
    let tables = "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE child (parent INTEGER REFERENCES parent) STRICT;";
    let message = mistake(tables, &[tables, "DELETE FROM parent"]);
    assert!(
        message.starts_with("migration 2 fails: it leaves rows of `child` that refer to rows of `parent`"),
        "{message}"
    );
}

#[test]
fn a_trigger_is_one_statement() {
    let trigger =
        "CREATE TRIGGER t AFTER INSERT ON message BEGIN UPDATE message SET author = 'x'; DELETE FROM message; END;";
    let declared = format!("{MESSAGE}{trigger}");
    assert!(mistakes(&declared, &[MESSAGE, trigger]).is_empty());
}

#[test]
fn a_file_is_named_with_the_line() {
    let mut steps = super::support::steps(&[MESSAGE]);
    let text = "SELECT 1;\nUPDATE message SET nme = 1;".to_owned();
    let span = proc_macro2::Span::call_site();
    let kind = crate::migrations::StepKind::File { path: "migrations/2.sql".to_owned(), text, span };
    steps.push(crate::migrations::Step { version: 2, at: span, kind });
    let mistakes = check(&schema(MESSAGE), &steps);
    assert!(
        mistakes[0].1.starts_with("migration 2 (migrations/2.sql, line 2) fails: no such column: nme"),
        "{mistakes:?}"
    );
}

#[test]
fn an_empty_list_prints_the_first_step() {
    assert_eq!(
        mistake("\nCREATE TABLE message (\n    mood ANY\n) STRICT;\n", &[]),
        "`migrations()` is empty: write its first step\n  1 = r#\"\n    -- ANY: write what SQLite stores for message.mood, \
         INTEGER, REAL, TEXT or BLOB\n    CREATE TABLE message (\n        mood ANY\n    ) STRICT;\n  \"#,"
    );
    assert_eq!(super::support::paste(MESSAGE, &[]).trim(), MESSAGE);
}

#[test]
fn each_difference_is_a_line_and_the_step_is_printed() {
    let declared = "CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT, at INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE INDEX message_author ON message (author, at DESC);";
    assert_eq!(
        mistake(declared, &["CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT) STRICT"]),
        "the migrations do not lead to the declared tables of `Room`:\n  there is no column `message.at`\n  there is no index \
         `message_author`\nadd the step\n  2 = r#\"\n    ALTER TABLE message ADD COLUMN at INTEGER NOT NULL DEFAULT 0;\n    \
         CREATE INDEX message_author ON message (author, at DESC);\n  \"#,"
    );
}
