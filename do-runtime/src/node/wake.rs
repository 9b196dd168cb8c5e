//! Waking an object: once, however many calls wait for it, on the blocking pool.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::awake::History;
use super::{Awake, Host, sleep};
use crate::call::{Body, Owner, Place, Slot, refuse_all, serve};
use crate::error::{Error, ErrorKind, Result};
use crate::image::{Image, delta};
use crate::object::{Cx, Dispatch, StoredState, Surroundings};
use crate::sqlite::{Database, DatabaseOptions};
use crate::store::Head;

/// Wakes the object of a turn, then serves those who wait for it.
pub(crate) fn start_wake<O: Dispatch>(turn: Owner<O>) {
    let slot = turn.baton().clone();
    slot.shared.host.node().spawn_blocking(Box::new(move || wake(turn)));
}

fn wake<O: Dispatch>(mut turn: Owner<O>) {
    let slot = turn.baton().clone();
    let shared = &slot.shared;
    shared.started.store(0, Ordering::Relaxed);
    match load(&slot) {
        Ok(awake) => {
            let resident = awake.resident_bytes();
            shared.resident.store(resident, Ordering::Relaxed);
            let node = shared.host.node();
            let all = node.awake_bytes.fetch_add(resident, Ordering::Relaxed) + resident;
            shared.last_used.store(node.coarse_now(), Ordering::Relaxed);
            *turn = Body::Awake(Box::new(awake));
            shared.awake.store(true, Ordering::Release);
            node.woken().notify_one();
            serve(turn, Place::Blocking);
            if all > node.options().awake_memory {
                sleep::sweep(node);
            }
        }
        Err(error) => {
            let mut waiting: VecDeque<_> = std::mem::take(&mut *shared.waiting.lock());
            turn.queued(&mut waiting);
            refuse_all(shared, waiting, &error);
            serve(turn, Place::Blocking);
        }
    }
}

/// Brings an object into memory and runs its `#[init]`.
fn load<O: Dispatch>(slot: &Arc<Slot<O>>) -> Result<Awake<O>> {
    let shared = &slot.shared;
    let host = &shared.host;
    let node = host.node();
    node.available()?;
    let id = shared.identity.id();
    if shared.rebuild_from.is_some() {
        rebuild(slot)?;
    }
    let head = node.store().head(id)?.filter(|head| !head.deleted);
    let (image, history) = match &head {
        Some(head) => stored(host, slot, head)?,
        None => {
            let template = host.template()?;
            let history =
                History { sequence: 0, template: Some(template.id), unborn: Vec::new(), void: false };
            (Image::from_template(template.pages), history)
        }
    };
    shared.exists.store(head.is_some(), Ordering::Release);
    let options = DatabaseOptions { limits: O::LIMITS, random: node.env().random.clone(), describe: shared.identity.to_string() };
    let database = Database::open(image, &options)?;
    let surroundings = Surroundings {
        identity: shared.identity.clone(),
        home: host.home().clone(),
        random: node.env().random.clone(),
    };
    let mut stored = StoredState::load(&database)?;
    let object = O::wake(&mut stored.reader(O::CLASS))?;
    let mut awake = Awake::new(object, Cx::new(database, surroundings, node.now()), stored, history);
    if head.is_some() {
        awake.grow(shared)?;
    }
    awake.init(shared)?;
    awake.release_memory();
    Ok(awake)
}

