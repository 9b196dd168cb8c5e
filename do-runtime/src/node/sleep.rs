//! Hibernation, and handing pages over to the store.

use std::ops::Deref;
use std::sync::atomic::Ordering;

use super::Node;
use crate::call::{Body, Entry, Shared, Slot};
use crate::error::Result;
use crate::journal::CommitKind;
use crate::object::Dispatch;
use crate::observe;
use crate::ownership::Turn;
use crate::planted::{Defect, planted};
use crate::store::Head;
use crate::sync::point;

/// Milliseconds without a call after which an object gives back what it can have again.
const REST: u64 = 1_000;

/// Puts an object to sleep: hands its pages over and drops the instance. Nothing, if it sleeps.
pub(crate) fn put_to_sleep<O, P>(turn: &mut Turn<P, Shared<O>, Body<O>, Entry<O>>)
where
    O: Dispatch,
    P: Deref<Target = Slot<O>>,
{
    hand_over(turn);
    point();
    let awake = std::mem::replace(&mut **turn, Body::Asleep);
    if planted(Defect::SocketsForgotten) {
        turn.shared().host.node().sockets().forget(turn.shared().identity.id());
    }
    if matches!(awake, Body::Awake(_)) {
        observe::hibernated(O::CLASS);
    }
    let shared = turn.shared();
    point();
    shared.awake.store(false, Ordering::Release);
    shared.account_for(0);
    *shared.interrupt.lock() = None;
    // The instance's own drop is user code, and may panic as any handler may.
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(awake)));
    if let Err(panic) = dropped {
        super::panicked(&shared.identity, &*panic);
    }
    // What was ephemeral begins anew.
    shared.waits.changed();
}

/// Hands what changed in an object over to the store, which keeps it once the log is durable so far.
pub(crate) fn hand_over<O, P>(turn: &mut Turn<P, Shared<O>, Body<O>, Entry<O>>)
where
    O: Dispatch,
    P: Deref<Target = Slot<O>>,
{
    if !turn.shared().dirty.load(Ordering::Acquire) || !turn.shared().is_live() {
        return;
    }
    let (body, shared) = turn.parts();
    point();
    if planted(Defect::SleeperPassedOver) {
        shared.dirty.store(false, Ordering::Release);
    }
    if let Body::Awake(awake) = body {
        let handed_over = awake.hand_over(shared);
        if let Err(error) = &handed_over {
            let identity = &shared.identity;
            tracing::error!(class = O::CLASS, name = identity.name(), id = %identity.id(), %error, "pages could not be handed over");
        }
        // Commits that were not handed over are in the log: they come back from there.
        let lost = handed_over.is_err() || awake.is_void();
        if lost && shared.exists.load(Ordering::Acquire) {
            shared.rebuild.store(true, Ordering::Release);
        }
    }
    point();
    // Only now: a checkpoint passes over an object that has nothing to hand over, and frees its records.
    shared.dirty.store(false, Ordering::Release);
}

/// Deletes an object, asleep or awake; whether there was one.
pub(crate) fn delete<O, P>(turn: &mut Turn<P, Shared<O>, Body<O>, Entry<O>>) -> Result<bool>
where
    O: Dispatch,
    P: Deref<Target = Slot<O>>,
{
    hand_over(turn);
    let (body, shared) = turn.parts();
    let node = shared.host.node();
    node.available()?;
    let Some(mut head) = node.rest()?.behind.head(shared.identity.id())?.filter(|head| !head.deleted) else {
        return Ok(false);
    };
    shared.log_commit(head.sequence + 1, 0, None, CommitKind::Delete, &[])?;
    if let Body::Awake(awake) = body {
        awake.make_void();
    }
    head = Head {
        sequence: head.sequence + 1,
        applied: shared.position(),
        pages: 0,
        next_alarm: None,
        deleted: true,
        ..head
    };
    shared.host.note_deleted(shared, head);
    put_to_sleep(turn);
    Ok(true)
}

/// Puts objects to sleep that were idle for long enough, and the least recently used ones while all together take too
/// much memory.
pub(crate) fn sweep(node: &Node) {
    let idle = u64::try_from(node.options().idle.as_millis()).unwrap_or(u64::MAX);
    let before = node.coarse_now().saturating_sub(idle);
    let hosts = node.hosts();
    let rested = node.coarse_now().saturating_sub(REST);
    for host in &hosts {
        host.put_idle_to_sleep(before);
        host.release_memory(rested);
    }
    let limit = node.options().awake_memory;
    if node.awake_bytes.load(Ordering::Relaxed) <= limit {
        return;
    }
    let mut usage = Vec::new();
    for host in &hosts {
        usage.extend(host.usage().into_iter().map(|(used, bytes, id)| (used, id, bytes, host)));
    }
    usage.sort_by_key(|&(used, id, ..)| (used, id));
    // A tenth below the limit, so that the next wake does not sweep again.
    let mut excess = node.awake_bytes.load(Ordering::Relaxed).saturating_sub(limit - limit / 10);
    for (_, id, bytes, host) in usage {
        if excess == 0 {
            break;
        }
        if host.try_put_to_sleep(id) {
            observe::evicted(host.class());
            excess = excess.saturating_sub(bytes);
        }
    }
}
