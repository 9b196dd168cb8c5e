//! Files that are not as they were written, and files of a newer program.

use std::fs;
use std::path::{Path, PathBuf};

use do_runtime::prelude::*;

use crate::ledger::{Books, Ledger};
use crate::permissions::files;

fn folder() -> Result<(tempfile::TempDir, PathBuf)> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let path = folder.path().join("data");
    Ok((folder, path))
}

/// Ledgers all over the store.
async fn write(folder: &Path) -> Result<Books> {
    let mut books = Books::default();
    let objects = Objects::open(folder).await?;
    for number in 0..24 {
        for _ in 0..3 {
            books.note(&objects, &format!("ledger-{number}"), 9_000).await?;
        }
    }
    objects.close().await?;
    Ok(books)
}

/// The file that an object's pages are in.
fn partition(folder: &Path, id: ObjectId) -> PathBuf {
    folder.join(format!("pages/{:02x}.db", id.as_bytes()[0] >> 2))
}

/// Writes over a part of a file, and gives what it was.
fn spoil(path: &Path, from: usize, to: usize) -> Vec<u8> {
    let before = fs::read(path).expect("a file can be read");
    let mut spoilt = before.clone();
    spoilt[from..to].iter_mut().for_each(|byte| *byte = !*byte);
    fs::write(path, spoilt).expect("it can be written");
    before
}

#[tokio::test]
async fn of_a_damaged_partition_its_objects_answer_with_their_id_and_others_go_on() -> Result {
    let (_keep, folder) = folder()?;
    let mut books = write(&folder).await?;
    let objects = Objects::open(&folder).await?;
    let id = objects.get_by_name::<Ledger>("ledger-3").id();
    objects.close().await?;
    drop(objects);
    let path = partition(&folder, id);
    let length = fs::metadata(&path).context("the partition")?.len() as usize;
    // Pages of objects; then what the file begins with, so that it can't be opened.
    for (from, to, all) in [(length / 2, length, false), (0, 4096, true)] {
        let before = spoil(&path, from, to);
        let spoilt = fs::read(&path).context("the partition")?;
        let objects = Objects::open(&folder).await?;
        let mut answered = 0;
        for name in books.names() {
            let mine = objects.get_by_name::<Ledger>(&name).id();
            match books.check_one(&objects, &name).await {
                Ok(()) => assert!(!all || partition(&folder, mine) != path, "{name} rests in a file that is damaged"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
                    assert_eq!(partition(&folder, mine), path, "{name} is not concerned: {error}");
                    let text = error.to_string();
                    assert!(text.contains(&mine.to_string()), "the id is missing: {text}");
                    assert!(text.contains(&path.display().to_string()), "the file is missing: {text}");
                    assert!(text.contains("backup"), "what can be done is missing: {text}");
                    answered += 1;
                }
            }
        }
        assert!(answered > 0, "nothing showed");
        // Others take writes too.
        let other =
            books.names().into_iter().find(|name| partition(&folder, objects.get_by_name::<Ledger>(name).id()) != path);
        books.note(&objects, &other.context("another ledger")?, 100).await?;
        objects.close().await?;
        drop(objects);
        if all {
            assert!(fs::read(&path).context("the partition")? == spoilt, "it was written to");
        }
        // The file from a backup brings them back.
        fs::write(&path, before).context("the partition")?;
        let objects = Objects::open(&folder).await?;
        books.check(&objects).await?;
        objects.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_record_of_the_journal_refuses_the_open_and_nothing_is_touched() -> Result {
    let (_keep, folder) = folder()?;
    let mut books = write(&folder).await?;
    let objects = Objects::open(&folder).await?;
    for _ in 0..20 {
        books.note(&objects, "ledger-0", 500).await?;
    }
    drop(objects);
    // Where its first records are, in whichever file is in use.
    let all = files(&folder);
    let journal = all.iter().filter(|(path, _)| path.starts_with(folder.join("journal")));
    let (path, _) = journal.max_by_key(|(_, bytes)| epoch(bytes)).context("a segment")?;
    let before = spoil(path, 4096 + 44 + 20, 4096 + 44 + 21);
    let spoilt = files(&folder);
    for _ in 0..2 {
        let error = Objects::open(&folder).await.expect_err("it is damaged");
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Storage, false), "{error}");
        let text = error.to_string();
        let place = path.display().to_string();
        for part in [&*place, "at byte 4", "log position", "Nothing was changed", "restore", "backup"] {
            assert!(text.contains(part), "{part:?} is missing in: {text}");
        }
        assert!(files(&folder) == spoilt, "something was touched");
    }
    fs::write(path, before).context("the segment")?;
    let objects = Objects::open(&folder).await?;
    books.check(&objects).await?;
    objects.close().await
}

/// The epoch in a segment's header: the newest is the one that is written. See docs/storage.md.
fn epoch(segment: &[u8]) -> u64 {
    let bytes: Option<[u8; 8]> = segment.get(40..48).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u64::from_le_bytes)
}

#[tokio::test]
async fn what_a_newer_program_wrote_is_refused_with_both_versions_and_is_not_touched() -> Result {
    let (_keep, folder) = folder()?;
    let books = write(&folder).await?;
    let objects = Objects::open(&folder).await?;
    let id = objects.get_by_name::<Ledger>("ledger-3").id();
    objects.close().await?;
    drop(objects);
    // Where each kind of file states the version of its format: see docs/storage.md.
    let segment = files(&folder).into_keys().find(|path| path.to_string_lossy().ends_with(".segment"));
    let cases = [
        (segment.context("a segment")?, vec![8, 2048 + 8], 99_u32.to_le_bytes(), "1"),
        (folder.join("registry.db"), vec![60], 99_u32.to_be_bytes(), "2"),
        (partition(&folder, id), vec![60], 99_u32.to_be_bytes(), "1"),
    ];
    for (path, places, version, known) in cases {
        let before = fs::read(&path).context("the file")?;
        let mut newer = before.clone();
        places.into_iter().for_each(|at| newer[at..at + 4].copy_from_slice(&version));
        fs::write(&path, &newer).context("the file")?;
        let written = files(&folder);
        let error = match Objects::open(&folder).await {
            Err(error) => {
                assert!(files(&folder) == written, "something was touched");
                error
            }
            // A partition concerns its objects alone.
            Ok(objects) => {
                let error = objects.get_by_name::<Ledger>("ledger-3").pages().await.expect_err("it is newer");
                for name in books.names() {
                    let rests = partition(&folder, objects.get_by_name::<Ledger>(&name).id());
                    assert_eq!(books.check_one(&objects, &name).await.is_err(), rests == path, "{name}");
                }
                objects.close().await?;
                assert!(fs::read(&path).context("the file")? == newer, "it was touched");
                error
            }
        };
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Storage, false), "{error}");
        for part in [&*path.display().to_string(), "99", known, "newer"] {
            assert!(error.to_string().contains(part), "{part:?} is missing in: {error}");
        }
        fs::write(&path, before).context("the file")?;
    }
    let objects = Objects::open(&folder).await?;
    books.check(&objects).await?;
    objects.close().await
}
