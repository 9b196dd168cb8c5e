//! `Cx`: what a handler sees of its object and of the world.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Identity, Object};
use crate::engine::Engine;
use crate::env::Random;
use crate::error::Result;
use crate::metadata::Metadata;
use crate::node::{Home, Objects};
use crate::sockets::Sockets;
use crate::sqlite::Database;
use crate::{ObjectId, Timestamp};

/// The storage of an object, its identity, and the time, for a handler: by `&Cx<Self>` to read, by `&mut Cx<Self>` to
/// write as well.
///
/// ```
/// # use do_runtime::prelude::*;
/// # use serde::{Deserialize, Serialize};
/// #[table]
/// #[derive(Debug, Clone, Serialize, Deserialize)]
/// struct Note {
///     #[key]
///     id: Id<Note>,
///     text: String,
/// }
///
/// #[durable_object(tables(Note))]
/// struct Notes;
///
/// #[durable_object]
/// impl Notes {
///     #[rpc]
///     fn replace(&mut self, cx: &mut Cx<Self>, id: Id<Note>, text: String) -> Result<Note> {
///         let mut note = cx.get::<Note>(id)?.context("there is no such note")?;
///         note.text = text;
///         cx.update(&note)?;
///         Ok(note)
///     }
/// }
/// ```
pub struct Cx<O> {
    pub(crate) database: Database,
    surroundings: Surroundings,
    pub(crate) meta: Metadata,
    now: Timestamp,
    /// Whether `delete_all` was called in this transaction.
    pub(crate) erased: bool,
    /// Whether this transaction has set, moved or removed an alarm.
    alarms_touched: Cell<bool>,
    /// Whether it has sent, delivered or given up a message.
    outbox_touched: Cell<bool>,
    /// Whether it has kept or forgotten a reply.
    replies_touched: Cell<bool>,
    object: PhantomData<fn() -> O>,
}

/// What is around an object.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) identity: Arc<Identity>,
    pub(crate) home: Arc<Home>,
    pub(crate) random: Arc<dyn Random>,
}

impl<O: Object> Cx<O> {
    pub(crate) fn new(database: Database, surroundings: Surroundings, now: Timestamp) -> Self {
        let meta = Metadata::new(surroundings.identity.clone(), surroundings.random.clone());
        Cx {
            database,
            surroundings,
            meta,
            now,
            erased: false,
            alarms_touched: Cell::new(false),
            outbox_touched: Cell::new(false),
            replies_touched: Cell::new(false),
            object: PhantomData,
        }
    }

    /// A handler begins.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.now = now;
        self.erased = false;
        self.alarms_touched.set(false);
        self.outbox_touched.set(false);
        self.replies_touched.set(false);
    }

    /// An alarm was set, moved or removed.
    pub(crate) fn touch_alarms(&self) {
        self.alarms_touched.set(true);
    }

    pub(crate) fn has_touched_alarms(&self) -> bool {
        self.alarms_touched.get()
    }

    /// A message was sent, delivered or given up.
    pub(crate) fn touch_outbox(&self) {
        self.outbox_touched.set(true);
    }

    pub(crate) fn has_touched_outbox(&self) -> bool {
        self.outbox_touched.get()
    }

    /// What is around the object.
    pub(super) fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// A reply was kept or forgotten.
    pub(super) fn touch_replies(&self) {
        self.replies_touched.set(true);
    }

    pub(crate) fn has_touched_replies(&self) -> bool {
        self.replies_touched.get()
    }

    /// What setting an alarm takes.
    pub(super) fn alarm_parts(&self) -> (&Database, &Arc<dyn Random>, &Cell<bool>) {
        (&self.database, &self.surroundings.random, &self.alarms_touched)
    }

    pub(crate) fn engine(&self) -> &dyn Engine {
        &self.database
    }

    /// The time at which this handler began: it stays the same while the handler runs.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The object's id.
    pub fn id(&self) -> ObjectId {
        self.surroundings.identity.id()
    }

    /// The object's name, unless it was made by `new_unique_id`.
    pub fn name(&self) -> Option<&str> {
        self.surroundings.identity.name()
    }

    /// The name of the object's class.
    pub fn class(&self) -> &'static str {
        self.surroundings.identity.class()
    }

    /// What goes with the call besides its arguments: who made it, its deadline, its request.
    pub fn meta(&self) -> &Metadata {
        &self.meta
    }

    /// The objects of this node, to make stubs of: in a synchronous handler they can be sent or handed on, but not
    /// awaited.
    pub fn objects(&self) -> Objects {
        Objects::visiting(self.surroundings.home.clone())
    }

    /// What the program gave its objects of this type, by [`with`](crate::Builder::with).
    ///
    /// # Errors
    /// `internal` if it gave none.
    pub fn shared<T: Send + Sync + 'static>(&self) -> Result<Arc<T>> {
        self.surroundings.home.shared()
    }

    /// The sockets of this object that are open, in the order in which they came. They stay when it sleeps.
    pub fn sockets(&self) -> Sockets {
        let home = self.surroundings.home.clone();
        let hall = home.node().ok().and_then(|node| node.sockets().get(self.id()));
        Sockets::new(home, hall)
    }

    /// The size of the object's database in bytes.
    pub fn storage_size(&self) -> Result<u64> {
        Ok(self.database.size())
    }

    /// Random bits, from the operating system or, under test, from the run's seed.
    pub fn random(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.surroundings.random.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A random UUID (version 4).
    pub fn uuid(&mut self) -> uuid::Uuid {
        self.surroundings.random.uuid()
    }
}
