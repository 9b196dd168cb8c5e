//! Limits: each is an error of its own, and loses nothing.

use super::*;
use crate::error::ErrorKind;
use crate::image::{PAGE, PageSource};

const DDL: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB NOT NULL);";

#[track_caller]
fn is_storage(error: &Error, said: &str) {
    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
    assert!(error.to_string().contains(said), "{error}");
}

fn holding(limits: Limits) -> Database {
    let database = opened(&template(DDL), limits);
    commit(&database, &["INSERT INTO t VALUES (1, x'01')"]);
    database
}

#[test]
fn a_value_above_its_limit_is_refused_and_the_transaction_goes_on() {
    let database = holding(Limits { value: 10_000, ..Limits::DEFAULT });
    database.begin_exclusive().unwrap();
    is_storage(&refused(&database, "INSERT INTO t VALUES (2, zeroblob(10001))"), "10000 bytes (limits: value)");
    is_storage(&refused(&database, "INSERT INTO t VALUES (2, randomblob(10001))"), "limits: value");
    let blob = [Value::Blob(vec![0; 10_001].into())];
    let bound = database.execute("INSERT INTO t VALUES (2, ?1)", Params::Positional(&blob));
    is_storage(&bound.unwrap_err(), "limits: value");
    run(&database, "INSERT INTO t VALUES (3, zeroblob(9000))");
    assert!(database.commit(&mut Vec::new()).unwrap());
    assert_eq!(rows(&database, "SELECT id FROM t"), ["1", "3"]);
}

#[test]
fn a_transaction_above_its_limit_is_refused_by_name_and_undone() {
    let database = holding(Limits { transaction: 64 * PAGE as u64, ..Limits::DEFAULT });
    for swallowed in [false, true] {
        database.begin_exclusive().unwrap();
        let mut failed = None;
        for id in 10..200 {
            if let Err(error) = try_run(&database, &format!("INSERT INTO t VALUES ({id}, zeroblob(4000))")) {
                failed.get_or_insert(error);
            }
        }
        let answer = database.commit(&mut Vec::new());
        is_storage(&failed.unwrap(), "the transaction writes more than 256 KiB");
        if swallowed {
            is_storage(&answer.unwrap_err(), "the transaction writes more than 256 KiB");
        }
        assert_eq!(rows(&database, "SELECT id FROM t"), ["1"]);
        assert_eq!(one(&database, "PRAGMA integrity_check"), "ok");
    }
    assert!(!commit(&database, &["INSERT INTO t VALUES (2, zeroblob(4000))"]).is_empty());
}

#[test]
fn a_database_above_its_limit_is_refused_by_name_and_can_be_emptied() {
    let database = holding(Limits { database: 64 * PAGE as u64, ..Limits::DEFAULT });
    let mut id = 10;
    let error = loop {
        database.begin_exclusive().unwrap();
        let inserted = try_run(&database, &format!("INSERT INTO t VALUES ({id}, zeroblob(4000))"));
        if let Err(error) = inserted.and_then(|_| database.commit(&mut Vec::new())) {
            database.rollback().unwrap();
            break error;
        }
        id += 1;
    };
    is_storage(&error, "the database would be larger than its limit of 256 KiB");
    assert_eq!(one(&database, "SELECT count(*) FROM t"), (id - 9).to_string());
    commit(&database, &["DELETE FROM t WHERE id > 20"]);
    commit(&database, &["INSERT INTO t VALUES (100, zeroblob(4000))"]);
    assert_eq!(one(&database, "PRAGMA integrity_check"), "ok");
}

#[test]
fn temporary_files_are_real_and_have_a_cap() {
    let sorted =
        "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
        SELECT printf('%.200c', 'x') || (i * 7919 % 30011) AS v FROM n ORDER BY v LIMIT -1 OFFSET 1)";
    let generous = holding(Limits::DEFAULT);
    assert_eq!(one(&generous, sorted), "29999");
    let tight = holding(Limits { temp: 1 << 20, ..Limits::DEFAULT });
    let error = tight.query(sorted, NONE, &mut |_| Ok(ControlFlow::Continue(()))).unwrap_err();
    is_storage(&error, "more than 1 MiB of temporary files (limits: temp)");
    assert_eq!(one(&generous, sorted), "29999", "what the failed statement used is free again");
    assert_eq!(one(&tight, "SELECT id FROM t"), "1");
}

