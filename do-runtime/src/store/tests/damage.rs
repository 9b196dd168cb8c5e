//! Damaged, missing, foreign and newer files.

use std::path::Path;

use super::world::*;
use crate::ObjectId;
use crate::error::{Error, ErrorKind};
use crate::journal::{ClassTag, LogPosition};
use crate::store::file::{self, Found, Kind};
use crate::store::{Head, Location, PageStore, SqlitePageStore, WriteBehind, checkpoint};

const FILE: &str = "pages/01.db";
const REGISTRY: &str = "registry.db";

/// Changes the bytes of a file.
type Spoil = fn(&mut Vec<u8>);

/// Two objects in partition 1 and one in partition 2, listed, and everything in the files themselves.
fn world() -> World {
    world_of(7)
}

fn world_of(seed: u64) -> World {
    let world = World { seed, ..World::new() };
    let store = world.open();
    put_template(&*store, &[10, 11]);
    let behind = WriteBehind::new(store.clone(), LogPosition(0));
    for id in [first(), second(), other()] {
        behind.put(changes(id, head(1, 3), &[(0, 0xa1), (1, 0xa2), (2, 0xa3)]));
    }
    behind.seal(LogPosition(1));
    checkpoint(&behind, &store, LogPosition(1), LogPosition(1)).unwrap();
    world
}

fn first() -> ObjectId {
    object(1, 0x51)
}

fn second() -> ObjectId {
    object(1, 0x52)
}

fn other() -> ObjectId {
    object(2, 0x53)
}

fn read(store: &dyn PageStore, id: ObjectId) -> Result<(), Error> {
    store.head(id)?;
    store.read(id, 0, 3, &mut |_, _| {})
}

#[track_caller]
fn assert_storage(error: &Error, parts: &[&str]) {
    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
    for part in parts {
        assert!(error.to_string().contains(part), "`{part}` is not in: {error}");
    }
}

#[test]
fn a_flipped_byte_in_a_page_is_told_with_object_page_and_file() {
    let world = world();
    // A page in the middle of the file that is full of the byte belongs to one of the two objects.
    world.spoil(FILE, |bytes| {
        let at = bytes.windows(64).rposition(|window| window == [0xa2; 64]).unwrap();
        bytes[at] ^= 1;
    });
    let store = world.open();

    let outcomes: Vec<_> = [first(), second()].into_iter().map(|id| (id, read(&*store, id))).collect();
    let (id, error) = outcomes.iter().find_map(|(id, outcome)| Some((id, outcome.as_ref().err()?))).unwrap();
    assert_storage(error, &[&id.to_string(), "page 1", "01.db"]);
    assert_eq!(outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count(), 1);
    assert_eq!(stored(&*store, other()).len(), 3);
}

#[test]
fn a_flipped_byte_in_a_head_is_told_and_does_not_reach_the_neighbour() {
    let world = world();
    let sql = world.sql(FILE);
    sql.execute("UPDATE heads SET pages = 2 WHERE id = ?1", [first().as_bytes()]).unwrap();
    drop(sql);
    let store = world.open();

    assert_storage(&store.head(first()).unwrap_err(), &[&first().to_string(), "head", "01.db"]);
    assert_eq!(stored(&*store, second()).len(), 3);
    let refused = store.write(&[changes(first(), head(2, 1), &[(0, 1)])]).unwrap();
    assert_storage(&refused[0].1, &["head"]);
}

#[test]
fn a_page_under_a_wrong_key_or_a_missing_one_is_told() {
    for (spoil, told) in [
        ("UPDATE pages SET key = key + 100 WHERE key & 0xffffffff = 1", "page 1 is missing"),
        ("DELETE FROM pages WHERE key & 0xffffffff = 2", "page 2 is missing"),
        ("UPDATE pages SET content = x'0102' WHERE key & 0xffffffff = 0", "page 0 fails its checksum"),
        (
            "UPDATE pages SET (content, sum) = (SELECT content, sum FROM pages WHERE key & 0xffffffff = 1 LIMIT 1)
             WHERE key & 0xffffffff = 0",
            "page 0 fails its checksum",
        ),
    ] {
        let world = world();
        world.sql(FILE).execute_batch(spoil).unwrap();
        let store = world.open();
        assert_storage(&read(&*store, first()).unwrap_err(), &[&first().to_string(), told]);
        assert!(read(&*store, other()).is_ok());
    }
}

