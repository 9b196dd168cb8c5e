//! The boundary `Log`: an ordered, durable list of commit records of all objects of a node.

use std::task::{Poll, Waker};

use crate::error::Result;
use crate::{ObjectId, Timestamp};

/// A position in the log: the number of bytes before it since the log began. It only grows, across restarts
/// and recycled segments too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LogPosition(pub u64);

/// The class of an object, as it is written to disk: the first eight bytes of the BLAKE3 hash of its stored name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassTag(pub u64);

impl ClassTag {
    /// The tag of a class by its stored name.
    pub fn of(class: &str) -> Self {
        let mut tag = [0; 8];
        blake3::Hasher::new().update(class.as_bytes()).finalize_xof().fill(&mut tag);
        ClassTag(u64::from_le_bytes(tag))
    }
}

/// The content hash of a template image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId(pub [u8; 16]);

/// What one transaction of one object changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit<'a> {
    /// The object's class.
    pub class: ClassTag,
    /// The object.
    pub object: ObjectId,
    /// 1 for the object's first commit, then one more each time.
    pub sequence: u64,
    /// The size of its database after the transaction, in pages.
    pub pages: u32,
    /// When it wants to be woken next.
    pub next_alarm: Option<Timestamp>,
    /// What kind of commit it is.
    pub kind: CommitKind<'a>,
    /// The byte differences: see `image::delta`.
    pub delta: &'a [u8],
}

/// What a commit does to the object as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitKind<'a> {
    /// The object's first commit: `delta` applies to the template's pages.
    Create {
        /// The name, unless the id was drawn at random.
        name: Option<&'a str>,
        /// The image that the object began as.
        template: TemplateId,
    },
    /// `delta` applies to the pages as the commit before left them.
    Change,
    /// The object is gone, with all its pages; `delta` is empty and `pages` 0.
    Delete,
}

/// An ordered, durable list of commit records. Today the journal of this node, later a replicated log.
pub trait Log: Send + Sync + 'static {
    /// Appends a commit and gives the position after it: the commit is durable once [`Log::durable`] has
    /// reached that. Never waits for the disk. Refused once the log has failed.
    fn append(&self, commit: &Commit<'_>) -> Result<LogPosition>;

    /// Everything before this position survives a crash.
    fn durable(&self) -> LogPosition;

    /// Ready once everything before `position` is durable, or with an error once the log has failed. Otherwise
    /// `waker` is woken then. A waker that is registered twice may be woken twice.
    fn poll_durable(&self, position: LogPosition, waker: &Waker) -> Poll<Result<()>>;

    /// Whether a transaction that writes up to `bytes` can be kept, besides all that is not durable yet. An
    /// exclusive handler is refused before it runs when this says no.
    fn admit(&self, bytes: u64) -> Result<()>;

    /// Calls `each` with every commit that is durable, from `from` on, in order, and the position after it.
    fn read_back(&self, from: LogPosition, each: &mut dyn FnMut(&Commit<'_>, LogPosition) -> Result<()>) -> Result<()>;

    /// The position after the last appended commit.
    fn end(&self) -> LogPosition;

    /// Nothing before `position` will be asked for again: its space may be used anew.
    fn recycle(&self, position: LogPosition) -> Result<()>;

    /// Bytes that are appended and cannot be recycled yet.
    fn held(&self) -> u64;

    /// Why the log has failed, if it has: every later append is refused with the same.
    fn failure(&self) -> Option<crate::Error>;
}
