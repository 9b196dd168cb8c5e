//! Savepoints: a part of a handler that is undone alone.

use super::{Cx, Object, StoredState};
use crate::error::{CallError, Error, Result, RpcError};
use crate::planted::{Defect, planted};
use crate::sockets::effects;

impl<O: Object> Cx<O> {
    /// Runs a part of a handler; if it fails, what that part did is undone, and nothing else: rows, key-values and
    /// stored fields, but not ephemeral ones. Savepoints nest. A panic undoes the whole handler.
    ///
    /// ```
    /// # use do_runtime::prelude::*;
    /// # #[durable_object]
    /// # struct Flight { #[stored] seats: Vec<u32>, #[stored] waiting: Vec<u32> }
    /// # #[durable_object]
    /// # impl Flight {
    /// #     fn take(&mut self, _cx: &mut Cx<Self>, _who: u32) -> Result { bail!("it is full") }
    /// #     #[rpc]
    /// #     fn book(&mut self, cx: &mut Cx<Self>, who: u32) -> Result {
    /// let booked = cx.savepoint(self, |me, cx| me.take(cx, who));
    /// if booked.is_err() {
    ///     self.waiting.push(who);
    /// }
    /// #         Ok(())
    /// #     }
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the part returns; or `storage` if it could not be undone, which the handler should pass on.
    pub fn savepoint<T>(&mut self, object: &mut O, part: impl FnOnce(&mut O, &mut Cx<O>) -> Result<T>) -> Result<T> {
        self.undone_alone(object, part)
    }

    /// The same for a part with an error type of its own.
    ///
    /// # Errors
    /// As [`Cx::savepoint`].
    pub fn try_savepoint<T, E: RpcError>(
        &mut self,
        object: &mut O,
        part: impl FnOnce(&mut O, &mut Cx<O>) -> Result<T, CallError<E>>,
    ) -> Result<T, CallError<E>> {
        self.undone_alone(object, part)
    }

    fn undone_alone<T, E: From<Error>>(
        &mut self,
        object: &mut O,
        part: impl FnOnce(&mut O, &mut Cx<O>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut fields = StoredState::of(object)?;
        let erased = self.erased;
        let sent = effects::mark();
        self.database.begin_savepoint()?;
        match part(object, self) {
            Ok(value) => {
                self.database.keep_savepoint()?;
                Ok(value)
            }
            Err(error) => {
                self.database.undo_savepoint()?;
                effects::undo_to(sent);
                if !planted(Defect::SavepointKeepsFields) {
                    fields.restore(object)?;
                }
                self.erased = erased;
                Err(error)
            }
        }
    }
}
