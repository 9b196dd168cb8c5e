//! Listing, counting and alarms.

use std::sync::Arc;

use super::world::*;
use crate::ObjectId;
use crate::journal::{ClassTag, LogPosition};
use crate::store::{Changes, Head, SqlitePageStore, Usage, WriteBehind, checkpoint};

fn id(number: u8) -> ObjectId {
    ObjectId([number; 32])
}

fn named(name: Option<&str>) -> Head {
    Head { name: name.map(Arc::from), ..head(1, 2) }
}

/// Objects numbered from 1 that a checkpoint has told the tables of.
fn settled(names: &[Option<&str>]) -> (World, Arc<SqlitePageStore>) {
    let world = World::new();
    let store = world.open();
    let heads: Vec<_> = (1..).map(id).zip(names.iter().map(|name| named(*name))).collect();
    store.registry().settle(&heads).unwrap();
    (world, store)
}

fn names(store: &SqlitePageStore, prefix: Option<&str>) -> Vec<String> {
    let mut names = Vec::new();
    let mut after = None;
    // One by one, so that each place is tried as a cursor.
    loop {
        let listed = store.registry().list(CLASS, prefix, after.as_ref(), 1).unwrap();
        let Some(one) = listed.first() else { break };
        after = Some(one.cursor());
        names.push(one.name.as_deref().unwrap_or("-").to_owned());
    }
    let at_once = store.registry().list(CLASS, prefix, None, 1_000).unwrap();
    let at_once: Vec<_> = at_once.iter().map(|one| one.name.as_deref().unwrap_or("-")).collect();
    assert_eq!(names, at_once);
    names
}

#[test]
fn objects_are_listed_by_name_and_those_without_one_last() {
    let (_world, store) = settled(&[Some("b"), None, Some("a"), Some("ab"), None, Some("Ä")]);
    assert_eq!(names(&store, None), ["a", "ab", "b", "Ä", "-", "-"]);
    assert_eq!(store.registry().list(ClassTag(1), None, None, 10).unwrap(), []);
    assert_eq!(store.registry().list(CLASS, None, None, 0).unwrap(), []);
}

#[test]
fn a_prefix_is_taken_literally() {
    let (_world, store) = settled(&[
        Some("a%b"),
        Some("a%c"),
        Some("axb"),
        Some("a_b"),
        Some("a"),
        Some("é1"),
        Some("é2"),
        Some("ê"),
        Some("\u{d7ff}x"),
        Some("\u{e000}x"),
        Some("\u{10ffff}y"),
        Some("a\0z"),
        None,
    ]);
    assert_eq!(names(&store, Some("a%")), ["a%b", "a%c"]);
    assert_eq!(names(&store, Some("a_")), ["a_b"]);
    assert_eq!(names(&store, Some("é")), ["é1", "é2"]);
    assert_eq!(names(&store, Some("\u{d7ff}")), ["\u{d7ff}x"]);
    assert_eq!(names(&store, Some("\u{10ffff}")), ["\u{10ffff}y"]);
    assert_eq!(names(&store, Some("a\0")), ["a\0z"]);
    assert_eq!(names(&store, Some("nobody")), Vec::<String>::new());
    assert_eq!(names(&store, Some("")).len(), 12);
}

#[test]
fn what_was_created_and_deleted_since_the_checkpoint_is_listed_at_once() {
    let (_world, store) = settled(&[Some("a"), Some("c"), Some("e"), None]);
    let registry = store.registry();
    registry.note_created(CLASS, id(50), Some("b".into()), at(5));
    registry.note_created(CLASS, id(51), Some("f".into()), at(6));
    registry.note_created(CLASS, id(52), None, at(7));
    registry.note_created(ClassTag(1), id(53), Some("bb".into()), at(7));
    registry.note_deleted(CLASS, id(2));
    registry.note_deleted(CLASS, id(4));

    assert_eq!(names(&store, None), ["a", "b", "e", "f", "-"]);
    assert_eq!(names(&store, Some("f")), ["f"]);
    assert!(registry.exists(id(50)).unwrap());
    assert!(!registry.exists(id(2)).unwrap());
    assert!(registry.exists(id(1)).unwrap());
    assert!(!registry.exists(id(99)).unwrap());
    assert_eq!(registry.usage(CLASS).unwrap(), Usage { objects: 5, bytes: 2 * 2 * 4096 });
}

#[test]
fn a_checkpoint_takes_over_what_was_noted_and_keeps_what_is_newer() {
    let world = World::new();
    let store = world.open();
    let registry = store.registry();
    registry.note_created(CLASS, id(1), Some("a".into()), at(5));
    registry.note_created(CLASS, id(2), Some("b".into()), at(6));
    registry.note_deleted(CLASS, id(2));
    let later = Head { next_alarm: Some(at(70)), last_used: at(60), ..named(Some("a")) };
    registry.settle(&[(id(1), later), (id(2), named(Some("b")))]).unwrap();

    let listed = registry.list(CLASS, None, None, 10).unwrap();
    assert_eq!(listed.len(), 1, "the deletion came after the head that was settled");
    assert_eq!((listed[0].created, listed[0].last_used, listed[0].bytes), (at(5), at(60), 8192));
    assert_eq!(listed[0].next_alarm, Some(at(70)));

    registry.settle(&[(id(2), tombstone(2))]).unwrap();
    drop(store);
    let store = world.open();
    assert_eq!(names(&store, None), ["a"]);
    assert!(!store.registry().exists(id(2)).unwrap());
}

