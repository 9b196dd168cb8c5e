//! The outbox and the inbox of an object.

use super::object;
use crate::sqlite::{Database, Delivery, Incarnation, Posting, Receiver, Waiting};
use crate::{ObjectId, Timestamp, days, hours, secs};

const NOW: Timestamp = Timestamp::from_millis(1_000_000);
/// When the node was opened.
const LONG_AGO: Timestamp = Timestamp::from_millis(-1_000_000_000);
const ANN: ObjectId = ObjectId([1; 32]);
const BOB: ObjectId = ObjectId([2; 32]);

fn posting(receiver: ObjectId, method: &str) -> Posting<'_> {
    Posting { receiver, class: "Inbox", name: Some("somebody"), method, arguments: b"a", origin: b"o" }
}

fn in_one<T>(database: &Database, body: impl FnOnce(&Database) -> T) -> T {
    database.begin_exclusive().unwrap();
    let result = body(database);
    database.commit(&mut Vec::new()).unwrap();
    result
}

fn methods(database: &Database, receiver: ObjectId) -> Vec<String> {
    database.waiting_messages(receiver).unwrap().into_iter().map(|message| message.method).collect()
}

#[test]
fn messages_wait_in_order_for_each_receiver_and_go_when_they_are_delivered() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    assert_eq!(database.earliest_delivery().unwrap(), None);
    assert!(database.first_receivers(9).unwrap().is_empty());

    let numbers = in_one(&database, |database| {
        [(ANN, "one"), (BOB, "other"), (ANN, "two")]
            .map(|(to, method)| database.post(&posting(to, method), NOW).unwrap())
    });
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(methods(&database, ANN), ["one", "two"]);
    assert_eq!(database.earliest_delivery().unwrap(), Some(NOW));
    assert_eq!(database.first_receivers(9).unwrap(), [(NOW, ANN), (NOW, BOB)]);
    assert!(database.due_receiver(ANN, NOW).unwrap().is_some());
    assert!(database.due_receiver(ANN, NOW - secs(1)).unwrap().is_none());

    let later = NOW + secs(9);
    in_one(&database, |database| database.note_delivered(ANN, 1, later).unwrap());
    let fresh = Receiver { id: ANN, attempts: 0, refusals: 0, since: later };
    assert_eq!(database.due_receiver(ANN, later).unwrap(), Some(fresh), "the next one is next from now on");
    assert_eq!((methods(&database, ANN), methods(&database, BOB)), (vec!["two".into()], vec!["other".into()]));
    in_one(&database, |database| {
        database.note_delivered(ANN, 3, NOW).unwrap();
        database.note_delivered(BOB, 2, NOW).unwrap();
    });
    assert_eq!(database.earliest_delivery().unwrap(), None);
    assert_eq!(in_one(&database, |database| database.post(&posting(ANN, "later"), NOW).unwrap()), 4, "numbers go on");
}

#[test]
fn a_transaction_that_is_undone_sends_nothing() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    database.begin_exclusive().unwrap();
    database.post(&posting(ANN, "one"), NOW).unwrap();
    database.rollback().unwrap();
    assert!(database.all_messages().unwrap().is_empty());
    assert_eq!(database.earliest_delivery().unwrap(), None);
    assert_eq!(in_one(&database, |database| database.post(&posting(ANN, "one"), NOW).unwrap()), 1);
}

#[test]
fn a_message_that_fails_holds_up_its_own_receiver_only() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    in_one(&database, |database| {
        database.post(&posting(ANN, "one"), NOW).unwrap();
        database.post(&posting(BOB, "other"), NOW).unwrap();
    });
    let later = NOW + secs(4);
    let receiver = Receiver { id: ANN, attempts: 2, refusals: 2, since: NOW };
    let waiting = Waiting { receiver, due: later, error: Some("not today".into()) };
    in_one(&database, |database| database.postpone(&waiting).unwrap());

    assert_eq!(database.first_receivers(9).unwrap(), [(NOW, BOB), (later, ANN)]);
    assert_eq!(database.due_receiver(ANN, NOW).unwrap(), None);
    assert_eq!(database.due_receiver(ANN, later).unwrap(), Some(receiver));
    assert!(database.all_receivers().unwrap().contains(&waiting));
    in_one(&database, |database| {
        database.note_delivered(BOB, 2, NOW).unwrap();
        // Another message does not bring the next try forward.
        database.post(&posting(ANN, "two"), NOW).unwrap();
    });
    assert_eq!(database.earliest_delivery().unwrap(), Some(later));
}

