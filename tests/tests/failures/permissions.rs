//! A folder that can't be written, and files that can't be read.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use do_runtime::prelude::*;

use crate::apart::{Confined, apart, within};
use crate::ledger::Books;

/// Every file with its content, but for the lock.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for below in ["", "journal", "pages"] {
        for file in fs::read_dir(folder.join(below)).into_iter().flatten().flatten() {
            let path = file.path();
            if path.is_file() && !path.ends_with("LOCK") {
                all.insert(path.clone(), fs::read(&path).expect("a file can be read"));
            }
        }
    }
    all
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("the owner may say who may");
}

/// Some ledgers, of which some are in the store and all in the journal.
async fn write(folder: &Path) -> Result<Books> {
    let mut books = Books::default();
    for round in 0..2 {
        let objects = Objects::open(folder).await?;
        for number in 0..8 {
            books.note(&objects, &format!("ledger-{}", number + round * 4), 3_000).await?;
        }
        if round == 0 {
            objects.close().await?;
        }
    }
    Ok(books)
}

async fn check(folder: &Path, books: &Books) -> Result {
    let objects = Objects::open(folder).await?;
    books.check(&objects).await?;
    objects.close().await
}

/// An open that is refused, with these words, and changes nothing.
async fn refused(folder: &Path, words: &[&str]) {
    let before = files(folder);
    let error = Objects::open(folder).await.expect_err("it must be refused");
    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word} is missing in: {error}");
    }
    assert!(files(folder) == before, "something was changed");
}

#[test]
fn a_folder_that_is_mounted_read_only_is_refused_with_path_and_reason() {
    let books = Mutex::new(Books::default());
    apart(
        "permissions::a_folder_that_is_mounted_read_only_is_refused_with_path_and_reason",
        Confined::ReadOnly,
        async |folder: PathBuf| {
            let written = write(&folder).await?;
            *books.lock().expect("no panic") = written;
            Ok(())
        },
        async |folder| {
            refused(&folder, &[&folder.display().to_string(), "Read-only file system"]).await;
            refused(&folder.join("new"), &[&folder.join("new").display().to_string(), "Read-only file system"]).await;
            Ok(())
        },
        async |folder| {
            let written = books.lock().expect("no panic").clone();
            check(&folder, &written).await
        },
    );
}

#[test]
fn what_may_not_be_read_or_written_is_refused_with_path_and_reason() {
    apart(
        "permissions::what_may_not_be_read_or_written_is_refused_with_path_and_reason",
        Confined::Unprivileged,
        crate::apart::nothing,
        async |folder| {
            let books = write(&folder).await?;
            // The folder, and those in it, without the right to change them.
            for below in ["", "journal", "pages"] {
                let path = folder.join(below);
                set_mode(&path, 0o555);
                let opened = Objects::open(&folder).await;
                set_mode(&path, 0o755);
                match opened {
                    Ok(objects) => books.check(&objects).await?,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
                        let text = error.to_string();
                        let named = text.contains(&*folder.to_string_lossy()) && text.contains("Permission denied");
                        assert!(named, "{below}: {text}");
                    }
                }
                check(&folder, &books).await?;
            }
            // Each file, without the right to read it. A partition concerns its objects alone.
            let (mut seen, mut alike) = (0, BTreeMap::<_, u32>::new());
            for path in files(&folder).into_keys() {
                // Of files of one kind two will do.
                let kind = (path.parent().map(Path::to_owned), path.extension().map(ToOwned::to_owned));
                let number = alike.entry(kind).or_default();
                *number += 1;
                let Ok(before) = fs::read(&path) else { continue };
                if *number > 2 {
                    continue;
                }
                set_mode(&path, 0o000);
                let opened = Objects::open(&folder).await;
                let place = path.display().to_string();
                if path.starts_with(folder.join("pages")) {
                    let objects = opened?;
                    for name in books.names() {
                        if let Err(error) = books.check_one(&objects, &name).await {
                            assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
                            let text = error.to_string();
                            assert!(text.contains(&place) && text.contains("Permission denied"), "{text}");
                            seen += 1;
                        }
                    }
                    // Later too: as soon as it can be read it is, by the same node.
                    set_mode(&path, 0o644);
                    within("they can be read again", async || books.check(&objects).await).await;
                    objects.close().await?;
                } else {
                    let error = opened.expect_err("it can't be read");
                    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
                    let text = error.to_string();
                    assert!(text.contains(&place) && text.contains("Permission denied"), "{text}");
                    set_mode(&path, 0o644);
                    assert!(fs::read(&path).expect("it can be read") == before, "{place} was changed");
                }
                check(&folder, &books).await?;
            }
            assert!(seen > 0, "no object was in a file that could not be read");
            Ok(())
        },
        crate::apart::nothing,
    );
}
