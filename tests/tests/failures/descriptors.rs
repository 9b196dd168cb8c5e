//! A process that may not open any more files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use do_runtime::prelude::*;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::apart::{Confined, apart, nothing, within};
use crate::ledger::{Books, Ledger};

/// So many files more may be opened.
fn allow(more: Option<u64>) {
    let most = getrlimit(Resource::Nofile).maximum;
    let current = Some(match more {
        Some(more) => {
            let used = used();
            let free = (0..).filter(|number| !used.contains(number)).nth(more as usize);
            free.expect("there are enough numbers")
        }
        None => 1024,
    });
    setrlimit(Resource::Nofile, Rlimit { current, maximum: most }).expect("a limit can be lowered");
}

/// The descriptors that are in use.
fn used() -> BTreeSet<u64> {
    let names = fs::read_dir("/proc/self/fd").expect("the descriptors are listed").flatten();
    let numbers: Vec<u64> = names.filter_map(|name| name.file_name().to_str()?.parse().ok()).collect();
    // The listing itself had one, which is closed by now.
    numbers.into_iter().filter(|number| fs::read_link(format!("/proc/self/fd/{number}")).is_ok()).collect()
}

/// How many files below the folder are open.
fn open_below(folder: &Path) -> usize {
    let files = fs::read_dir("/proc/self/fd").expect("the descriptors are listed").flatten();
    let links = files.filter_map(|file| fs::read_link(file.path()).ok());
    links.filter(|link| link.starts_with(folder)).count()
}

#[test]
fn an_open_without_descriptors_is_refused_with_path_and_reason_and_leaves_nothing_open() {
    let books = Mutex::new(Books::default());
    apart(
        "descriptors::an_open_without_descriptors_is_refused_with_path_and_reason_and_leaves_nothing_open",
        Confined::Alone,
        async |folder: PathBuf| {
            let objects = Objects::open(&folder).await?;
            let mut noted = Books::default();
            for number in 0..12 {
                noted.note(&objects, &format!("ledger-{number}"), 3_000).await?;
            }
            objects.close().await?;
            // Some of it in the store, some in the journal alone.
            let objects = Objects::open(&folder).await?;
            for number in 6..18 {
                noted.note(&objects, &format!("ledger-{number}"), 300).await?;
            }
            drop(objects);
            *books.lock().expect("no panic") = noted;
            Ok(())
        },
        async |folder| {
            // One more each time, until it opens: it is refused at each place at which a file is opened.
            let mut refused = 0;
            for more in 0.. {
                allow(Some(more));
                let opened = Objects::open(&folder).await;
                let objects = match opened {
                    Ok(objects) => objects,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Storage, "{more}: {error}");
                        let text = error.to_string();
                        assert!(text.contains(&folder.display().to_string()), "{more}: {text}");
                        assert!(text.contains("Too many open files"), "{more}: {text}");
                        allow(None);
                        within("its files are closed", async || {
                            (open_below(&folder) == 0).then_some(()).ok_or("some are open")
                        })
                        .await;
                        refused += 1;
                        assert!(refused < 1_000, "it never opens");
                        continue;
                    }
                };
                drop(objects);
                break;
            }
            assert!(refused > 4, "it was refused {refused} times");
            Ok(())
        },
        async |folder| {
            let objects = Objects::open(&folder).await?;
            let noted = books.lock().expect("no panic").clone();
            noted.check(&objects).await?;
            objects.close().await
        },
    );
}

#[test]
fn a_node_that_runs_out_of_descriptors_goes_on_as_far_as_it_can_and_recovers_by_itself() {
    apart(
        "descriptors::a_node_that_runs_out_of_descriptors_goes_on_as_far_as_it_can_and_recovers_by_itself",
        Confined::Alone,
        nothing,
        async |folder| {
            let mut books = Books::default();
            let objects = Objects::builder().checkpoint_every("2MiB").idle("50ms").open(&folder).await?;
            for number in 0..10 {
                books.note(&objects, &format!("ledger-{number}"), 2_000).await?;
            }
            objects.close().await?;

            let objects = Objects::builder().checkpoint_every("2MiB").idle("50ms").open(&folder).await?;
            let awake = ["ledger-0", "ledger-1"];
            for name in awake {
                books.note(&objects, name, 100).await?;
            }
            for more in [0, 1, 2, 3] {
                allow(Some(more));
                // Writes that cross segments, wakes, new objects, and checkpoints, all of which want files.
                let mut refused = 0;
                for round in 0..60 {
                    let name = format!("ledger-{}", (more * 7 + round) % 16);
                    match books.note(&objects, &name, 500_000).await {
                        Ok(()) => {}
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
                            assert!(error.to_string().contains("Too many open files"), "{error}");
                            refused += 1;
                        }
                    }
                    if let Err(error) = objects.get_by_name::<Ledger>(&name).pages().await {
                        assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
                    }
                }
                eprintln!("with {more} more descriptors {refused} of 60 writes were refused");

                // With descriptors again everything goes on by itself, and nothing is lost.
                allow(None);
                for number in 0..16 {
                    let name = format!("ledger-{number}");
                    within("it goes on", async || books.note(&objects, &name, 100).await).await;
                }
                books.check(&objects).await?;
            }
            // And what was acknowledged without descriptors is on the disk.
            allow(Some(0));
            for _ in 0..20 {
                let _ = books.note(&objects, "ledger-0", 1_000).await;
            }
            drop(objects);
            allow(None);
            let objects = Objects::open(&folder).await?;
            books.check(&objects).await?;
            objects.close().await?;
            let objects = Objects::open(&folder).await?;
            books.check(&objects).await?;
            objects.close().await
        },
        nothing,
    );
}
