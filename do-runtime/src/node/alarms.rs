//! Running the alarms of one object: each step in a turn at it, on the blocking pool.
//!
//! A run that fails is noted in a turn of its own, because the instance may be gone by then: it panicked, or it did not
//! return and the object goes on in another slot.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Poll, Waker};

use tokio::sync::oneshot;

use super::delivery::{self, Post};
use super::expiry::Cleanup;
use super::scheduler::pause_after_trouble;
use super::{AnyHost, Awake, Host};
use crate::call::{Body, Entry, Instance, Place, Progress, Slot, TurnFor, TurnOf, refusal, serve};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::LogPosition;
use crate::object::alarms::{self, AlarmDef, AlarmRun, Ended, ExhaustedRun};
use crate::object::{Dispatch, Identity};
use crate::observe;
use crate::ownership::Link;
use crate::planted::{Defect, planted};
use crate::sqlite::AlarmRow;
use crate::store::{Seen, Woken};
use crate::sync::Mutex;
use crate::{ObjectId, Timestamp};

/// Replies that have expired are removed so many at a time.
const SWEPT: u32 = 1000;

/// Which alarm is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pick {
    /// The first one, if it is due.
    Due,
    /// The first one, whenever it is due.
    #[cfg(feature = "testing")]
    First,
}

