//! SQLite files on a disk of ours: real, in memory, with faults, and across power cuts.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use crate::env::{Disk, RealDisk, SeededRandom, SimDisk};
use crate::error::ErrorKind;
use crate::sqlite::DiskVfs;

const SET_UP_ROLLBACK: &str =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE;";
const SET_UP_WAL: &str = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;";

fn count(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

fn integrity(connection: &Connection) -> String {
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

#[test]
fn files_are_kept_on_a_real_disk_and_in_memory_in_both_journal_modes() {
    let folder = tempfile::tempdir().unwrap();
    let disks: [Arc<dyn Disk>; 2] = [Arc::new(RealDisk::new(folder.path()).unwrap()), SimDisk::new()];
    for disk in disks {
        for (name, set_up) in [("a.db", SET_UP_ROLLBACK), ("sub/b.db", SET_UP_WAL)] {
            disk.create_folder(Path::new("sub")).unwrap();
            let vfs = DiskVfs::register(disk.clone()).unwrap();
            let connection = vfs.connect(Path::new(name)).unwrap();
            connection.execute_batch(set_up).unwrap();
            connection.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)").unwrap();
            assert_eq!(disk.exists(Path::new(&format!("{name}-wal"))).unwrap(), set_up == SET_UP_WAL);
            assert!(!disk.exists(Path::new(&format!("{name}-shm"))).unwrap());
            drop(connection);
            let again = vfs.connect(Path::new(name)).unwrap();
            again.execute_batch(set_up).unwrap();
            assert_eq!(count(&again), 2);
        }
        assert_eq!(disk.list(Path::new("")).unwrap(), ["a.db", "sub"]);
    }
}

#[test]
fn what_was_committed_survives_a_power_cut_at_every_step_and_what_was_not_is_gone() {
    for set_up in [SET_UP_ROLLBACK, SET_UP_WAL] {
        let mut completed = false;
        for steps in 0..400 {
            let disk = SimDisk::new();
            let vfs = DiskVfs::register(disk.clone()).unwrap();
            let connection = vfs.connect(Path::new("a.db")).unwrap();
            connection.execute_batch(set_up).unwrap();
            connection.execute_batch("CREATE TABLE t (a, b); CREATE INDEX t_b ON t (b)").unwrap();
            disk.cut_power_after(steps);
            let mut kept = 0;
            let mut tried = 0;
            for round in 0..6 {
                tried = round + 1;
                let sql = format!(
                    "BEGIN; INSERT INTO t VALUES ({round}, printf('%.3000c', 'x')); INSERT INTO t VALUES (0, 0); COMMIT"
                );
                if connection.execute_batch(&sql).is_err() {
                    break;
                }
                kept = tried;
            }
            let left = if steps % 2 == 0 { disk.crash() } else { disk.crash_torn(&SeededRandom::new(steps)) };
            drop(connection);
            drop(vfs);
            let vfs = DiskVfs::register(left).unwrap();
            let connection = vfs.connect(Path::new("a.db")).unwrap();
            connection.execute_batch(set_up).unwrap();
            assert_eq!(integrity(&connection), "ok", "{set_up} {steps}");
            let found = count(&connection);
            // A transaction that was cut off may have happened whole; one that was answered must have.
            assert!(
                found == 2 * kept || found == 2 * tried,
                "{set_up} {steps}: {found} rows, {kept} of {tried} transactions"
            );
            completed |= kept == 6;
        }
        assert!(completed, "{set_up}");
    }
}

#[test]
fn a_fault_of_the_disk_is_told_in_the_disks_own_words() {
    let disk = SimDisk::new();
    let vfs = DiskVfs::register(disk.clone()).unwrap();
    let connection = vfs.connect(Path::new("a.db")).unwrap();
    connection.execute_batch(SET_UP_ROLLBACK).unwrap();
    connection.execute_batch("CREATE TABLE t (a)").unwrap();
    let insert = || connection.execute_batch("INSERT INTO t VALUES (1)").map_err(|error| vfs.explain(error));
    disk.fail_syncs(1, io::ErrorKind::PermissionDenied);
    let error = insert().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("a.db") && error.to_string().contains("could not be"), "{error}");
    disk.fail_writes(u64::MAX, io::ErrorKind::StorageFull);
    let error = insert().unwrap_err().to_string();
    assert!(error.contains("could not be written"), "{error}");
    disk.fail_writes(0, io::ErrorKind::Other);
    insert().unwrap();
    assert_eq!(count(&connection), 1);
    let wrong = connection.execute_batch("nonsense").map_err(|error| vfs.explain(error)).unwrap_err();
    assert!(wrong.to_string().contains("syntax error"), "{wrong}");
}

#[test]
fn a_connection_that_outlives_its_vfs_gets_errors_and_nobody_elses_files() {
    let (first, second) = (SimDisk::new(), SimDisk::new());
    let vfs = DiskVfs::register(first).unwrap();
    let name = vfs.name();
    let left_over = vfs.connect(Path::new("a.db")).unwrap();
    left_over.execute_batch("CREATE TABLE t (a)").unwrap();
    drop(vfs);
    let next = DiskVfs::register(second.clone()).unwrap();
    assert_ne!(next.name(), name, "a name with open files is not given again");
    assert!(left_over.execute_batch("INSERT INTO t VALUES (1)").is_err(), "its journal can't be opened");
    assert_eq!(second.counts().steps(), 0);
    assert!(Connection::open_with_flags_and_vfs("b.db", rusqlite::OpenFlags::default(), name).is_err());
}
