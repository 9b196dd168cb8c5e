//! When objects are woken: the tables, and over them what was noted since.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::world::{CLASS, World};
use crate::env::SeededRandom;
use crate::journal::{ClassTag, LogPosition};
use crate::store::{Head, NextWake, Registry, SqlitePageStore, Woken};
use crate::{ObjectId, Timestamp};

const OTHER: ClassTag = ClassTag(7);

/// After what [`head`] knows.
const NOTED: LogPosition = LogPosition(2);

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn id(number: u16) -> ObjectId {
    let mut id = [0; 32];
    id[..2].copy_from_slice(&number.to_be_bytes());
    ObjectId(id)
}

fn head(next: Option<i64>) -> Head {
    head_at(1, next)
}

/// A head after the commit that ends at this position.
fn head_at(position: u64, next: Option<i64>) -> Head {
    Head {
        class: CLASS,
        name: None,
        sequence: 1,
        applied: LogPosition(position),
        pages: 1,
        template: None,
        next_alarm: next.map(at),
        last_used: at(0),
        deleted: false,
    }
}

fn opened() -> (World, Arc<SqlitePageStore>) {
    let world = World::new();
    let store = world.open();
    store.registry().link_class(CLASS);
    (world, store)
}

/// What is next, with whatever has to be read first.
fn next(registry: &Registry, now: i64) -> NextWake {
    loop {
        match registry.next_wake(at(now)) {
            NextWake::Read => registry.read_wakes().unwrap(),
            next => return next,
        }
    }
}

#[test]
fn objects_come_in_the_order_of_time_from_the_tables_and_from_what_was_noted() {
    let (_world, store) = opened();
    let registry = store.registry();
    registry.settle(&[(id(1), head(Some(30))), (id(2), head(Some(10))), (id(3), head(Some(40)))]).unwrap();
    assert!(!registry.note_alarm(CLASS, id(4), Some(at(20)), NOTED), "nobody waits yet");
    assert_eq!(next(registry, 5), NextWake::At(at(10)));
    assert!(registry.note_alarm(CLASS, id(3), Some(at(7)), NOTED), "somebody waits for 10");
    assert!(!registry.note_alarm(CLASS, id(5), Some(at(50)), NOTED));
    for expected in [3, 2, 4, 1, 5] {
        assert_eq!(next(registry, 100), NextWake::Due(CLASS, id(expected)));
    }
    assert_eq!(next(registry, 100), NextWake::Nothing, "all are being woken");
    registry.note_alarm(CLASS, id(2), Some(at(200)), NOTED);
    registry.note_alarm(CLASS, id(4), None, NOTED);
    for number in 1..=5 {
        registry.release_wake(id(number), Woken::Ran);
    }
    for expected in [3, 1, 5] {
        assert_eq!(next(registry, 100), NextWake::Due(CLASS, id(expected)), "it has not said that it is done");
    }
    assert_eq!(next(registry, 100), NextWake::At(at(200)));
}

#[test]
fn objects_of_classes_that_are_not_linked_wait_until_they_are() {
    let (_world, store) = opened();
    let registry = store.registry();
    registry.settle(&[(id(1), Head { class: OTHER, ..head(Some(10)) })]).unwrap();
    registry.note_alarm(OTHER, id(2), Some(at(20)), NOTED);
    assert_eq!(next(registry, 100), NextWake::Nothing);
    assert!(registry.link_class(OTHER));
    assert!(!registry.link_class(OTHER));
    assert_eq!(next(registry, 100), NextWake::Due(OTHER, id(1)));
    assert_eq!(next(registry, 100), NextWake::Due(OTHER, id(2)));
}

#[test]
fn rows_that_were_read_before_the_tables_changed_are_read_again() {
    let (_world, store) = opened();
    let registry = store.registry();
    registry.settle(&[(id(1), head(Some(10)))]).unwrap();
    let wanted = registry.wakes.lock().wanted();
    let rows = registry.alarms(CLASS, None, 64).unwrap();
    registry.settle(&[(id(1), head_at(2, Some(30)))]).unwrap();
    registry.wakes.lock().put_read(wanted[0], rows);
    assert_eq!(next(registry, 20), NextWake::At(at(30)));
}

