//! What closing a journal that has threads waits for, and what it says.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use super::fixture::World;
use super::flight::{Sync, found_on_held, two_in_flight, wait};
use crate::env::Clock;
use crate::journal::{Journal, Log, LogPosition};
use crate::{ErrorKind, Result, Timestamp};

const START: LogPosition = LogPosition(0);

/// Closes it on a thread of its own, which says how that went.
fn close(journal: &Arc<Journal>) -> Receiver<Result<()>> {
    let (closed, told) = mpsc::channel();
    let closing = journal.clone();
    thread::spawn(move || closed.send(closing.close()));
    told
}

/// It has not returned after a while: whoever closes waits for something.
fn waits<T>(told: &Receiver<T>) -> bool {
    told.recv_timeout(Duration::from_millis(100)).is_err()
}

fn returned<T>(told: &Receiver<T>) -> T {
    told.recv_timeout(Duration::from_secs(30)).expect("it closes")
}

#[test]
fn closing_waits_until_what_was_appended_is_durable() {
    let (_world, journal, turnstile, [_, second]) = two_in_flight();
    let journal = Arc::new(journal);
    let told = close(&journal);
    assert!(waits(&told), "two batches are on their way to the disk");
    turnstile.set(0, Sync::Let);
    assert!(waits(&told), "one batch is on its way to the disk");
    assert_eq!(turnstile.begun(), 2, "the closing note comes after them");
    turnstile.open();
    returned(&told).unwrap();
    assert!(journal.durable() >= second);
}

/// A journal with threads and more commits than its full disk has room for.
fn on_a_full_disk() -> (World, Arc<Journal>, LogPosition) {
    let mut world = World::new(3, 256);
    let (replayed, _) = found_on_held(&world);
    let journal = Arc::new(Journal::start(replayed, START).unwrap());
    // Whatever is prepared is there by then.
    while journal.0.preparing.load(Ordering::SeqCst) {
        thread::yield_now();
    }
    world.sim.disk.set_capacity(Some(world.sim.disk.used()));
    let last = (0..30).map(|_| world.append(&journal).unwrap().end).last().unwrap();
    (world, journal, last)
}

#[test]
fn a_full_disk_is_waited_for_and_no_failure() {
    let (mut world, journal, last) = on_a_full_disk();
    let (written, told) = mpsc::channel();
    let waiting = journal.clone();
    thread::spawn(move || written.send(wait(&waiting, last)));
    assert!(waits(&told), "there is no room");
    assert!(journal.failure().is_none());
    world.sim.disk.set_capacity(None);
    let now = world.sim.clock.now().as_millis();
    world.sim.clock.set(Timestamp::from_millis(now + 100));
    returned(&told).unwrap();
    journal.close().unwrap();
    world.on(world.sim.disk.crash());
    assert_eq!(world.recover(START).unwrap().0.len(), 30);
}

#[test]
fn closing_on_a_full_disk_gives_up_what_has_no_room_and_says_so() {
    let (_world, journal, last) = on_a_full_disk();
    let error = returned(&close(&journal)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("closed before all was written"), "{error}");
    assert!(journal.durable() < last);
}

#[test]
fn a_dropped_journal_writes_what_was_appended_and_ends_by_itself() {
    let (mut world, journal, turnstile, [_, second]) = two_in_flight();
    let third = world.append(&journal).unwrap().end;
    let failed = journal.failed();
    // when: it is dropped while both writers are busy
    drop(journal);
    turnstile.open();
    // then: its threads end, whoever watches is told, and all is there
    let (ended, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        ended.send(runtime.block_on(failed))
    });
    let error = told.recv_timeout(Duration::from_secs(30)).expect("it ends");
    assert!(error.kind() == ErrorKind::Unavailable && error.to_string().contains("closed"), "{error}");
    world.on(world.sim.disk.crash());
    let (commits, replayed) = world.recover(START).unwrap();
    assert_eq!((commits.len(), replayed.end()), (3, third));
    assert!(second < third);
}

#[test]
fn closing_waits_for_whoever_prepares_a_file() {
    let world = World::new(1, 64 << 10);
    let (replayed, turnstile) = found_on_held(&world);
    // given: a file is being made, beyond the one that the life begins with, which is synced as well as its header
    turnstile.holding.store(true, Ordering::SeqCst);
    let starting = thread::spawn(move || Journal::start(replayed, START).unwrap());
    for number in 0..2 {
        turnstile.wait_for(|syncs| syncs.len() == number + 1);
        turnstile.set(number, Sync::Let);
    }
    turnstile.wait_for(|syncs| syncs.len() == 3);
    let journal = Arc::new(starting.join().unwrap());
    // when: it is closed, then: that returns only after the file was made
    let told = close(&journal);
    assert!(waits(&told), "a file is still being made");
    turnstile.open();
    returned(&told).unwrap();
}
