//! What was handed over and is not in the store yet.

use std::sync::Arc;

use parking_lot::Mutex;

use super::world::*;
use crate::ObjectId;
use crate::error::{Error, ErrorKind, Result};
use crate::image::Page;
use crate::journal::{LogPosition, TemplateId};
use crate::store::{Changes, Head, PageStore, SqlitePageStore, WriteBehind};

fn set_up() -> (World, Arc<SqlitePageStore>, WriteBehind) {
    let world = World::new();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    (world, store, behind)
}

/// A store that does something in the middle of a write, or refuses some objects.
struct Between<F> {
    store: Arc<SqlitePageStore>,
    on_write: F,
    refused: Mutex<Vec<ObjectId>>,
}

impl<F: Fn() + Send + Sync + 'static> PageStore for Between<F> {
    fn head(&self, object: ObjectId) -> Result<Option<Head>> {
        self.store.head(object)
    }

    fn read(&self, object: ObjectId, from: u32, to: u32, each: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()> {
        self.store.read(object, from, to, each)
    }

    fn write(&self, changes: &[Changes]) -> Result<Vec<(ObjectId, Error)>> {
        (self.on_write)();
        let refused = self.refused.lock().clone();
        let (bad, good): (Vec<_>, Vec<_>) =
            changes.iter().cloned().partition(|changes| refused.contains(&changes.object));
        let mut failed = self.store.write(&good)?;
        failed.extend(bad.into_iter().map(|bad| (bad.object, Error::new(ErrorKind::Storage, "refused"))));
        Ok(failed)
    }

    fn template(&self, id: TemplateId) -> Result<Option<Arc<[Arc<Page>]>>> {
        self.store.template(id)
    }

    fn put_template(&self, id: TemplateId, pages: &[Arc<Page>]) -> Result<()> {
        self.store.put_template(id, pages)
    }

    fn purge(&self, position: LogPosition) -> Result<()> {
        self.store.purge(position)
    }
}

#[test]
fn an_object_is_woken_from_what_is_pending_over_the_store_over_its_template() {
    let (_world, store, behind) = set_up();
    let id = object(1, 1);
    put_template(&*store, &[10, 11, 12, 13]);
    let of = |head| Head { template: Some(TEMPLATE), ..head };
    write(&store, &[changes(id, of(head(1, 5)), &[(1, 21), (4, 24)])]);
    behind.put(changes(id, of(head(2, 6)), &[(2, 32), (5, 35)]));

    assert_eq!(woken(&behind, id), [10, 21, 32, 13, 24, 35]);
    let mut some = Vec::new();
    behind.read(id, 2, 4, &mut |number, page| some.push((number, page[0]))).unwrap();
    assert_eq!(some, [(2, 32), (3, 13)]);

    behind.flush(LogPosition(2)).unwrap();
    assert_eq!(behind.bytes(), 0);
    assert_eq!(woken(&behind, id), [10, 21, 32, 13, 24, 35]);
}

#[test]
fn an_object_with_nothing_pending_is_not_woken_from_what_its_neighbour_has() {
    let (_world, store, behind) = set_up();
    let neighbours = [object(1, 1), object(1, 2), object(1, 3)];
    for (number, id) in (1..).zip(neighbours) {
        write(&store, &[changes(id, head(1, 2), &[(0, number), (1, number)])]);
    }
    behind.put(changes(neighbours[1], head(2, 3), &[(1, 9), (2, 9)]));
    assert_eq!(neighbours.map(|id| woken(&behind, id)), [vec![1, 1], vec![2, 9, 9], vec![3, 3]]);
}

#[test]
fn a_new_object_is_woken_before_any_of_it_reached_the_store() {
    let (_world, store, behind) = set_up();
    put_template(&*store, &[10, 11]);
    let born = Head { template: Some(TEMPLATE), ..head(1, 3) };
    behind.put(changes(object(1, 1), born.clone(), &[(2, 9)]));

    assert_eq!(behind.head(object(1, 1)).unwrap(), Some(born));
    assert_eq!(woken(&behind, object(1, 1)), [10, 11, 9]);
    assert_eq!(store.head(object(1, 1)).unwrap(), None);
}

#[test]
fn states_of_one_object_become_one() {
    let (_world, store, behind) = set_up();
    let id = object(1, 1);
    behind.put(changes(id, head(1, 3), &[(0, 1), (1, 1), (2, 1)]));
    let one = behind.bytes();
    behind.put(changes(id, head(2, 3), &[(1, 2)]));
    behind.put(changes(id, head(3, 3), &[(2, 3)]));
    assert_eq!(behind.bytes(), one);
    assert_eq!(behind.head(id).unwrap(), Some(head(3, 3)));

    let flushed = behind.flush(LogPosition(3)).unwrap();
    assert_eq!(flushed.objects, 1);
    assert_eq!(stored(&*store, id), [(0, 1), (1, 2), (2, 3)]);
    assert_eq!(store.head(id).unwrap(), Some(head(3, 3)));
}

