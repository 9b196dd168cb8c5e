//! Folders to be damaged: what is in them is known.

use std::path::Path;

use do_runtime::prelude::*;

use super::accounts::Model;
use super::files::Files;

/// A folder and what was acknowledged in it.
pub struct Folder {
    pub files: Files,
    pub model: Model,
    /// The object of the last commit, if nothing after it says that it was durable.
    pub last: Option<String>,
}

/// The key of the ids, always the same, so that the objects always rest in the same partitions.
const KEY: [u8; 32] = [7; 32];

/// A folder of a process that ended without closing it: some objects rest in the store, some only in the journal, some in
/// both; some were deleted, and one was made again under its name.
pub async fn dropped() -> Result<Folder> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    std::fs::write(folder.path().join("id.key"), KEY).context("the key")?;
    let mut model = Model::default();
    let objects = Objects::open(folder.path()).await?;
    work(&objects, &mut model, 0..8, 0).await?;
    objects.close().await?;
    let objects = Objects::open(folder.path()).await?;
    work(&objects, &mut model, 3..11, 1_000).await?;
    model.delete(&objects, "account-1").await?;
    model.delete(&objects, "account-4").await?;
    model.add(&objects, "account-4", 9_000, 300).await?;
    drop(objects);
    let mut files = Files::read(folder.path());
    files.leave_out_blanks();
    Ok(Folder { files, model, last: None })
}

/// A folder that was never closed: everything is in its journal alone.
pub async fn young() -> Result<Folder> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    std::fs::write(folder.path().join("id.key"), KEY).context("the key")?;
    let mut model = Model::default();
    let objects = Objects::open(folder.path()).await?;
    work(&objects, &mut model, 0..4, 0).await?;
    drop(objects);
    let mut files = Files::read(folder.path());
    files.leave_out_blanks();
    Ok(Folder { files, model, last: None })
}

/// Small and large changes of some accounts and counters.
pub async fn work(objects: &Objects, model: &mut Model, which: std::ops::Range<i64>, first: i64) -> Result {
    for number in which {
        let account = format!("account-{number}");
        for operation in 0..12 {
            let length = if operation == 5 { 9_000 } else { 40 + operation as usize * 30 };
            model.add(objects, &account, first + operation, length).await?;
        }
        model.forget(objects, &account, first + 3).await?;
        if number % 3 == 0 {
            for key in 0..5 {
                model.put(objects, &format!("counter-{number}"), first + key).await?;
            }
        }
    }
    Ok(())
}

/// Opens a folder, or says that it hangs.
pub async fn open(folder: &Path) -> Result<Objects> {
    let opened = tokio::time::timeout(std::time::Duration::from_secs(60), Objects::open(folder)).await;
    opened.unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "the open hangs")))
}

/// A folder whose power went in the middle of a checkpoint: its journal has several segments, and what the store wrote
/// ahead of itself is not in its files yet.
#[cfg(feature = "testing")]
pub fn cut_off() -> Folder {
    let mut steps = 8;
    loop {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let folder = runtime.block_on(cut_off_after(steps)).expect("the calls before the cut succeed");
        let ahead = |(name, content): (&String, &super::files::Content)| {
            name.starts_with("pages/") && name.ends_with("-wal") && content.sizes().0 > 0
        };
        if folder.files.0.iter().filter(|file| ahead(*file)).count() >= 3 {
            return folder;
        }
        steps += 8;
        assert!(steps < 2_000, "no cut leaves files that were written ahead");
    }
}

#[cfg(feature = "testing")]
async fn cut_off_after(steps: u64) -> Result<Folder> {
    use do_runtime::env::Disk;

    let kit = TestKit::open(11).await?;
    let mut model = Model::default();
    work(kit.objects(), &mut model, 0..6, 0).await?;
    kit.restart().await?;
    work(kit.objects(), &mut model, 3..9, 1_000).await?;
    for operation in 0..14 {
        model.add(kit.objects(), "account-2", 5_000 + operation, 100_000).await?;
    }
    let disk = kit.disk();
    disk.cut_power_after(steps);
    let _ = kit.objects().close().await;
    let disk = disk.kill();
    let mut files = Files::default();
    for below in ["", "journal", "pages"] {
        for name in disk.list(Path::new(below)).context("a folder's names")? {
            let path = Path::new(below).join(name);
            let Ok(content) = disk.content(&path) else { continue };
            files.0.insert(path.to_string_lossy().into_owned(), super::files::Content::file(content));
        }
    }
    files.leave_out_blanks();
    Ok(Folder { files, model, last: Some("account account-2 ".to_owned()) })
}
