//! The boundary `Placement`: where an object runs. Today in this process, later in one of several nodes.

use crate::ObjectId;
use crate::journal::ClassTag;

/// Where an object runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In this process.
    Here,
}

/// Says where objects run.
pub trait Placement: Send + Sync + 'static {
    /// Where an object runs.
    fn place(&self, class: ClassTag, object: ObjectId) -> Place;

    /// Whether the data of a class that must stay in a region may be kept where objects run.
    fn honours(&self, jurisdiction: &str) -> bool;
}

/// One process has all objects.
#[derive(Debug, Clone, Default)]
pub struct OneProcess {
    /// The region that the process is in, if it was told one.
    pub jurisdiction: Option<String>,
}

impl Placement for OneProcess {
    fn place(&self, _class: ClassTag, _object: ObjectId) -> Place {
        Place::Here
    }

    fn honours(&self, jurisdiction: &str) -> bool {
        self.jurisdiction.as_deref() == Some(jurisdiction)
    }
}
