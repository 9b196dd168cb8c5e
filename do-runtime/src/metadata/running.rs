//! An asynchronous handler that is under way.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Metadata;
use crate::journal::LogPosition;

/// What an asynchronous handler, its closures and the calls that it makes have in common.
pub(crate) struct Running {
    pub(crate) meta: Metadata,
    /// The log position of the last commit that this handler may have seen.
    seen: AtomicU64,
}

impl Running {
    pub(crate) fn new(meta: Metadata, seen: LogPosition) -> Self {
        Running { meta, seen: AtomicU64::new(seen.0) }
    }

    pub(crate) fn seen(&self) -> LogPosition {
        LogPosition(self.seen.load(Ordering::Acquire))
    }

    pub(crate) fn sees(&self, position: LogPosition) {
        self.seen.fetch_max(position.0, Ordering::AcqRel);
    }
}
