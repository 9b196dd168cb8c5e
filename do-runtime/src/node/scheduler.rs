//! The scheduler: wakes objects when they want to be, in order of time.
//!
//! What it knows is in the registry: the index of the tables, and over it what the log has said since the last checkpoint.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::alarms::{Pick, Turned};
use super::registration::linked;
use super::{AnyHost, Home, Host, Node};
use crate::error::{ErrorKind, Result};
use crate::journal::{ClassTag, LogPosition};
use crate::object::Dispatch;
use crate::object::alarms::backoff;
use crate::store::{NextWake, Woken};
use crate::sync::is_simulated;
use crate::{ObjectId, Timestamp};

/// Objects whose alarms run at once; one where all tasks run in the order of their turns.
const AT_ONCE: usize = 16;

/// How long a delivery waits whose sender can't go on, and an alarm whose end can't be noted.
const AFTER_TROUBLE: Duration = Duration::from_secs(2);

/// How long it waits if the registry can't be read.
const PAUSE: Duration = Duration::from_secs(5);

/// What a node knows of its scheduler.
#[derive(Default)]
pub(crate) struct Scheduler {
    changed: Arc<Notify>,
    /// Objects that are being woken.
    running: AtomicUsize,
    /// Deliveries that go on by themselves: all but those whose receiver is an asynchronous handler that runs.
    delivering: AtomicUsize,
    /// It waits for time to pass, or for something to change.
    resting: AtomicBool,
}

impl Scheduler {
    /// Something is due before what it waits for, or the node ends.
    pub(super) fn poke(&self) {
        self.resting.store(false, Release);
        self.changed.notify_one();
    }

    /// Whether nothing is due and nothing runs, but for asynchronous alarms and receivers that wait for something.
    #[cfg(feature = "testing")]
    pub(crate) fn is_at_rest(&self) -> bool {
        self.resting.load(Acquire) && self.running.load(Acquire) == 0 && self.delivering.load(Acquire) == 0
    }
}

/// A delivery that goes on by itself, for as long as this lives.
pub(super) struct Delivering(Arc<Node>);

impl Delivering {
    /// One begins, or goes on.
    pub(super) fn on(node: Arc<Node>) -> Self {
        node.scheduler().delivering.fetch_add(1, AcqRel);
        Delivering(node)
    }
}

impl Drop for Delivering {
    fn drop(&mut self) {
        self.0.scheduler().delivering.fetch_sub(1, AcqRel);
    }
}

/// A delivery waits for an asynchronous handler, however long that takes, for as long as this lives.
pub(super) struct Waiting(Arc<Node>);

impl Waiting {
    /// One begins to wait.
    pub(super) fn on(node: Arc<Node>) -> Self {
        node.scheduler().delivering.fetch_sub(1, AcqRel);
        Waiting(node)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.scheduler().delivering.fetch_add(1, AcqRel);
    }
}

impl Node {
    /// The log says when an object wants to be woken.
    pub(crate) fn note_alarm(&self, class: ClassTag, id: ObjectId, next: Option<Timestamp>, since: LogPosition) {
        if let Ok(rest) = self.rest()
            && rest.registry().note_alarm(class, id, next, since)
        {
            self.scheduler().poke();
        }
    }

    /// The host of a class that is linked into the program, made if there is none yet.
    pub(crate) fn linked_host(self: &Arc<Self>, class: ClassTag, home: &Arc<Home>) -> Option<Arc<dyn AnyHost>> {
        self.host_of(class).or_else(|| Some(linked().get(&class)?.host(self, home)))
    }

    /// Looks again what an object wants to be woken for.
    pub(crate) fn look_at(&self, class: ClassTag, id: ObjectId) {
        if let Ok(rest) = self.rest() {
            rest.registry().look_at(class, id, self.now());
            self.scheduler().poke();
        }
    }

    /// Objects of this class are woken from now on.
    pub(super) fn link(&self, class: ClassTag) {
        if let Ok(rest) = self.rest()
            && rest.registry().link_class(class)
        {
            self.scheduler().poke();
        }
    }
}

/// Waits before something is done again that failed because its own object can't write, or can't be woken: on a full disk it would
/// fail again at once, and for ever. Nobody is kept from closing the folder by one who waits: nothing comes back if it was closed.
pub(super) async fn pause_after_trouble<O: Dispatch>(host: Arc<Host<O>>) -> Option<Arc<Host<O>>> {
    let pause = host.node().env().clock.sleep_until(host.node().now() + AFTER_TROUBLE);
    let later = Arc::downgrade(&host);
    drop(host);
    pause.await;
    later.upgrade()
}

/// What is to be done next, for the task.
enum Next {
    Wait(Option<Timestamp>),
    Read,
}

