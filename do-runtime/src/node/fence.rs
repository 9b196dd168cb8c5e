//! Handlers that do not return: the object is fenced and goes on in another slot, from what is durable.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Host;
use crate::call::{Slot, Status, refuse_queue, too_late};
use crate::object::Dispatch;
use crate::observe;

/// Fences an object whose handler has been running for longer than its class may.
///
/// From here on nothing of the stuck slot commits. Who waits behind it is told; who comes finds the object in another
/// slot, which is rebuilt from the log. The thread that is stuck stays stuck: nobody can stop it, so it is reported.
pub(super) fn fence<O: Dispatch>(host: &Arc<Host<O>>, slot: &Arc<Slot<O>>) {
    let shared = &slot.shared;
    // A commit on its way into the log ends by itself: then there is nothing to fence.
    if !shared.move_status(Status::Live, Status::Fenced) {
        return;
    }
    observe::fenced(O::CLASS);
    tracing::error!(
        class = O::CLASS,
        id = %shared.identity.id(),
        name = shared.identity.name(),
        limit = ?O::LIMITS.run,
        "a handler does not return: its object is fenced and goes on from what is durable; the thread stays stuck"
    );
    shared.awake.store(false, Ordering::Release);
    shared.account_for(0);
    if let Some(statement) = &*shared.interrupt.lock() {
        statement.interrupt();
    }
    host.replace(slot);
    // Its own caller, if another thread runs it.
    let running = shared.running.lock().take();
    if let Some(waker) = running.and_then(|entry| entry.item.fail(too_late(shared))) {
        waker.wake();
    }
    refuse_queue(slot);
    // They go on at the successor.
    shared.waits.changed();
}
