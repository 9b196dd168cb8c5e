//! Every folder that is checked in is opened, read, written to, and read again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use do_formats::{archive, library};
use do_runtime::prelude::*;

/// The folders by version.
fn folders() -> BTreeMap<u32, Vec<PathBuf>> {
    let mut folders = BTreeMap::<u32, Vec<PathBuf>>::new();
    for place in fs::read_dir(env!("CARGO_MANIFEST_DIR")).expect("this package has a folder").flatten() {
        let Some(version) = place.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let files = fs::read_dir(place.path()).expect("a folder").flatten().map(|file| file.path());
        folders.entry(version).or_default().extend(files);
    }
    folders
}

#[tokio::test]
async fn folders_of_every_version_are_read_and_written_on() -> Result {
    let folders = folders();
    assert!(folders.values().flatten().count() >= 2, "{folders:?}");
    for path in folders.into_values().flatten() {
        let place = tempfile::tempdir().context("a temporary folder")?;
        let packed = fs::read(&path).context(path.display())?;
        assert!(packed.len() < 64 << 10, "{} is large for a repository", path.display());
        archive::unpack(&packed, place.path()).context(path.display())?;
        for round in 0..3 {
            let objects = library::open(place.path()).await.map_err(|error| error.context(path.display()))?;
            library::check(&objects, round).await.map_err(|error| error.context(path.display()))?;
            if round == 0 {
                objects.close().await?;
            }
        }
    }
    Ok(())
}

/// The versions that a folder states: of its journal's segments, its registry and its partitions. See docs/storage.md.
fn versions(folder: &Path) -> BTreeMap<&'static str, u32> {
    let number = |path: PathBuf, at: usize, from: fn([u8; 4]) -> u32| {
        let content = fs::read(path).expect("a file can be read");
        from(content[at..at + 4].try_into().expect("four bytes"))
    };
    let files = |below: &str, end: &str| -> Vec<PathBuf> {
        let files = fs::read_dir(folder.join(below)).expect("a folder").flatten().map(|file| file.path());
        files.filter(|path| path.to_string_lossy().ends_with(end)).collect()
    };
    let segment = files("journal", ".segment").into_iter().map(|path| number(path, 8, u32::from_le_bytes)).max();
    let partition = files("pages", ".db").into_iter().map(|path| number(path, 60, u32::from_be_bytes)).max();
    BTreeMap::from([
        ("segment", segment.expect("a segment")),
        ("registry", number(folder.join("registry.db"), 60, u32::from_be_bytes)),
        ("partition", partition.expect("a partition")),
    ])
}

#[tokio::test]
async fn the_newest_folders_are_of_the_versions_that_are_written() -> Result {
    let (_, newest) = folders().pop_last().context("a version")?;
    let here = tempfile::tempdir().context("a temporary folder")?;
    let objects = library::open(here.path()).await?;
    library::write(&objects).await?;
    objects.close().await?;
    for path in newest {
        let place = tempfile::tempdir().context("a temporary folder")?;
        archive::unpack(&fs::read(&path).context(path.display())?, place.path()).context(path.display())?;
        assert_eq!(versions(place.path()), versions(here.path()), "write folders of the new version: see src/lib.rs");
    }
    Ok(())
}