#[test]
fn only_what_is_durable_is_written() {
    let (_world, store, behind) = set_up();
    behind.put(changes(object(1, 1), head(4, 1), &[(0, 1)]));
    behind.put(changes(object(1, 2), head(6, 1), &[(0, 2)]));
    behind.flush(LogPosition(5)).unwrap();

    assert!(store.head(object(1, 1)).unwrap().is_some());
    assert_eq!(store.head(object(1, 2)).unwrap(), None);
    assert_eq!(woken(&behind, object(1, 2)), [2]);
}

#[test]
fn what_was_sealed_is_written_although_the_object_goes_on() {
    let (_world, store, behind) = set_up();
    let id = object(1, 1);
    behind.put(changes(id, head(4, 2), &[(0, 1), (1, 1)]));
    assert_eq!(behind.seal(LogPosition(4)), LogPosition(4));
    behind.put(changes(id, head(9, 2), &[(0, 2)]));
    behind.flush(LogPosition(4)).unwrap();

    assert_eq!(store.head(id).unwrap(), Some(head(4, 2)));
    assert_eq!(woken(&behind, id), [2, 1]);
    assert_eq!(behind.needed(), Some(LogPosition(4)));
}

#[test]
fn pages_that_were_cut_off_while_pending_are_zero_when_they_come_back() {
    let (_world, store, behind) = set_up();
    let id = object(1, 1);
    put_template(&*store, &[10, 11, 12, 13]);
    let of = |head| Head { template: Some(TEMPLATE), ..head };
    write(&store, &[changes(id, of(head(1, 6)), &[(1, 21), (3, 23), (4, 24), (5, 25)])]);
    behind.put(changes(id, of(head(2, 2)), &[]));
    behind.put(changes(id, of(head(3, 6)), &[(4, 44)]));

    let expected = [10, 21, 0, 0, 44, 0];
    assert_eq!(woken(&behind, id), expected);
    behind.flush(LogPosition(3)).unwrap();
    assert_eq!(woken(&behind, id), expected);
}

#[test]
fn an_object_that_was_deleted_and_begins_again_while_pending_has_nothing_of_before() {
    let (_world, store, behind) = set_up();
    let id = object(1, 1);
    put_template(&*store, &[10, 11]);
    write(&store, &[changes(id, head(1, 4), &[(0, 1), (1, 2), (2, 3), (3, 4)])]);
    behind.put(changes(id, tombstone(2), &[]));
    assert_eq!(behind.head(id).unwrap(), Some(tombstone(2)));
    assert!(woken(&behind, id).is_empty());
    let again = Head { template: Some(TEMPLATE), ..head(3, 4) };
    behind.put(changes(id, again, &[(3, 33)]));

    let expected = [10, 11, 0, 33];
    assert_eq!(woken(&behind, id), expected);
    behind.flush(LogPosition(3)).unwrap();
    assert_eq!(woken(&behind, id), expected);
    assert_eq!(store.head(id).unwrap().unwrap().sequence, 3);
}

#[test]
fn an_object_that_begins_again_over_a_sealed_deletion_has_nothing_of_before() {
    let (_world, store, behind) = set_up();
    let id = object(1, 1);
    put_template(&*store, &[10, 11]);
    write(&store, &[changes(id, head(1, 2), &[(0, 1), (1, 2)])]);
    behind.put(changes(id, tombstone(2), &[]));
    behind.seal(LogPosition(2));
    behind.put(changes(id, Head { template: Some(TEMPLATE), ..head(3, 2) }, &[(1, 7)]));

    assert_eq!(woken(&behind, id), [10, 7]);
    behind.flush(LogPosition(3)).unwrap();
    assert_eq!(woken(&behind, id), [10, 7]);
}

#[test]
fn an_object_that_begins_again_over_a_tombstone_has_its_template_and_nothing_of_before() {
    let (_world, store, behind) = set_up();
    let id = object(1, 1);
    put_template(&*store, &[10, 20]);
    behind.put(changes(id, head(1, 3), &[(0, 1), (1, 2), (2, 3)]));
    behind.put(changes(id, tombstone(2), &[]));
    behind.flush(LogPosition(2)).unwrap();
    assert!(store.head(id).unwrap().is_some_and(|head| head.deleted));

    behind.put(changes(id, Head { template: Some(TEMPLATE), ..head(3, 3) }, &[(2, 7)]));
    assert_eq!(woken(&behind, id), [10, 20, 7]);
    behind.flush(LogPosition(3)).unwrap();
    assert_eq!(woken(&behind, id), [10, 20, 7]);
}

