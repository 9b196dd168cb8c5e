//! When an object wants to be woken, and why.

use std::collections::BTreeSet;

use super::{Awake, delivery};
use crate::call::Shared;
use crate::error::Result;
use crate::object::Dispatch;
use crate::object::alarms::{AlarmDef, missing};
use crate::planted::{Defect, planted};
use crate::{ObjectId, Timestamp};

/// The earliest time of each kind of thing that an object has to do by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Due {
    pub(crate) alarms: Option<Timestamp>,
    pub(crate) expiry: Option<Timestamp>,
    pub(crate) outbox: Option<Timestamp>,
    pub(crate) replies: Option<Timestamp>,
}

impl Due {
    /// The earliest of all: what the log, the object's head and the registry say of it.
    #[inline]
    pub(crate) fn next(&self) -> Option<Timestamp> {
        [self.alarms, self.expiry, self.outbox, self.replies].into_iter().flatten().min()
    }
}

impl<O: Dispatch> Awake<O> {
    /// When the log and the scheduler think that it wants to be woken.
    pub(super) fn next_told(&self) -> Option<Timestamp> {
        self.told
    }

    /// When the next message to a receiver goes that none is on its way to.
    pub(super) fn next_delivery(&self, flights: &BTreeSet<String>) -> Result<Option<(Timestamp, ObjectId)>> {
        if self.due.outbox.is_none() {
            return Ok(None);
        }
        self.first_receiver(flights)
    }

    /// The same by the database itself.
    pub(super) fn first_receiver(&self, flights: &BTreeSet<String>) -> Result<Option<(Timestamp, ObjectId)>> {
        let first = self.cx.database.first_receivers(flights.len() + 1)?;
        Ok(first.into_iter().find(|(_, receiver)| !flights.contains(&delivery::flight(*receiver))))
    }

    /// When replies that have expired are to be removed.
    pub(super) fn replies_due(&self) -> Option<Timestamp> {
        self.due.replies
    }

    /// Reads what is due, of an object whose head says that something is.
    pub(super) fn load_due(&mut self, told: Option<Timestamp>) -> Result<()> {
        self.told = told;
        if told.is_some() {
            if !planted(Defect::AlarmsForgottenAtWake) {
                self.due.alarms = self.cx.database.earliest_alarm()?;
            }
            self.due.replies = self.cx.replies_due()?;
            self.due.outbox = self.cx.database.earliest_delivery()?;
        }
        Ok(())
    }

    /// Sets the alarms that the class keeps set, if any isn't: at a wake. Of an object that does not exist they wait for a
    /// handler's first commit.
    pub(crate) fn set_kept_alarms(&mut self, shared: &Shared<O>) -> Result<()> {
        if !const { AlarmDef::any_kept(O::ALARMS) } || missing(&self.cx)?.is_empty() {
            return Ok(());
        }
        if self.history.sequence > 0 {
            return self.in_one(shared, |awake| awake.keep_alarms());
        }
        self.begin(shared)?;
        let done = self.keep_alarms().and_then(|()| self.commit_unborn());
        if done.is_err() {
            self.undo();
        }
        done
    }

    /// While asynchronous alarms run, the log says that they are due, and the scheduler has to be told of the others.
    pub(super) fn tell_beside(&self, shared: &Shared<O>) {
        let flights = shared.host.flights(shared.identity.id());
        if !flights.is_empty() {
            shared.host.note_beside(shared.identity.id(), self.first_beside(&shared.host, &flights));
        }
    }

    /// Sets the alarms that the class sets by itself and that are not set.
    pub(super) fn keep_alarms(&self) -> Result<()> {
        for row in missing(&self.cx)? {
            self.cx.touch_alarms();
            self.cx.database.put_alarm(&row)?;
        }
        Ok(())
    }

    /// What is due after the open transaction: read again only for what it has touched.
    #[inline]
    pub(super) fn due_after(&self, before: Due) -> Result<Due> {
        let mut due = Due { expiry: self.expiry_after(before.expiry)?, ..before };
        if self.cx.has_touched_alarms() {
            due.alarms = self.cx.database.earliest_alarm()?;
        }
        if self.cx.has_touched_outbox() {
            due.outbox = self.cx.database.earliest_delivery()?;
        }
        if self.cx.has_touched_replies() {
            due.replies = self.cx.replies_due()?;
        }
        Ok(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_is_the_earliest_of_any_kind() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        assert_eq!(Due::default().next(), None);
        assert_eq!(Due { outbox: at(7), ..Due::default() }.next(), at(7));
        assert_eq!(Due { alarms: at(5), expiry: at(3), replies: at(9), outbox: None }.next(), at(3));
    }
}
