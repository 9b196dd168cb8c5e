//! The untyped half of a stub.

use std::fmt;
use std::sync::Arc;

use super::{Call, Slot};
use crate::ObjectId;
use crate::error::{ErrorKind, Result};
use crate::node::{Home, Node};
use crate::object::{Dispatch, Identity, Method};

/// A handle to one object of a class: what a typed stub is made of. Cheap to clone. Making one wakes nothing, and
/// does not keep the folder open.
pub struct Stub<O: Dispatch> {
    home: Arc<Home>,
    identity: Arc<Identity>,
    /// The object's place in the node, or why there is none.
    slot: Result<Arc<Slot<O>>>,
}

impl<O: Dispatch> Clone for Stub<O> {
    fn clone(&self) -> Self {
        Stub { home: self.home.clone(), identity: self.identity.clone(), slot: self.slot.clone() }
    }
}

impl<O: Dispatch> fmt::Debug for Stub<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stub({})", self.identity)
    }
}

impl<O: Dispatch> Stub<O> {
    pub(crate) fn new(home: Arc<Home>, identity: Identity, slot: Result<Arc<Slot<O>>>) -> Self {
        let identity = slot.as_ref().map_or_else(|_| Arc::new(identity), |slot| slot.shared.identity.clone());
        Stub { home, identity, slot }
    }

    /// The stub of a slot.
    pub(crate) fn of(slot: Arc<Slot<O>>) -> Self {
        Stub { home: slot.shared.host.home().clone(), identity: slot.shared.identity.clone(), slot: Ok(slot) }
    }

    /// The object's id. Of an object in another process that was named, it is one that is known in this process alone.
    pub fn id(&self) -> ObjectId {
        self.identity.id()
    }

    /// The object's name, unless it was made by `new_unique_id`, or by an id whose name is not known yet.
    pub fn name(&self) -> Option<&str> {
        self.identity.name()
    }

    /// The object's class.
    pub fn class(&self) -> &'static str {
        O::CLASS
    }

    /// A call of a method. Nothing happens until it is awaited. That the handler's result can travel is proved where
    /// the handler runs.
    pub fn call<T, E>(&self, method: &'static Method, request: O::Request) -> Call<O, T, E> {
        Call::new(self.clone(), method, request)
    }

    /// The node that the stub was made in, which may have closed.
    pub(crate) fn known_node(&self) -> Option<&Node> {
        self.slot.as_ref().ok().map(|slot| slot.shared.host.node())
    }

    pub(crate) fn home(&self) -> &Arc<Home> {
        &self.home
    }

    /// The stub's own slot, while it is the one.
    #[inline]
    pub(crate) fn own_slot(&self) -> Option<&Arc<Slot<O>>> {
        self.slot.as_ref().ok().filter(|slot| slot.shared.is_live())
    }

    /// The slot of the object now: another one than the stub's own if the object was fenced, or the node closed and
    /// opened again, since the stub was made.
    pub(crate) fn slot(&self) -> Result<Arc<Slot<O>>> {
        if let Some(slot) = self.own_slot() {
            return Ok(slot.clone());
        }
        let node = self.home.node()?;
        if let Err(error) = &self.slot
            && error.kind() == ErrorKind::Invalid
        {
            return Err(error.clone());
        }
        node.host::<O>(&self.home).slot(&self.identity)
    }
}
