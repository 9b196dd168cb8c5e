//! Where pages rest: the page store, the registry of objects, the way to both.
//!
//! | file | what is in it |
//! |---|---|
//! | `page_store` | the boundary: what a store of pages is asked for |
//! | `location`, `file`, `trouble` | the store's SQLite files: where, how they are opened, what their errors mean |
//! | `meta`, `page_code`, `head_row` | what a row is on disk, with its checksum |
//! | `partition`, `partitions` | one file of pages; the 64 of them as a page store |
//! | `registry`, `listing`, `overlay`, `rebuild` | objects by class, name and id |
//! | `alarms`, `wakes` | when they want to be woken |
//! | `layer`, `write_behind` | what objects handed over and the store has not got yet |
//! | `checkpoint`, `replay` | how the log becomes free; how it is read after a crash |
//!
//! What a crash leaves at each step is in `docs/storage.md`.

mod alarms;
mod checkpoint;
mod file;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod head_row;
mod layer;
mod listing;
mod location;
mod meta;
mod overlay;
mod page_code;
mod page_store;
mod partition;
mod partitions;
mod rebuild;
mod registry;
mod replay;
mod template_code;
mod trouble;
mod wakes;
mod write_behind;

#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpointed, checkpoint};
pub use location::Location;
pub(crate) use location::PAGES;
pub use overlay::{Cursor, Listed};
pub use page_store::{Changes, Head, PageStore};
pub use partitions::SqlitePageStore;
pub use registry::{Registry, Usage};
pub use replay::Replay;
#[cfg(feature = "testing")]
pub use wakes::Planned;
pub use wakes::{NextWake, Seen, Woken};
pub use write_behind::{Flushed, WriteBehind};