#[test]
fn a_message_that_is_given_up_is_kept_and_goes_again_under_a_new_number() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    in_one(&database, |database| {
        database.post(&posting(ANN, "one"), NOW).unwrap();
        database.post(&posting(ANN, "two"), NOW).unwrap();
        database.set_message_aside(ANN, 1, "refused seven times", NOW).unwrap();
    });
    assert_eq!(methods(&database, ANN), ["two"]);
    assert_eq!(database.all_messages().unwrap()[0].failed.as_deref(), Some("refused seven times"));

    in_one(&database, |database| {
        assert_eq!(database.post_again(2, NOW).unwrap(), None, "it was not given up");
        assert_eq!(database.post_again(1, NOW).unwrap(), Some(3));
    });
    assert_eq!(methods(&database, ANN), ["two", "one"]);
    in_one(&database, |database| {
        assert!(!database.discard_message(3).unwrap(), "it waits");
        database.set_message_aside(ANN, 3, "again", NOW).unwrap();
        assert!(database.discard_message(3).unwrap());
    });
    assert_eq!(database.all_messages().unwrap().len(), 1);
}

#[test]
fn a_receiver_applies_each_message_of_each_life_of_a_sender_once() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    let first = Incarnation([1; 16]);
    let delivery = |incarnation, sequence| Delivery { sender: ANN, incarnation, sequence };
    assert!(!database.was_applied(&delivery(first, 1)).unwrap());
    in_one(&database, |database| database.note_applied(&delivery(first, 2), NOW, LONG_AGO).unwrap());
    assert!(database.was_applied(&delivery(first, 1)).unwrap());
    assert!(database.was_applied(&delivery(first, 2)).unwrap());
    assert!(!database.was_applied(&delivery(first, 3)).unwrap());
    assert!(!database.was_applied(&delivery(Incarnation([2; 16]), 1)).unwrap());
    assert!(!database.was_applied(&Delivery { sender: BOB, ..delivery(first, 1) }).unwrap());
    // One that is noted late takes nothing back.
    in_one(&database, |database| database.note_applied(&delivery(first, 1), NOW, LONG_AGO).unwrap());
    assert!(database.was_applied(&delivery(first, 2)).unwrap());
}

#[test]
fn after_a_start_nobody_is_forgotten_until_whoever_was_cut_off_has_tried_again() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    let of = |sender| Delivery { sender, incarnation: Incarnation([1; 16]), sequence: 5 };
    in_one(&database, |database| database.note_applied(&of(ANN), NOW, LONG_AGO).unwrap());
    let opened = NOW + days(30);
    let soon = opened + hours(2) - secs(1);
    in_one(&database, |database| database.note_applied(&of(BOB), soon, opened).unwrap());
    assert!(database.was_applied(&of(ANN)).unwrap());
    in_one(&database, |database| database.note_applied(&of(BOB), opened + hours(2), opened).unwrap());
    assert!(!database.was_applied(&of(ANN)).unwrap());
}

#[test]
fn a_sender_is_remembered_for_eight_days() {
    let database = object("CREATE TABLE t (a INTEGER) STRICT");
    let of = |sender| Delivery { sender, incarnation: Incarnation([1; 16]), sequence: 5 };
    in_one(&database, |database| database.note_applied(&of(ANN), NOW, LONG_AGO).unwrap());
    in_one(&database, |database| database.note_applied(&of(BOB), NOW + days(8), LONG_AGO).unwrap());
    assert!(database.was_applied(&of(ANN)).unwrap());
    in_one(&database, |database| database.note_applied(&of(BOB), NOW + days(8) + secs(1), LONG_AGO).unwrap());
    assert!(!database.was_applied(&of(ANN)).unwrap());
    assert!(database.was_applied(&of(BOB)).unwrap());
    // From its last message on, not from its first.
    in_one(&database, |database| database.note_applied(&of(ANN), NOW + days(16) + secs(1), LONG_AGO).unwrap());
    assert!(database.was_applied(&of(BOB)).unwrap());
}
