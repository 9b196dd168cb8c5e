//! Transactions: commit, roll back, deltas, savepoints, key-values.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::*;
use crate::engine::{KeyRange, Space};
use crate::error::ErrorKind;
use crate::image::{PAGE, PageSource};

const DDL: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER NOT NULL, v TEXT NOT NULL) STRICT;
    CREATE INDEX t_k ON t (k);";

fn pages(database: &Database) -> Vec<Arc<Page>> {
    database.image(|image| image.to_pages()).unwrap().unwrap()
}

#[test]
fn a_template_is_a_whole_database_of_the_agreed_format() {
    let template = template(DDL);
    let header = &template[0];
    assert_eq!(u16::from_be_bytes([header[16], header[17]]), 4096);
    assert_eq!(header[20], 16, "reserved bytes");
    assert_eq!(u32::from_be_bytes(header[64..68].try_into().unwrap()), 1, "incremental vacuum");
    assert!(template == super::template(DDL), "the same statements give the same bytes");
    let database = opened(&template, Limits::DEFAULT);
    assert_eq!(one(&database, "PRAGMA integrity_check"), "ok");
    assert_eq!(database.size(), (template.len() * PAGE) as u64);
}

#[test]
fn a_roll_back_undoes_pages_that_were_spilled_before_the_commit() {
    let database = object(DDL);
    commit(&database, &["INSERT INTO t (k, v) VALUES (1, 'kept')"]);
    let before = pages(&database);
    database.begin_exclusive().unwrap();
    let sql = "INSERT INTO t (k, v) WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        SELECT i, 'some text that fills pages, number ' || i FROM n";
    assert_eq!(run(&database, sql).changes, 5000);
    let spilled = database.image(|image| image.touched_bytes()).unwrap();
    assert!(spilled > 20 * PAGE as u64, "{spilled} bytes were written before the commit");
    database.rollback().unwrap();
    assert!(pages(&database) == before);
    assert_eq!(rows(&database, "SELECT v FROM t"), ["kept"]);
    assert_eq!(one(&database, "PRAGMA integrity_check"), "ok");
    let delta = commit(&database, &["INSERT INTO t (k, v) VALUES (2, 'after')"]);
    assert!(delta.len() < 1000, "{} bytes", delta.len());
}

#[test]
fn random_transactions_give_the_rows_of_a_plain_database_and_deltas_that_replay() {
    let template = template(DDL);
    let database = opened(&template, Limits::DEFAULT);
    let mut replayed = Image::from_template(&template, Limits::DEFAULT);
    let plain = rusqlite::Connection::open_in_memory().unwrap();
    plain.execute_batch(DDL).unwrap();
    let random = SeededRandom::new(42);
    let mut tables = 0;
    for round in 0..2_000 {
        database.begin_exclusive().unwrap();
        plain.execute_batch("BEGIN").unwrap();
        for _ in 0..random.below(5) {
            let (id, k, length) = (random.below(300), random.below(50), random.below(1200));
            let sql = match random.below(12) {
                0..5 => format!("INSERT OR REPLACE INTO t VALUES ({id}, {k}, printf('%.{length}c', 'x'))"),
                5 => format!("UPDATE t SET k = k + 1 WHERE k = {k}"),
                6 => format!("DELETE FROM t WHERE k = {k}"),
                7 => format!("UPDATE t SET v = v || 'y' WHERE id = {id}"),
                8 if tables < 20 => {
                    tables += 1;
                    format!("CREATE TABLE extra{round}_{tables} AS SELECT * FROM t WHERE k < {k}")
                }
                9 => "DELETE FROM t WHERE id % 3 = 0".to_owned(),
                10 => format!("INSERT INTO t (k, v) VALUES ({k}, 'new')"),
                _ => format!("UPDATE t SET v = 'short' WHERE id < {id}"),
            };
            run(&database, &sql);
            plain.execute_batch(&sql).unwrap();
        }
        if random.below(4) == 0 {
            database.rollback().unwrap();
            plain.execute_batch("ROLLBACK").unwrap();
        } else {
            let mut delta = Vec::new();
            let changed = database.commit(&mut delta).unwrap();
            assert_eq!(changed, !delta.is_empty());
            plain.execute_batch("COMMIT").unwrap();
            replayed.replay(&delta, database.image(|image| image.size()).unwrap()).unwrap();
        }
        if round % 100 == 99 {
            database.release_memory();
            let mut statement = plain.prepare("SELECT id || '|' || k || '|' || v FROM t ORDER BY id").unwrap();
            let expected: Vec<String> =
                statement.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap()).collect();
            assert!(rows(&database, "SELECT * FROM t ORDER BY id") == expected, "round {round}");
            assert_eq!(one(&database, "PRAGMA integrity_check"), "ok");
            assert!(replayed.to_pages().unwrap() == pages(&database), "round {round}");
        }
    }
    let woken = Database::open(replayed, &options(Limits::DEFAULT)).unwrap();
    assert_eq!(one(&woken, "PRAGMA integrity_check"), "ok");
    assert_eq!(rows(&woken, "SELECT * FROM t"), rows(&database, "SELECT * FROM t"));
}