/// Wakes objects until the node ends.
pub(super) async fn run(node: Weak<Node>, home: Weak<Home>) {
    if let Some(node) = node.upgrade() {
        linked().keys().for_each(|class| node.link(*class));
        tell_unlinked(&node);
    }
    loop {
        let Some((open, home)) = node.upgrade().filter(|node| !node.is_closing()).zip(home.upgrade()) else { return };
        let changed = open.scheduler().changed.clone();
        let until = match start_due(&open, &home) {
            Next::Wait(until) => until,
            Next::Read => match read(&open).await {
                Ok(()) => continue,
                Err(error) if error.kind() == ErrorKind::Unavailable => return,
                Err(error) => {
                    tracing::error!(%error, "the registry can't be read: alarms are late");
                    Some(open.now() + PAUSE)
                }
            },
        };
        let clock = open.env().clock.clone();
        open.scheduler().resting.store(true, Release);
        drop((open, home));
        let mut changed = pin!(changed.notified());
        let mut time = until.map(|until| clock.sleep_until(until));
        poll_fn(|cx| {
            let passed = time.as_mut().is_some_and(|time| time.as_mut().poll(cx).is_ready());
            if passed { Poll::Ready(()) } else { changed.as_mut().poll(cx) }
        })
        .await;
        if let Some(node) = node.upgrade() {
            node.scheduler().resting.store(false, Release);
        }
    }
}

/// Wakes what is due, as far as that goes.
fn start_due(node: &Arc<Node>, home: &Arc<Home>) -> Next {
    let scheduler = node.scheduler();
    let most = if node.is_deterministic() && !is_simulated() { 1 } else { AT_ONCE };
    loop {
        // Closing, or its journal has failed: it is told when it ends, and nothing can run until then.
        let (Ok(()), Ok(rest)) = (node.available(), node.rest()) else { return Next::Wait(None) };
        if scheduler.running.load(Acquire) >= most {
            return Next::Wait(None);
        }
        let (class, id) = match rest.registry().next_wake(node.now()) {
            NextWake::Due(class, id) => (class, id),
            NextWake::Read => return Next::Read,
            NextWake::At(at) => return Next::Wait(Some(at)),
            NextWake::Nothing => return Next::Wait(None),
        };
        let host = node.linked_host(class, home);
        let Some(host) = host else {
            // A class becomes known to the registry with its host, so that there always is one.
            rest.registry().release_wake(id, Woken::Failed { until: node.now() + backoff(u32::MAX) });
            continue;
        };
        scheduler.running.fetch_add(1, AcqRel);
        node.spawn(Box::pin(wake(node.clone(), host, id)));
    }
}

/// Wakes one object and runs the first of its alarms.
async fn wake(node: Arc<Node>, host: Arc<dyn AnyHost>, id: ObjectId) {
    let class = host.class();
    let turned = host.clone().run_alarm(id, Pick::Due).await;
    if let Ok(rest) = node.rest() {
        let registry = rest.registry();
        let woken = match turned {
            Ok(Turned::Ran(_) | Turned::Flying(_) | Turned::Posting) => Woken::Ran,
            Ok(Turned::Idle(idle)) => idle,
            Err(error) => {
                let pause = backoff(registry.wake_failures(id));
                if node.available().is_ok() {
                    let name = host.known_name(id);
                    tracing::error!(class, name = name.as_deref(), %id, %error, ?pause, "an object can't be woken for an alarm: it is tried again later");
                }
                Woken::Failed { until: node.now() + pause }
            }
        };
        registry.release_wake(id, woken);
    }
    node.scheduler().running.fetch_sub(1, AcqRel);
    node.scheduler().poke();
}

/// Reads the index, on the blocking pool.
async fn read(node: &Arc<Node>) -> Result<()> {
    let rest = node.rest()?;
    let (answer, answered) = oneshot::channel();
    node.spawn_blocking(Box::new(move || {
        let read = rest.registry().read_wakes();
        drop(rest);
        // Nobody listens any more if the runtime went away.
        let _ = answer.send(read);
    }));
    answered.await.unwrap_or(Ok(()))
}

/// Says once of each class that has alarms and is not linked into the program that they wait.
fn tell_unlinked(node: &Node) {
    let Ok(rest) = node.rest() else { return };
    for (tag, name) in rest.registry().classes() {
        let waits = || rest.registry().alarms(tag, None, 1).is_ok_and(|alarms| !alarms.is_empty());
        if !linked().contains_key(&tag) && node.host_of(tag).is_none() && waits() {
            tracing::warn!(class = %name, "alarms of a class that is not linked into this program are left alone");
        }
    }
}