#[test]
fn an_object_with_two_heads_is_told() {
    let world = world();
    world
        .sql(FILE)
        .execute_batch(
            "CREATE TABLE doubled AS SELECT * FROM heads;
             INSERT INTO doubled SELECT handle + 50, id, class, name, sequence, applied, pages, template, template_pages,
                own, next_alarm, last_used, deleted, sum FROM heads;
             DROP TABLE heads; ALTER TABLE doubled RENAME TO heads",
        )
        .unwrap();
    let store = world.open();

    assert_storage(&store.head(first()).unwrap_err(), &[&first().to_string(), "two heads"]);
}

#[test]
fn a_head_that_the_registry_knows_is_missed() {
    let world = world();
    world.sql(FILE).execute("DELETE FROM heads WHERE id = ?1", [first().as_bytes()]).unwrap();
    let store = world.open();

    assert_storage(&store.head(first()).unwrap_err(), &[&first().to_string(), "missing", "01.db"]);
    assert!(store.head(second()).is_ok());
}

#[test]
fn a_partition_that_cannot_be_used_takes_only_its_own_objects_and_is_left_alone() {
    let spoils: [(&str, Spoil); 6] = [
        ("the header", |bytes| bytes[3] ^= 0xff),
        ("the page size", |bytes| bytes[16] = 0x7f),
        ("half of it", |bytes| bytes.truncate(bytes.len() / 2)),
        ("all but some bytes", |bytes| bytes.truncate(50)),
        ("everything", |bytes| bytes.clear()),
        ("the schema", |bytes| bytes[100..200].fill(0xff)),
    ];
    for (what, spoil) in spoils {
        let world = world();
        world.spoil(FILE, spoil);
        let before = world.disk.content(Path::new(FILE)).unwrap();
        let store = world.open();

        let error = read(&*store, first()).expect_err(what);
        assert_storage(&error, &["01.db", "backup"]);
        assert_storage(&read(&*store, second()).expect_err(what), &["01.db"]);
        let refused = store.write(&[
            changes(first(), head(2, 1), &[(0, 1)]),
            changes(object(1, 77), head(2, 1), &[(0, 1)]),
            changes(other(), head(2, 3), &[(0, 4)]),
        ]);
        let refused: Vec<_> = refused.unwrap().into_iter().map(|(id, _)| id).collect();
        assert_eq!(refused.len(), 2, "{what}");
        assert_eq!(stored(&*store, other())[0], (0, 4), "{what}");
        drop(store);
        assert!(world.disk.content(Path::new(FILE)).unwrap() == before, "{what}: the file was changed");
    }
}

#[test]
fn a_partition_that_is_gone_is_missed_and_not_made_again() {
    let world = world();
    crate::env::Disk::remove(&*world.disk, Path::new(FILE)).unwrap();
    let store = world.open();

    assert_storage(&read(&*store, first()).unwrap_err(), &["01.db", "missing"]);
    assert_eq!(store.write(&[changes(first(), head(2, 1), &[(0, 1)])]).unwrap().len(), 1);
    assert!(world.disk.content(Path::new(FILE)).is_err());
    assert!(read(&*store, other()).is_ok());
}

#[test]
fn a_partition_of_another_number_or_folder_is_refused() {
    let world = world();
    let (own, neighbour) =
        (world.disk.content(Path::new(FILE)).unwrap(), world.disk.content(Path::new("pages/02.db")).unwrap());
    world.disk.put(Path::new(FILE), &neighbour);
    assert_storage(&read(&*world.open(), first()).unwrap_err(), &["01.db", "moved"]);

    let elsewhere = world_of(8);
    elsewhere.disk.put(Path::new(FILE), &own);
    assert_storage(&read(&*elsewhere.open(), first()).unwrap_err(), &["01.db", "another folder"]);
}

