//! The C side of SQLite: the only module of the crate with `unsafe` code. What it offers is safe.
//!
//! | file | what it makes safe |
//! |---|---|
//! | `process` | settings of SQLite that hold for the whole process |
//! | `vfs`, `registration`, `file` | a VFS written against safe traits |
//! | `session` | a connection with its prepared statements |
//! | `statement` | one prepared statement: binding, stepping, columns |
//! | `reserved` | bytes of each page that SQLite leaves alone |
//! | `owner_cell` | what a connection and its owner share |

mod file;
mod owner_cell;
mod process;
mod registration;
mod reserved;
mod session;
mod statement;
mod vfs;

pub(crate) use owner_cell::OwnerCell;
pub(crate) use process::initialize;
pub(crate) use registration::Registration;
pub(crate) use reserved::{reserve_bytes, reserved_bytes};
pub(crate) use session::{Failure, Lease, Origin, Session, Stopped, TransactionStatement};
pub(crate) use vfs::{Code, Durable, FileKind, Vfs, VfsFile};
