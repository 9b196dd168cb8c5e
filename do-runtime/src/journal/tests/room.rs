use std::io;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};

use super::fixture::{World, outcome};
use crate::journal::{ClassTag, Commit, CommitKind, Log, LogPosition};
use crate::{ErrorKind, ObjectId, Timestamp};

const START: LogPosition = LogPosition(0);

/// Moves the time by so much.
fn pass(world: &World, millis: i64) {
    use crate::env::Clock;
    let now = world.sim.clock.now().as_millis();
    world.sim.clock.set(Timestamp::from_millis(now + millis));
    world.settle();
}

#[test]
fn a_transaction_is_admitted_as_long_as_there_is_room_for_it() {
    let world = World::new(1, 16 << 10);
    let (_, journal) = world.open(START).unwrap();
    world.settle();
    world.sim.disk.set_capacity(Some(world.sim.disk.used()));
    // given: four segments of 16 KiB, then: not more than that
    assert!(journal.admit(50 << 10).is_ok());
    let refused = journal.admit(64 << 10).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Storage);
    assert!(refused.to_string().contains("no room in the journal"), "{refused}");
    assert!(journal.admit(50 << 10).is_ok(), "smaller ones go on");
}

#[test]
fn admission_asks_the_disk_now_and_then_and_goes_on_by_itself() {
    let world = World::new(2, 16 << 10);
    let (_, journal) = world.open(START).unwrap();
    world.settle();
    world.sim.disk.set_capacity(Some(world.sim.disk.used()));
    let files = world.files().len();
    assert!(journal.admit(1 << 20).is_err());
    assert_eq!(world.files().len(), files, "a file that could not be made is not left behind");
    let entries = world.sim.disk.counts().entries;
    assert!((0..100).all(|_| journal.admit(1 << 20).is_err()));
    assert_eq!(world.sim.disk.counts().entries, entries, "the disk was not asked again");
    world.sim.disk.set_capacity(None);
    assert!(journal.admit(1 << 20).is_err(), "not yet");
    pass(&world, 100);
    assert!(journal.admit(1 << 20).is_ok());
}

#[test]
fn what_was_appended_waits_for_room_and_is_written_then() {
    let mut world = World::new(3, 256);
    let (_, journal) = world.open(START).unwrap();
    world.settle();
    world.sim.disk.set_capacity(Some(world.sim.disk.used()));
    let commits: Vec<_> = (0..30).map(|_| world.append(&journal).unwrap()).collect();
    world.settle();
    let last = commits.last().unwrap().end;
    assert_eq!(outcome(&journal, last), None);
    assert!(journal.failure().is_none(), "a full disk is no failure");
    world.sim.disk.set_capacity(None);
    pass(&world, 100);
    assert_eq!(outcome(&journal, last), Some(Ok(())));
    world.on(world.sim.disk.crash());
    assert_eq!(world.recover(START).unwrap().0, commits);
}

#[test]
fn recycling_makes_room_on_a_full_disk() {
    let mut world = World::new(4, 256);
    let (_, journal) = world.open(START).unwrap();
    world.settle();
    world.sim.disk.set_capacity(Some(world.sim.disk.used()));
    for _ in 0..100 {
        let commit = world.append(&journal).unwrap();
        world.settle();
        assert_eq!(outcome(&journal, commit.end), Some(Ok(())));
        journal.recycle(journal.durable()).unwrap();
    }
}

#[test]
fn closing_on_a_full_disk_says_what_was_not_written() {
    let mut world = World::new(5, 256);
    let (_, journal) = world.open(START).unwrap();
    world.settle();
    world.sim.disk.set_capacity(Some(world.sim.disk.used()));
    (0..30).for_each(|_| drop(world.append(&journal).unwrap()));
    let error = journal.close().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("closed before all was written"), "{error}");
}

#[test]
fn a_failed_write_or_sync_refuses_everything_from_then_on() {
    let faults: [fn(&World); 3] = [
        |world| world.sim.disk.fail_writes(1, io::ErrorKind::Other),
        |world| world.sim.disk.fail_syncs(1, io::ErrorKind::Other),
        |world| world.sim.disk.set_read_only(),
    ];
    for fault in faults {
        let mut world = World::new(6, 4096);
        let (_, journal) = world.open(START).unwrap();
        let first = world.append(&journal).unwrap();
        world.settle();
        let mut failed = pin!(journal.failed());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(failed.as_mut().poll(&mut cx).is_pending());
        assert!(!journal.failed_flag().load(Ordering::Acquire));

        fault(&world);
        let second = world.append(&journal).unwrap();
        world.settle();
        world.sim.disk.set_writable();
        let syncs = world.sim.disk.counts().syncs;
        assert!(journal.failed_flag().load(Ordering::Acquire));
        let error = outcome(&journal, second.end).unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("the journal has failed"), "{error}");
        assert_eq!(outcome(&journal, first.end), Some(Ok(())), "what was durable is");
        assert_eq!(journal.failure(), Some(error.clone()));
        assert_eq!(world.append(&journal).unwrap_err(), error);
        assert_eq!(journal.admit(1).unwrap_err(), error);
        assert_eq!(journal.close().unwrap_err(), error);
        assert!(failed.as_mut().poll(&mut cx).is_ready());
        world.settle();
        assert_eq!(world.sim.disk.counts().syncs, syncs, "nothing is tried again");

        world.on(world.sim.disk.crash());
        assert_eq!(world.recover(START).unwrap().0, [first]);
    }
}

