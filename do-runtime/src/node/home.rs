//! What `Objects` and stubs hold: the node behind them may be closed, and under test replaced.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// Whether nothing is deleted because it has expired, but by handlers that write: a test says so.
    cleanup_is_held: AtomicBool,
    /// The senders whose messages are held back, while a test holds them.
    held_deliveries: Mutex<Option<BTreeSet<(ClassTag, ObjectId)>>>,
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
            held_deliveries: Mutex::new(None),
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

    /// Holds messages back, or lets them go on: then the senders whose messages were held.
    #[cfg(feature = "testing")]
    pub(crate) fn hold_deliveries(&self, held: bool) -> BTreeSet<(ClassTag, ObjectId)> {
        let mut senders = self.held_deliveries.lock();
        match held {
            true => {
                senders.get_or_insert_default();
                BTreeSet::new()
            }
            false => senders.take().unwrap_or_default(),
        }
    }

    /// Whether the messages of a sender are held back: it is noted then.
    pub(crate) fn holds_deliveries_of(&self, class: ClassTag, sender: ObjectId) -> bool {
        self.held_deliveries.lock().as_mut().is_some_and(|senders| {
            senders.insert((class, sender));
            true
        })
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
