//! The log of commits.

mod log;

pub use log::{ClassTag, Commit, CommitKind, Log, LogPosition, TemplateId};
