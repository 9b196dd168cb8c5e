//! A checkpoint: what is pending goes to the store, the registry follows, and the log behind it becomes free.

use super::page_store::PageStore;
use super::partitions::SqlitePageStore;
use super::write_behind::WriteBehind;
use crate::ObjectId;
use crate::error::{Error, Result};
use crate::journal::LogPosition;
use crate::planted::{Defect, planted};

/// What a checkpoint came to.
#[derive(Debug)]
pub struct Checkpointed {
    /// The log before this is not needed any more: `Log::recycle` may have it.
    pub position: LogPosition,
    /// Objects that hold up the log, and why.
    pub failed: Vec<(ObjectId, Error)>,
}

/// Makes a checkpoint, in this order, all on the calling thread:
///
/// 1. the node notes the end of the log, `start`; every object with a commit before it hands over its state; then
///    [`WriteBehind::seal`] says which position must become durable, and the node waits for it;
/// 2. this function writes what is pending and durable, folds the partitions, brings the registry up to date and
///    folds it with the new position, and forgets old tombstones;
/// 3. the node recycles the log up to the position in the answer.
///
/// `behind` stands before `store`. A crash between any two steps costs nothing: until the position is kept, the
/// log still holds what was written, and replay skips what the heads say is applied. On an error nothing was
/// freed, and the next checkpoint does it all.
pub fn checkpoint(
    behind: &WriteBehind,
    store: &SqlitePageStore,
    start: LogPosition,
    durable: LogPosition,
) -> Result<Checkpointed> {
    let registry = store.registry();
    behind.flush(durable)?;
    // Asked before the partitions are folded: what a flush beside this one writes from now on still counts.
    let needed = behind.needed();
    let unfolded = store.fold();
    let written = behind.take_written();
    if let Err(error) = registry.settle(&written) {
        behind.put_written(written);
        return Err(error);
    }
    let last = registry.checkpoint();
    let position = match unfolded.first().filter(|_| !planted(Defect::UnfoldedFreed)) {
        None if planted(Defect::CheckpointTooFar) => start.max(last),
        None => needed.map_or(start, |needed| needed.min(start)).max(last),
        // What a partition was given since it was last folded may be gone: only the log has it for certain.
        Some(error) => {
            tracing::error!(%error, "a partition holds up the log");
            last
        }
    };
    registry.set_checkpoint(position)?;
    store.purge(position)?;
    Ok(Checkpointed { position, failed: behind.failures() })
}