#[test]
fn a_damaged_partition_holds_up_only_what_it_has_not_kept() {
    let world = world();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(1));
    drop(store.clone());
    world.spoil(FILE, |bytes| bytes.truncate(bytes.len() / 2));
    behind.put(changes(first(), head(5, 3), &[(0, 9)]));
    behind.put(changes(other(), head(6, 3), &[(0, 8)]));
    behind.seal(LogPosition(6));

    let kept = checkpoint(&behind, &store, LogPosition(6), LogPosition(6)).unwrap();

    assert_eq!(kept.position, LogPosition(1));
    assert_eq!(kept.failed.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [first()]);
    assert_eq!(stored(&*store, other())[0], (0, 8));
}

#[test]
fn a_failed_sync_closes_the_partition_until_it_is_opened_again() {
    let world = world();
    let store = world.open();
    read(&*store, first()).unwrap();
    world.disk.fail_syncs(1, std::io::ErrorKind::Other);
    assert_eq!(store.write(&[changes(first(), head(2, 3), &[(0, 1)])]).unwrap().len(), 1);

    assert_storage(&read(&*store, first()).unwrap_err(), &["01.db"]);
    assert!(read(&*store, other()).is_ok());
    drop(store);
    let world = World::on(world.disk.crash());
    assert!(read(&*world.open(), first()).is_ok());
}

#[test]
fn a_new_partition_whose_name_may_be_lost_is_not_used_until_it_is_opened_again() {
    let world = world();
    let store = world.open();
    let new = changes(object(9, 1), head(2, 1), &[(0, 1)]);
    world.disk.fail_syncs(1, std::io::ErrorKind::Other);
    for _ in 0..2 {
        // The second time the file is there, and it is as uncertain as before that it stays.
        let failed = store.write(std::slice::from_ref(&new)).unwrap();
        assert_storage(&failed[0].1, &["09.db"]);
    }
    drop(store);
    let world = World::on(world.disk.crash());
    write(&world.open(), &[new]);
}

#[test]
fn a_damaged_template_is_taken_from_its_copy() {
    let world = world();
    world.sql("registry.db").execute("UPDATE templates SET sum = sum + 1", []).unwrap();
    let store = world.open();
    assert_eq!(store.template(TEMPLATE).unwrap().unwrap().len(), 2);
    drop(store);

    world.sql("pages/10.db").execute("UPDATE templates SET sum = sum + 1", []).unwrap();
    let store = world.open();
    assert!(store.template(TEMPLATE).unwrap().is_none());
    let lost = Head { template: Some(TEMPLATE), ..head(1, 2) };
    let refused = store.write(&[changes(object(1, 9), lost, &[])]).unwrap();
    assert_storage(&refused[0].1, &["template", "4040"]);
}

#[test]
fn a_damaged_registry_is_refused_with_what_to_do_and_rebuilt_when_it_is_moved_away() {
    let spoils: [Spoil; 3] =
        [|bytes| bytes[3] ^= 0xff, |bytes| bytes.truncate(bytes.len() / 2), |bytes| bytes[100..200].fill(0xff)];
    for spoil in spoils {
        let world = world();
        world.spoil("registry.db", spoil);
        let before = world.disk.content(Path::new("registry.db")).unwrap();
        assert_storage(&world.try_open().unwrap_err(), &["registry.db", "move it away"]);
        assert!(world.disk.content(Path::new("registry.db")).unwrap() == before);

        crate::env::Disk::remove(&*world.disk, Path::new("registry.db")).unwrap();
        let store = world.try_open().unwrap();
        assert_eq!(store.registry().list(CLASS, None, None, 10).unwrap().len(), 3);
        assert_eq!(&*store.registry().classes()[&CLASS], "Room");
        assert_eq!(store.template(TEMPLATE).unwrap().unwrap().len(), 2);
        assert!(read(&*store, first()).is_ok());
    }
}

#[test]
fn a_checkpoint_position_that_is_damaged_is_refused() {
    let world = world();
    world
        .sql("registry.db")
        .execute(
            "UPDATE meta SET value = CAST(x'ff00000000000000' || substr(value, 9) AS BLOB) WHERE key = 'checkpoint'",
            [],
        )
        .unwrap();
    assert_storage(&world.try_open().unwrap_err(), &["registry.db", "checkpoint"]);
}

