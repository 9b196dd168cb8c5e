use super::*;

fn path(name: &str) -> &Path {
    Path::new(name)
}

/// A disk with a durable file `a/x` of the content `old`.
fn disk_with_a_file() -> (Arc<SimDisk>, Arc<dyn DiskFile>) {
    let disk = SimDisk::new();
    disk.create_folder(path("a")).unwrap();
    disk.sync_folder(path("")).unwrap();
    let file = disk.open(path("a/x"), Open::New).unwrap();
    file.write_at(b"old", 0).unwrap();
    file.sync().unwrap();
    disk.sync_folder(path("a")).unwrap();
    (disk, file)
}

#[test]
fn a_crash_loses_what_was_not_synced_and_only_that() {
    let (disk, file) = disk_with_a_file();
    file.write_at(b"new and longer", 0).unwrap();
    disk.open(path("a/y"), Open::Create).unwrap().sync().unwrap();
    assert_eq!(disk.list(path("a")).unwrap(), ["x", "y"]);
    assert_eq!(disk.content(path("a/x")).unwrap(), b"new and longer");

    let left = disk.crash();
    assert_eq!(left.list(path("a")).unwrap(), ["x"]);
    assert_eq!(left.content(path("a/x")).unwrap(), b"old");
}

#[test]
fn a_kill_keeps_what_was_written_and_the_old_handles_are_dead() {
    let (disk, file) = disk_with_a_file();
    file.write_at(b"new", 0).unwrap();
    let left = disk.kill();
    assert_eq!(left.content(path("a/x")).unwrap(), b"new");
    assert!(file.write_at(b"ghost", 0).is_err());
    assert!(disk.open(path("a/z"), Open::Create).is_err());
    assert_eq!(left.crash().content(path("a/x")).unwrap(), b"old", "written is not synced");
}

#[test]
fn removals_and_renamings_wait_for_the_folder_too() {
    let (disk, _) = disk_with_a_file();
    disk.rename(path("a/x"), path("a/y")).unwrap();
    assert_eq!(disk.list(path("a")).unwrap(), ["y"]);
    let left = disk.crash();
    assert_eq!(left.list(path("a")).unwrap(), ["x"]);
    left.rename(path("a/x"), path("a/y")).unwrap();
    left.sync_folder(path("a")).unwrap();
    left.remove(path("a/y")).unwrap();
    let left = left.crash();
    assert_eq!(left.list(path("a")).unwrap(), ["y"]);
}

#[test]
fn torn_crashes_leave_old_or_new_sectors() {
    let random = SeededRandom::new(3);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let (disk, file) = disk_with_a_file();
        file.write_at(&[1; 1024], 0).unwrap();
        let content = disk.crash_torn(&random).content(path("a/x")).unwrap();
        for sector in content.chunks(512) {
            assert!(sector.iter().all(|byte| *byte == 1) || sector.iter().all(|byte| b"old\0".contains(byte)));
        }
        seen.insert(content);
    }
    assert!(seen.len() >= 4, "lost, kept, and torn in both ways");
}

/// What is left of a file of which some writes are not synced, whatever is kept of them.
fn all_that_may_be_left(write: impl Fn(&dyn DiskFile)) -> std::collections::BTreeSet<Vec<u8>> {
    let random = SeededRandom::new(4);
    let (disk, file) = disk_with_a_file();
    disk.record();
    write(&*file);
    let tape = disk.take_tape();
    let mut player = tape.player();
    player.advance_to(tape.len());
    (0..200).map(|_| player.left(Keep::Some, &random).content(path("a/x")).unwrap()).collect()
}

#[test]
fn of_two_writes_to_one_place_the_first_may_come_last() {
    let left = all_that_may_be_left(|file| {
        file.write_at(b"one", 0).unwrap();
        file.write_at(b"two", 0).unwrap();
    });
    assert_eq!(left, [b"old".to_vec(), b"one".to_vec(), b"two".to_vec()].into());
}

#[test]
fn a_length_may_be_there_without_the_bytes_and_the_bytes_without_the_length() {
    let left = all_that_may_be_left(|file| file.write_at(b"er", 3).unwrap());
    assert_eq!(left, [b"old".to_vec(), b"old\0\0".to_vec(), b"older".to_vec()].into());
}

#[test]
fn what_is_written_behind_a_lost_cut_of_a_file_is_lost_too() {
    let left = all_that_may_be_left(|file| {
        file.set_len(1).unwrap();
        file.write_at(b"ff", 1).unwrap();
    });
    let (lost, cut) = (b"old".to_vec(), b"o".to_vec());
    assert_eq!(left, [lost, cut, b"o\0\0".to_vec(), b"off".to_vec()].into());
}

#[test]
fn names_are_lost_by_themselves_and_each_with_what_became_of_it_later() {
    let (disk, _) = disk_with_a_file();
    disk.record();
    disk.rename(path("a/x"), path("a/y")).unwrap();
    disk.open(path("a/x"), Open::New).unwrap();
    disk.open(path("a/z"), Open::New).unwrap();
    let (random, tape) = (SeededRandom::new(4), disk.take_tape());
    let mut player = tape.player();
    player.advance_to(tape.len());
    assert_eq!(player.unsynced(), 3);
    let lists: std::collections::BTreeSet<_> =
        (0..100).map(|_| player.left(Keep::Some, &random).list(path("a")).unwrap().join(" ")).collect();
    assert_eq!(lists, ["x", "x z", "y", "y z", "x y", "x y z"].map(str::to_owned).into());
    assert_eq!(player.left(Keep::Newest, &random).list(path("a")).unwrap(), ["x", "z"]);
    assert_eq!(player.left(Keep::AllBut(0), &random).list(path("a")).unwrap(), ["x", "z"]);
}

