//! What `Objects` and stubs hold: the node behind them may be closed, and under test replaced.

use std::sync::Arc;

use super::Node;
use super::hold::Hold;
use super::names::RecentNames;
use crate::env::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::id::IdKey;
use crate::sync::RwLock;

/// The place of a node.
pub(crate) struct Home {
    node: RwLock<Option<Arc<Node>>>,
    ids: IdKey,
    names: RecentNames,
    random: Arc<dyn Random>,
    /// The cleanup of what has expired.
    pub(crate) cleanup: Hold,
    /// The delivery of what was sent.
    pub(crate) deliveries: Hold,
}

impl Home {
    /// A place where no node is open yet.
    pub(crate) fn new(ids: IdKey, random: Arc<dyn Random>) -> Arc<Self> {
        Arc::new(Home {
            node: RwLock::new(None),
            ids,
            names: RecentNames::default(),
            random,
            cleanup: Hold::default(),
            deliveries: Hold::default(),
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
