//! SQL sees the runtime's time and randomness.

use super::*;
use crate::Timestamp;
use crate::sqlite::HandlerContext;

#[test]
fn sql_sees_the_time_of_the_handler() {
    let database = object(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at INTEGER DEFAULT (unixepoch()), d TEXT DEFAULT CURRENT_TIMESTAMP);",
    );
    let sql = "SELECT datetime('now'), unixepoch(), CAST(unixepoch('subsec') * 1000 AS INTEGER), CURRENT_DATE";
    let context = HandlerContext::enter(Timestamp::from_millis(1_700_000_000_123));
    assert_eq!(one(&database, sql), "2023-11-14 22:13:20|1700000000|1700000000123|2023-11-14");
    {
        let _inner = HandlerContext::enter(Timestamp::from_millis(86_400_000));
        commit(&database, &["INSERT INTO t (id) VALUES (1)"]);
    }
    assert_eq!(one(&database, "SELECT at, d FROM t"), "86400|1970-01-02 00:00:00");
    assert_eq!(HandlerContext::now(), Timestamp::from_millis(1_700_000_000_123));
    drop(context);
    assert_eq!(one(&database, "SELECT datetime('now')"), "1970-01-01 00:00:00", "never the machine's clock");
}

#[test]
fn random_numbers_in_sql_follow_from_the_seed() {
    let draw = |seed| {
        let options = DatabaseOptions { limits: Limits::DEFAULT, random: Arc::new(SeededRandom::new(seed)) };
        let ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, r INTEGER DEFAULT (random()));";
        let database = Database::open(Image::from_template(&template(ddl), Limits::DEFAULT), &options).unwrap();
        commit(&database, &["INSERT INTO t (id) VALUES (1), (2)"]);
        let mut drawn = rows(&database, "SELECT r FROM t");
        drawn.extend(rows(
            &database,
            "SELECT random(), hex(randomblob(5)), length(randomblob(-1)), length(randomblob(NULL))",
        ));
        drawn
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    assert_ne!(draw(1)[0], draw(1)[1]);
    assert!(draw(1)[2].ends_with("|1|1"));
}
