//! Finding and deleting.

use super::*;

fn earliest(database: &Database) -> Option<i64> {
    expiry::earliest(database, &TABLES).unwrap().map(Timestamp::as_millis)
}

#[test]
fn the_earliest_expiry_is_that_of_any_table() {
    let database = empty();
    assert_eq!(earliest(&database), None);
    write(&database, 0, &["INSERT INTO branch VALUES (1, NULL, NULL, NULL)"]);
    assert_eq!(earliest(&database), None);
    write(&database, 0, &["INSERT INTO branch VALUES (2, NULL, 700, NULL)"]);
    assert_eq!(earliest(&database), Some(700));
    write(&database, 0, &["INSERT INTO session VALUES (1, 'a', 599)"]);
    assert_eq!(earliest(&database), Some(699));
    write(&database, 500, &["INSERT INTO message VALUES (1, 'a', 'b')"]);
    assert_eq!(earliest(&database), Some(600));
    assert_eq!(database.earliest_expiry().unwrap().map(Timestamp::as_millis), Some(600));
}

#[test]
fn a_sweep_deletes_at_most_so_many_and_says_whether_more_are_left() {
    let database = empty();
    let rows: Vec<String> = (1..=25).map(|id| format!("INSERT INTO session VALUES ({id}, 't{id}', {id})")).collect();
    write(&database, 0, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    write(
        &database,
        0,
        &["INSERT INTO item VALUES (1, 3, 'a'), (2, 20, 'b')", "INSERT INTO branch VALUES (1, NULL, 9, NULL)"],
    );
    let sweep = |most| {
        database.begin_exclusive().unwrap();
        let more = expiry::sweep(&database, &TABLES, Timestamp::from_millis(112), most).unwrap();
        database.commit(&mut Vec::new()).unwrap();
        (more, expiry::physical_rows(&database, &SESSION).unwrap())
    };
    // Twelve sessions and a branch are over.
    assert_eq!(sweep(5), (true, 20));
    assert_eq!(expiry::physical_rows(&database, &ITEM).unwrap(), 1);
    assert_eq!(sweep(7), (true, 13));
    assert_eq!(sweep(7), (false, 13));
    assert_eq!(expiry::physical_rows(&database, &BRANCH).unwrap(), 0);
    assert_eq!(earliest(&database), Some(113));
}

#[test]
fn a_sweep_leaves_what_expires_with_the_next_millisecond() {
    let database = empty();
    write(&database, 0, &["INSERT INTO session VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)"]);
    database.begin_exclusive().unwrap();
    assert!(!expiry::sweep(&database, &TABLES, Timestamp::from_millis(102), 1000).unwrap());
    database.commit(&mut Vec::new()).unwrap();
    assert_eq!(expiry::physical_rows(&database, &SESSION).unwrap(), 1);
    assert_eq!(earliest(&database), Some(103));
}

#[test]
fn a_sweep_finds_its_rows_by_the_index() {
    let database = empty();
    for (table, index) in
        [("session", "session_used_at (used_at<?)"), ("message", "message_written_at (__written_at<?)")]
    {
        let column = if table == "session" { "used_at" } else { "__written_at" };
        let sql = format!("EXPLAIN QUERY PLAN SELECT rowid FROM {table} WHERE {column} <= 5 ORDER BY {column} LIMIT 3");
        let mut plan = String::new();
        database
            .run(crate::sqlite::glue::Origin::Runtime, &sql, Params::Positional(&[]), &mut |row| {
                plan.push_str(&plain(row.value(3)));
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
        assert_eq!(plan, format!("SEARCH {table} USING COVERING INDEX {index}"));
    }
}

#[test]
fn a_row_that_was_over_when_it_was_written_is_refused_by_name() {
    for (sql, words) in [
        (
            "INSERT INTO session VALUES (1, 'a', 999900)",
            "a row of `session` was written that has expired already: its `used_at` lies 100ms or more in the past",
        ),
        (
            "INSERT INTO branch VALUES (1, NULL, 1000000, NULL)",
            "a row of `branch` was written that has expired already: its `until` is not after now",
        ),
    ] {
        let database = empty();
        let _time = at(NOW);
        database.begin_exclusive().unwrap();
        database.execute(sql, Params::Positional(&[])).unwrap();
        let error = database.refuse_expired(Timestamp::from_millis(NOW)).unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (crate::error::ErrorKind::Invalid, words.to_owned()));
        database.rollback().unwrap();
        assert_eq!(database.earliest_expiry().unwrap(), None);
    }
}

#[test]
fn what_is_known_of_the_earliest_follows_commits_and_not_what_is_undone() {
    let database = empty();
    let _time = at(10);
    let now = Timestamp::from_millis(10);
    let known = || database.earliest_expiry().unwrap().map(Timestamp::as_millis);
    let begin = |sql: &str| {
        database.begin_exclusive().unwrap();
        database.execute(sql, Params::Positional(&[])).unwrap();
        database.refuse_expired(now).unwrap();
    };
    begin("INSERT INTO session VALUES (1, 'a', 10)");
    database.commit(&mut Vec::new()).unwrap();
    assert_eq!(known(), Some(110));
    begin("UPDATE session SET used_at = 20");
    database.rollback().unwrap();
    assert_eq!(known(), Some(110));
    begin("UPDATE session SET used_at = 20");
    database.commit(&mut Vec::new()).unwrap();
    assert_eq!(known(), Some(120));
    begin("DELETE FROM session");
    database.commit(&mut Vec::new()).unwrap();
    assert_eq!(known(), None);
}

#[test]
fn when_to_clean_up_follows_commits_and_not_what_is_undone() {
    let database = empty();
    let _time = at(10);
    let next = |now| database.next_cleanup(Timestamp::from_millis(now)).unwrap().map(Timestamp::as_millis);
    let begin = |sql: &str| {
        database.begin_exclusive().unwrap();
        database.execute(sql, Params::Positional(&[])).unwrap();
    };
    begin("INSERT INTO session VALUES (1, 'a', 100)");
    assert_eq!(next(10), Some(200));
    database.note_cleanup(Timestamp::from_millis(10)).unwrap();
    database.rollback().unwrap();
    assert_eq!(next(10), None);
    begin("INSERT INTO session VALUES (2, 'b', 500)");
    assert_eq!(next(10), Some(600), "there was no cleanup before it");
    database.commit(&mut Vec::new()).unwrap();
    assert_eq!(next(10), Some(600));

    // After a cleanup the next one is an hour later, however the clock is set.
    begin("INSERT INTO session VALUES (3, 'c', 10)");
    database.note_cleanup(Timestamp::from_millis(50)).unwrap();
    database.commit(&mut Vec::new()).unwrap();
    assert_eq!(next(50), Some(3_600_050));
    assert_eq!(next(49), Some(110), "it was noted before the clock was set back");
}