/// What running an alarm came to.
#[derive(Debug)]
pub(crate) enum Turned {
    /// None was to run; with when the first one is due.
    Idle(Woken),
    /// One has run, whatever came of it; what it committed lies before the position.
    Ran(#[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "only tests wait for it"))] LogPosition),
    /// An asynchronous one runs; this resolves when it has ended.
    Flying(
        #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "only tests wait for it"))]
        oneshot::Receiver<()>,
    ),
    /// Messages are on their way to a receiver.
    Posting,
}

/// A run, boxed.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<Turned>> + Send>>;

/// What is known of a run that failed.
struct Failure {
    row: AlarmRow,
    error: Error,
    /// To try again would be in vain.
    in_vain: bool,
}

/// What became of a failure.
enum Noted {
    /// It is tried again, or was set anew, or handed to its `exhausted` method, or set aside.
    Settled(LogPosition),
    /// Its `exhausted` method failed: it is to be set aside.
    Exhausted(AlarmRow),
}

/// Runs one alarm of an object.
pub(super) async fn run<O: Dispatch>(host: Arc<Host<O>>, id: ObjectId, pick: Pick) -> Result<Turned> {
    let picked: Picked = Arc::default();
    let mark = picked.clone();
    let used = host.slot(&Identity::new(O::CLASS, id, None))?.shared.last_used.load(Relaxed);
    let ended = in_turn(&host, id, move |awake, slot| {
        let (started, instance) = start(awake, slot, pick, &mark);
        if matches!(started, Ok(Started::Cleaned(_) | Started::Idle(_) | Started::Posting(_))) {
            // This was no use: an object that slept goes to sleep again.
            slot.shared.last_used.store(used, Relaxed);
        }
        (started, instance)
    })
    .await;
    let row = picked.lock().take();
    match (ended, row) {
        (Ok(Started::Idle(idle)), _) => Ok(Turned::Idle(idle)),
        (Ok(Started::Ran(position) | Started::Cleaned(position)), _) => Ok(Turned::Ran(position)),
        (Ok(Started::Posting(receiver)), _) => {
            delivery::start(host, id, receiver);
            Ok(Turned::Posting)
        }
        (Ok(Started::Failed(failure)), _) => note(&host, id, *failure).await.map(Turned::Ran),
        (Ok(Started::Flying(row, handler)), _) => Ok(Turned::Flying(fly(host, id, *row, handler))),
        // It did not return: this counts as a run that failed, or it would be tried for ever.
        (Err(error), Some(row)) if error.kind() == ErrorKind::Deadline => {
            note(&host, id, Failure { row, error, in_vain: false }).await.map(Turned::Ran)
        }
        (Err(error), _) => Err(error),
    }
}

/// The alarm whose handler runs in a turn, from before it does.
type Picked = Arc<Mutex<Option<AlarmRow>>>;

/// How a run has begun.
enum Started {
    Idle(Woken),
    Ran(LogPosition),
    /// It was the cleanup of what has expired.
    Cleaned(LogPosition),
    Failed(Box<Failure>),
    Flying(Box<AlarmRow>, crate::call::Orchestration<(), Error>),
    /// Messages go to a receiver.
    Posting(ObjectId),
}

fn start<O: Dispatch>(
    awake: &mut Awake<O>,
    slot: &Arc<Slot<O>>,
    pick: Pick,
    picked: &Mutex<Option<AlarmRow>>,
) -> (Result<Started>, Instance) {
    let shared = &slot.shared;
    let id = shared.identity.id();
    // Before anything is looked at.
    let seen = shared.host.seen(id);
    let flights = shared.host.flights(id);
    let first = match awake.first_alarm(&flights) {
        Ok(first) => first,
        Err(error) => return (Err(error), awake.kept()),
    };
    let now = shared.host.node().now();
    let post = match awake.next_post(&shared.host, &flights, now) {
        Ok(Post::Now(receiver)) if pick == Pick::Due && first.as_ref().is_none_or(|row| row.due > now) => {
            let mut flights = flights;
            flights.insert(delivery::flight(receiver));
            shared.host.begin_flight(id, &delivery::flight(receiver), awake.first_beside(&shared.host, &flights));
            return (Ok(Started::Posting(receiver)), awake.kept());
        }
        Ok(Post::Later(due)) => Some(due),
        Ok(_) => None,
        Err(error) => return (Err(error), awake.kept()),
    };
    let row = match first {
        Some(row) if row.due <= now || pick != Pick::Due => row,
        _ if pick == Pick::Due && awake.replies_due().is_some_and(|due| due <= now) => {
            let swept = awake.in_one(shared, |awake| awake.cx.sweep_replies(SWEPT));
            return (swept.map(|()| Started::Ran(shared.position())), awake.kept());
        }
        first => {
            let is_due = awake.cleanup_due().is_some_and(|due| due <= now);
            let cleanup = match is_due.then(|| awake.clean_up(shared)) {
                Some(Cleanup::Done) => return (Ok(Started::Cleaned(shared.position())), awake.kept()),
                Some(Cleanup::Held) => None,
                Some(Cleanup::Failed) | None => awake.cleanup_due(),
            };
            let others = [cleanup, awake.replies_due(), post];
            let next = first.map(|row| row.due).into_iter().chain(others.into_iter().flatten()).min();
            return (Ok(Started::Idle(Woken::Idle { next, seen })), awake.kept());
        }
    };
    if alarms::is_orphan(O::ALARMS, &row) {
        let removed = awake.in_one(shared, |awake| {
            awake.cx.touch_alarms();
            awake.cx.database.remove_alarm(&row.identity).map(drop)
        });
        return (removed.map(|()| Started::Ran(shared.position())), awake.kept());
    }
    *picked.lock() = Some(row.clone());
    observe::alarm_began(O::CLASS, O::ALARMS, &row.method, row.due, now);
    let ran = O::alarm(AlarmRun::new(awake, slot, &row));
    let started = match ran.ended {
        Ended::Done => {
            observe::alarm_ended(O::CLASS, O::ALARMS, &row.method, || Ok(()));
            Started::Ran(shared.position())
        }
        Ended::Failed { error, in_vain } => Started::Failed(Box::new(Failure { row, error, in_vain })),
        Ended::Running(handler) => {
            if planted(Defect::RemovedAtItsBegin)
                && let Err(error) = awake.in_one(shared, |awake| alarms::advance(&awake.cx, &row))
            {
                return (Err(error), awake.kept());
            }
            let mut flights = flights;
            flights.insert(row.identity.clone());
            shared.host.begin_flight(id, &row.identity, awake.first_beside(&shared.host, &flights));
            Started::Flying(Box::new(row), handler)
        }
    };
    (Ok(started), ran.instance)
}

/// Lets an asynchronous alarm run by itself.
fn fly<O: Dispatch>(
    host: Arc<Host<O>>,
    id: ObjectId,
    row: AlarmRow,
    handler: crate::call::Orchestration<(), Error>,
) -> oneshot::Receiver<()> {
    let (landed, ended) = oneshot::channel();
    let node = host.shared_node();
    node.spawn(Box::pin(async move {
        let result = handler.await;
        let land = land(&host, id, row.clone(), result).await;
        let unnoted = land.is_err() && !host.node().is_closing();
        if let Err(error) = land {
            let name = host.known_name(id);
            tracing::warn!(class = O::CLASS, name = name.as_deref(), %id, method = row.method, key = row.key, %error, "the end of an alarm could not be noted: it runs again");
        }
        // Only tests wait for it.
        let _ = landed.send(());
        let still = if unnoted { pause_after_trouble(host).await } else { Some(host) };
        let Some(host) = still else { return };
        // Whatever happened: it does not run any more.
        host.end_flight(id, &row.identity);
    }));
    ended
}

/// Notes the end of an asynchronous alarm.
async fn land<O: Dispatch>(host: &Arc<Host<O>>, id: ObjectId, row: AlarmRow, result: Result) -> Result {
    match result {
        Ok(()) => {
            observe::alarm_ended(O::CLASS, O::ALARMS, &row.method, || Ok(()));
            in_turn(host, id, move |awake, slot| {
                let advanced = awake.in_one(&slot.shared, |awake| match awake.unchanged(&row)? {
                    Some(row) => alarms::advance(&awake.cx, &row),
                    None => Ok(()),
                });
                (advanced, awake.kept())
            })
            .await
        }
        Err(error) => note(host, id, Failure { row, error, in_vain: false }).await.map(drop),
    }
}

/// Notes a run that failed: it is tried again later, or given up.
async fn note<O: Dispatch>(host: &Arc<Host<O>>, id: ObjectId, failure: Failure) -> Result<LogPosition> {
    let Failure { row, error, in_vain } = failure;
    observe::alarm_ended(O::CLASS, O::ALARMS, &row.method, || Err(error.kind()));
    let picked: Picked = Arc::default();
    let (mark, cause) = (picked.clone(), error.clone());
    let noted = in_turn(host, id, move |awake, slot| count(awake, slot, &row, &cause, in_vain, &mark)).await;
    let exhausted = picked.lock().take();
    let row = match (noted, exhausted) {
        (Ok(Noted::Settled(position)), _) => return Ok(position),
        (Ok(Noted::Exhausted(row)), _) => row,
        (Err(stuck), Some(row)) if stuck.kind() == ErrorKind::Deadline => row,
        (Err(error), _) => return Err(error),
    };
    in_turn(host, id, move |awake, slot| (give_up(awake, slot, &row, &error), awake.kept())).await
}

/// Counts a run that failed, and says when the next one is; after the last one the `exhausted` method runs.
fn count<O: Dispatch>(
    awake: &mut Awake<O>,
    slot: &Arc<Slot<O>>,
    row: &AlarmRow,
    error: &Error,
    in_vain: bool,
    picked: &Mutex<Option<AlarmRow>>,
) -> (Result<Noted>, Instance) {
    let shared = &slot.shared;
    tracing::warn!(class = O::CLASS, name = shared.identity.name(), id = %shared.identity.id(), method = row.method, key = row.key, attempt = row.attempt + 1, %error, "an alarm failed");
    let row = match awake.unchanged(row) {
        Ok(Some(row)) if planted(Defect::RetryNotCounted) => row,
        Ok(Some(row)) => AlarmRow { attempt: row.attempt.saturating_add(1), ..row },
        // It was set anew, or cancelled, meanwhile.
        Ok(None) => return (Ok(Noted::Settled(shared.position())), Instance::Kept),
        Err(error) => return (Err(error), awake.kept()),
    };
    let def: Option<&AlarmDef> = O::ALARMS.iter().find(|def| def.name == row.method);
    if !in_vain && def.is_some_and(|def| row.attempt <= def.retries) {
        let noted = awake.in_one(shared, |awake| {
            awake.cx.touch_alarms();
            let due = awake.cx.now() + alarms::delay(row.attempt);
            awake.cx.database.put_alarm(&AlarmRow { due, ..row })
        });
        return (noted.map(|()| Noted::Settled(shared.position())), awake.kept());
    }
    if !def.is_some_and(|def| def.exhausted) {
        return (give_up(awake, slot, &row, error).map(Noted::Settled), awake.kept());
    }
    *picked.lock() = Some(row.clone());
    let ran = O::exhausted(ExhaustedRun::new(awake, slot, &row, error));
    match ran.ended {
        Ended::Done => (Ok(Noted::Settled(shared.position())), ran.instance),
        Ended::Failed { error, .. } => {
            tracing::error!(class = O::CLASS, name = shared.identity.name(), id = %shared.identity.id(), method = row.method, key = row.key, %error, "the `exhausted` method of an alarm failed");
            (Ok(Noted::Exhausted(row)), ran.instance)
        }
        Ended::Running(_) => (Ok(Noted::Exhausted(row)), ran.instance),
    }
}

/// Gives an alarm up: it stays, visible, and runs no more; one that repeats goes on with its next time.
fn give_up<O: Dispatch>(
    awake: &mut Awake<O>,
    slot: &Arc<Slot<O>>,
    row: &AlarmRow,
    error: &Error,
) -> Result<LogPosition> {
    let shared = &slot.shared;
    observe::alarm_given_up(O::CLASS, O::ALARMS, &row.method);
    tracing::error!(class = O::CLASS, name = shared.identity.name(), id = %shared.identity.id(), method = row.method, key = row.key, %error, "an alarm is given up");
    awake.in_one(shared, |awake| match awake.unchanged(row)? {
        Some(_) => alarms::set_aside(&awake.cx, row, error),
        None => Ok(()),
    })?;
    Ok(shared.position())
}

/// Does something with an object that is awake, in a turn at it and away from the callers' threads. If it does not return the
/// object is fenced, and this gives a `deadline` error.
pub(super) async fn in_turn<O: Dispatch, R: Send + 'static>(
    host: &Arc<Host<O>>,
    id: ObjectId,
    body: impl FnOnce(&mut Awake<O>, &Arc<Slot<O>>) -> (Result<R>, Instance) + Send + 'static,
) -> Result<R> {
    let slot = host.slot(&Identity::new(O::CLASS, id, None))?;
    let mut turn = TurnFor::new(slot.clone(), TurnOf::Instance).await?;
    let watch = Link::new(Entry::promise(Waker::noop().clone()));
    let (answer, mut answered) = oneshot::channel();
    let running = watch.clone();
    host.node().spawn_blocking(Box::new(move || {
        let slot = turn.baton().clone();
        let (shared, node) = (&slot.shared, slot.shared.host.node());
        if shared.is_live()
            && let Body::Awake(awake) = &mut *turn
        {
            shared.begin_use(node.coarse_now());
            *shared.running.lock() = Some(running);
            let (result, instance) = body(awake, &slot);
            shared.running.lock().take();
            if instance == Instance::Spoiled {
                super::put_to_sleep(&mut turn);
            }
            // Nobody listens any more if the node has ended.
            let _ = answer.send(result);
        }
        serve(turn, Place::Blocking);
    }));
    poll_fn(|cx| {
        if let Poll::Ready(result) = Pin::new(&mut answered).poll(cx) {
            return Poll::Ready(result.unwrap_or_else(|_| Err(refusal(&slot.shared))));
        }
        watch.item.poll(cx).map(|progress| match progress {
            Progress::Failed(error) => Err(error),
            _ => Err(Error::new(ErrorKind::Internal, "the run of an alarm was answered as a call is")),
        })
    })
    .await
}

