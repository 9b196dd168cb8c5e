//! Pages, heads and templates in partitions.

use std::path::Path;
use std::sync::Arc;

use super::world::*;
use crate::env::{Disk, RealDisk, SeededRandom};
use crate::journal::{LogPosition, TemplateId};
use crate::sqlite::DiskVfs;
use crate::store::{Head, Location, PageStore, SqlitePageStore};

#[test]
fn what_was_written_is_there_after_a_power_cut() {
    let world = World::new();
    let (store, id) = (world.open(), object(5, 1));
    let kept = Head { next_alarm: Some(at(99)), ..head(3, 2) };
    write(&store, &[changes(id, kept.clone(), &[(0, 7), (1, 8)])]);
    drop(store);

    let world = World::on(world.disk.crash());
    let store = world.open();

    assert_eq!(store.head(id).unwrap(), Some(kept));
    assert_eq!(stored(&*store, id), [(0, 7), (1, 8)]);
}

#[test]
fn files_on_a_real_disk_work_alike() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(folder.path()).unwrap());
    let vfs = DiskVfs::register(disk.clone()).unwrap();
    let open = || {
        let location = Location::on_vfs(disk.clone(), vfs.name());
        SqlitePageStore::open(location, &SeededRandom::new(1)).unwrap()
    };
    let (store, id) = (open(), object(63, 1));
    write(&store, &[changes(id, head(1, 1), &[(0, 5)])]);
    drop(store);

    assert_eq!(stored(&open(), id), [(0, 5)]);
    assert!(folder.path().join("pages/3f.db").exists());
}

#[test]
fn partitions_are_made_when_they_are_first_written() {
    let world = World::new();
    let store = world.open();
    assert_eq!(store.head(object(1, 1)).unwrap(), None);
    assert_eq!(stored(&*store, object(1, 1)), []);
    write(&store, &[changes(object(2, 1), head(1, 1), &[(0, 1)])]);

    let exists = |name: &str| world.disk.content(Path::new(name)).is_ok();
    assert!(!exists("pages/01.db"));
    assert!(exists("pages/02.db"));
}

#[test]
fn a_range_of_pages_is_read_in_order_over_many_reads() {
    let world = World::new();
    let (store, id) = (world.open(), object(1, 1));
    let all: Vec<(u32, u8)> = (0..600).map(|number| (number, (number % 251) as u8)).collect();
    write(&store, &[changes(id, head(1, 600), &all)]);

    assert_eq!(stored(&*store, id), all);
    let mut some = Vec::new();
    store.read(id, 255, 259, &mut |number, _| some.push(number)).unwrap();
    assert_eq!(some, [255, 256, 257, 258]);
}

#[test]
fn pages_that_were_cut_off_are_gone_and_come_back_as_zeros() {
    let world = World::new();
    let (store, id) = (world.open(), object(1, 1));
    write(&store, &[changes(id, head(1, 4), &[(0, 1), (1, 2), (2, 3), (3, 4)])]);
    write(&store, &[changes(id, head(2, 2), &[(0, 9)])]);
    assert_eq!(stored(&*store, id), [(0, 9), (1, 2)]);

    write(&store, &[changes(id, head(3, 4), &[(3, 7)])]);
    assert_eq!(stored(&*store, id), [(0, 9), (1, 2), (2, 0), (3, 7)]);
}