#[test]
fn a_tape_gives_the_disk_as_it_was_at_any_point() {
    let (disk, file) = disk_with_a_file();
    disk.record();
    let (random, mut seen) = (SeededRandom::new(5), Vec::new());
    for number in 0..6_u8 {
        file.write_at(&[number; 600], u64::from(number) * 500).unwrap();
        if number % 2 == 1 {
            file.sync().unwrap();
        }
        seen.push((disk.recorded(), disk.content(path("a/x")).unwrap()));
    }
    let tape = disk.take_tape();
    let (mut player, mut durable) = (tape.player(), b"old".to_vec());
    for (number, (events, content)) in seen.into_iter().enumerate() {
        player.advance_to(events);
        assert_eq!(player.left(Keep::Everything, &random).content(path("a/x")).unwrap(), content);
        if number % 2 == 1 {
            durable = content;
        }
        assert_eq!(player.left(Keep::Nothing, &random).content(path("a/x")).unwrap(), durable);
    }
}

#[test]
fn a_sync_covers_what_was_over_when_it_began() {
    let mut tape = Tape::default();
    let event = |step, begun, done| Event { step, begun, done };
    tape.push(event(Step::Make("x".into()), 0, 0));
    tape.push(event(Step::SyncFolder("".into()), 1, 1));
    tape.push(event(Step::Write(0, 0, (*b"a").into()), 2, 3));
    tape.push(event(Step::Write(0, 1, (*b"b").into()), 3, 5));
    tape.push(event(Step::Sync(0), 4, 6));
    let (mut player, random) = (tape.player(), SeededRandom::new(1));
    player.advance_to(5);
    assert_eq!(player.left(Keep::Nothing, &random).content(path("x")).unwrap(), b"a");
    assert_eq!(player.left(Keep::Everything, &random).content(path("x")).unwrap(), b"ab");
}

#[test]
fn a_write_that_no_sync_covers_does_not_outlive_a_durable_cut_of_its_file() {
    let mut tape = Tape::default();
    let event = |step, begun, done| Event { step, begun, done };
    tape.push(event(Step::Make("x".into()), 0, 0));
    tape.push(event(Step::SyncFolder("".into()), 1, 1));
    tape.push(event(Step::Write(0, 0, (*b"abc").into()), 2, u64::MAX));
    tape.push(event(Step::Len(0, 1), 3, 3));
    tape.push(event(Step::Sync(0), 4, 4));
    let (mut player, random) = (tape.player(), SeededRandom::new(1));
    player.advance_to(5);
    assert_eq!(player.left(Keep::Everything, &random).content(path("x")).unwrap(), b"a");
    assert_eq!(player.left(Keep::Nothing, &random).content(path("x")).unwrap(), b"\0");
}

#[test]
fn faults_fail_so_many_times_and_then_no_more() {
    let (disk, file) = disk_with_a_file();
    disk.fail_writes(1, io::ErrorKind::Other);
    disk.fail_syncs(2, io::ErrorKind::Other);
    assert!(file.write_at(b"a", 0).is_err());
    file.write_at(b"b", 0).unwrap();
    assert!(file.sync().is_err() && disk.sync_folder(path("a")).is_err());
    file.sync().unwrap();

    disk.set_capacity(Some(5));
    assert_eq!(file.allocate(6).unwrap_err().kind(), io::ErrorKind::StorageFull);
    file.allocate(5).unwrap();
    disk.set_capacity(None);
    disk.set_read_only();
    assert_eq!(file.write_at(b"b", 0).unwrap_err().kind(), io::ErrorKind::ReadOnlyFilesystem);
    disk.set_writable();

    let before = disk.counts();
    disk.cut_power_after(1);
    file.write_at(b"c", 0).unwrap();
    assert!(file.sync().is_err() && file.len().is_err());
    assert_eq!(disk.crash().counts().steps(), before.steps() + 1);
}

#[test]
fn the_folder_has_one_holder() {
    let disk = SimDisk::new();
    let held = disk.lock().unwrap();
    assert!(matches!(disk.lock(), Err(LockError::Held(Some(_)))));
    drop(held);
    assert!(disk.lock().is_ok());
}

#[test]
fn any_request_can_fail_and_a_write_by_half() {
    let (disk, file) = disk_with_a_file();
    disk.fail_requests(Requests::Any, 1, 2, Fault::Short(io::ErrorKind::Other));
    assert_eq!(file.len().unwrap(), 3);
    assert!(file.write_at(b"0123", 0).is_err() && disk.list(path("a")).is_err());
    assert_eq!(disk.content(path("a/x")).unwrap(), b"01d");
    assert_eq!(disk.list(path("a")).unwrap(), ["x"]);

    let before = disk.counts().requests;
    disk.fail_requests(Requests::Any, 0, u64::MAX, Fault::Error(io::ErrorKind::Other));
    let left = disk.kill();
    assert!(left.exists(path("a")).is_err() && left.lock().is_err(), "the faults outlast the process");
    left.fail_requests(Requests::Any, 0, 0, Fault::Error(io::ErrorKind::Other));
    assert!(left.exists(path("a")).unwrap());
    assert_eq!(left.counts().requests, before + 3);
}

#[test]
fn what_a_failed_sync_was_to_keep_is_not_kept_by_a_later_one() {
    let (disk, file) = disk_with_a_file();
    file.write_at(b"n", 0).unwrap();
    disk.fail_syncs(1, io::ErrorKind::Other);
    assert!(file.sync().is_err());
    file.write_at(b"w", 2).unwrap();
    file.sync().unwrap();
    assert_eq!(disk.content(path("a/x")).unwrap(), b"nlw");
    assert_eq!(disk.crash().content(path("a/x")).unwrap(), b"olw");
}
