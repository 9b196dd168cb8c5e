//! The place of one object in a node, asleep or awake. Stubs hold it; it stays the same while the object sleeps and
//! wakes, and is replaced only when the object is fenced.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::*};

use super::Entry;
use crate::Timestamp;
use crate::error::{Error, ErrorKind};
use crate::journal::{Commit, CommitKind, Log, LogPosition};
use crate::node::{Awake, Host};
use crate::object::{Dispatch, Flights, Identity, KeysUnderWay, Lines, Waits};
use crate::ownership::{Baton, Link, Turn};
use crate::planted::{Defect, planted};
use crate::sqlite::Interrupt;
use crate::sync::{Mutex, point};

pub(crate) type Slot<O> = Baton<Shared<O>, Body<O>, Entry<O>>;

/// A turn at an object that can be moved to another thread.
pub(crate) type Owner<O> = Turn<Arc<Slot<O>>, Shared<O>, Body<O>, Entry<O>>;

/// What belongs to whoever has the baton.
pub(crate) enum Body<O: Dispatch> {
    Asleep,
    Awake(Box<Awake<O>>),
}

/// What everybody may see of an object.
pub(crate) struct Shared<O: Dispatch> {
    pub(crate) host: Arc<Host<O>>,
    pub(crate) identity: Arc<Identity>,
    status: AtomicU8,
    /// Entries that a holder took out of the stack and has not come to yet.
    pub(crate) waiting: Mutex<VecDeque<Arc<Link<Entry<O>>>>>,
    /// The call from the queue whose handler runs: its caller is told if the handler does not return.
    pub(crate) running: Mutex<Option<Arc<Link<Entry<O>>>>>,
    /// Asynchronous handlers that run under idempotency keys.
    pub(crate) keys_under_way: Mutex<KeysUnderWay>,
    /// Asynchronous handlers that wait for a change.
    pub(crate) waits: Waits,
    /// Those that stand in line.
    pub(crate) lines: Lines,
    /// Operations that they share.
    pub(crate) flights: Flights,
    /// Calls in the queue, and the bytes of their arguments.
    queued: AtomicU32,
    queued_bytes: AtomicU64,
    /// The log position after the last commit.
    position: AtomicU64,
    /// Whether there is anything committed of it, as far as this node knows; wakes and commits keep it.
    pub(crate) exists: AtomicBool,
    pub(crate) awake: AtomicBool,
    /// Whether it has pages that were not handed over to the store.
    pub(crate) dirty: AtomicBool,
    /// When the running handler began, in coarse milliseconds of the node; 0 while none runs.
    pub(crate) started: AtomicU64,
    /// When it was last called, in the same.
    pub(crate) last_used: AtomicU64,
    /// Whether memory that can be had again was given back since the last call.
    pub(crate) released: AtomicBool,
    /// Asynchronous handlers that are under way: they keep it awake.
    pub(crate) orchestrations: AtomicU32,
    /// Bytes of memory while it is awake.
    pub(crate) resident: AtomicU64,
    /// Stops the running SQL statement of the object that is awake.
    pub(crate) interrupt: Mutex<Option<Interrupt>>,
    /// The next wake rebuilds it from the log, because another slot of it was fenced before it handed its pages over.
    pub(crate) rebuild: AtomicBool,
}

/// What may be done with a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Status {
    /// Calls run.
    Live = 0,
    /// A commit is on its way into the log: it can't be fenced now.
    Committing = 1,
    /// A handler did not return: nothing of this slot commits any more. The object goes on in another slot.
    Fenced = 2,
    /// The node has closed, or forgot the sleeping object.
    Retired = 3,
}

impl<O: Dispatch> Shared<O> {
    pub(crate) fn new(host: Arc<Host<O>>, identity: Arc<Identity>, fenced_at: Option<LogPosition>) -> Self {
        Shared {
            host,
            identity,
            status: AtomicU8::new(Status::Live as u8),
            waiting: Mutex::default(),
            running: Mutex::new(None),
            keys_under_way: Mutex::default(),
            waits: Waits::default(),
            lines: Lines::default(),
            flights: Flights::default(),
            queued: AtomicU32::new(0),
            queued_bytes: AtomicU64::new(0),
            position: AtomicU64::new(fenced_at.map_or(0, |position| position.0)),
            exists: AtomicBool::new(false),
            awake: AtomicBool::new(false),
            // A fenced slot handed nothing over: its commits are in the log only.
            dirty: AtomicBool::new(fenced_at.is_some()),
            started: AtomicU64::new(0),
            last_used: AtomicU64::new(0),
            released: AtomicBool::new(false),
            orchestrations: AtomicU32::new(0),
            resident: AtomicU64::new(0),
            interrupt: Mutex::new(None),
            rebuild: AtomicBool::new(fenced_at.is_some() && !planted(Defect::RebuildForgotten)),
        }
    }

