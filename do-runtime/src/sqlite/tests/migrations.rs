//! What tells the tables of two databases apart, and the history that is kept.

use super::*;
use crate::engine::Space;
use crate::error::ErrorKind;
use crate::sqlite::{ForeignKeys, Outline, Work, check_versions};

const DECLARED: &str = "CREATE TABLE tag (name TEXT NOT NULL PRIMARY KEY) STRICT;
    CREATE TABLE note (
        id INTEGER PRIMARY KEY NOT NULL,
        author TEXT NOT NULL DEFAULT 'ann' CHECK (author <> ''),
        tag TEXT REFERENCES tag ON DELETE CASCADE,
        stars INTEGER,
        title TEXT COLLATE NOCASE UNIQUE
    ) STRICT;
    CREATE INDEX note_author ON note (author, stars DESC);";

fn outline(version: u32, sql: &'static str) -> Outline {
    Outline { version, work: Work::Sql(sql) }
}

fn template_of(ddl: &str, steps: &[Outline]) -> Result<Vec<Arc<Page>>> {
    build_template(&[ddl.to_owned()], steps)
}

/// Makes the declared table by another text.
fn made(from: &str, to: &str) -> Result<Vec<Arc<Page>>> {
    assert!(DECLARED.contains(from), "{from}");
    let sql: &'static str = DECLARED.replace(from, to).leak();
    template_of(DECLARED, &[outline(1, sql)])
}

#[test]
fn tables_are_the_same_however_they_came_to_be() {
    for (from, to) in [
        ("", ""),
        ("id INTEGER PRIMARY KEY NOT NULL", "\"ID\" integer PRIMARY KEY"),
        ("DEFAULT 'ann' CHECK (author <> '')", "CONSTRAINT filled CHECK ( \"author\"<>'' ) DEFAULT ('ann')"),
        ("REFERENCES tag ON DELETE CASCADE", "REFERENCES tag (name) ON UPDATE NO ACTION ON DELETE CASCADE"),
        ("NOCASE UNIQUE\n    ) STRICT;", "NOCASE\n    ) STRICT; CREATE UNIQUE INDEX another_name ON note (title);"),
        ("stars INTEGER,\n        title TEXT COLLATE NOCASE UNIQUE", "title TEXT UNIQUE COLLATE nocase, stars INTEGER"),
        ("CREATE INDEX note_author ON", "CREATE INDEX another_name ON"),
        (
            "STRICT;\n    CREATE INDEX",
            "STRICT; CREATE INDEX more ON note (stars); CREATE VIEW v AS SELECT 1; CREATE INDEX",
        ),
        (
            "CREATE TABLE tag (name TEXT NOT NULL PRIMARY KEY) STRICT;",
            "CREATE TABLE other (name TEXT PRIMARY KEY) STRICT; ALTER TABLE other RENAME TO tag;",
        ),
    ] {
        made(from, to).unwrap_or_else(|error| panic!("{to}: {error}"));
    }
    let in_two = [
        outline(1, "CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT"),
        outline(2, "ALTER TABLE note ADD COLUMN a TEXT"),
    ];
    template_of("CREATE TABLE note (a TEXT, id INTEGER PRIMARY KEY) STRICT", &in_two).unwrap();
}

#[test]
fn whatever_a_row_could_meet_tells_tables_apart() {
    for (from, to, said) in [
        ("tag TEXT REFERENCES tag ON DELETE CASCADE,", "", "has no column `tag`"),
        ("stars INTEGER,", "stars INTEGER, more TEXT,", "has a column `more` that should not be there"),
        ("stars INTEGER", "stars TEXT", "the column `stars` of the table `note` is `TEXT` and not `INTEGER`"),
        ("stars INTEGER", "stars INTEGER NOT NULL", "is `INTEGER NOT NULL` and not `INTEGER`"),
        ("DEFAULT 'ann'", "DEFAULT 'Ann'", "DEFAULT 'Ann'"),
        ("DEFAULT 'ann'", "", "is `TEXT NOT NULL` and not `TEXT NOT NULL DEFAULT 'ann'`"),
        ("CHECK (author <> '')", "", "has no `CHECK (author < > '')`"),
        (
            "CHECK (author <> '')",
            "CHECK (author <> '' AND 1)",
            "`CHECK (author < > '' and 1)`, which should not be there",
        ),
        ("ON DELETE CASCADE", "", "REFERENCES tag (name) ON UPDATE NO ACTION ON DELETE NO ACTION`, which should not"),
        ("REFERENCES tag ON DELETE CASCADE", "", "has no `FOREIGN KEY (tag) REFERENCES tag (name)"),
        ("COLLATE NOCASE UNIQUE", "COLLATE NOCASE", "has no `UNIQUE (title COLLATE nocase)`"),
        ("stars INTEGER", "stars INTEGER UNIQUE", "has `UNIQUE (stars)`, which should not be there"),
        ("COLLATE NOCASE", "", "the column `title` of the table `note` is `TEXT` and not `TEXT COLLATE nocase`"),
        ("CREATE INDEX note_author ON note (author, stars DESC);", "", "has no `INDEX (author, stars DESC)`"),
        ("stars DESC", "stars", "has no `INDEX (author, stars DESC)`"),
        ("NOT NULL PRIMARY KEY) STRICT", "NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID", "WITHOUT ROWID"),
        ("UNIQUE\n    ) STRICT", "UNIQUE\n    )", "is made with `PRIMARY KEY (id)` and not `PRIMARY KEY (id), STRICT`"),
        ("CREATE TABLE tag (", "CREATE TABLE tags (", "there is no table `tag`"),
    ] {
        let error = made(from, to).expect_err(said);
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert!(error.to_string().contains(said), "{to}: {error}");
    }
}

