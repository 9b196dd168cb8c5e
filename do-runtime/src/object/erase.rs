//! Deleting all that an object stores, and looking at what is physically there.

use std::ops::ControlFlow;

use super::{Cx, Object};
use crate::engine::{Engine, KeyRange, Params, Space};
use crate::error::Result;
use crate::table::quoted;

impl<O: Object> Cx<O> {
    /// Deletes all rows, key-values and alarms of the object. Stored fields keep what the handler leaves in them. If they are
    /// as at first, and nothing else is written in the transaction, the object does not exist any more once the handler
    /// has returned, or, if messages are in its outbox, once the last of them has arrived or was discarded.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn delete_all(&mut self) -> Result {
        // Rows go in any order: what references what is looked at when the transaction ends.
        self.database.defer_foreign_keys()?;
        for table in O::TABLES {
            self.database.execute(&format!("DELETE FROM {}", quoted(table.name)), Params::Positional(&[]))?;
        }
        self.database.kv_clear(Space::User)?;
        if self.database.clear_alarms()? {
            self.touch_alarms();
        }
        self.erased = true;
        Ok(())
    }

    /// Whether there is neither a row nor a key-value nor an alarm.
    pub(crate) fn is_bare(&self) -> Result<bool> {
        let mut bare = self.database.next_alarms(1)?.is_empty();
        for table in O::TABLES {
            let sql = format!("SELECT 1 FROM {} LIMIT 1", quoted(table.name));
            self.database.query(&sql, Params::Positional(&[]), &mut |_| {
                bare = false;
                Ok(ControlFlow::Break(()))
            })?;
        }
        self.database.kv_list(Space::User, &KeyRange { limit: Some(1), ..KeyRange::default() }, &mut |_, _| {
            bare = false;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(bare)
    }
}