#[test]
fn a_full_text_table_and_its_large_writes_replay() {
    let template = template(DDL);
    let database = opened(&template, Limits::DEFAULT);
    let mut replayed = Image::from_template(&template, Limits::DEFAULT);
    let mut replay = |delta: &[u8]| {
        replayed.replay(delta, database.image(|image| image.size()).unwrap()).unwrap();
        assert!(replayed.to_pages().unwrap() == pages(&database));
    };
    replay(&commit(&database, &["CREATE VIRTUAL TABLE doc USING fts5(body)"]));
    let insert = "INSERT INTO doc WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        SELECT 'word' || i || ' word' || (i * 7 % 100) || ' common text' FROM n";
    replay(&commit(&database, &[insert]));
    replay(&commit(&database, &["DELETE FROM doc WHERE rowid % 2 = 0", "INSERT INTO doc (doc) VALUES ('optimize')"]));
    replay(&commit(&database, &["DROP TABLE doc", "ALTER TABLE t ADD COLUMN more TEXT"]));
    assert_eq!(one(&database, "PRAGMA integrity_check"), "ok");
}

#[test]
fn a_large_free_list_is_given_back_with_the_commits() {
    let database = object(DDL);
    let fill = "INSERT INTO t (k, v) WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 400)
        SELECT i, printf('%.4000c', 'x') FROM n";
    commit(&database, &[fill]);
    let full = database.size();
    commit(&database, &["DELETE FROM t"]);
    commit(&database, &["INSERT INTO t (k, v) VALUES (1, 'x')"]);
    assert!(full > 400 * PAGE as u64 && database.size() < 80 * PAGE as u64, "{full} to {}", database.size());
    assert_eq!(one(&database, "PRAGMA integrity_check"), "ok");
}

#[test]
fn a_transaction_that_writes_nothing_has_no_delta() {
    let database = object(DDL);
    database.begin_exclusive().unwrap();
    assert!(!database.has_written());
    rows(&database, "SELECT * FROM t");
    assert!(!database.has_written());
    let mut delta = Vec::new();
    assert!(!database.commit(&mut delta).unwrap());
    assert!(delta.is_empty());
    database.begin_exclusive().unwrap();
    run(&database, "DELETE FROM t WHERE id = 5");
    assert!(database.has_written());
    database.rollback().unwrap();
}

