//! For tests of the runtime: whether the node means to wake an object in time for what is due next by the object's own database.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::delivery::Post;
use super::expiry::AFTER_A_FAILURE;
use super::{Awake, Host, Node};
use crate::call::{Body, Shared, TurnFor, TurnOf, give_back};
use crate::error::{Error, ErrorKind, Result};
use crate::object::{Dispatch, Identity};
use crate::store::Planned;
use crate::{ObjectId, Timestamp};

/// When this is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// While calls and wakes are under way: whoever is to wake the object may be about to.
    Meanwhile,
    /// While everything rests: nobody is about to.
    AtRest,
}

/// Something that is due, and when it has to be looked at, in words.
type DueNext = (Timestamp, String);

/// Wakes an object and compares when the node means to wake it with what its database says is due next.
pub(super) async fn check<O: Dispatch>(host: Arc<Host<O>>, id: ObjectId, when: When) -> Result<()> {
    let slot = host.slot(&Identity::new(O::CLASS, id, None))?;
    let mut turn = TurnFor::new(slot, TurnOf::Instance).await?;
    let (body, shared) = turn.parts();
    let checked = match body {
        Body::Awake(awake) => awake.check_wake(shared, when),
        _ => Err(Error::new(ErrorKind::Internal, "a turn at an object came while it slept")),
    };
    give_back(turn);
    checked
}

impl<O: Dispatch> Awake<O> {
    fn check_wake(&self, shared: &Shared<O>, when: When) -> Result<()> {
        if self.history.sequence == 0 || self.is_void() {
            return Ok(());
        }
        let (host, id) = (&shared.host, shared.identity.id());
        let flights = host.flights(id);
        let Some((due, what)) = self.first_due(host, id, &flights)? else { return Ok(()) };
        match overlooks(host.node(), id, due, when)? {
            None => Ok(()),
            Some(instead) => {
                let text = format!("{} waits for {what}, due at {due}, and {instead}", shared.identity);
                Err(Error::new(ErrorKind::Internal, text))
            }
        }
    }

    /// What is due first and not under way, by the database itself, whatever is remembered of it.
    fn first_due(&self, host: &Host<O>, id: ObjectId, flights: &BTreeSet<String>) -> Result<Option<DueNext>> {
        let (database, now) = (&self.cx.database, host.node().now());
        let alarm = self.first_alarm(flights)?.map(|row| (row.due, format!("its alarm {}", row.method)));
        let receiver = self.first_receiver(flights)?;
        let message = receiver.filter(|_| !matches!(self.post(host, flights, now, receiver), Post::Nothing));
        let message = message.map(|(due, receiver)| (due, format!("the delivery of a message to {receiver}")));
        let cleanup = database.latest_cleanup()?.filter(|_| !host.home().cleanup.holds(host.tag(), id));
        // One that has failed is tried again a little later.
        let cleanup = cleanup.map(|due| (due.max(now + AFTER_A_FAILURE), "the cleanup of what has expired".to_owned()));
        let replies = self.cx.replies_due()?.map(|due| (due, "the removal of old replies".to_owned()));
        Ok([alarm, message, cleanup, replies].into_iter().flatten().min())
    }
}

/// What the node means to do instead of waking an object in time, if that is so.
fn overlooks(node: &Node, id: ObjectId, due: Timestamp, when: When) -> Result<Option<String>> {
    let (now, rest) = (node.now(), node.rest()?);
    let planned = rest.registry().planned_wake(id)?;
    let in_time = due.max(now);
    let at = match planned {
        Planned::Held => return Ok(None),
        Planned::Running => {
            let stuck = when == When::AtRest && node.scheduler().is_at_rest();
            return Ok(stuck.then(|| "counts as being woken, but nobody does".to_owned()));
        }
        Planned::Never => return Ok(Some("nobody means to wake it".to_owned())),
        Planned::At(at) if at > in_time => return Ok(Some(format!("is to be woken at {at}"))),
        Planned::At(at) => at,
    };
    if when == When::Meanwhile || !node.scheduler().is_at_rest() {
        return Ok(None);
    }
    Ok(match rest.registry().rests_until() {
        Some(None) => Some(format!("was to be woken at {at}, and nobody waits for that")),
        Some(Some(until)) if until > in_time => {
            Some(format!("was to be woken at {at}, and nobody looks before {until}"))
        }
        _ => (at <= now).then(|| format!("was to be woken at {at}, and nobody does")),
    })
}
