//! Waking an object: once, however many calls wait for it, on the blocking pool.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::awake::History;
use super::{Awake, Node, sleep};
use crate::ObjectId;
use crate::call::{Body, Owner, Place, Shared, Slot, TurnFor, TurnOf, give_back, refuse_all, serve};
use crate::error::{Error, ErrorKind, Result};
use crate::image::Image;
use crate::journal::{Log, LogPosition};
use crate::object::{Cx, Dispatch, StoredState, Surroundings};
use crate::observe::{self, Moment};
use crate::planted::{Defect, planted};
use crate::sqlite::{Database, DatabaseOptions};
use crate::store::Replay;
use crate::sync::{point, poll_blocking};

/// A database of up to so many pages is read as a whole when its object wakes: 256 KiB.
const LOADED_WHOLE: u32 = 64;

/// Wakes the object of a turn, then serves those who wait for it.
pub(crate) fn start_wake<O: Dispatch>(turn: Owner<O>) {
    let slot = turn.baton().clone();
    slot.shared.host.node().spawn_blocking(Box::new(move || wake(turn)));
}

fn wake<O: Dispatch>(mut turn: Owner<O>) {
    let slot = turn.baton().clone();
    let shared = &slot.shared;
    shared.started.store(0, Ordering::Relaxed);
    let began = Moment::now(shared.host.node());
    let loaded = load(&slot);
    observe::woke(O::CLASS, began, shared.host.node(), || loaded.as_ref().map(drop).map_err(Error::kind));
    match loaded {
        Ok(awake) => {
            shared.account_for(awake.resident_bytes());
            let node = shared.host.node();
            shared.last_used.store(node.coarse_now(), Ordering::Relaxed);
            *turn = Body::Awake(Box::new(awake));
            point();
            shared.awake.store(true, Ordering::Release);
            node.woken().notify_one();
            serve(turn, Place::Blocking);
            if node.awake_bytes.load(Ordering::Relaxed) > node.options().awake_memory {
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
    let (host, id) = (&shared.host, shared.identity.id());
    let node = host.node();
    node.available()?;
    rebuild_if_needed(shared)?;
    let head = node.rest()?.behind.head(id)?.filter(|head| !head.deleted);
    point();
    shared.exists.store(head.is_some(), Ordering::Release);
    let (image, history) = match &head {
        Some(head) => {
            if let Some(name) = &head.name
                && !planted(Defect::NameLostAsleep)
            {
                shared.identity.learn_name(name.clone());
            }
            let mut image = Image::stored(head.pages, host.pages_of(id)?, O::LIMITS)?;
            if head.pages <= LOADED_WHOLE {
                image.load_all()?;
            }
            (image, History { sequence: head.sequence, template: head.template, void: false })
        }
        None => {
            let template = host.template()?;
            let image = Image::from_template(&template.pages, O::LIMITS);
            (image, History { sequence: 0, template: Some(template.id), void: false })
        }
    };
    let random = node.env().random.clone();
    let database = Database::open(image, &DatabaseOptions { limits: O::LIMITS, random: random.clone() })
        .map_err(|error| error.context(&shared.identity))?;
    let (object, stored) = StoredState::wake::<O>(&database)?;
    let surroundings = Surroundings { identity: shared.identity.clone(), home: host.home().clone(), random };
    let cx = Cx::new(database, surroundings, node.now());
    let mut awake = Awake::new(object, cx, stored, history);
    awake.load_due(head.as_ref().and_then(|head| head.next_alarm))?;
    let followed = if head.is_some() { awake.follow_schema(shared) } else { Ok(()) };
    // From here on rows expire; migrations find all of them.
    let watched = followed.and_then(|()| awake.watch_expiry());
    if let Err(error) = watched.and_then(|()| awake.set_kept_alarms(shared)).and_then(|()| awake.init(shared)) {
        awake.leave(shared);
        return Err(error);
    }
    awake.release_memory();
    *shared.interrupt.lock() = Some(awake.interrupt());
    Ok(awake)
}

/// Brings an object that has to be rebuilt, and that nobody has called since, to where its last commit left it: before a
/// checkpoint gives up the log that this needs, and before it is deleted.
pub(super) async fn rebuild_asleep<O: Dispatch>(slot: Arc<Slot<O>>) -> Result<()> {
    if !slot.shared.rebuild.load(Ordering::Acquire) {
        return Ok(());
    }
    let Ok(turn) = TurnFor::new(slot.clone(), TurnOf::Slot).await else { return Ok(()) };
    let (answer, answered) = tokio::sync::oneshot::channel();
    slot.shared.host.node().spawn_blocking(Box::new(move || {
        let rebuilt = rebuild_if_needed(turn.shared());
        give_back(turn);
        // Nobody listens any more if the runtime went away: then the next open does it.
        let _ = answer.send(rebuilt);
    }));
    let stopped = |_| Error::new(ErrorKind::Unavailable, "the runtime stopped while an object was being rebuilt");
    answered.await.map_err(stopped)?
}

fn rebuild_if_needed<O: Dispatch>(shared: &Shared<O>) -> Result<()> {
    if shared.rebuild.load(Ordering::Acquire) {
        rebuild(shared.host.node(), shared.identity.id(), shared.position())?;
        shared.rebuild.store(false, Ordering::Release);
    }
    Ok(())
}

/// Brings an object whose slot was fenced to where its last commit left it, from the log: its pages are in the hands
/// of a thread that does not come back.
fn rebuild(node: &Node, id: ObjectId, position: LogPosition) -> Result<()> {
    wait_durable(node, position)?;
    let rest = node.rest()?;
    let from = rest.behind.head(id)?.map_or(LogPosition::default(), |head| head.applied);
    let mut replay = Replay::new(&rest.behind, &rest.pages, node.now());
    node.log().read_back(from.max(rest.registry().checkpoint()), &mut |commit, position| {
        if commit.object == id { replay.apply(commit, position) } else { Ok(()) }
    })?;
    replay.hand_over();
    Ok(())
}

/// Blocks until the log is durable up to a position: for the blocking pool.
fn wait_durable(node: &Node, position: LogPosition) -> Result<()> {
    poll_blocking(|waker| node.log().poll_durable(position, waker))
}
