//! Opening a folder and giving it back: once at a time, by this version, with clear words.

use std::fs;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::task::Poll;

use do_runtime::prelude::*;
use tempfile::TempDir;

#[durable_object]
struct Counter {
    #[stored]
    count: i64,
}

#[durable_object]
impl Counter {
    #[rpc]
    fn add(&mut self, by: i64) -> Result<i64> {
        self.count += by;
        Ok(self.count)
    }

    #[rpc]
    async fn add_twice(this: This<Self>) -> Result<i64> {
        for _ in 0..2 {
            this.update(|me, _| me.add(1)).await?;
        }
        this.read(|me, _| Ok(me.count)).await
    }
}

fn folder() -> Result<TempDir> {
    tempfile::tempdir().context("a temporary folder")
}

/// Where the other process is told what to open: it runs the test that is only its `main`.
const OTHER_PROCESS: &str = "DO_TESTS_OPENS";

/// Not a test of this process: the other one, which opens a folder, says so, and holds it until it is killed.
#[tokio::test]
async fn the_other_process() -> Result {
    let Some(path) = std::env::var_os(OTHER_PROCESS) else { return Ok(()) };
    let objects = Objects::open(&path).await?;
    objects.get_by_name::<Counter>("a").add(1).await?;
    // On a line of its own, whatever the test harness has printed before.
    eprintln!("\nopen");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("stdin")?;
    Ok(())
}

#[tokio::test]
async fn a_folder_that_this_process_has_open_is_refused() -> Result {
    let folder = folder()?;
    let objects = Objects::open(folder.path()).await?;
    for _ in 0..2 {
        let error = Objects::open(folder.path()).await.expect_err("it is open");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
        assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    }
    assert_eq!(objects.get_by_name::<Counter>("a").add(1).await?, 1, "the first one goes on");
    objects.close().await
}

#[tokio::test]
async fn a_folder_that_another_process_has_open_is_refused_until_it_is_gone() -> Result {
    let folder = folder()?;
    let mut other = Command::new(std::env::current_exe().context("this program")?)
        .args(["--exact", "the_other_process", "--nocapture"])
        .env(OTHER_PROCESS, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("the other process")?;
    let lines = BufReader::new(other.stderr.take().context("its words")?).lines();
    let open = lines.map_while(std::result::Result::ok).any(|line| line == "open");
    assert!(open, "the other process opens the folder");

    let error = Objects::open(folder.path()).await.expect_err("it is open");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains(&format!("process {}", other.id())), "{error}");

    other.kill().context("the other process")?;
    other.wait().context("the other process")?;
    let objects = Objects::open(folder.path()).await?;
    assert_eq!(objects.get_by_name::<Counter>("a").add(1).await?, 2, "what it acknowledged is there");
    objects.close().await
}

#[tokio::test]
async fn a_closed_folder_opens_again() -> Result {
    let folder = folder()?;
    for round in 1..=5 {
        let objects = Objects::open(folder.path()).await?;
        let counter = objects.get_by_name::<Counter>("a");
        assert_eq!(counter.add(1).await?, round);
        objects.close().await?;
        let error = counter.add(1).await.expect_err("closed");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.is_retryable());
        objects.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_last_clone_releases_the_folder() -> Result {
    let folder = folder()?;
    for round in 1..=5 {
        let objects = Objects::open(folder.path()).await?;
        let clone = objects.clone();
        let counter = clone.get_by_name::<Counter>("a");
        drop(objects);
        assert_eq!(counter.add(1).await?, round, "a clone keeps it open");
        drop(clone);
        let error = counter.add(1).await.expect_err("released");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "a stub does not keep it open");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_released_while_handlers_are_under_way() -> Result {
    let folder = folder()?;
    let mut least = 0;
    for _ in 0..10 {
        let objects = Objects::open(folder.path()).await?;
        let counter = objects.get_by_name::<Counter>("a");
        least = counter.add(1).await?.max(least);
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let counter = counter.clone();
                tokio::spawn(async move { counter.add_twice().await })
            })
            .collect();
        drop(objects);
        for call in calls {
            match call.await.context("a caller")? {
                Ok(seen) => least = seen.max(least),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
            }
        }
    }
    let objects = Objects::open(folder.path()).await?;
    let count = objects.get_by_name::<Counter>("a").add(0).await?;
    assert!(count >= least, "{count} is less than the {least} that somebody was told of");
    objects.close().await
}

#[tokio::test]
async fn a_folder_is_made_with_those_above_it() -> Result {
    let folder = folder()?;
    let deep = folder.path().join("a/b/ä c");
    let objects = Objects::open(&deep).await?;
    objects.get_by_name::<Counter>("a").add(1).await?;
    objects.close().await?;
    assert!(deep.is_dir());
    Ok(())
}

#[tokio::test]
async fn a_path_that_is_a_file_is_refused_with_the_path() -> Result {
    let folder = folder()?;
    let file = folder.path().join("data");
    fs::write(&file, "not a folder").context("the file")?;
    for path in [file.clone(), file.join("deeper")] {
        let error = Objects::open(&path).await.expect_err("no folder");
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    }
    assert_eq!(fs::read(&file).context("the file")?, b"not a folder");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_folder_is_refused_with_the_path() -> Result {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder()?;
    let path = folder.path().join("data");
    fs::create_dir(&path).context("the folder")?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o555)).context("its permissions")?;
    if fs::write(path.join("try"), "").is_ok() {
        return Ok(()); // The superuser may write anywhere: see the test on the simulated disk.
    }
    let error = Objects::open(&path).await.expect_err("it can't be written");
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    Ok(())
}