#[test]
fn an_interrupted_statement_is_a_deadline_and_its_transaction_is_doomed() {
    let database = holding(Limits::DEFAULT);
    let interrupt = database.interrupt_handle();
    let endless = "INSERT INTO t (v) WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n)
        SELECT x'' FROM n WHERE i < 0";
    database.begin_exclusive().unwrap();
    run(&database, "INSERT INTO t VALUES (2, x'')");
    let ended = std::sync::atomic::AtomicBool::new(false);
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                interrupt.interrupt();
                std::thread::yield_now();
            }
        });
        let error = refused(&database, endless);
        ended.store(true, std::sync::atomic::Ordering::Relaxed);
        error
    });
    assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
    assert_eq!(refused(&database, "INSERT INTO t VALUES (3, x'')").kind(), ErrorKind::Deadline);
    assert_eq!(database.commit(&mut Vec::new()).unwrap_err().kind(), ErrorKind::Deadline);
    assert_eq!(rows(&database, "SELECT id FROM t"), ["1"]);
}

/// Pages of a template, of which one fails its check.
struct Damaged {
    pages: Vec<Arc<Page>>,
    failing: parking_lot::Mutex<Option<u32>>,
}

impl PageSource for Damaged {
    fn load(&self, page: u32, count: u32, into: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()> {
        for number in page..page + count {
            if *self.failing.lock() == Some(number) {
                return Err(Error::new(ErrorKind::Storage, format!("page {number} of the object fails its check")));
            }
            into(number, self.pages[number as usize].clone());
        }
        Ok(())
    }
}

#[test]
fn a_page_that_can_not_be_loaded_is_told_in_the_words_of_its_source() {
    let whole = holding(Limits::DEFAULT);
    commit(&whole, &["INSERT INTO t VALUES (2, zeroblob(20000))"]);
    let pages = whole.image(|image| image.to_pages()).unwrap().unwrap();
    let last = pages.len() as u32 - 1;
    let source = Arc::new(Damaged { pages, failing: parking_lot::Mutex::new(Some(last)) });
    let image = Image::stored(last + 1, source.clone(), Limits::DEFAULT).unwrap();
    let database = Database::open(image, &options(Limits::DEFAULT)).unwrap();
    assert_eq!(rows(&database, "SELECT v FROM t WHERE id = 1"), ["01"], "pages that are whole are read");
    let said = format!("page {last} of the object fails its check");
    is_storage(&database.execute("SELECT hex(v) FROM t WHERE id = 2", NONE).unwrap_err(), &said);
    database.begin_exclusive().unwrap();
    is_storage(&refused(&database, "UPDATE t SET v = v || x'00' WHERE id = 2"), &said);
    database.rollback().unwrap();
    *source.failing.lock() = None;
    assert_eq!(one(&database, "SELECT length(v) FROM t WHERE id = 2"), "20000");
    assert!(!commit(&database, &["UPDATE t SET v = x'02' WHERE id = 2"]).is_empty());
    assert_eq!(one(&database, "PRAGMA integrity_check"), "ok");
    *source.failing.lock() = Some(0);
    let image = Image::stored(last + 1, source, Limits::DEFAULT).unwrap();
    let error = Database::open(image, &options(Limits::DEFAULT)).err().unwrap();
    is_storage(&error, "page 0 of the object fails its check");
}

#[test]
fn a_database_of_garbage_is_a_storage_error() {
    let garbage: Vec<Arc<Page>> = (0..5).map(|byte| Arc::new([byte + 1; PAGE])).collect();
    let opened = Database::open(Image::from_template(&garbage, Limits::DEFAULT), &options(Limits::DEFAULT));
    is_storage(&opened.err().unwrap(), "damaged");
    let mut pages = template(DDL);
    pages.truncate(1);
    let shortened = Database::open(Image::from_template(&pages, Limits::DEFAULT), &options(Limits::DEFAULT));
    let error = shortened.and_then(|database| database.execute("SELECT * FROM t", NONE).map(drop)).unwrap_err();
    is_storage(&error, "damaged");
}
