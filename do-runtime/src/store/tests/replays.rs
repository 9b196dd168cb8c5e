//! Recovery from the log.

use std::sync::Arc;

use super::model::{Kind, Model, Record, put_template};
use super::world::*;
use crate::error::ErrorKind;
use crate::journal::LogPosition;
use crate::store::{PageStore, Replay, SqlitePageStore, WriteBehind};

fn recover(model: &Model, store: &Arc<SqlitePageStore>, memory: usize) -> WriteBehind {
    let from = store.registry().checkpoint();
    let behind = WriteBehind::new(store.clone(), from);
    let mut replay = Replay::new(&behind, store, at(9)).with_memory(memory);
    model.replay(&mut replay, from, model.end());
    let kept = replay.finish().unwrap();
    assert_eq!((kept.position, kept.failed), (model.end(), vec![]));
    assert_eq!(store.registry().checkpoint(), model.end());
    behind
}

fn committed(seed: u64, commits: usize) -> (World, Arc<SqlitePageStore>, Model) {
    let (world, mut model) = (World::new(), Model::new(seed));
    let store = world.open();
    put_template(&store);
    let nowhere = WriteBehind::new(store.clone(), LogPosition(0));
    (0..commits).for_each(|_| model.commit(&nowhere, &store));
    drop(store);
    let world = World::on(world.disk.crash());
    let store = world.open();
    (world, store, model)
}

#[test]
fn a_log_leads_to_the_same_objects_with_any_memory() {
    for seed in 0..6 {
        for memory in [1, 30_000, usize::MAX] {
            let (world, store, model) = committed(seed, 150);
            model.check(&recover(&model, &store, memory), &store);
            drop(store);
            let world = World::on(world.disk.crash());
            let store = world.open();
            model.check(&WriteBehind::new(store.clone(), model.end()), &store);
        }
    }
}

#[test]
fn replaying_again_changes_nothing() {
    for seed in 10..16 {
        let (_world, store, model) = committed(seed, 100);
        recover(&model, &store, 50_000);
        let behind = WriteBehind::new(store.clone(), LogPosition(0));
        let mut replay = Replay::new(&behind, &store, at(9));
        model.replay(&mut replay, LogPosition(0), model.end());
        replay.hand_over();
        assert_eq!(behind.failures(), []);
        model.check(&behind, &store);
    }
}

#[test]
fn one_object_is_brought_back_beside_the_others_without_a_write() {
    let (_world, store, model) = committed(3, 80);
    let behind = recover(&model, &store, usize::MAX);
    let mut replay = Replay::new(&behind, &store, at(9));
    replay.apply(&change(object(1, 0x70), 1, Kind::Create).commit("late"), LogPosition(model.end().0 + 1)).unwrap();
    replay.hand_over();

    assert_eq!(woken(&behind, object(1, 0x70)), [200, 201, 202, 203]);
    assert_eq!(store.head(object(1, 0x70)).unwrap(), None);
}

fn change(object: crate::ObjectId, sequence: u64, kind: Kind) -> Record {
    Record { object, sequence, pages: 4, kind, delta: Vec::new(), position: LogPosition(0) }
}

#[test]
fn a_gap_in_the_sequence_sets_the_object_aside_with_both_numbers() {
    let world = World::new();
    let store = world.open();
    put_template(&store);
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    let (bad, good) = (object(1, 1), object(1, 2));
    let mut replay = Replay::new(&behind, &store, at(9));
    let records = [
        change(bad, 1, Kind::Create),
        change(good, 1, Kind::Create),
        change(bad, 3, Kind::Change),
        change(good, 2, Kind::Change),
        change(bad, 4, Kind::Change),
    ];
    for (position, record) in (10..).step_by(10).zip(&records) {
        replay.apply(&record.commit("x"), LogPosition(position)).unwrap();
    }
    let kept = replay.finish().unwrap();

    let (id, error) = &kept.failed[0];
    assert_eq!((kept.failed.len(), *id), (1, bad));
    assert_eq!(error.kind(), ErrorKind::Storage);
    for part in [&*bad.to_string(), "commit 2", "commit 3"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(kept.position, LogPosition(0), "the log is kept from before its first commit that is not in the store");
    assert_eq!(behind.head(bad).unwrap_err(), *error);
    assert!(store.registry().exists(bad).unwrap(), "it exists, and answers why it is not there");
    assert!(behind.read(bad, 0, 4, &mut |_, _| {}).is_err());
    assert_eq!(woken(&behind, good), [200, 201, 202, 203]);
}

#[test]
fn a_change_of_an_object_that_is_not_there_and_a_second_creation_are_gaps() {
    for records in [vec![(1, Kind::Change)], vec![(1, Kind::Create), (2, Kind::Create)], vec![(2, Kind::Create)]] {
        let world = World::new();
        let store = world.open();
        put_template(&store);
        let behind = WriteBehind::new(store.clone(), LogPosition(0));
        let mut replay = Replay::new(&behind, &store, at(9));
        for (position, (sequence, kind)) in (10..).zip(records) {
            replay.apply(&change(object(1, 1), sequence, kind).commit("x"), LogPosition(position)).unwrap();
        }
        assert_eq!(replay.finish().unwrap().failed.len(), 1);
    }
}

#[test]
fn a_damaged_page_sets_aside_only_the_object_that_needs_it() {
    let world = World::new();
    let store = world.open();
    put_template(&store);
    let (bad, good) = (object(1, 1), object(1, 2));
    write(&store, &[changes(bad, head(1, 2), &[(0, 1), (1, 2)]), changes(good, head(1, 2), &[(0, 3), (1, 4)])]);
    drop(store);
    world
        .sql("pages/01.db")
        .execute(
            "UPDATE pages SET sum = sum + 1 WHERE key = (SELECT handle << 32 FROM heads WHERE id = ?1)",
            [bad.as_bytes()],
        )
        .unwrap();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    let mut delta = Vec::new();
    crate::image::delta::Encoder::new(&mut delta).page(0, &[0; 4096], &[0xff; 4096]);
    let mut replay = Replay::new(&behind, &store, at(9));
    for (position, id) in [(20, bad), (30, good)] {
        let record = Record { delta: delta.clone(), pages: 2, ..change(id, 2, Kind::Change) };
        replay.apply(&record.commit("x"), LogPosition(position)).unwrap();
    }
    let kept = replay.finish().unwrap();

    assert_eq!(kept.failed.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [bad]);
    assert!(kept.failed[0].1.to_string().contains("page 0"), "{}", kept.failed[0].1);
    assert_eq!(woken(&behind, good), [0xff, 4]);
    assert!(behind.head(bad).is_err());
}