#[test]
fn one_that_cannot_be_woken_is_left_alone_for_a_while_or_until_somebody_else_woke_it() {
    let (_world, store) = opened();
    let registry = store.registry();
    registry.note_alarm(CLASS, id(1), Some(at(10)), NOTED);
    for failures in 0..3 {
        assert_eq!(registry.wake_failures(id(1)), failures);
        let now = i64::from(failures) * 100 + 10;
        assert_eq!(next(registry, now), NextWake::Due(CLASS, id(1)));
        registry.release_wake(id(1), Woken::Failed { until: at(now + 100) });
        assert_eq!(next(registry, now + 99), NextWake::At(at(now + 100)));
    }
    registry.note_alarm(CLASS, id(1), Some(at(11)), NOTED);
    assert_eq!(next(registry, 11), NextWake::Due(CLASS, id(1)));
    registry.release_wake(id(1), Woken::Ran);
    assert_eq!(registry.wake_failures(id(1)), 0);
}

#[test]
fn while_an_asynchronous_alarm_runs_only_the_others_count() {
    let (_world, store) = opened();
    let registry = store.registry();
    registry.note_alarm(CLASS, id(1), Some(at(10)), NOTED);
    assert_eq!(next(registry, 10), NextWake::Due(CLASS, id(1)));
    registry.begin_flight(CLASS, id(1), "m:a", Some(at(30)));
    registry.release_wake(id(1), Woken::Ran);
    assert_eq!(next(registry, 20), NextWake::At(at(30)), "the log says 10");
    assert!(registry.note_beside(id(1), Some(at(25))));
    assert_eq!(next(registry, 20), NextWake::At(at(25)));
    // It landed, without an end that could be noted.
    assert!(registry.end_flight(id(1), "m:a"));
    assert_eq!(next(registry, 20), NextWake::Due(CLASS, id(1)));
}

#[test]
fn whatever_happens_between_each_alarm_comes_once_and_in_time() {
    for seed in 0..30 {
        let (_world, store) = opened();
        let (registry, random) = (store.registry(), SeededRandom::new(seed));
        let mut model: BTreeMap<ObjectId, (u64, Option<i64>)> = BTreeMap::new();
        // Heads that were handed over and are not settled yet.
        let mut handed: BTreeMap<ObjectId, Head> = BTreeMap::new();
        let (mut now, mut position) = (0, 0);
        let mut set = |object, next: Option<i64>, model: &mut BTreeMap<_, _>| {
            position += 1;
            model.insert(object, (position, next));
            registry.note_alarm(CLASS, object, next.map(at), LogPosition(position));
            head_at(position, next)
        };
        for _ in 0..400 {
            match random.below(6) {
                0 | 1 => {
                    let next = (random.below(4) > 0).then(|| now + 1 + random.below(60) as i64);
                    let _ = set(id(random.below(200) as u16), next, &mut model);
                }
                2 => handed.extend(model.iter().map(|(id, (position, next))| (*id, head_at(*position, *next)))),
                3 => registry.settle(&std::mem::take(&mut handed).into_iter().collect::<Vec<_>>()).unwrap(),
                _ => now += random.below(20) as i64,
            }
            loop {
                let first = model.iter().filter_map(|(id, (_, next))| next.map(|next| (next, *id))).min();
                let expected = match first {
                    None => NextWake::Nothing,
                    Some((time, _)) if time > now => NextWake::At(at(time)),
                    Some((_, id)) => NextWake::Due(CLASS, id),
                };
                assert_eq!(next(registry, now), expected, "seed {seed}");
                let NextWake::Due(_, object) = expected else { break };
                let next = (random.below(2) > 0).then(|| now + 1 + random.below(60) as i64);
                let head = set(object, next, &mut model);
                if random.below(4) == 0 {
                    registry.settle(&[(object, head)]).unwrap();
                    handed.remove(&object);
                }
                registry.release_wake(object, Woken::Ran);
            }
        }
        handed.extend(model.iter().map(|(id, (position, next))| (*id, head_at(*position, *next))));
        registry.settle(&handed.into_iter().collect::<Vec<_>>()).unwrap();
        assert!(registry.wakes.lock().is_empty(), "seed {seed}: what the tables know takes no memory");
    }
}