#[test]
fn a_rebuilt_registry_reads_the_log_from_the_last_purge() {
    let world = world();
    let store = world.open();
    let behind = WriteBehind::new(store.clone(), LogPosition(1));
    behind.put(changes(other(), tombstone(4), &[]));
    behind.seal(LogPosition(4));
    checkpoint(&behind, &store, LogPosition(4), LogPosition(4)).unwrap();
    drop((store, behind));
    crate::env::Disk::remove(&*world.disk, Path::new("registry.db")).unwrap();

    let store = world.open();
    assert_eq!(store.registry().checkpoint(), LogPosition(4));
    assert_eq!(store.registry().list(CLASS, None, None, 10).unwrap().len(), 2);
}

#[test]
fn a_registry_rebuilt_beside_a_damaged_partition_lists_it_once_it_is_mended() {
    let world = world();
    let whole = world.disk.content(Path::new(FILE)).unwrap();
    world.spoil(FILE, |bytes| bytes[3] ^= 0xff);
    crate::env::Disk::remove(&*world.disk, Path::new("registry.db")).unwrap();
    let store = world.open();
    assert_eq!(store.registry().list(CLASS, None, None, 10).unwrap().len(), 1);
    assert_storage(&read(&*store, first()).unwrap_err(), &["01.db"]);
    drop(store);

    world.disk.put(Path::new(FILE), &whole);
    assert_eq!(world.open().registry().list(CLASS, None, None, 10).unwrap().len(), 3);
}

#[test]
fn a_newer_format_is_refused_with_both_versions_and_nothing_is_changed() {
    let world = world();
    world.sql("registry.db").execute_batch("PRAGMA user_version = 9").unwrap();
    let before = world.disk.content(Path::new("registry.db")).unwrap();
    assert_storage(&world.try_open().unwrap_err(), &["format 9", "format 2", "newer"]);
    assert!(world.disk.content(Path::new("registry.db")).unwrap() == before);

    let world = self::world();
    world.sql(FILE).execute_batch("PRAGMA user_version = 9").unwrap();
    let before = world.disk.content(Path::new(FILE)).unwrap();
    let store = world.open();
    assert_storage(&read(&*store, first()).unwrap_err(), &["01.db", "format 9", "format 1"]);
    assert!(world.disk.content(Path::new(FILE)).unwrap() == before);
}

#[test]
fn a_database_of_somebody_else_is_refused_and_left_as_it_is() {
    for sql in ["CREATE TABLE t (a)", "PRAGMA user_version = 1", "PRAGMA application_id = 5"] {
        let world = World::new();
        drop(world.open());
        let file = Path::new("registry.db");
        crate::env::Disk::remove(&*world.disk, file).unwrap();
        world.sql("registry.db").execute_batch(sql).unwrap();
        let before = world.disk.content(file).unwrap();
        assert_storage(&world.try_open().unwrap_err(), &["registry.db", "is not a registry of this store"]);
        assert!(world.disk.content(file).unwrap() == before, "{sql}");
    }
}

#[test]
fn two_classes_with_one_tag_are_refused() {
    let world = World::new();
    let store = world.open();
    store.registry().register_class(CLASS, "Room").unwrap();
    let error = store.registry().register_class(CLASS, "Door").unwrap_err();
    assert!(error.to_string().contains("Room") && error.to_string().contains("Door"), "{error}");
}

/// A class whose objects want to be woken, and one whose don't; all that is known of them is in the registry.
fn listed_world() -> World {
    let world = world();
    let store = world.open();
    store.registry().register_class(DOOR, "Door").unwrap();
    let behind = WriteBehind::new(store.clone(), LogPosition(1));
    for number in 0..9 {
        let class = if number % 3 == 0 { DOOR } else { CLASS };
        let head = Head {
            class,
            name: Some(format!("door {number}").into()),
            next_alarm: Some(at(9_000 + number)),
            ..head(2, 1)
        };
        behind.put(changes(object(3, 0x60 + number as u8), head, &[(0, 0xb1)]));
    }
    behind.seal(LogPosition(2));
    checkpoint(&behind, &store, LogPosition(2), LogPosition(2)).unwrap();
    world
}

const DOOR: ClassTag = ClassTag(0x0123_4567_89ab_cdef);