#[test]
fn pages_that_are_gone_take_no_room() {
    let world = World::new();
    let (store, id, other) = (world.open(), object(1, 1), object(1, 2));
    write(&store, &[changes(id, head(1, 4), &[(0, 1), (1, 2), (2, 3), (3, 4)])]);
    write(&store, &[changes(other, head(1, 2), &[(0, 1), (1, 2)])]);
    write(&store, &[changes(id, head(2, 1), &[])]);
    write(&store, &[changes(other, tombstone(2), &[])]);
    drop(store);
    let count = |what| world.sql("pages/01.db").query_row(what, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM pages"), 1);
}

#[test]
fn a_tombstone_says_when_an_object_went_and_nothing_of_what_it_was() {
    let world = World::new();
    let (store, id) = (world.open(), object(1, 1));
    put_template(&*store, &[1]);
    let alive = Head { template: Some(TEMPLATE), next_alarm: Some(at(5)), ..head(1, 4) };
    write(&store, &[changes(id, alive.clone(), &[(2, 2)])]);
    write(&store, &[changes(id, Head { sequence: 2, applied: LogPosition(2), deleted: true, ..alive }, &[])]);
    assert_eq!(store.head(id).unwrap(), Some(Head { last_used: at(1_001), ..tombstone(2) }));
}

#[test]
fn an_older_state_changes_nothing() {
    let world = World::new();
    let (store, id) = (world.open(), object(1, 1));
    write(&store, &[changes(id, head(5, 1), &[(0, 5)])]);
    write(&store, &[changes(id, head(4, 2), &[(0, 4), (1, 4)])]);

    assert_eq!(store.head(id).unwrap(), Some(head(5, 1)));
    assert_eq!(stored(&*store, id), [(0, 5)]);
}

#[test]
fn objects_share_a_template_and_keep_only_their_own_pages() {
    let world = World::new();
    let store = world.open();
    put_template(&*store, &[10, 11, 12]);
    let (one, two) = (object(1, 1), object(2, 2));
    let born = Head { template: Some(TEMPLATE), ..head(1, 3) };
    write(&store, &[changes(one, born.clone(), &[(1, 99)]), changes(two, born.clone(), &[])]);
    drop(store);

    let store = world.open();
    assert_eq!(store.head(one).unwrap(), Some(born));
    assert_eq!(stored(&*store, one), [(1, 99)]);
    assert_eq!(stored(&*store, two), []);
    let pages = store.template(TEMPLATE).unwrap().unwrap();
    assert_eq!(pages.iter().map(|page| page[0]).collect::<Vec<_>>(), [10, 11, 12]);
}

#[test]
fn a_template_never_comes_back_below_pages_that_were_cut_off() {
    let world = World::new();
    let (store, id) = (world.open(), object(1, 1));
    put_template(&*store, &[10, 11, 12]);
    let with_template = |head| Head { template: Some(TEMPLATE), ..head };
    write(&store, &[changes(id, with_template(head(1, 3)), &[(1, 99)])]);
    write(&store, &[changes(id, with_template(head(2, 2)), &[])]);
    assert_eq!(store.head(id).unwrap(), Some(head(2, 2)), "the template is dropped");
    assert_eq!(stored(&*store, id), [(0, 10), (1, 99)]);

    write(&store, &[changes(id, with_template(head(3, 4)), &[])]);
    assert_eq!(store.head(id).unwrap(), Some(head(3, 4)));
    assert_eq!(stored(&*store, id), [(0, 10), (1, 99), (2, 0), (3, 0)]);
}

#[test]
fn an_object_of_an_unknown_template_is_refused_and_the_others_are_kept() {
    let world = World::new();
    let store = world.open();
    let (one, two) = (object(1, 1), object(1, 2));
    let lost = Head { template: Some(TemplateId([9; 16])), ..head(1, 1) };
    let refused = store.write(&[changes(one, lost, &[(0, 1)]), changes(two, head(1, 1), &[(0, 2)])]).unwrap();

    assert_eq!(refused.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [one]);
    assert!(refused[0].1.to_string().contains("0909"), "{}", refused[0].1);
    assert_eq!(store.head(one).unwrap(), None);
    assert_eq!(stored(&*store, two), [(0, 2)]);
}

#[test]
fn the_states_of_one_object_in_one_write_are_kept_wholly_or_not_at_all() {
    let world = World::new();
    let (store, id) = (world.open(), object(1, 1));
    write(&store, &[changes(id, head(1, 1), &[(0, 1)])]);
    let again = Head { template: Some(TemplateId([9; 16])), ..head(3, 1) };
    let refused = store.write(&[changes(id, tombstone(2), &[]), changes(id, again, &[])]).unwrap();

    assert_eq!(refused.len(), 1);
    assert_eq!(store.head(id).unwrap(), Some(head(1, 1)));
    assert_eq!(stored(&*store, id), [(0, 1)]);
}

#[test]
fn a_deleted_object_leaves_a_tombstone_until_it_is_purged() {
    let world = World::new();
    let (store, id) = (world.open(), object(1, 1));
    write(&store, &[changes(id, head(1, 2), &[(0, 1), (1, 2)])]);
    write(&store, &[changes(id, tombstone(2), &[])]);
    assert_eq!(store.head(id).unwrap(), Some(tombstone(2)));
    assert_eq!(stored(&*store, id), []);

    store.purge(LogPosition(1)).unwrap();
    assert!(store.head(id).unwrap().is_some());
    store.purge(LogPosition(2)).unwrap();
    assert_eq!(store.head(id).unwrap(), None);
}

#[test]
fn an_object_that_begins_again_has_nothing_of_its_earlier_life() {
    let world = World::new();
    let (store, id) = (world.open(), object(1, 1));
    put_template(&*store, &[10, 11]);
    write(&store, &[changes(id, head(1, 3), &[(0, 1), (1, 2), (2, 3)])]);
    let again = Head { template: Some(TEMPLATE), ..head(3, 3) };
    write(&store, &[changes(id, tombstone(2), &[]), changes(id, again.clone(), &[])]);

    assert_eq!(store.head(id).unwrap(), Some(again));
    assert_eq!(stored(&*store, id), [(2, 0)]);
}

#[test]
fn a_full_disk_refuses_a_write_and_lets_the_next_one_through() {
    let world = World::new();
    let (store, id) = (world.open(), object(1, 1));
    write(&store, &[changes(id, head(1, 1), &[(0, 1)])]);
    let many: Vec<(u32, u8)> = (0..200).map(|number| (number, 5)).collect();
    world.disk.set_capacity(Some(world.disk.used() + 100_000));

    let refused = store.write(&[changes(id, head(2, 200), &many)]).unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(stored(&*store, id), [(0, 1)]);

    world.disk.set_capacity(None);
    write(&store, &[changes(id, head(2, 200), &many)]);
    assert_eq!(stored(&*store, id), many);
}
