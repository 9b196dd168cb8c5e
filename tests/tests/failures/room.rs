//! A disk that is full, and a journal that can't be written.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use do_runtime::prelude::*;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::apart::{Confined, apart, nothing, within};
use crate::ledger::{Books, Ledger};

/// Fills a disk to its last block.
fn fill(folder: &Path) -> PathBuf {
    let path = folder.join("filler");
    let mut filler = File::create(&path).expect("a file can be made");
    for size in [1 << 20, 4096] {
        let zeros = vec![0; size];
        while filler.write_all(&zeros).is_ok() {}
    }
    path
}

/// No file may have more bytes than that.
fn limit_files(bytes: Option<u64>) {
    let most = getrlimit(Resource::Fsize).maximum;
    let current = bytes.or(most);
    setrlimit(Resource::Fsize, Rlimit { current, maximum: most }).expect("a limit can be lowered");
}

#[test]
fn a_full_disk_refuses_writes_before_they_run_and_takes_them_again_by_itself() {
    apart(
        "room::a_full_disk_refuses_writes_before_they_run_and_takes_them_again_by_itself",
        Confined::SmallDisk(400),
        nothing,
        async |folder| {
            let mut books = Books::default();
            let objects = Objects::builder().checkpoint_every("1GiB").open(&folder).await?;
            for name in ["ann", "bob", "cid"] {
                books.note(&objects, name, 100).await?;
            }
            let filler = fill(&folder);
            // What the journal has reserved is used first.
            let refused = loop {
                if let Err(error) = books.note(&objects, "ann", 1_000_000).await {
                    break error;
                }
            };
            for error in [refused, books.note(&objects, "new", 10).await.expect_err("there is no room")] {
                assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Storage, false), "{error}");
                let place = folder.display().to_string();
                for part in [&*place, "No space left", "writes go on by themselves when there is room"] {
                    assert!(error.to_string().contains(part), "{error}");
                }
            }
            // Reads go on, and nothing of the refused calls is there.
            books.check(&objects).await?;
            // With room again they go on, without anybody's doing.
            fs::remove_file(&filler).expect("it can be removed");
            within("writes go on", async || books.note(&objects, "ann", 100).await).await;
            books.note(&objects, "dee", 100).await?;
            books.check(&objects).await?;

            // A process that ends on a full disk: everything is there, as soon as there is room at the latest.
            fill(&folder);
            while books.note(&objects, "bob", 1_000_000).await.is_ok() {}
            drop(objects);
            match Objects::open(&folder).await {
                Ok(objects) => books.check(&objects).await?,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
                    assert!(error.to_string().contains(&folder.display().to_string()), "{error}");
                }
            }
            fs::remove_file(&filler).expect("it can be removed");
            let objects = Objects::open(&folder).await?;
            books.check(&objects).await?;
            books.note(&objects, "bob", 100).await?;
            objects.close().await
        },
        nothing,
    );
}

#[test]
fn a_disk_on_which_nothing_can_be_made_refuses_the_open_with_path_and_reason() {
    apart(
        "room::a_disk_on_which_nothing_can_be_made_refuses_the_open_with_path_and_reason",
        Confined::Unsignalled,
        nothing,
        async |folder| {
            limit_files(Some(1 << 20));
            for _ in 0..2 {
                let error = Objects::open(&folder).await.expect_err("no segment can be made");
                assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
                let text = error.to_string();
                assert!(text.contains(&folder.display().to_string()) && text.contains("File too large"), "{text}");
            }
            limit_files(None);
            let mut books = Books::default();
            let objects = Objects::open(&folder).await?;
            books.note(&objects, "ann", 100).await?;
            objects.close().await
        },
        nothing,
    );
}

/// The segment that is being written, and how much of it was.
fn written(folder: &Path) -> u64 {
    let files = fs::read_dir(folder.join("journal")).expect("there is a journal");
    let last = |path: PathBuf| {
        let bytes = fs::read(path).expect("a segment can be read");
        let block = bytes.chunks(4096).rposition(|block| block != &[0; 4096][..block.len()]).unwrap_or(0) * 4096;
        bytes[block..].iter().take(4096).rposition(|byte| *byte != 0).map_or(0, |last| (block + last) as u64 + 1)
    };
    files.map(|file| last(file.expect("a file").path())).max().expect("a segment")
}

#[test]
fn a_write_of_the_journal_that_fails_by_half_ends_the_node_and_opening_again_recovers() {
    apart(
        "room::a_write_of_the_journal_that_fails_by_half_ends_the_node_and_opening_again_recovers",
        Confined::Unsignalled,
        nothing,
        async |folder| {
            let mut books = Books::default();
            let mut objects = Objects::open(&folder).await?;
            for torn in [0, 60, 2_000, 9_000] {
                for name in ["ann", "bob"] {
                    books.note(&objects, name, 100).await?;
                }
                let failed = tokio::spawn({
                    let objects = objects.clone();
                    async move { objects.failed().await }
                });
                // So many bytes of the next batch are written, the rest is refused.
                limit_files(Some(written(&folder) + torn));
                let error = books.note(&objects, "ann", 20_000).await.expect_err("it can't be written");
                assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{error}");
                let place = folder.join("journal").display().to_string();
                assert!(error.to_string().contains(&place) && error.to_string().contains("File too large"), "{error}");
                let reason = failed.await.context("whoever watches")?;
                assert_eq!(reason.kind(), ErrorKind::Unavailable, "{reason}");

                // Every call is refused from now on, reads too, and it stays so when the disk is well again.
                limit_files(None);
                for name in ["ann", "bob", "new"] {
                    let ledger = objects.get_by_name::<Ledger>(name);
                    for answer in [ledger.pages().await.map(drop), ledger.note(0, 1).await] {
                        assert_eq!(answer.expect_err("the node has failed").kind(), ErrorKind::Unavailable);
                    }
                }
                drop(objects);
                objects = Objects::open(&folder).await?;
                books.check(&objects).await?;
            }
            books.note(&objects, "ann", 100).await?;
            objects.close().await
        },
        nothing,
    );
}
