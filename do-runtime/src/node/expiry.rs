//! What has expired, and the handlers of an object: one that writes never meets it, and leaves none.

use super::Awake;
use crate::call::{Instance, Shared};
use crate::error::Result;
use crate::object::Dispatch;
use crate::sqlite::expiry;

/// Rows that are deleted in one transaction.
const BATCH: usize = 1_000;

impl<O: Dispatch> Awake<O> {
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
        if !self.cx.database.has_expired(now)? {
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