    /// Whether the journal has room for a transaction of this class.
    pub(crate) fn has_room(&self) -> bool {
        self.host.node().log().admit(O::LIMITS.transaction).is_ok()
    }

    pub(crate) fn status(&self) -> Status {
        match self.status.load(Acquire) {
            0 => Status::Live,
            1 => Status::Committing,
            2 => Status::Fenced,
            _ => Status::Retired,
        }
    }

    /// Whether calls may still be sent here.
    #[inline]
    pub(crate) fn is_live(&self) -> bool {
        self.status.load(Relaxed) <= Status::Committing as u8
    }

    /// Moves from one status to another, if it is that one.
    pub(crate) fn move_status(&self, from: Status, to: Status) -> bool {
        self.status.compare_exchange(from as u8, to as u8, AcqRel, Acquire).is_ok()
    }

    /// No call runs here any more. A commit that is on its way into the log goes on.
    pub(crate) fn retire(&self) {
        while self.is_live()
            && !self.move_status(Status::Live, Status::Retired)
            && !self.move_status(Status::Committing, Status::Retired)
        {}
        self.waits.changed();
    }

    /// The position after the last commit: what a reply that saw its effects waits for.
    #[inline]
    pub(crate) fn position(&self) -> LogPosition {
        LogPosition(self.position.load(Acquire))
    }

    /// Appends a commit of this object to the log, by whoever has the object.
    pub(crate) fn log_commit(
        &self,
        sequence: u64,
        pages: u32,
        next_alarm: Option<Timestamp>,
        kind: CommitKind<'_>,
        delta: &[u8],
    ) -> Result<(), Error> {
        // From here on the object can't be fenced, until the record is in the log.
        if !self.move_status(Status::Live, Status::Committing) && !planted(Defect::LateCommitAccepted) {
            return Err(super::too_late(self));
        }
        let commit =
            Commit { class: self.host.tag(), object: self.identity.id(), sequence, pages, next_alarm, kind, delta };
        // Before the log has it: a checkpoint that begins behind the record must find the object among those that have
        // something to hand over, or it would free the record.
        self.dirty.store(true, Release);
        let appended = self.host.node().log().append(&commit);
        point();
        if let Ok(position) = &appended {
            self.position.store(position.0, Release);
        }
        point();
        self.move_status(Status::Committing, Status::Live);
        self.host.node().watches().changed(self.identity.id());
        appended.map(drop)
    }

    /// Somebody runs a handler from this coarse time on.
    #[inline]
    pub(crate) fn begin_use(&self, now: u64) {
        self.started.store(now, Relaxed);
        self.last_used.store(now, Relaxed);
        self.released.store(false, Relaxed);
    }

    /// Takes note of the memory that the object takes while it is awake.
    pub(crate) fn account_for(&self, bytes: u64) {
        let before = self.resident.swap(bytes, AcqRel);
        let all = &self.host.node().awake_bytes;
        all.fetch_add(bytes.wrapping_sub(before), Relaxed);
    }

    /// Makes room for one more call in the queue.
    pub(crate) fn enqueue(&self, bytes: u64) -> Result<(), Error> {
        let limits = O::LIMITS;
        let calls = self.queued.fetch_add(1, Relaxed);
        let waiting = self.queued_bytes.fetch_add(bytes, Relaxed);
        let full = if calls >= limits.queue {
            format!("{calls} calls wait at {} already", self.identity)
        } else if waiting + bytes > limits.queue_bytes {
            format!("{waiting} bytes of arguments wait at {} already", self.identity)
        } else {
            return Ok(());
        };
        self.dequeue(bytes);
        Err(Error::new(ErrorKind::Overloaded, format!("{full}: try again in a second")))
    }

    /// A call has left the queue.
    pub(crate) fn dequeue(&self, bytes: u64) {
        self.queued.fetch_sub(1, Relaxed);
        self.queued_bytes.fetch_sub(bytes, Relaxed);
    }
}
