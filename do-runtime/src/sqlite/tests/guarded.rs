//! What a user's SQL may not do.

use super::*;
use crate::engine::Space;
use crate::error::ErrorKind;

#[test]
fn sql_can_not_leave_its_database_or_its_transaction() {
    let database = object("CREATE TABLE t (a) STRICT;".replace(" STRICT", "").as_str());
    for exclusive in [false, true] {
        if exclusive {
            database.begin_exclusive().unwrap();
        }
        for sql in [
            "ATTACH ':memory:' AS other",
            "ATTACH 'file:x?vfs=unix' AS other",
            "DETACH main",
            "BEGIN",
            "COMMIT",
            "END",
            "ROLLBACK",
            "SAVEPOINT s",
            "RELEASE nested",
            "ROLLBACK TO nested",
            "VACUUM",
            "VACUUM INTO 'x'",
            "PRAGMA journal_mode = OFF",
            "PRAGMA writable_schema = ON",
            "PRAGMA user_version = 3",
            "PRAGMA incremental_vacuum",
            "PRAGMA foreign_keys = OFF",
            "PRAGMA cache_size",
            "CREATE TEMP TABLE x (a)",
            "SELECT load_extension('x')",
            "SELECT 1; SELECT 2",
            "",
            " -- nothing",
            "nonsense",
            "SELECT \"no such column\" FROM t",
        ] {
            assert_eq!(refused(&database, sql).kind(), ErrorKind::Invalid, "{sql}");
        }
    }
    run(&database, "INSERT INTO t VALUES (1) -- one statement; and a comment");
    assert!(database.commit(&mut Vec::new()).unwrap(), "the transaction is still its own");
}

#[test]
fn a_refusal_says_what_to_do_instead() {
    let database = object("CREATE TABLE t (a INTEGER);");
    database.begin_exclusive().unwrap();
    for (sql, said) in [
        ("ATTACH 'x' AS y", "an object has one database"),
        ("COMMIT", "`Ok` its COMMIT"),
        ("SAVEPOINT x", "use `cx.savepoint`"),
        ("PRAGMA synchronous = OFF", "PRAGMA synchronous is not for handlers"),
        ("CREATE TEMP TABLE x (a)", "lost when the object hibernates"),
        ("SELECT auhtor FROM t", "no such column: auhtor (in `SELECT auhtor FROM t`)"),
    ] {
        let error = refused(&database, sql).to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn the_runtimes_own_table_can_be_read_and_not_written() {
    let database = object("CREATE TABLE t (a INTEGER);");
    database.begin_exclusive().unwrap();
    database.kv_put(Space::User, "k", b"v").unwrap();
    for sql in [
        "INSERT INTO __do_kv VALUES (2, 'x', x'00')",
        "UPDATE __DO_KV SET value = x''",
        "DELETE FROM __do_kv",
        "DROP TABLE __do_kv",
        "ALTER TABLE __do_kv ADD COLUMN x",
        "CREATE INDEX i ON __do_kv (value)",
        "CREATE TRIGGER g AFTER INSERT ON __do_kv BEGIN SELECT 1; END",
        "WITH x AS (SELECT 1) DELETE FROM __do_kv",
        "CREATE TABLE __do_more (a)",
    ] {
        let error = refused(&database, sql);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{sql}");
        assert!(error.to_string().contains("the runtime's own"), "{error}");
    }
    run(&database, "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM __do_kv; END");
    assert!(refused(&database, "INSERT INTO t VALUES (1)").to_string().contains("the runtime's own"));
    assert_eq!(rows(&database, "SELECT key FROM __do_kv WHERE space = 2"), ["k"]);
    // A change of the schema has the runtime's statements prepared anew, within the same guard.
    run(&database, "CREATE TABLE u (a INTEGER)");
    database.kv_put(Space::User, "k", b"w").unwrap();
    database.savepoint(&mut || Ok(())).unwrap();
    assert!(database.commit(&mut Vec::new()).unwrap());
}

#[test]
fn pragmas_that_only_tell_something_are_allowed() {
    let database = object("CREATE TABLE t (a INTEGER);");
    assert_eq!(rows(&database, "PRAGMA table_info(t)"), ["0|a|INTEGER|0|NULL|0"]);
    assert_eq!(one(&database, "SELECT name FROM pragma_table_info('t')"), "a");
    assert_eq!(one(&database, "PRAGMA page_size"), "4096");
    assert_eq!(one(&database, "PRAGMA foreign_key_check"), "");
}
