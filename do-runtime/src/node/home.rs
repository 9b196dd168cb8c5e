//! What `Objects` and stubs hold: the node behind them may be closed, and under test replaced.

use std::sync::Arc;

use super::Node;
use super::hold::Hold;
use super::names::RecentNames;
use super::shared::Shared;
#[cfg(feature = "connect")]
use crate::connect::Connection;
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
    /// What the program gave to its handlers.
    pub(super) shared: Shared,
    /// The way to the process that the objects are in, if that is another one.
    #[cfg(feature = "connect")]
    remote: Option<Arc<Connection>>,
    /// The cleanup of what has expired.
    pub(crate) cleanup: Hold,
    /// The delivery of what was sent.
    pub(crate) deliveries: Hold,
}

impl Home {
    /// A place where no node is open yet.
    pub(crate) fn new(ids: IdKey, random: Arc<dyn Random>) -> Arc<Self> {
        Arc::new(Home::empty(ids, random))
    }

    /// What stands for objects in another process. Its key makes ids that are known in this one alone.
    #[cfg(feature = "connect")]
    pub(crate) fn remote_at(connection: Arc<Connection>, ids: IdKey, random: Arc<dyn Random>) -> Arc<Self> {
        Arc::new(Home { remote: Some(connection), ..Home::empty(ids, random) })
    }

    fn empty(ids: IdKey, random: Arc<dyn Random>) -> Self {
        Home {
            node: RwLock::new(None),
            ids,
            names: RecentNames::default(),
            random,
            shared: Shared::default(),
            #[cfg(feature = "connect")]
            remote: None,
            cleanup: Hold::default(),
            deliveries: Hold::default(),
        }
    }

    /// The way to the process that the objects are in, if that is another one.
    #[cfg(feature = "connect")]
    pub(crate) fn remote(&self) -> Option<&Arc<Connection>> {
        self.remote.as_ref()
    }

    /// Refuses what can't be done with objects in another process.
    ///
    /// # Errors
    /// `invalid`, with a sentence that says what to do instead.
    #[cfg(feature = "connect")]
    pub(crate) fn refuse_remote(&self, instead: &'static str) -> Result<()> {
        if self.remote.is_none() { Ok(()) } else { Err(Error::invalid(instead)) }
    }

    #[cfg(feature = "connect")]
    pub(crate) fn shared_random(&self) -> Arc<dyn Random> {
        self.random.clone()
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
        self.node.read().clone().ok_or_else(|| self.nobody_home())
    }

    #[cold]
    fn nobody_home(&self) -> Error {
        #[cfg(feature = "connect")]
        if let Some(connection) = &self.remote {
            return Error::invalid(format!(
                "these objects are in another process, at {}: their public methods can be called from here, and all else is done where their folder is open",
                connection.base()
            ));
        }
        Error::new(ErrorKind::Unavailable, "these objects were closed: open the folder again")
    }

    pub(crate) fn enter(&self, node: Arc<Node>) {
        *self.node.write() = Some(node);
    }

    pub(crate) fn leave(&self) -> Option<Arc<Node>> {
        self.node.write().take()
    }
}
