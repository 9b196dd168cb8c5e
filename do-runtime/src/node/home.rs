//! What `Objects` and stubs hold: the node behind them may be closed, and under test replaced.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::Node;
use super::names::RecentNames;
use crate::ObjectId;
use crate::env::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::id::IdKey;
use crate::journal::ClassTag;

/// The place of a node.
pub(crate) struct Home {
    node: RwLock<Option<Arc<Node>>>,
    ids: IdKey,
    names: RecentNames,
    random: Arc<dyn Random>,
    /// While a test holds the cleanup of what has expired back: the objects whose cleanup was due.
    held: Mutex<Option<BTreeSet<(ClassTag, ObjectId)>>>,
}

impl Home {
    /// A place where no node is open yet.
    pub(crate) fn new(ids: IdKey, random: Arc<dyn Random>) -> Arc<Self> {
        Arc::new(Home { node: RwLock::new(None), ids, names: RecentNames::default(), random, held: Mutex::default() })
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

    /// Holds the cleanup back from now on.
    #[cfg(feature = "testing")]
    pub(crate) fn hold_cleanup(&self) {
        self.held.lock().get_or_insert_default();
    }

    /// Lets it go on; the objects whose cleanup was due.
    #[cfg(feature = "testing")]
    pub(crate) fn release_cleanup(&self) -> BTreeSet<(ClassTag, ObjectId)> {
        self.held.lock().take().unwrap_or_default()
    }

    /// Whether the cleanup of an object is held back, which is then remembered.
    pub(crate) fn holds_cleanup(&self, class: ClassTag, id: ObjectId) -> bool {
        let mut held = self.held.lock();
        held.as_mut().map(|held| held.insert((class, id))).is_some()
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