#[test]
fn a_step_can_do_what_a_handler_can_and_no_more() {
    for (sql, said) in [
        ("CREATE TABLE a (b); COMMIT", "a handler's error is its ROLLBACK"),
        ("CREATE TABLE a (b); PRAGMA user_version = 7", "PRAGMA user_version"),
        ("ATTACH 'x' AS y", "an object has one database"),
        ("DELETE FROM __do_kv", "is the runtime's own"),
        ("CREATE TABLE a (b); INSERT INTO a VALUES (?1)", "there is no value for a parameter here"),
        ("CREATE TABLE a (b); INSERT INTO c VALUES (1)", "no such table: c (in `INSERT INTO c VALUES (1)`)"),
        ("CREATE TABLE a (b);\0 DROP TABLE a", "the text has a NUL in it"),
    ] {
        let error = template_of("", &[outline(1, sql)]).expect_err(said);
        assert!(
            error.to_string().contains("step 1 of its migrations failed") && error.to_string().contains(said),
            "{error}"
        );
    }
    for sql in ["", ";;", "-- nothing", "CREATE TABLE a (b); -- so\n; SELECT 1;"] {
        template_of("", &[outline(1, sql)]).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

#[test]
fn a_history_that_is_damaged_is_refused() {
    let steps = [outline(1, "CREATE TABLE a (b)"), Outline { version: 2, work: Work::Backfill("fill") }];
    let database = opened(&template_of("CREATE TABLE a (b)", &steps).unwrap(), Limits::DEFAULT);
    let kept = database.kv_get(Space::Meta, "migrations").unwrap().unwrap();
    assert_eq!((kept.len(), kept[0]), (1 + 2 * 20, 1));
    for damage in [&kept[..40], &kept[1..], &[], &[0], &[&[1], &kept[21..]].concat()] {
        database.begin_exclusive().unwrap();
        database.kv_put(Space::Meta, "migrations", damage).unwrap();
        let error = database.migrations_done(&steps, &[]).expect_err("damaged");
        assert!(error.to_string().contains("the history of its migrations can't be read"), "{error}");
        database.rollback().unwrap();
    }
    database.begin_exclusive().unwrap();
    database.kv_put(Space::Meta, "migrations", &[2, 7]).unwrap();
    let error = database.migrations_done(&steps, &[]).expect_err("of a newer version").to_string();
    assert!(error.contains("format 2") && error.contains("format 1 at most"), "{error}");
    database.rollback().unwrap();
    assert_eq!(database.migrations_done(&steps, &[]), Ok(2));
}

#[test]
fn versions_are_counted_from_one() {
    assert_eq!(check_versions("Room", &[]), Ok(()));
    assert_eq!(check_versions("Room", &[outline(1, ""), outline(2, "")]), Ok(()));
    for (versions, said) in
        [([0, 1], "`0` stands where `1`"), ([1, 1], "`1` stands where `2`"), ([1, 3], "`3` stands where `2`")]
    {
        let error = check_versions("Room", &versions.map(|version| outline(version, ""))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn references_are_not_switched_within_a_transaction() {
    let database = object("CREATE TABLE a (b INTEGER REFERENCES c); CREATE TABLE c (d INTEGER PRIMARY KEY)");
    database.begin_exclusive().unwrap();
    assert!(database.foreign_keys(ForeignKeys::Unchecked).is_err());
    database.rollback().unwrap();
    database.foreign_keys(ForeignKeys::Unchecked).unwrap();
    commit(&database, &["INSERT INTO a VALUES (1)"]);
    database.foreign_keys(ForeignKeys::Enforced).unwrap();
    database.begin_exclusive().unwrap();
    assert_eq!(refused(&database, "INSERT INTO a VALUES (2)").kind(), ErrorKind::Conflict);
    database.rollback().unwrap();
}
