//! What the running handler does with sockets. Messages are kept back until its transaction is committed; tags and attachments
//! change at once, as rows do, and change back if it is undone.
//!
//! One handler runs on a thread at a time, so what it does is kept with its thread. Handles that are used elsewhere, in an
//! asynchronous handler, act at once: see `send`.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::frame::Frame;
use super::gate::{self, Sending};
use super::hall::Hall;
use super::handle::Socket;
use super::line::{Kept, Line};
use crate::ObjectId;
use crate::call::{Shared, scope};
use crate::error::Result;
use crate::journal::{Log, LogPosition};
use crate::node::{Home, Node};
use crate::object::Dispatch;
use crate::planted::{Defect, planted};

enum Effect {
    Send(Arc<Hall>, Sending),
    /// What a socket had before.
    Changed(Arc<Line>, Kept),
}

thread_local! {
    /// Most handlers do nothing with sockets: this is looked at first.
    static ANY: Cell<bool> = const { Cell::new(false) };
    static EFFECTS: RefCell<Vec<Effect>> = const { RefCell::new(Vec::new()) };
}

fn add(effect: Effect) {
    ANY.set(true);
    EFFECTS.with_borrow_mut(|effects| effects.push(effect));
}

/// Sends to sockets of an object: with the transaction of the handler that runs here, or outside of one as soon as everything is
/// durable that has happened so far.
pub(super) fn send(home: &Home, hall: &Arc<Hall>, frame: Frame, to: Vec<Arc<Line>>) -> Result {
    let sending = Sending { frame, to };
    if scope::in_handler() {
        add(Effect::Send(hall.clone(), sending));
    } else {
        let node = home.node()?;
        gate::send(&node, hall, node.log().end(), vec![sending]);
    }
    Ok(())
}

/// Changes what a socket keeps.
pub(super) fn change(socket: &Socket, change: impl FnOnce(&mut Kept) -> Result) -> Result {
    let mut kept = socket.line.kept.lock();
    let before = scope::in_handler().then(|| kept.clone());
    change(&mut kept)?;
    drop(kept);
    match before {
        Some(before) => add(Effect::Changed(socket.line.clone(), before)),
        // Without a node nobody watches.
        None => drop(socket.home.node().map(|node| node.watches().changed(socket.hall.identity.id()))),
    }
    Ok(())
}

/// How much the handler has done so far.
pub(crate) fn mark() -> usize {
    EFFECTS.with_borrow(Vec::len)
}

/// Undoes what the handler did since a mark.
pub(crate) fn undo_to(mark: usize) {
    if !ANY.get() || planted(Defect::SocketNotUndone) {
        return;
    }
    let undone = EFFECTS.with_borrow_mut(|effects| effects.split_off(mark.min(effects.len())));
    for effect in undone.into_iter().rev() {
        if let Effect::Changed(line, before) = effect {
            *line.kept.lock() = before;
        }
    }
    ANY.set(mark > 0);
}

/// Undoes all that the handler did.
#[inline]
pub(crate) fn undo() {
    if ANY.get() {
        undo_to(0);
    }
}

/// The handler has ended well: its messages go once the log is durable up to the position.
#[inline]
pub(crate) fn keep<O: Dispatch>(shared: &Shared<O>) {
    if ANY.get() {
        release(&shared.host.shared_node(), shared.identity.id(), shared.position());
    }
}

#[cold]
#[inline(never)]
fn release(node: &Arc<Node>, object: ObjectId, position: LogPosition) {
    ANY.set(false);
    let mut batches: Vec<(Arc<Hall>, Vec<Sending>)> = Vec::new();
    let mut changed = false;
    for effect in EFFECTS.take() {
        let Effect::Send(hall, sending) = effect else {
            changed = true;
            continue;
        };
        match batches.last_mut() {
            Some((last, batch)) if Arc::ptr_eq(last, &hall) => batch.push(sending),
            _ => batches.push((hall, vec![sending])),
        }
    }
    for (hall, batch) in batches {
        gate::send(node, &hall, position, batch);
    }
    if changed {
        // Of a handler that wrote no row nobody was told.
        node.watches().changed(object);
    }
}