#[test]
fn a_few_of_many_are_read() {
    let (_world, store) = opened();
    let registry = store.registry();
    let many: Vec<_> = (0..5_000).map(|number| (id(number), head(Some(i64::from(number) + 1_000)))).collect();
    registry.settle(&many).unwrap();
    assert_eq!(next(registry, 999), NextWake::At(at(1_000)));
    assert_eq!(registry.wakes.lock().rows_in_memory(), 64);
    assert!(registry.wakes.lock().is_empty());
    for number in 0..200 {
        assert_eq!(next(registry, 10_000), NextWake::Due(CLASS, id(number)));
    }
    assert!(registry.wakes.lock().rows_in_memory() <= 64);
}

#[test]
fn an_object_that_had_nothing_to_do_is_read_again_and_takes_no_memory() {
    let (_world, store) = opened();
    let registry = store.registry();
    registry.settle(&[(id(1), head(Some(10))), (id(2), head(Some(20)))]).unwrap();
    for _ in 0..3 {
        assert_eq!(next(registry, 10), NextWake::Due(CLASS, id(1)));
        // A row that was passed over meanwhile.
        assert_eq!(next(registry, 10), NextWake::At(at(20)));
        let idle = Woken::Idle { next: Some(at(10)), seen: registry.seen(id(1)) };
        registry.release_wake(id(1), idle);
        assert!(registry.wakes.lock().is_empty());
    }
    assert_eq!(next(registry, 10), NextWake::Due(CLASS, id(1)));
    // What was read while it was being woken is older than that.
    let wanted = registry.wakes.lock().wanted();
    registry.release_wake(id(1), Woken::Idle { next: Some(at(10)), seen: registry.seen(id(1)) });
    wanted.into_iter().for_each(|wanted| registry.wakes.lock().put_read(wanted, Vec::new()));
    assert_eq!(next(registry, 10), NextWake::Due(CLASS, id(1)));
}

#[test]
fn what_comes_while_an_object_is_looked_at_counts_and_not_what_was_found() {
    let (_world, store) = opened();
    let registry = store.registry();
    let found_idle = |meanwhile: &dyn Fn()| {
        assert_eq!(next(registry, 100), NextWake::Due(CLASS, id(1)));
        let idle = Woken::Idle { next: None, seen: registry.seen(id(1)) };
        meanwhile();
        registry.release_wake(id(1), idle);
    };
    registry.note_alarm(CLASS, id(1), Some(at(10)), NOTED);
    found_idle(&|| assert!(!registry.note_alarm(CLASS, id(1), Some(at(20)), NOTED)));
    found_idle(&|| registry.look_at(CLASS, id(1), at(30)));
    found_idle(&|| registry.begin_flight(CLASS, id(1), "m:a", Some(at(40))));
    found_idle(&|| assert!(!registry.note_beside(id(1), Some(at(50)))));
    found_idle(&|| {
        registry.note_alarm(CLASS, id(1), Some(at(60)), NOTED);
        registry.end_flight(id(1), "m:a");
    });
    found_idle(&|| ());
    assert_eq!(next(registry, 100), NextWake::Nothing);
}

#[test]
fn classes_are_read_each_as_far_as_it_is_needed() {
    let (_world, store) = opened();
    let registry = store.registry();
    registry.link_class(OTHER);
    // Three of one class for each of the other, so that one is read again while rows of the other wait.
    let mut heads = Vec::new();
    for number in 0_u16..400 {
        let class = if number % 4 == 0 { OTHER } else { CLASS };
        heads.push((id(number), Head { class, ..head(Some(i64::from(number))) }));
    }
    registry.settle(&heads).unwrap();
    for (object, Head { class, .. }) in heads {
        assert_eq!(next(registry, 1_000), NextWake::Due(class, object));
    }
    assert_eq!(next(registry, 1_000), NextWake::Nothing);
}