#[test]
fn what_the_tables_say_too_is_forgotten_and_what_is_newer_is_not() {
    let world = World::new();
    let store = world.open();
    let registry = store.registry();
    let is_noted = |number| registry.overlay.lock().fate(id(number)).is_some();
    (1..=4).for_each(|number| registry.note_created(CLASS, id(number), None, at(5)));
    [2, 4].into_iter().for_each(|number| registry.note_deleted(CLASS, id(number)));
    // Created and there, deleted and gone; created again after a deletion, deleted after what is there.
    registry
        .settle(&[(id(1), named(None)), (id(2), tombstone(2)), (id(3), tombstone(2)), (id(4), named(None))])
        .unwrap();
    assert_eq!([1, 2, 3, 4].map(is_noted), [false, false, true, true]);
    let listed = registry.list(CLASS, None, None, 10).unwrap();
    assert_eq!(listed.iter().map(|object| object.id).collect::<Vec<_>>(), [id(1), id(3)]);
}

#[test]
fn a_deletion_that_comes_while_the_tables_are_written_is_kept() {
    let world = World::new();
    let store = world.open();
    let registry = store.registry();
    registry.note_created(CLASS, id(1), Some("a".into()), at(5));
    // The tables are written by now, and what lay over them is not forgotten yet.
    let held = registry.wakes.lock();
    let before = world.disk.counts();
    std::thread::scope(|scope| {
        let settling = scope.spawn(|| registry.settle(&[(id(1), named(Some("a")))]));
        while world.disk.counts() == before {
            std::thread::yield_now();
        }
        registry.note_deleted(CLASS, id(1));
        drop(held);
        settling.join().unwrap().unwrap();
    });
    assert!(!registry.exists(id(1)).unwrap());
}

#[test]
fn an_object_that_begins_again_is_as_young_as_its_new_life() {
    let (_world, store) = settled(&[Some("a")]);
    let registry = store.registry();
    registry.note_deleted(CLASS, id(1));
    registry.note_created(CLASS, id(1), Some("a".into()), at(5_000));
    assert_eq!(registry.list(CLASS, None, None, 10).unwrap()[0].created, at(5_000));
    registry.settle(&[(id(1), named(Some("a")))]).unwrap();
    assert_eq!(registry.list(CLASS, None, None, 10).unwrap()[0].created, at(5_000));
}

#[test]
fn alarms_come_in_the_order_of_time() {
    let world = World::new();
    let store = world.open();
    let alarm = |number: u8, when: Option<i64>| (id(number), Head { next_alarm: when.map(at), ..named(None) });
    store
        .registry()
        .settle(&[alarm(1, Some(30)), alarm(2, None), alarm(3, Some(10)), alarm(4, Some(30)), alarm(5, Some(-4))])
        .unwrap();

    let first = store.registry().alarms(CLASS, None, 3).unwrap();
    assert_eq!(first, [(at(-4), id(5)), (at(10), id(3)), (at(30), id(1))]);
    assert_eq!(store.registry().alarms(CLASS, Some(first[2]), 3).unwrap(), [(at(30), id(4))]);
}

#[test]
fn a_page_of_a_listing_skips_any_number_of_deleted_objects() {
    let all: Vec<String> = (0..200).map(|number| format!("{number:03}")).collect();
    let (_world, store) = settled(&all.iter().map(|name| Some(&**name)).collect::<Vec<_>>());
    for number in 1..=150 {
        store.registry().note_deleted(CLASS, id(number));
    }
    assert_eq!(names(&store, None), all[150..]);
    assert_eq!(store.registry().list(CLASS, None, None, 7).unwrap().len(), 7);
}

#[test]
fn a_rebuilt_registry_lists_what_the_old_one_did() {
    let world = World::new();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    for (number, name) in [(1, Some("a")), (100, Some("%")), (200, None)] {
        let head = Head { next_alarm: Some(at(number.into())), ..named(name) };
        behind.put(Changes { object: id(number), head, pages: Vec::new() });
    }
    behind.put(changes(id(100), tombstone(2), &[]));
    behind.seal(LogPosition(3));
    checkpoint(&behind, &store, LogPosition(3), LogPosition(3)).unwrap();
    let listed = store.registry().list(CLASS, None, None, 10).unwrap();
    assert_eq!(listed.len(), 2);
    drop((store, behind));
    crate::env::Disk::remove(&*world.disk, std::path::Path::new("registry.db")).unwrap();

    assert_eq!(world.open().registry().list(CLASS, None, None, 10).unwrap(), listed);
}
