//! SQLite itself: the VFS layers and the connection of an object.
//!
//! | file | what it holds |
//! |---|---|
//! | `glue` | everything that is `unsafe`: the C side of a VFS, statements, process-wide settings |
//! | `image_vfs`, `temp_file` | the VFS of objects: an [`Image`](crate::image::Image), and temporary files |
//! | `disk_vfs` | SQLite files on an [`env::Disk`](crate::env::Disk), for the page store |
//! | `page_sums` | checksums in the pages of such a file |
//! | `handler_context` | the time that SQL sees |
//! | `database`, `set_up`, `key_values` | [`Database`]: the storage of one object |
//! | `alarms`, `replies` | its alarms, and what it keeps under idempotency keys |
//! | `outbox`, `inbox` | messages that were sent, and how far they were applied |
//! | `rows` | how these tables are read and written |
//! | `savepoint` | a part of a transaction that is undone alone |
//! | `guard` | what a user's SQL may not do |
//! | `failure` | SQLite's failures as errors for people |
//! | `template` | the image that new objects begin as |
//! | `schema`, `declaration` | how an existing database follows its declared tables |
//! | `migrate`, `history`, `shape` | how it follows the migrations of its class instead |
//! | `full_text` | how its full text does |
//! | `expiry` | rows that expire |

mod alarms;
mod database;
mod declaration;
mod disk_vfs;
pub(crate) mod expiry;
mod failure;
mod full_text;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod glue;
mod guard;
mod handler_context;
mod history;
mod image_vfs;
mod inbox;
mod key_values;
mod migrate;
mod outbox;
mod page_sums;
mod replies;
mod rows;
mod savepoint;
mod schema;
mod set_up;
mod shape;
mod temp_file;
mod template;

#[cfg(test)]
mod tests;

pub(crate) use alarms::AlarmRow;
pub use database::{Database, DatabaseOptions, Interrupt, Mode};
pub use disk_vfs::DiskVfs;
pub(crate) use disk_vfs::last_words as disk_words;
pub(crate) use glue::{reserve_bytes, reserved_bytes};
pub use handler_context::HandlerContext;
pub use history::{Outline, Work, check_versions};
pub use inbox::Delivery;
pub use migrate::ForeignKeys;
pub use outbox::{Incarnation, Message, Posting, Receiver, Waiting};
pub(crate) use page_sums::SUM_BYTES;
pub(crate) use replies::{ReplyPlace, ReplyRow, ReplyState};
pub use schema::{SchemaMark, ddl, fingerprint, follow};
pub use template::{build_template, build_template_with_alarms};