/// Everything that a registry answers.
fn asked(store: &SqlitePageStore) -> Result<Vec<String>, Error> {
    let registry = store.registry();
    let mut answers = vec![format!("{:?} {:?} {:?}", registry.classes(), registry.checkpoint(), registry.journal()?)];
    for class in [CLASS, DOOR] {
        answers.push(format!("{:?}", registry.list(class, None, None, 100)?));
        answers.push(format!("{:?}", registry.list(class, Some("door 5"), None, 100)?));
        answers.push(format!("{:?} {:?}", registry.usage(class)?, registry.alarms(class, None, 100)?));
    }
    for number in 0x60..0x69 {
        answers.push(format!("{} {:?}", registry.exists(object(3, number))?, registry.name_of(object(3, number))?));
    }
    answers.push(format!("{:?} {:?}", registry.unlisted()?, store.template(TEMPLATE)?.map(|pages| pages.len())));
    Ok(answers)
}

#[test]
fn a_flipped_bit_anywhere_in_the_registry_is_told_or_changes_no_answer() {
    let world = listed_world();
    let whole = world.disk.content(Path::new(REGISTRY)).unwrap();
    let right = asked(&world.open()).unwrap();
    // Each byte that says something, and of those that are empty some.
    let places = (0..whole.len()).filter(|&at| whole[at] != 0 || at % 499 == 0);
    let mut told = 0;
    for at in places {
        let mut rotten = whole.clone();
        rotten[at] ^= 1 << (at % 8);
        world.disk.put(Path::new(REGISTRY), &rotten);
        match world.try_open().and_then(|store| asked(&store)) {
            Ok(answers) => assert_eq!(answers, right, "byte {at} says something else"),
            Err(error) => {
                assert_storage(&error, &["registry.db"]);
                // A bit of the version makes it one that a newer program may have written.
                let sentence = error.to_string();
                assert!(
                    sentence.contains("move it away") || sentence.contains("with that version"),
                    "byte {at}: {sentence}"
                );
                told += 1;
            }
        }
    }
    assert!(told > 1_000, "only {told} were told");
}

#[test]
fn a_page_of_the_registry_in_the_wrong_place_is_told() {
    let world = listed_world();
    let whole = world.disk.content(Path::new(REGISTRY)).unwrap();
    let right = asked(&world.open()).unwrap();
    let pages: Vec<&[u8]> = whole.chunks(16_384).collect();
    let mut told = 0;
    for (from, to) in (0..pages.len()).flat_map(|from| (1..pages.len()).map(move |to| (from, to))) {
        let mut mixed: Vec<Vec<u8>> = pages.iter().map(|page| page.to_vec()).collect();
        mixed[to] = pages[from].to_vec();
        world.disk.put(Path::new(REGISTRY), &mixed.concat());
        match world.try_open().and_then(|store| asked(&store)) {
            Ok(answers) => assert_eq!(answers, right, "page {from} in the place of {to}"),
            Err(error) => {
                assert_storage(&error, &["registry.db", "move it away"]);
                told += 1;
            }
        }
    }
    assert!(told > pages.len(), "only {told} were told");
}

#[test]
fn a_registry_of_the_former_format_is_read_as_it_is() {
    let world = World::new();
    let location = Location::on_vfs(world.disk.clone(), world.vfs.name());
    let former = Kind { format: 1, ..KIND };
    drop(file::create(&location, "some.db", &former, |_| Ok(())).unwrap());
    let opened = file::open(&location, "some.db", &KIND).unwrap();
    assert!(matches!(opened, Found::Ready(_)));

    // A newer one that says of itself that it has none has lost them.
    world.sql("some.db").execute_batch("PRAGMA user_version = 2").unwrap();
    let refused = file::open(&location, "some.db", &KIND).err().unwrap();
    assert_storage(&refused.into_error(Path::new("some.db"), "mend it"), &["some.db", "no checksums", "mend it"]);
}

const KIND: Kind = Kind {
    application: 7,
    noun: "sample",
    format: 2,
    summed_since: Some(2),
    schema: "CREATE TABLE t (a INTEGER) STRICT;",
    touch: "SELECT (SELECT 1 FROM t LIMIT 1)",
};
