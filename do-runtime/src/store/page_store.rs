//! The boundary `PageStore`: where the pages of objects rest.

use std::sync::Arc;

use crate::error::Result;
use crate::image::Page;
use crate::journal::{ClassTag, LogPosition, TemplateId};
use crate::{ObjectId, Timestamp};

/// What the store knows of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The object's class.
    pub class: ClassTag,
    /// The name it was made by.
    pub name: Option<Arc<str>>,
    /// The sequence of the last commit that the pages contain.
    pub sequence: u64,
    /// The log position after that commit: replay skips what is not beyond it.
    pub applied: LogPosition,
    /// The size of the database in pages.
    pub pages: u32,
    /// The image that pages which were never written come from.
    pub template: Option<TemplateId>,
    /// When it wants to be woken next.
    pub next_alarm: Option<Timestamp>,
    /// When it was last used, as far as a checkpoint knows.
    pub last_used: Timestamp,
    /// The object was deleted; this only tells replay what to skip.
    pub deleted: bool,
}

/// The state of one object after a commit, for the store: its head and the pages that changed since the
/// state handed over before. Pages beyond `head.pages` are dropped.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The object.
    pub object: ObjectId,
    /// What is to be known of it.
    pub head: Head,
    /// Page number (from 0) and content of what changed.
    pub pages: Vec<(u32, Arc<Page>)>,
}

/// Where the pages of objects rest. Today SQLite files, later an object store.
pub trait PageStore: Send + Sync + 'static {
    /// What is known of an object, tombstones included.
    fn head(&self, object: ObjectId) -> Result<Option<Head>>;

    /// Calls `each` with those of the pages `from..to` (numbers from 0) that were ever written, in order. A page
    /// whose content fails its checksum is a `storage` error that names the object and the page.
    fn read(&self, object: ObjectId, from: u32, to: u32, each: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()>;

    /// Keeps changes. Each object's are kept wholly or not at all. They are durable when this returns; the caller
    /// has made sure that their commits are durable in the log. An object that cannot be kept (its partition
    /// is damaged) is in the answer and the others are kept.
    fn write(&self, changes: &[Changes]) -> Result<Vec<(ObjectId, crate::Error)>>;

    /// The pages of a template, if it is known.
    fn template(&self, id: TemplateId) -> Result<Option<Arc<[Arc<Page>]>>>;

    /// Keeps a template; durable when this returns.
    fn put_template(&self, id: TemplateId, pages: &[Arc<Page>]) -> Result<()>;

    /// Forgets tombstones of objects that were deleted before `position`.
    fn purge(&self, position: LogPosition) -> Result<()>;
}
