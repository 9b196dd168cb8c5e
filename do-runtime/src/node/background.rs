//! What a node does by itself: hibernation, checkpoints, alarms, and watching handlers.

use std::future::Future;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::checkpoint::checkpoint;
use super::{AnyHost, Home, Node, scheduler, sleep};
use crate::error::Error;
use crate::observe;

/// How often the coarse time moves on, and how often running handlers are looked at.
const TICK: Duration = Duration::from_millis(50);
const TICKS_A_WATCH: u32 = 10;

/// How long objects that are awake are left alone at most, before they are looked at again.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Starts the background work of a node. It ends with the node.
pub(super) fn start(node: &Arc<Node>, home: &Arc<Home>) {
    let weak = Arc::downgrade(node);
    observe::watch(node);
    // Under simulation there is nobody to watch: a handler that does not return stops it.
    if !node.is_deterministic() {
        let watcher = weak.clone();
        let _ = node.env().spawn.thread("do-watch", Box::new(move || watch(&watcher)));
    }
    node.spawn(Box::pin(hibernate(weak.clone())));
    node.spawn(Box::pin(watch_journal(weak.clone(), node.log().failed())));
    node.spawn(Box::pin(keep_checkpoints(weak.clone())));
    node.spawn(Box::pin(scheduler::run(weak, Arc::downgrade(home))));
}

fn watch(node: &Weak<Node>) {
    for tick in 1_u32.. {
        std::thread::sleep(TICK);
        let Some(node) = node.upgrade().filter(|node| !node.is_abandoned()) else { return };
        node.tick();
        if tick.is_multiple_of(TICKS_A_WATCH) {
            for host in node.hosts() {
                host.fence_stuck(node.coarse_now());
            }
            observe::now_and_then();
        }
    }
}

/// Reports that the journal has failed.
async fn watch_journal(node: Weak<Node>, failed: impl Future<Output = Error> + Send) {
    let error = failed.await;
    if node.upgrade().is_some_and(|node| !node.is_closing()) {
        tracing::error!(%error, "the journal has failed: every call answers `unavailable` until the folder is opened again");
    }
}

/// Puts idle objects to sleep. Without an object that is awake it has no timer, so that virtual time can leap; nor under
/// simulation while only those are awake that their asynchronous handlers keep so: it is told when one of them ends.
async fn hibernate(node: Weak<Node>) {
    loop {
        let Some(woken) = node.upgrade().map(|node| node.woken().clone()) else { return };
        woken.notified().await;
        loop {
            let Some((clock, pause)) = node.upgrade().filter(|node| !node.is_abandoned()).map(|node| {
                (node.env().clock.clone(), (node.options().idle / 2).clamp(Duration::from_millis(10), LONGEST_PAUSE))
            }) else {
                return;
            };
            clock.sleep_until(clock.now() + pause).await;
            let Some(node) = node.upgrade().filter(|node| !node.is_abandoned()) else { return };
            node.tick();
            sleep::sweep(&node);
            let in_vain = |host: &Arc<dyn AnyHost>| match node.is_deterministic() {
                true => !host.may_be_swept(),
                false => host.awake().is_empty(),
            };
            if node.hosts().iter().all(in_vain) {
                break;
            }
        }
    }
}

/// Makes a checkpoint whenever the journal, or what waits for the store, has grown enough.
async fn keep_checkpoints(node: Weak<Node>) {
    loop {
        let Some(wanted) = node.upgrade().map(|node| node.checkpoint_wanted().clone()) else { return };
        wanted.notified().await;
        let Some(node) = node.upgrade().filter(|node| !node.is_closing()) else { return };
        if let Err(error) = checkpoint(&node).await {
            tracing::error!(%error, "a checkpoint failed: the journal keeps what it was to write, and the next one tries again");
        }
    }
}
