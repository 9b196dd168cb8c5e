//! A kit on a copy of a folder that the real disk has: what is in it is there, and the folder stays as it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use do_runtime::prelude::*;
use tempfile::TempDir;

/// After anything was written: the year 2096.
const LATER: Timestamp = Timestamp::from_millis(4_000_000_000_000);

#[table]
struct Line {
    #[key]
    id: Id<Line>,
    text: String,
}

#[durable_object(tables(Line))]
struct Diary {
    #[stored]
    lines: u64,
    #[stored]
    rung: Option<Timestamp>,
}

#[durable_object]
impl Diary {
    #[rpc]
    fn write(&mut self, cx: &mut Cx<Self>, text: String) -> Result<u64> {
        cx.insert(Line::new(text))?;
        self.lines += 1;
        Ok(self.lines)
    }

    #[rpc]
    fn read(&self, cx: &Cx<Self>) -> Result<(u64, Vec<String>)> {
        Ok((self.lines, cx.sql_unchecked("SELECT text FROM line ORDER BY id", ()).all()?))
    }

    #[rpc]
    fn ring_after(&mut self, cx: &mut Cx<Self>, wait: u64) -> Result {
        cx.schedule().ring().after(secs(wait))?;
        Ok(())
    }

    #[rpc]
    fn rung(&self) -> Result<Option<Timestamp>> {
        Ok(self.rung)
    }

    #[alarm]
    fn ring(&mut self, cx: &mut Cx<Self>) -> Result {
        self.rung = Some(cx.now());
        Ok(())
    }
}

fn folder() -> Result<TempDir> {
    tempfile::tempdir().context("a temporary folder")
}

fn name(number: u64) -> String {
    format!("diary {number}")
}

/// Writes diaries, and goes away: what they hold is in the store or in the journal alone.
async fn written_in(folder: &Path) -> Result {
    let objects = Objects::open(folder).await?;
    for number in 0..3 {
        objects.get_by_name::<Diary>(&name(number)).write("first").await?;
    }
    objects.close().await?;
    let objects = Objects::open(folder).await?;
    for number in 1..4 {
        objects.get_by_name::<Diary>(&name(number)).write("second").await?;
    }
    objects.get_by_name::<Diary>(&name(0)).ring_after(3600).await?;
    drop(objects);
    Ok(())
}

/// The files below a folder, and what is in them.
fn content(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).context("a folder")? {
        let path = entry.context("an entry")?.path();
        if path.is_dir() {
            files.extend(content(&path)?);
        } else {
            files.insert(path.clone(), fs::read(&path).context("a file")?);
        }
    }
    Ok(files)
}

#[tokio::test]
async fn todays_program_reads_a_copy_of_a_folder_and_the_folder_stays_as_it_is() -> Result {
    let folder = folder()?;
    written_in(folder.path()).await?;
    let before = content(folder.path())?;
    let kit = TestKit::copy_of(folder.path(), LATER, 7).await?;
    assert_eq!((kit.now(), kit.seed()), (LATER, 7));
    let diary = |number| kit.objects().get_by_name::<Diary>(name(number));
    assert_eq!(diary(0).read().await?, (1, vec!["first".into()]));
    assert_eq!(diary(1).read().await?, (2, vec!["first".into(), "second".into()]));
    assert_eq!(diary(3).read().await?, (1, vec!["second".into()]));
    assert_eq!(kit.list::<Diary>().await?.len(), 4);
    kit.settle().await;
    assert_eq!(diary(0).rung().await?, Some(LATER), "what became due since runs at once");

    diary(1).write("third").await?;
    kit.crash().await?;
    assert_eq!(diary(1).read().await?, (3, vec!["first".into(), "second".into(), "third".into()]));
    kit.checkpoint().await?;
    kit.restart().await?;
    kit.advance("400d").await;
    assert_eq!(diary(1).read().await?.0, 3);
    kit.check_wakes().await?;
    assert!(content(folder.path())? == before, "files have changed in {}", folder.path().display());

    let objects = Objects::open(folder.path()).await?;
    assert_eq!(objects.get_by_name::<Diary>(&name(1)).read().await?.0, 2);
    objects.close().await
}

#[tokio::test]
async fn a_folder_that_is_open_is_not_copied() -> Result {
    let folder = folder()?;
    let objects = Objects::open(folder.path()).await?;
    objects.get_by_name::<Diary>("a").write("first").await?;
    let error = TestKit::copy_of(folder.path(), LATER, 1).await.expect_err("it is open");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains(&format!("is open in process {}", std::process::id())), "{error}");
    objects.close().await?;
    let kit = TestKit::copy_of(folder.path(), LATER, 1).await?;
    assert_eq!(kit.objects().get_by_name::<Diary>("a").read().await?.0, 1);
    Ok(())
}

#[tokio::test]
async fn what_is_no_folder_of_objects_is_refused_in_words() -> Result {
    let folder = folder()?;
    let missing = folder.path().join("missing");
    let error = TestKit::copy_of(&missing, LATER, 1).await.expect_err("it is not there");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), format!("there is no folder `{}` to be copied", missing.display()));
    assert!(!missing.exists());

    fs::write(folder.path().join("notes.txt"), "none of ours").context("a file")?;
    let error = TestKit::copy_of(folder.path(), LATER, 1).await.expect_err("no objects are kept there");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("it has no file `id.key`"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).context("the folder")?.count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_copy_of_a_damaged_folder_is_refused_as_the_folder_is() -> Result {
    let folder = folder()?;
    written_in(folder.path()).await?;
    fs::remove_dir_all(folder.path().join("journal")).context("the journal")?;
    let error = TestKit::copy_of(folder.path(), LATER, 1).await.expect_err("the journal is gone");
    assert_eq!(error.kind(), ErrorKind::Storage);
    Ok(())
}