#[do_runtime::test]
async fn a_disk_that_has_become_read_only_loses_nothing_that_was_acknowledged(kit: TestKit) -> Result {
    let counter = kit.objects().get_by_name::<Counter>("a");
    counter.add(1).await?;
    kit.disk().set_read_only();
    let mut acknowledged = 1;
    for _ in 0..3 {
        match counter.add(1).await {
            Ok(count) => acknowledged = count,
            Err(error) => assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Storage), "{error}"),
        }
    }
    kit.disk().set_writable();
    kit.crash().await?;
    assert!(counter.add(0).await? >= acknowledged);
    Ok(())
}

/// Sets the version in a file's header to 99.
fn make_newer(path: &Path, places: &[usize], version: [u8; 4]) -> Result {
    let mut content = fs::read(path).context(path.display())?;
    for &at in places {
        content[at..at + 4].copy_from_slice(&version);
    }
    fs::write(path, content).context(path.display())
}

#[tokio::test]
async fn a_folder_of_a_newer_version_is_refused_with_both_versions() -> Result {
    let folder = folder()?;
    let objects = Objects::open(folder.path()).await?;
    objects.get_by_name::<Counter>("a").add(1).await?;
    objects.close().await?;
    drop(objects);
    // The files and where their version is: see docs/journal.md, and SQLite's file format for `user_version`.
    let segment = folder.path().join("journal/00000001.segment");
    let registry = folder.path().join("registry.db");
    let little: (&[usize], _, _, _) = (&[8, 2048 + 8], 99_u32.to_le_bytes(), "1", &segment);
    let big: (&[usize], _, _, _) = (&[60], 99_u32.to_be_bytes(), "2", &registry);
    for (places, version, known, path) in [little, big] {
        let before = fs::read(path).context("the file")?;
        make_newer(path, places, version)?;
        let newer = fs::read(path).context("the file")?;
        let error = Objects::open(folder.path()).await.expect_err("it is newer");
        assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
        let sentence = error.to_string();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        for part in ["99", known, "newer", &*file] {
            assert!(sentence.contains(part), "{part} is missing in: {sentence}");
        }
        assert_eq!(fs::read(path).context("the file")?, newer, "nothing was changed");
        fs::write(path, before).context("the file")?;
    }
    let objects = Objects::open(folder.path()).await?;
    assert_eq!(objects.get_by_name::<Counter>("a").add(1).await?, 2);
    objects.close().await
}

#[tokio::test]
async fn data_without_its_key_is_refused() -> Result {
    let folder = folder()?;
    let objects = Objects::open(folder.path()).await?;
    objects.get_by_name::<Counter>("a").add(1).await?;
    objects.close().await?;
    drop(objects);
    let key = folder.path().join("id.key");
    let content = fs::read(&key).context("the key")?;
    assert_eq!(content.len(), 32);
    fs::remove_file(&key).context("the key")?;
    let error = Objects::open(folder.path()).await.expect_err("the key is missing");
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("id.key"), "{error}");
    assert!(!key.exists(), "no new key was drawn");
    for wrong in [&content[..31], &[&content[..], &[0]].concat()] {
        fs::write(&key, wrong).context("the key")?;
        let error = Objects::open(folder.path()).await.expect_err("the key is damaged");
        assert!(error.to_string().contains("id.key"), "{error}");
    }
    // Another key is a key: its ids are not those of the data.
    fs::write(&key, [7; 32]).context("the key")?;
    let other = Objects::open(folder.path()).await.expect_err("a key of another folder");
    assert_eq!(other.kind(), ErrorKind::Storage, "{other}");
    fs::write(&key, content).context("the key")?;
    let objects = Objects::open(folder.path()).await?;
    assert_eq!(objects.get_by_name::<Counter>("a").add(1).await?, 2);
    objects.close().await
}

#[tokio::test]
async fn options_that_make_no_sense_are_invalid_at_open() -> Result {
    let folder = folder()?;
    let builders = [
        ("idle", Objects::builder().idle("soon")),
        ("awake_memory", Objects::builder().awake_memory("lots")),
        ("checkpoint_every", Objects::builder().checkpoint_every("-1")),
    ];
    for (option, builder) in builders {
        let error = builder.open(folder.path()).await.expect_err(option);
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(option), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).context("the folder")?.count(), 0, "nothing was made");
    Ok(())
}

#[test]
fn outside_a_tokio_runtime_it_says_what_to_write() -> Result {
    let folder = folder()?;
    let error = futures::executor::block_on(Objects::open(folder.path())).expect_err("no runtime");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("#[tokio::main]"), "{error}");
    Ok(())
}

#[do_runtime::test]
async fn a_journal_that_fails_is_told_to_whoever_asks(kit: TestKit) -> Result {
    let counter = kit.objects().get_by_name::<Counter>("a");
    counter.add(1).await?;
    {
        let mut failed = Box::pin(kit.objects().failed());
        let waker = std::task::Waker::noop();
        let polled = failed.as_mut().poll(&mut std::task::Context::from_waker(waker));
        assert!(matches!(polled, Poll::Pending), "all is well");
    }
    kit.disk().fail_syncs(u64::MAX, std::io::ErrorKind::Other);
    let error = counter.add(1).await.expect_err("it can't be synced");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let failed = kit.objects().failed().await;
    assert_eq!(failed.kind(), ErrorKind::Unavailable, "{failed}");
    // For every object, reading too, and from then on.
    kit.disk().fail_syncs(0, std::io::ErrorKind::Other);
    let other = kit.objects().get_by_name::<Counter>("b");
    assert_eq!(other.add(1).await.expect_err("failed").kind(), ErrorKind::Unavailable);
    kit.crash().await?;
    let count = counter.add(0).await?;
    assert!((1..=2).contains(&count), "what was acknowledged is there: {count}");
    Ok(())
}
