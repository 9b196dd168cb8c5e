//! Checkpoints: which part of the log they free, and what they leave.

use std::io::ErrorKind;

use super::world::*;
use crate::env::{Fault, Requests};
use crate::journal::{LogPosition, Reached};
use crate::store::{PageStore, WriteBehind, checkpoint};

#[test]
fn a_checkpoint_frees_the_log_up_to_where_it_began() {
    let world = World::new();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    store.registry().note_created(CLASS, object(1, 1), Some("lobby".into()), at(1));
    behind.put(changes(object(1, 1), head(5, 2), &[(0, 1), (1, 2)]));
    behind.seal(LogPosition(5));
    behind.put(changes(object(1, 1), head(7, 2), &[(0, 3)]));

    let kept = checkpoint(&behind, &store, LogPosition(5), LogPosition(5)).unwrap();

    assert_eq!((kept.position, kept.failed), (LogPosition(5), vec![]));
    drop((store, behind));
    let world = World::on(world.disk.crash());
    let store = world.open();
    assert_eq!(store.registry().checkpoint(), LogPosition(5));
    assert_eq!(stored(&*store, object(1, 1)), [(0, 1), (1, 2)]);
    assert_eq!(store.registry().list(CLASS, None, None, 10).unwrap()[0].created, at(1));
}

#[test]
fn what_is_not_durable_keeps_its_part_of_the_log() {
    let world = World::new();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(2));
    behind.put(changes(object(1, 1), head(5, 1), &[(0, 1)]));
    behind.put(changes(object(1, 2), head(8, 1), &[(0, 1)]));
    assert_eq!(behind.seal(LogPosition(8)), LogPosition(8));

    let kept = checkpoint(&behind, &store, LogPosition(8), LogPosition(6)).unwrap();
    assert_eq!(kept.position, LogPosition(2));
    let kept = checkpoint(&behind, &store, LogPosition(8), LogPosition(8)).unwrap();
    assert_eq!(kept.position, LogPosition(8));
}

#[test]
fn what_a_partition_could_not_fold_keeps_its_part_of_the_log() {
    let world = World::new();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    behind.put(changes(object(1, 1), head(5, 1), &[(0, 1)]));
    behind.flush(LogPosition(5)).unwrap();
    world.disk.fail_syncs(1, ErrorKind::Other);

    let kept = checkpoint(&behind, &store, LogPosition(5), LogPosition(5)).unwrap();
    assert_eq!((kept.position, store.registry().checkpoint()), (LogPosition(0), LogPosition(0)));
}

#[test]
fn a_registry_that_could_not_be_written_is_told_with_the_next_checkpoint() {
    let world = World::new();
    let store = world.open();
    let (behind, id) = (WriteBehind::new(store.clone(), LogPosition(0)), object(1, 1));
    behind.put(changes(id, head(5, 1), &[(0, 1)]));
    let refuse = "CREATE TRIGGER no BEFORE INSERT ON objects BEGIN SELECT raise(ABORT, 'no'); END";
    store.registry().with(|registry| Ok(registry.execute_batch(refuse)?)).unwrap();
    checkpoint(&behind, &store, LogPosition(5), LogPosition(5)).unwrap_err();
    assert_eq!(store.registry().checkpoint(), LogPosition(0), "the log still has it");

    store.registry().with(|registry| Ok(registry.execute_batch("DROP TRIGGER no")?)).unwrap();
    behind.put(changes(object(1, 2), head(6, 1), &[(0, 1)]));
    checkpoint(&behind, &store, LogPosition(6), LogPosition(6)).unwrap();
    drop((behind, store));
    let listed = world.open().registry().list(CLASS, None, None, 10).unwrap();
    assert_eq!(listed.iter().map(|object| object.id).collect::<Vec<_>>(), [id, object(1, 2)]);
}

#[test]
fn how_far_the_journal_has_come_is_kept() {
    let world = World::new();
    let store = world.open();
    assert_eq!(store.registry().journal().unwrap(), Reached::default());
    let reached = Reached { epoch: 0x0102_0304_0506, position: LogPosition(0x1112_1314_1516) };
    store.registry().set_journal(reached).unwrap();
    drop(store);
    let world = World::on(world.disk.crash());
    assert_eq!(world.open().registry().journal().unwrap(), reached);
}