impl<O: Dispatch> Awake<O> {
    /// The first alarm that is to run, but for those that do.
    pub(super) fn first_alarm(&self, flights: &BTreeSet<String>) -> Result<Option<AlarmRow>> {
        let first = self.cx.database.next_alarms(flights.len() + 1)?;
        Ok(first.into_iter().find(|row| !flights.contains(&row.identity)))
    }

    /// When the first thing is due that does not run; at once if that can't be told, so that somebody looks.
    pub(super) fn first_beside(&self, host: &Host<O>, flights: &BTreeSet<String>) -> Option<Timestamp> {
        let now = host.node().now();
        match (self.first_alarm(flights), self.next_post(host, flights, now)) {
            (Ok(first), Ok(post)) => {
                let post = match post {
                    Post::Now(_) => Some(now),
                    Post::Later(due) => Some(due),
                    Post::Nothing => None,
                };
                let due = [first.map(|row| row.due), self.cleanup_due(), self.replies_due(), post];
                due.into_iter().flatten().min()
            }
            _ => Some(now),
        }
    }

    /// An alarm as it is now, unless it was set anew, moved or cancelled since.
    fn unchanged(&self, row: &AlarmRow) -> Result<Option<AlarmRow>> {
        let now = self.cx.database.alarm(&row.identity)?;
        if planted(Defect::RevisionIgnored) {
            return Ok(now);
        }
        Ok(now.filter(|now| (now.revision, now.at, &now.failed) == (row.revision, row.at, &row.failed)))
    }

