//! A registry for a folder that has none: a new one, or one that follows from the partitions.

use super::file::FolderId;
use super::location::Location;
use super::partition::{self, Partition};
use super::partitions::{PARTITIONS, SqlitePageStore};
use super::registry::Registry;
use super::trouble::Trouble;
use crate::env::Random;
use crate::error::Result;
use crate::journal::LogPosition;

/// Heads that are read at once.
const BATCH: u32 = 1_000;

/// Makes the registry. Partitions that exist are noted in it as not listed yet, so that a rebuilding that is cut off
/// goes on when the folder is opened again.
pub(super) fn create(location: &Location, random: &dyn Random) -> Result<Registry> {
    location.make_folder()?;
    let (mut found, mut folder) = (Vec::new(), None);
    for number in 0..PARTITIONS {
        match Partition::folder_of(location, number) {
            Ok(None) => {}
            Ok(Some(id)) => {
                found.push(number);
                folder = folder.or(Some(id));
            }
            // Noted as well: its objects answer why, and it is listed once it is mended.
            Err(trouble) if trouble.is_lasting() => found.push(number),
            Err(trouble) => {
                return Err(trouble.into_error(&location.describe(&partition::file_name(number)), ""));
            }
        }
    }
    let folder = folder.unwrap_or_else(|| {
        let mut id = [0; 16];
        random.fill(&mut id);
        FolderId(id)
    });
    let checkpoint = last_purge(location, &found, &folder);
    Registry::create(location, folder, &found, checkpoint)
}

/// The latest position that tombstones were purged at. Everything before it was in the store then, and no record
/// after it is of an object whose tombstone is gone: the log is read back from there.
fn last_purge(location: &Location, partitions: &[u8], folder: &FolderId) -> LogPosition {
    let purged = |number: &u8| -> Result<LogPosition, Trouble> {
        let partition = Partition::open(location, *number, folder)?;
        partition.map_or(Ok(LogPosition(0)), |partition| partition.purged())
    };
    partitions.iter().filter_map(|number| purged(number).ok()).max().unwrap_or_default()
}

/// Lists the objects of the partitions that the registry does not list yet. One that is damaged waits until it is
/// mended.
pub(super) fn list_partitions(store: &SqlitePageStore) -> Result<()> {
    let registry = store.registry();
    for number in registry.unlisted()? {
        if let Err(error) = list_partition(store, registry, number) {
            tracing::error!(%error, "the objects of a damaged partition are not listed");
            continue;
        }
        registry.set_listed(number)?;
    }
    Ok(())
}

fn list_partition(store: &SqlitePageStore, registry: &Registry, number: u8) -> Result<()> {
    let classes = store.existing(number, |partition| partition.classes())?;
    for (tag, name) in classes.unwrap_or_default() {
        registry.register_class(tag, &name)?;
    }
    let templates = store.existing(number, |partition| partition.templates())?;
    for (id, pages) in templates.unwrap_or_default() {
        registry.put_template(id, &pages)?;
    }
    let mut after = Some(0);
    while let Some(handle) = after {
        let heads = store.existing(number, |partition| partition.heads(handle, BATCH))?;
        let (heads, last) = heads.unwrap_or_default();
        registry.settle(&heads)?;
        after = last;
    }
    Ok(())
}
