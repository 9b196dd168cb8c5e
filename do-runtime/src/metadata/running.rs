//! An asynchronous handler that is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use super::Metadata;
use crate::Timestamp;
use crate::journal::LogPosition;
#[cfg(feature = "connect")]
use crate::node::Node;

/// What an asynchronous handler, its closures and the calls that it makes have in common.
pub(crate) struct Running {
    pub(crate) meta: Metadata,
    /// The log position of the last commit that this handler may have seen.
    seen: AtomicU64,
    /// Calls that it has made under keys of its own.
    keys: AtomicU32,
    /// Whether it has answered with a stream, which goes on without its deadline.
    answered: AtomicBool,
    /// Where it runs: a call that leaves the process waits for what the handler has seen.
    #[cfg(feature = "connect")]
    pub(crate) node: Arc<Node>,
}

impl Running {
    pub(crate) fn new(meta: Metadata, seen: LogPosition, #[cfg(feature = "connect")] node: Arc<Node>) -> Self {
        Running {
            meta,
            seen: AtomicU64::new(seen.0),
            keys: AtomicU32::new(0),
            answered: AtomicBool::new(false),
            #[cfg(feature = "connect")]
            node,
        }
    }

    pub(crate) fn seen(&self) -> LogPosition {
        LogPosition(self.seen.load(Ordering::Acquire))
    }

    /// Until when whoever called it waits, and so what it calls may take.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        if self.answered.load(Ordering::Relaxed) { None } else { self.meta.deadline() }
    }

    /// Whether it is another handler, or that one's calls have led to it.
    pub(crate) fn is_part_of(self: &Arc<Self>, other: &Arc<Running>) -> bool {
        let mut handler = Some(self);
        while let Some(running) = handler {
            if Arc::ptr_eq(running, other) {
                return true;
            }
            handler = running.meta.origin().and_then(|origin| origin.from.as_ref());
        }
        false
    }

    /// It has answered, and goes on.
    pub(crate) fn answer(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// The key of its next call, if such calls have keys that it gives: an alarm that runs again calls again under the same ones.
    pub(super) fn next_key(&self) -> Option<Arc<str>> {
        let keys = self.meta.keys()?;
        Some(format!("{keys}/{}", self.keys.fetch_add(1, Ordering::Relaxed)).into())
    }

    pub(crate) fn sees(&self, position: LogPosition) {
        self.seen.fetch_max(position.0, Ordering::AcqRel);
    }
}