    /// What becomes of the instance after something of the runtime's own.
    pub(super) fn kept(&self) -> Instance {
        match self.is_void() {
            true => Instance::Spoiled,
            false => Instance::Kept,
        }
    }
}

impl<O: Dispatch> Host<O> {
    /// The asynchronous alarms of an object that run.
    pub(super) fn flights(&self, id: ObjectId) -> BTreeSet<String> {
        self.node().rest().map(|rest| rest.registry().flights(id)).unwrap_or_default()
    }

    /// What the scheduler has heard of an object.
    fn seen(&self, id: ObjectId) -> Seen {
        self.node().rest().map(|rest| rest.registry().seen(id)).unwrap_or_default()
    }

    /// An asynchronous alarm of an object begins; `beside` is when the first of its others is due.
    pub(super) fn begin_flight(&self, id: ObjectId, alarm: &str, beside: Option<Timestamp>) {
        if let Ok(rest) = self.node().rest() {
            rest.registry().begin_flight(self.tag(), id, alarm, beside);
        }
    }

    /// When the first of the alarms of an object is due that do not run.
    pub(super) fn note_beside(&self, id: ObjectId, beside: Option<Timestamp>) {
        if self.node().rest().is_ok_and(|rest| rest.registry().note_beside(id, beside)) {
            self.node().scheduler().poke();
        }
    }

    /// An asynchronous alarm, or a delivery, of an object has ended.
    pub(super) fn end_flight(&self, id: ObjectId, alarm: &str) {
        if self.node().rest().is_ok_and(|rest| rest.registry().end_flight(id, alarm)) {
            self.node().scheduler().poke();
        }
        if !self.flights(id).is_empty() {
            // This one may be due again, or a message have waited for its place.
            self.node().look_at(self.tag(), id);
        }
    }
}