#[test]
fn what_is_sealed_twice_before_it_is_durable_is_all_there() {
    let (_world, store, behind) = set_up();
    let (id, gone) = (object(1, 1), object(1, 2));
    behind.put(changes(id, head(1, 3), &[(0, 1), (1, 2), (2, 3)]));
    behind.put(changes(gone, head(2, 1), &[(0, 1)]));
    behind.seal(LogPosition(2));
    behind.put(changes(id, head(3, 2), &[(0, 7)]));
    behind.put(changes(gone, tombstone(4), &[]));
    assert_eq!(behind.seal(LogPosition(4)), LogPosition(4));
    assert_eq!(woken(&behind, id), [7, 2]);
    behind.flush(LogPosition(2)).unwrap();
    assert_eq!(store.head(id).unwrap(), None, "it is one state now, which is not durable");
    behind.flush(LogPosition(4)).unwrap();
    assert_eq!(stored(&*store, id), [(0, 7), (1, 2)]);
    assert!(store.head(gone).unwrap().is_some_and(|head| head.deleted));
    assert_eq!(behind.bytes(), 0);
}

#[test]
fn what_is_pending_takes_memory_until_the_store_has_it() {
    let (_world, _store, behind) = set_up();
    assert_eq!(behind.bytes(), 0);
    behind.put(changes(object(1, 1), head(1, 2), &[(0, 1), (1, 2)]));
    behind.put(changes(object(1, 2), head(2, 1), &[(0, 1)]));
    let pages = 3 * 4096;
    assert!((pages..pages + 2048).contains(&behind.bytes()), "{}", behind.bytes());
    let before = behind.bytes();
    behind.seal(LogPosition(2));
    assert_eq!(behind.bytes(), before, "sealed, it is there still");
    behind.put(changes(object(1, 1), head(3, 2), &[(0, 3)]));
    assert!(behind.bytes() > before);
    behind.flush(LogPosition(3)).unwrap();
    assert_eq!(behind.bytes(), 0);
}

#[test]
fn what_the_store_refuses_stays_and_does_not_hold_up_the_others() {
    let (_world, store, _) = set_up();
    let (bad, good) = (object(1, 1), object(1, 2));
    let between = Arc::new(Between { store: store.clone(), on_write: || {}, refused: Mutex::new(vec![bad]) });
    let behind = WriteBehind::new(between.clone(), LogPosition(0));
    behind.put(changes(bad, head(1, 1), &[(0, 1)]));
    behind.put(changes(good, head(2, 1), &[(0, 2)]));

    let flushed = behind.flush(LogPosition(2)).unwrap();
    assert_eq!((flushed.objects, flushed.failed.len()), (1, 1));
    assert_eq!(behind.failures().iter().map(|(id, _)| *id).collect::<Vec<_>>(), [bad]);
    assert_eq!(woken(&behind, bad), [1]);
    behind.put(changes(bad, head(3, 2), &[(1, 3)]));
    assert_eq!(woken(&behind, bad), [1, 3]);

    between.refused.lock().clear();
    behind.flush(LogPosition(3)).unwrap();
    assert_eq!(stored(&*store, bad), [(0, 1), (1, 3)]);
    assert_eq!((behind.failures(), behind.bytes()), (vec![], 0));
}

#[test]
fn reads_and_hand_overs_go_on_during_a_flush() {
    let (_world, store, _) = set_up();
    let id = object(1, 1);
    let behind: Arc<Mutex<Option<Arc<WriteBehind>>>> = Arc::default();
    let inside = behind.clone();
    let on_write = move || {
        let behind = inside.lock().take();
        if let Some(behind) = behind {
            assert_eq!(woken(&behind, id), [1, 2]);
            behind.put(changes(id, head(2, 2), &[(1, 9)]));
            assert_eq!(woken(&behind, id), [1, 9]);
        }
    };
    let between = Arc::new(Between { store: store.clone(), on_write, refused: Mutex::default() });
    let made = Arc::new(WriteBehind::new(between, LogPosition(0)));
    *behind.lock() = Some(made.clone());
    made.put(changes(id, head(1, 2), &[(0, 1), (1, 2)]));

    made.flush(LogPosition(1)).unwrap();

    assert_eq!(stored(&*store, id), [(0, 1), (1, 2)]);
    assert_eq!(woken(&made, id), [1, 9]);
    made.flush(LogPosition(2)).unwrap();
    assert_eq!(stored(&*store, id), [(0, 1), (1, 9)]);
}

#[test]
fn an_older_state_that_comes_late_is_passed_over() {
    let (_world, _store, behind) = set_up();
    let id = object(1, 1);
    behind.put(changes(id, head(5, 1), &[(0, 5)]));
    behind.put(changes(id, head(4, 2), &[(0, 4), (1, 4)]));
    assert_eq!(woken(&behind, id), [5]);
}