#[test]
fn sizes_that_make_no_sense_are_refused() {
    for segment in [0, 63, u64::MAX] {
        let error = World::new(9, segment).open(START).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}

#[test]
fn a_closed_journal_takes_nothing_and_a_second_closing_is_nothing() {
    let mut world = World::new(7, 4096);
    let (_, journal) = world.open(START).unwrap();
    let commit = world.append(&journal).unwrap();
    journal.close().unwrap();
    assert_eq!(outcome(&journal, commit.end), Some(Ok(())));
    let end = journal.end();
    journal.close().unwrap();
    assert_eq!(journal.end(), end, "no second note");
    assert_eq!(world.append(&journal).unwrap_err().kind(), ErrorKind::Unavailable);
}

#[test]
fn a_closing_note_is_written_where_it_fits_and_takes_no_segment_of_its_own() {
    let (mut written, mut left_out) = (0, 0);
    for seed in 0..30 {
        let mut world = World::new(seed, 100);
        let (_, journal) = world.open(START).unwrap();
        world.append_groups(&journal, 1);
        let (end, segments) = (journal.end().0, world.segments().len());
        journal.close().unwrap();
        let fits = end.next_multiple_of(100) - end >= 44;
        assert_eq!(journal.end().0, if fits { end + 44 } else { end }, "seed {seed}");
        assert_eq!(world.segments().len(), segments, "seed {seed}");
        *if fits { &mut written } else { &mut left_out } += 1;
    }
    assert!(written > 3 && left_out > 3, "{written} and {left_out}");
}

#[test]
fn a_transaction_that_no_record_can_hold_is_refused_and_leaves_the_journal_as_it_was() {
    let world = World::new(10, 4096);
    let (_, journal) = world.open(START).unwrap();
    // Zeros that nobody looks at take no memory.
    let delta = vec![0; 1 << 30];
    let (class, object) = (ClassTag(1), ObjectId([1; 32]));
    let commit =
        Commit { class, object, sequence: 1, pages: 1, next_alarm: None, kind: CommitKind::Change, delta: &delta };
    let error = journal.append(&commit).unwrap_err();
    assert!(error.kind() == ErrorKind::Storage && error.to_string().contains("more than 1 GiB"), "{error}");
    assert_eq!((journal.end(), journal.failure()), (START, None));
}

#[test]
fn a_node_opens_on_a_full_disk_once_everything_is_checkpointed() {
    let mut world = World::new(8, 256);
    let (_, journal) = world.open(START).unwrap();
    let all = world.append_groups(&journal, 10);
    drop(journal);
    world.on(world.sim.disk.crash());
    world.sim.disk.set_capacity(Some(world.sim.disk.used()));
    let end = all.last().unwrap().end;
    let (commits, journal) = world.open(end).unwrap();
    assert!(commits.is_empty());
    let commit = world.append(&journal).unwrap();
    world.settle();
    assert_eq!(outcome(&journal, commit.end), Some(Ok(())));
}

#[test]
fn what_a_failed_sync_left_in_memory_is_not_taken_for_durable() {
    let mut world = World::new(7, 4096);
    let (_, journal) = world.open(START).unwrap();
    let first = world.append(&journal).unwrap();
    world.settle();
    world.sim.disk.fail_syncs(1, io::ErrorKind::Other);
    world.append(&journal).unwrap();
    world.settle();
    drop(journal);

    // Another process on the same machine: the system still shows what it could not write.
    world.on(world.sim.disk.kill());
    let (found, journal) = world.open(START).unwrap();
    assert_eq!(found, std::slice::from_ref(&first));
    let third = world.append(&journal).unwrap();
    world.settle();
    assert_eq!(outcome(&journal, third.end), Some(Ok(())));
    world.on(world.sim.disk.crash());
    assert_eq!(world.recover(START).unwrap().0, [first, third]);
}
