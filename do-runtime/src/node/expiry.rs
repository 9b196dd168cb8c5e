//! What has expired, and the handlers of an object: one that writes never meets it, and leaves none.

use std::time::Duration;

use super::Awake;
use crate::Timestamp;
use crate::call::{Instance, Shared};
use crate::error::Result;
use crate::object::Dispatch;
use crate::planted::{Defect, planted};
use crate::sqlite::{HandlerContext, expiry};

/// Rows that are deleted in one transaction.
const BATCH: usize = 1_000;

/// After a cleanup that failed, until it is tried again.
pub(super) const AFTER_A_FAILURE: Duration = Duration::from_secs(5 * 60);

/// What came of a cleanup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cleanup {
    /// A batch is deleted.
    Done,
    /// A test holds it back, and says when it goes on.
    Held,
    /// It is due again later.
    Failed,
}

impl<O: Dispatch> Awake<O> {
    /// From here on rows expire. When what does is to be deleted is asked for if the object wants to be woken at all.
    pub(super) fn watch_expiry(&mut self) -> Result<()> {
        self.cx.database.watch(O::TABLES)?;
        if self.cx.database.is_watched() && self.next_told().is_some() {
            self.due.expiry = self.cx.database.next_cleanup(self.cx.now())?;
        }
        Ok(())
    }

    /// When what expires is to be deleted, after the open transaction.
    #[inline]
    pub(super) fn expiry_after(&self, before: Option<Timestamp>) -> Result<Option<Timestamp>> {
        match self.cx.database.is_watched() && self.cx.database.has_written() {
            true if planted(Defect::CleanupNotScheduled) => Ok(before),
            true => self.cx.database.next_cleanup(self.cx.now()),
            false => Ok(before),
        }
    }

    /// When the cleanup is due.
    pub(crate) fn cleanup_due(&self) -> Option<Timestamp> {
        self.due.expiry
    }

    /// Deletes a batch of what has expired, in a transaction of its own.
    pub(super) fn clean_up(&mut self, shared: &Shared<O>) -> Cleanup {
        if shared.host.home().cleanup.holds(shared.host.tag(), shared.identity.id()) {
            return Cleanup::Held;
        }
        let cleaned = self.in_one(shared, |awake| {
            let now = awake.cx.now();
            let _time = HandlerContext::enter(now);
            if !expiry::sweep(&awake.cx.database, O::TABLES, now, BATCH)? {
                awake.cx.database.note_cleanup(now)?;
            }
            Ok(())
        });
        match cleaned {
            Ok(()) => Cleanup::Done,
            Err(error) => {
                let identity = &shared.identity;
                tracing::error!(class = O::CLASS, name = identity.name(), id = %identity.id(), %error, "what has expired could not be deleted: it is tried again in five minutes");
                self.due.expiry = Some(shared.host.node().now() + AFTER_A_FAILURE);
                Cleanup::Failed
            }
        }
    }

    /// Begins the transaction of a handler that writes, and deletes in it what has expired; more than a thousand rows in
    /// transactions of their own before.
    pub(super) fn begin_handler(&mut self, shared: &Shared<O>) -> Result<()> {
        loop {
            self.begin(shared)?;
            let more = match self.sweep() {
                Ok(more) => more,
                Err(error) => {
                    self.undo();
                    return Err(error.context("what has expired could not be deleted"));
                }
            };
            if !more {
                return Ok(());
            }
            if let Err(error) = self.commit(shared) {
                self.undo();
                return Err(error);
            }
        }
    }

    /// Deletes what has expired, in the open transaction. Whether another one is to be begun for the rest.
    fn sweep(&mut self) -> Result<bool> {
        let now = self.cx.now();
        let _time = HandlerContext::enter(now);
        if !self.cx.database.has_expired(now)? || planted(Defect::ExpiredHoldsKey) {
            return Ok(false);
        }
        // What was never committed has no transaction of its own.
        let most = if self.history.sequence == 0 { usize::MAX } else { BATCH };
        expiry::sweep(&self.cx.database, O::TABLES, now, most)
    }

    /// Commits the transaction of a handler, unless it wrote what has expired already.
    pub(super) fn commit_handler(&mut self, shared: &Shared<O>) -> Result<Instance> {
        self.cx.database.refuse_expired(self.cx.now())?;
        self.commit(shared)
    }
}
