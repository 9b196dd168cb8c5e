//! What `Objects` and stubs hold: the node behind them may be closed, and under test replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use super::Node;
use super::names::RecentNames;
use crate::env::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::id::IdKey;

/// The place of a node.
pub(crate) struct Home {
    node: RwLock<Option<Arc<Node>>>,
    ids: IdKey,
    names: RecentNames,
    random: Arc<dyn Random>,
    /// Whether nothing is deleted because it has expired, but by handlers that write: a test says so.
    cleanup_is_held: AtomicBool,
}

impl Home {
    /// A place where no node is open yet.
    pub(crate) fn new(ids: IdKey, random: Arc<dyn Random>) -> Arc<Self> {
        Arc::new(Home {
            node: RwLock::new(None),
            ids,
            names: RecentNames::default(),
            random,
            cleanup_is_held: AtomicBool::new(false),
        })
    }

    pub(crate) fn ids(&self) -> &IdKey {
        &self.ids
    }

    pub(crate) fn names(&self) -> &RecentNames {
        &self.names
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.random
    }

    #[cfg(feature = "testing")]
    pub(crate) fn hold_cleanup(&self, held: bool) {
        self.cleanup_is_held.store(held, Ordering::Relaxed);
    }

    pub(crate) fn cleanup_is_held(&self) -> bool {
        self.cleanup_is_held.load(Ordering::Relaxed)
    }

    /// The node that is open here.
    pub(crate) fn node(&self) -> Result<Arc<Node>> {
        self.node
            .read()
            .clone()
            .ok_or_else(|| Error::new(ErrorKind::Unavailable, "these objects were closed: open the folder again"))
    }

    pub(crate) fn enter(&self, node: Arc<Node>) {
        *self.node.write() = Some(node);
    }

    pub(crate) fn leave(&self) -> Option<Arc<Node>> {
        self.node.write().take()
    }
}
