//! Savepoints of an open transaction.

use super::database::{Database, Mode};
use super::glue::TransactionStatement;
use crate::error::{Error, Result};
use crate::planted::{Defect, planted};

impl Database {
    /// What follows can be undone alone, until it is kept or undone. Savepoints nest.
    pub fn begin_savepoint(&self) -> Result<()> {
        if self.mode() == Mode::Shared {
            return Err(Error::invalid("a handler with `&self` only reads: a savepoint needs `&mut self`"));
        }
        self.savepoint_statement(TransactionStatement::Savepoint)
    }

    /// Keeps what was done since the last savepoint began, as part of what is around it.
    pub fn keep_savepoint(&self) -> Result<()> {
        self.savepoint_statement(TransactionStatement::Release)
    }

    /// Undoes what was done since the last savepoint began.
    pub fn undo_savepoint(&self) -> Result<()> {
        // If SQLite has rolled all back, there is no savepoint any more, and this says why.
        if !planted(Defect::SavepointNotUndone) {
            self.savepoint_statement(TransactionStatement::RollbackTo)?;
        }
        self.savepoint_statement(TransactionStatement::Release)
    }

    /// Until the transaction ends, rows that are referenced may go before those that reference them.
    pub fn defer_foreign_keys(&self) -> Result<()> {
        self.batch("PRAGMA defer_foreign_keys = ON")
    }

    fn savepoint_statement(&self, which: TransactionStatement) -> Result<()> {
        self.still_open()?;
        self.session.transaction(which).map_err(|failure| self.stopped(failure.into(), "SAVEPOINT"))
    }
}