#[test]
fn a_registry_that_was_made_anew_says_so_until_the_next_checkpoint() {
    let world = World::new();
    let store = world.open();
    assert!(!store.registry().is_rebuilt().unwrap(), "a new folder");
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    behind.put(changes(object(1, 1), head(5, 1), &[(0, 1)]));
    checkpoint(&behind, &store, LogPosition(5), LogPosition(5)).unwrap();
    drop((behind, store));
    assert!(!world.open().registry().is_rebuilt().unwrap());
    crate::env::Disk::remove(&*world.disk, "registry.db".as_ref()).unwrap();
    for _ in 0..2 {
        let store = world.open();
        assert!(store.registry().is_rebuilt().unwrap());
        assert!(store.registry().unlisted().unwrap().is_empty(), "each partition was listed, once");
    }
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(5));
    checkpoint(&behind, &store, LogPosition(6), LogPosition(6)).unwrap();
    assert!(!store.registry().is_rebuilt().unwrap());
}

#[test]
fn a_checkpoint_never_goes_back() {
    let world = World::new();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    assert_eq!(checkpoint(&behind, &store, LogPosition(8), LogPosition(8)).unwrap().position, LogPosition(8));
    assert_eq!(checkpoint(&behind, &store, LogPosition(3), LogPosition(8)).unwrap().position, LogPosition(8));
}

#[test]
fn a_deleted_object_leaves_nothing_after_the_checkpoint() {
    let world = World::new();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    behind.put(changes(object(1, 1), head(1, 1), &[(0, 1)]));
    behind.flush(LogPosition(1)).unwrap();
    store.registry().note_deleted(CLASS, object(1, 1));
    behind.put(changes(object(1, 1), tombstone(2), &[]));
    behind.seal(LogPosition(2));
    checkpoint(&behind, &store, LogPosition(2), LogPosition(2)).unwrap();

    assert_eq!(store.head(object(1, 1)).unwrap(), None);
    assert!(!store.registry().exists(object(1, 1)).unwrap());
    assert_eq!(store.registry().list(CLASS, None, None, 10).unwrap(), []);
}

#[test]
fn a_damaged_write_ahead_file_costs_nothing_that_the_log_does_not_hold() {
    let world = World::new();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    behind.put(changes(object(1, 1), head(1, 1), &[(0, 1)]));
    behind.seal(LogPosition(1));
    checkpoint(&behind, &store, LogPosition(1), LogPosition(1)).unwrap();
    behind.put(changes(object(1, 1), head(2, 1), &[(0, 2)]));
    behind.flush(LogPosition(2)).unwrap();
    assert_eq!(stored(&*store, object(1, 1)), [(0, 2)]);
    drop((store, behind));
    world.spoil("pages/01.db-wal", |bytes| bytes.clear());

    let store = world.open();
    assert_eq!(stored(&*store, object(1, 1)), [(0, 1)]);
    assert_eq!(store.registry().checkpoint(), LogPosition(1), "the log is read back from before what was lost");
}

#[test]
fn a_request_that_fails_while_a_partition_is_made_takes_nothing_from_it_later() {
    let mut failed = 0;
    for request in 0.. {
        let world = World::new();
        let store = world.open();
        let behind = WriteBehind::new(store.clone(), LogPosition(0));
        behind.put(changes(object(1, 1), head(5, 2), &[(0, 1), (1, 2)]));
        behind.seal(LogPosition(5));
        let before = world.disk.counts().requests;
        world.disk.fail_requests(Requests::Any, request, 1, Fault::Error(ErrorKind::Other));
        let first = checkpoint(&behind, &store, LogPosition(5), LogPosition(5));
        world.disk.fail_requests(Requests::Any, 0, 0, Fault::Error(ErrorKind::Other));
        if world.disk.counts().requests - before < request {
            break;
        }
        failed += u32::from(!first.is_ok_and(|kept| kept.position == LogPosition(5)));

        // Whatever the first one came to, the log is only freed by one that kept everything.
        if checkpoint(&behind, &store, LogPosition(5), LogPosition(5)).unwrap().position < LogPosition(5) {
            continue;
        }
        drop((store, behind));
        let world = World::on(world.disk.crash());
        assert_eq!(stored(&*world.open(), object(1, 1)), [(0, 1), (1, 2)], "request {request} failed");
    }
    assert!(failed > 20, "{failed} faults showed");
}
