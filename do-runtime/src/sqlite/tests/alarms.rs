//! The table of an object's alarms.

use super::object;
use crate::Timestamp;
use crate::sqlite::{AlarmRow, Database};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// An alarm for a time, which is tried at another one.
fn row(identity: &str, time: i64, due: i64) -> AlarmRow {
    AlarmRow {
        identity: identity.to_owned(),
        method: "ring".to_owned(),
        key: None,
        payload: vec![1, 2],
        at: at(time),
        due: at(due),
        attempt: u32::from(due > time),
        repeat: None,
        revision: 7,
        failed: None,
    }
}

fn put(database: &Database, rows: &[AlarmRow]) {
    database.begin_exclusive().unwrap();
    rows.iter().for_each(|row| database.put_alarm(row).unwrap());
    database.commit(&mut Vec::new()).unwrap();
}

fn next(database: &Database, most: usize) -> Vec<String> {
    database.next_alarms(most).unwrap().into_iter().map(|row| row.identity).collect()
}

#[test]
fn an_object_without_alarms_has_none() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    assert_eq!(database.earliest_alarm().unwrap(), None);
    assert_eq!(database.alarm("a").unwrap(), None);
    assert!(next(&database, 9).is_empty());
    database.begin_exclusive().unwrap();
    assert!(!database.remove_alarm("a").unwrap() && !database.clear_alarms().unwrap());
    assert!(!database.commit(&mut Vec::new()).unwrap(), "nothing was written");
}

#[test]
fn an_alarm_that_is_tried_again_later_does_not_hold_up_those_that_are_due_before() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    put(&database, &[row("failed once", 10, 40), row("b", 30, 30), row("a", 30, 30), row("late", 50, 50)]);
    assert_eq!(next(&database, 1), ["b"]);
    assert_eq!(next(&database, 9), ["b", "a", "failed once", "late"], "those of one time as they were set");
    assert_eq!(database.earliest_alarm().unwrap(), Some(at(30)));
    // One that is set again is the last of its time; one that was given up is none that runs.
    put(&database, &[row("b", 30, 30), AlarmRow { failed: Some("why".to_owned()), ..row("a", 30, 30) }]);
    assert_eq!(next(&database, 9), ["b", "failed once", "late"]);
    let all: Vec<_> = database.all_alarms().unwrap().into_iter().map(|row| row.identity).collect();
    assert_eq!(all, ["b", "failed once", "late", "a"]);
}

#[test]
fn what_was_given_up_wakes_nobody() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    put(&database, &[AlarmRow { failed: Some("why".to_owned()), ..row("a", 30, 30) }]);
    assert_eq!(database.earliest_alarm().unwrap(), None);
    put(&database, &[row("b", 20, 60)]);
    assert_eq!(database.earliest_alarm().unwrap(), Some(at(60)));
}

#[test]
fn an_alarm_comes_back_as_it_was_set_and_goes_alone() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    let full = AlarmRow {
        key: Some("key".to_owned()),
        repeat: Some("every 10".to_owned()),
        failed: Some("why".to_owned()),
        attempt: 3,
        ..row("k:key", 10, 20)
    };
    put(&database, &[full.clone(), row("other", 1, 1)]);
    assert_eq!(database.alarm("k:key").unwrap(), Some(full));
    database.begin_exclusive().unwrap();
    assert!(database.remove_alarm("k:key").unwrap());
    assert!(!database.remove_alarm("k:key").unwrap());
    assert_eq!(next(&database, 9), ["other"]);
    assert!(database.clear_alarms().unwrap());
    assert!(!database.clear_alarms().unwrap());
    database.rollback().unwrap();
    assert_eq!(next(&database, 9), ["other"]);
}