#[test]
fn a_shared_handler_only_reads() {
    let database = object(DDL);
    let error = refused(&database, "INSERT INTO t (k, v) VALUES (1, '')");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("a handler with `&self` only reads"));
    assert_eq!(database.kv_put(Space::User, "k", b"").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(database.savepoint(&mut || Ok(())).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(refused(&database, "CREATE TABLE u (a)").kind(), ErrorKind::Invalid);
    assert_eq!(rows(&database, "SELECT count(*) FROM t"), ["0"]);
    assert!(database.begin_exclusive().is_ok() && database.begin_exclusive().is_err(), "updates do not nest");
    run(&database, "INSERT INTO t (k, v) VALUES (1, '')");
}

#[test]
fn a_savepoint_undoes_its_part_alone_and_nests() {
    let database = object(DDL);
    database.begin_exclusive().unwrap();
    run(&database, "INSERT INTO t VALUES (1, 1, 'outer')");
    let outer = database.savepoint(&mut || {
        run(&database, "INSERT INTO t VALUES (2, 2, 'kept')");
        let inner = database.savepoint(&mut || {
            run(&database, "INSERT INTO t VALUES (3, 3, 'undone')");
            Err(Error::invalid("no"))
        });
        assert_eq!(inner.unwrap_err().to_string(), "no");
        Ok(())
    });
    outer.unwrap();
    database.commit(&mut Vec::new()).unwrap();
    assert_eq!(rows(&database, "SELECT id FROM t"), ["1", "2"]);
}

#[test]
fn a_dangling_reference_is_a_conflict_that_names_its_tables_and_rolls_back() {
    let ddl = "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE child (id INTEGER PRIMARY KEY, of INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED) STRICT;
        CREATE TABLE strict_child (id INTEGER PRIMARY KEY, of INTEGER REFERENCES parent) STRICT;";
    let database = object(ddl);
    database.begin_exclusive().unwrap();
    run(&database, "INSERT INTO child VALUES (1, 7)");
    let error = database.commit(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("a row of `child` refers to a row of `parent`"), "{error}");
    assert_eq!(rows(&database, "SELECT * FROM child"), [""; 0]);
    database.begin_exclusive().unwrap();
    assert_eq!(refused(&database, "INSERT INTO strict_child VALUES (1, 7)").kind(), ErrorKind::Conflict);
    run(&database, "INSERT INTO parent VALUES (7)");
    run(&database, "INSERT INTO strict_child VALUES (1, 7)");
    assert!(database.commit(&mut Vec::new()).unwrap());
}

#[test]
fn violated_constraints_are_conflicts_that_name_table_and_columns() {
    let database =
        object("CREATE TABLE t (a INTEGER NOT NULL, b TEXT, c INTEGER CHECK (c > 0), UNIQUE (a, b)) STRICT;");
    commit(&database, &["INSERT INTO t VALUES (1, 'x', 1)"]);
    database.begin_exclusive().unwrap();
    for (sql, said) in [
        ("INSERT INTO t VALUES (1, 'x', 2)", "`t` has a row with this `a` and `b` already"),
        ("INSERT INTO t VALUES (NULL, 'x', 2)", "`a` of `t` must have a value"),
        ("INSERT INTO t VALUES (3, 'x', 0)", "the check `c > 0` does not hold"),
        ("INSERT INTO t VALUES ('three', 'x', 1)", "INTEGER column t.a"),
    ] {
        let error = refused(&database, sql);
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
    run(&database, "INSERT INTO t VALUES (2, 'x', 1)");
    assert!(database.commit(&mut Vec::new()).unwrap(), "a failed statement does not end the transaction");
}

#[test]
fn a_statement_that_rolls_back_by_itself_dooms_its_transaction() {
    let database = object(DDL);
    commit(&database, &["INSERT INTO t VALUES (1, 1, '')"]);
    database.begin_exclusive().unwrap();
    run(&database, "INSERT INTO t VALUES (2, 2, '')");
    assert_eq!(refused(&database, "INSERT OR ROLLBACK INTO t VALUES (1, 1, '')").kind(), ErrorKind::Conflict);
    assert_eq!(refused(&database, "INSERT INTO t VALUES (3, 3, '')").kind(), ErrorKind::Conflict);
    assert_eq!(database.commit(&mut Vec::new()).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(rows(&database, "SELECT id FROM t"), ["1"]);
    assert!(!commit(&database, &["INSERT INTO t VALUES (2, 2, '')"]).is_empty());
}

#[test]
fn parameters_are_bound_by_position_or_name_and_must_fit() {
    let database = object(DDL);
    let values = [Value::Integer(1), Value::Real(0.5), text("three"), Value::Null, Value::Blob(b"\xff".into())];
    assert_eq!(rows_with(&database, "SELECT ?1, ?2, ?3, ?4, ?5", Params::Positional(&values)), ["1|0.5|three|NULL|ff"]);
    let named = [("b", Value::Integer(2)), ("a", Value::Blob(b"".into()))];
    assert_eq!(rows_with(&database, "SELECT :b, typeof(:a), :b", Params::Named(&named)), ["2|blob|2"]);
    for (sql, params) in [
        ("SELECT ?1", Params::Positional(&values)),
        ("SELECT :a", Params::Named(&named)),
        ("SELECT :a, :c", Params::Named(&named)),
        ("SELECT ?, :a, :b", Params::Named(&named)),
    ] {
        assert_eq!(database.execute(sql, params).unwrap_err().kind(), ErrorKind::Invalid, "{sql}");
    }
}

#[test]
fn rows_are_lent_until_the_closure_breaks_or_fails_and_statements_nest() {
    let database = object(DDL);
    commit(&database, &["INSERT INTO t (k, v) VALUES (1, 'a'), (2, 'b'), (3, 'c')"]);
    let sql = "SELECT k, v FROM t ORDER BY k";
    let mut seen = 0;
    let broken = database.query(sql, NONE, &mut |row| {
        assert_eq!((row.columns(), row.name(1), row.name(2)), (2, "v", ""));
        seen += 1;
        assert_eq!(rows(&database, sql).len(), 3, "the same statement within itself");
        Ok(if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    });
    assert_eq!((broken, seen), (Ok(()), 2));
    let failed = database.query(sql, NONE, &mut |_| Err(Error::invalid("stop")));
    assert_eq!(failed.unwrap_err().to_string(), "stop");
    assert_eq!(one(&database, "SELECT CAST(x'ff41' AS TEXT)"), "ff41", "text that is no text is a blob");
}

#[test]
fn what_a_statement_did_is_told() {
    let database = object(DDL);
    database.begin_exclusive().unwrap();
    assert_eq!(run(&database, "INSERT INTO t (k, v) VALUES (1, ''), (2, '')"), Executed { changes: 2, last_key: 2 });
    assert_eq!(run(&database, "SELECT 1").changes, 0);
    assert_eq!(run(&database, "CREATE TABLE u (a)").changes, 0);
    assert_eq!(run(&database, "UPDATE t SET k = 5 RETURNING id").changes, 2);
}

#[test]
fn key_values_are_listed_in_the_order_of_their_bytes() {
    let database = object(DDL);
    database.begin_exclusive().unwrap();
    for key in ["b", "a", "ab", "ab\u{10ffff}", "ac", "é", ""] {
        database.kv_put(Space::User, key, key.as_bytes()).unwrap();
    }
    database.kv_put(Space::Stored, "ab", b"other").unwrap();
    database.kv_put(Space::User, "b", b"again").unwrap();
    let list = |range: KeyRange<'_>| {
        let mut keys = Vec::new();
        let each = &mut |key: &str, _: &[u8]| {
            keys.push(key.to_owned());
            Ok(ControlFlow::Continue(()))
        };
        database.kv_list(Space::User, &range, each).unwrap();
        keys
    };
    assert_eq!(list(KeyRange::default()), ["", "a", "ab", "ab\u{10ffff}", "ac", "b", "é"]);
    assert_eq!(list(KeyRange { prefix: Some("ab"), ..KeyRange::default() }), ["ab", "ab\u{10ffff}"]);
    assert_eq!(
        list(KeyRange { start: Some("ab"), end: Some("b"), reverse: true, limit: Some(2), ..KeyRange::default() }),
        ["ac", "ab\u{10ffff}"]
    );
    assert_eq!(list(KeyRange { prefix: Some("a"), start: Some("ac"), end: Some("zz"), ..KeyRange::default() }), ["ac"]);
    assert_eq!(list(KeyRange { reverse: true, limit: Some(1), ..KeyRange::default() }), ["é"]);
    assert_eq!(database.kv_get(Space::User, "b").unwrap().as_deref(), Some(&b"again"[..]));
    assert_eq!((database.kv_delete(Space::User, "b"), database.kv_delete(Space::User, "b")), (Ok(true), Ok(false)));
    database.kv_clear(Space::User).unwrap();
    assert_eq!(list(KeyRange::default()), [""; 0]);
    assert_eq!(database.kv_get(Space::Stored, "ab").unwrap().as_deref(), Some(&b"other"[..]));
}

#[test]
fn an_object_larger_than_its_memory_is_read_and_written_page_by_page() {
    struct Kept(parking_lot::Mutex<Vec<Option<Arc<Page>>>>);
    impl PageSource for Kept {
        fn load(&self, page: u32, count: u32, into: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()> {
            let kept = self.0.lock();
            (page..page + count).for_each(|number| {
                if let Some(Some(page)) = kept.get(number as usize) {
                    into(number, page.clone());
                }
            });
            Ok(())
        }
    }
    let template = template(DDL);
    let database = opened(&template, Limits::DEFAULT);
    let store = Arc::new(Kept(parking_lot::Mutex::new(template.iter().cloned().map(Some).collect())));
    database.image(|image| image.set_source(store.clone())).unwrap();
    for round in 0..40 {
        let sql = format!(
            "INSERT INTO t (k, v) WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200)
            SELECT i * 7919 % 1009 + {round}, printf('%.300c', 'x') FROM n"
        );
        commit(&database, &[&sql, "UPDATE t SET v = v || 'y' WHERE k = 500", "DELETE FROM t WHERE id % 11 = 3"]);
        database
            .image(|image| {
                let mut kept = store.0.lock();
                kept.resize(image.size() as usize, None);
                image.take_dirty().into_iter().for_each(|(number, page)| kept[number as usize] = Some(page));
                drop(kept);
                image.kept(image.hand_over());
                image.shed(8 * PAGE as u64);
                assert!(image.resident_bytes() <= 8 * PAGE as u64);
            })
            .unwrap();
        database.release_memory();
    }
    assert!(database.size() > 300 * PAGE as u64);
    assert_eq!(one(&database, "PRAGMA integrity_check"), "ok");
    let size = database.image(|image| image.size()).unwrap();
    let woken =
        Database::open(Image::stored(size, store, Limits::DEFAULT).unwrap(), &options(Limits::DEFAULT)).unwrap();
    assert_eq!(one(&woken, "SELECT count(*), sum(k) FROM t"), one(&database, "SELECT count(*), sum(k) FROM t"));
}

#[test]
fn a_database_moves_between_threads() {
    let database = object(DDL);
    let database = std::thread::spawn(move || {
        commit(&database, &["INSERT INTO t (k, v) VALUES (1, 'there')"]);
        database
    });
    let database = database.join().unwrap();
    assert_eq!(rows(&database, "SELECT v FROM t"), ["there"]);
}
