//! Replies that are kept under idempotency keys.

use super::*;
use crate::Timestamp;
use crate::sqlite::{ReplyPlace, ReplyRow, ReplyState};

const PLACE: ReplyPlace<'_> = ReplyPlace { scope: "pay\na", key: "1" };

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn row(state: ReplyState) -> ReplyRow {
    ReplyRow { arguments: vec![7; 16], state }
}

#[test]
fn an_object_without_keys_has_no_table_for_them() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    assert_eq!(database.reply(PLACE, at(0)).unwrap(), None);
    assert_eq!(database.earliest_reply().unwrap(), None);
    database.begin_exclusive().unwrap();
    database.remove_reply(PLACE).unwrap();
    database.sweep_replies(at(i64::MAX), 100).unwrap();
    assert!(!database.commit(&mut Vec::new()).unwrap(), "nothing was written");
}

#[test]
fn a_reply_is_there_until_it_expires() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    database.begin_exclusive().unwrap();
    database.put_reply(PLACE, &row(ReplyState::Started), at(10)).unwrap();
    database.put_reply(PLACE, &row(ReplyState::Done(vec![1, 2])), at(20)).unwrap();
    let other = ReplyPlace { key: "2", ..PLACE };
    database.put_reply(other, &row(ReplyState::Started), at(15)).unwrap();
    assert!(database.commit(&mut Vec::new()).unwrap());

    assert_eq!(database.reply(PLACE, at(19)).unwrap(), Some(row(ReplyState::Done(vec![1, 2]))));
    assert_eq!(database.reply(PLACE, at(20)).unwrap(), None);
    assert_eq!(database.reply(other, at(14)).unwrap(), Some(row(ReplyState::Started)));
    assert_eq!(database.reply(ReplyPlace { scope: "pay\np:ann", ..PLACE }, at(0)).unwrap(), None);
    assert_eq!(database.earliest_reply().unwrap(), Some(at(15)));
}

#[test]
fn a_reply_is_forgotten_alone() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    let others = [ReplyPlace { key: "2", ..PLACE }, ReplyPlace { scope: "pay\nb", ..PLACE }];
    database.begin_exclusive().unwrap();
    database.put_reply(PLACE, &row(ReplyState::Started), at(10)).unwrap();
    others.iter().for_each(|other| database.put_reply(*other, &row(ReplyState::Started), at(10)).unwrap());
    database.remove_reply(PLACE).unwrap();
    database.commit(&mut Vec::new()).unwrap();
    assert_eq!(database.reply(PLACE, at(0)).unwrap(), None);
    assert!(others.iter().all(|other| database.reply(*other, at(0)).unwrap().is_some()));
}

#[test]
fn what_has_expired_is_swept_the_oldest_first() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    database.begin_exclusive().unwrap();
    for number in 0..10 {
        let key = number.to_string();
        database.put_reply(ReplyPlace { key: &key, ..PLACE }, &row(ReplyState::Started), at(number)).unwrap();
    }
    database.sweep_replies(at(7), 3).unwrap();
    assert_eq!(database.earliest_reply().unwrap(), Some(at(3)));
    database.sweep_replies(at(7), 100).unwrap();
    assert_eq!(database.earliest_reply().unwrap(), Some(at(8)), "at its time it has expired");
    database.rollback().unwrap();
    assert_eq!(database.earliest_reply().unwrap(), None, "the table was part of the transaction");
}

#[test]
fn a_users_sql_does_not_change_replies() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    database.begin_exclusive().unwrap();
    database.put_reply(PLACE, &row(ReplyState::Started), at(10)).unwrap();
    assert_eq!(refused(&database, "DELETE FROM __do_replies").kind(), crate::ErrorKind::Invalid);
}
