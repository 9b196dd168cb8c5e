//! Recording, with the feature `metrics`.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

use metrics::{Counter, Histogram, counter, histogram};

use super::Came;
use super::names::{self, describe};
use crate::Timestamp;
use crate::call::AnswerSlot;
use crate::error::ErrorKind;
use crate::node::Node;
use crate::object::{AlarmDef, Method};
use crate::sqlite::Message;

/// Whether the program has installed a recorder. Until then nothing is measured, and no handle is kept: it would lead nowhere for ever.
static ON: AtomicBool = AtomicBool::new(false);

#[inline]
pub(super) fn is_on() -> bool {
    ON.load(Relaxed) || look()
}

/// What stands in the place of a recorder that is not installed has no state.
#[inline(never)]
fn look() -> bool {
    let on = metrics::with_recorder(|recorder| size_of_val(recorder) > 0);
    if on && !ON.swap(true, Relaxed) {
        describe();
    }
    on
}

/// A moment: of the real clock, or of the node's if nothing may depend on how long things take. It is none until a recorder is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(u64);

/// What moments of the real clock are counted from.
static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Moment {
    /// No moment.
    pub(crate) const NONE: Moment = Moment(0);

    #[inline]
    pub(crate) fn now(node: &Node) -> Self {
        if is_on() { Self::read(node) } else { Moment::NONE }
    }

    /// The end of what began here; none if that was none, so that a call looks for a recorder once.
    #[inline]
    pub(crate) fn end(self, node: &Node) -> Self {
        if self == Moment::NONE { Moment::NONE } else { Self::read(node) }
    }

    fn read(node: &Node) -> Self {
        let since = match node.is_deterministic() {
            true => u64::try_from(node.now().as_millis()).unwrap_or(0).saturating_mul(1_000_000),
            false => u64::try_from(FIRST.elapsed().as_nanos()).unwrap_or(u64::MAX),
        };
        Moment(since.saturating_add(1))
    }

    /// Seconds from here to a later moment; nothing if either is none.
    #[inline]
    fn until(self, later: Moment) -> Option<f64> {
        (self != Moment::NONE && later != Moment::NONE)
            .then(|| Duration::from_nanos(later.0.saturating_sub(self.0)).as_secs_f64())
    }
}

/// The handles of one method, from its first call on: looking labels up would cost more than many a call.
pub(crate) struct MethodMetrics(OnceLock<Handles>);

/// What can come of a call: it went well, or one of the kinds of errors.
const OUTCOMES: usize = 12;

struct Handles {
    /// An outcome that never was is not told.
    outcomes: [OnceLock<Counter>; OUTCOMES],
    queue: Histogram,
    run: Histogram,
    commit: Histogram,
}

impl fmt::Debug for MethodMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MethodMetrics").finish_non_exhaustive()
    }
}

impl MethodMetrics {
    pub(crate) const fn new() -> Self {
        MethodMetrics(OnceLock::new())
    }

    /// Those of a method of a class, once a recorder is installed.
    #[inline]
    fn of(&'static self, class: &'static str, method: &'static str) -> Option<&'static Handles> {
        match self.0.get() {
            Some(handles) => Some(handles),
            None => is_on().then(|| self.0.get_or_init(|| Handles::new(class, method))),
        }
    }
}

impl Handles {
    #[cold]
    fn new(class: &'static str, method: &'static str) -> Self {
        let seconds = |name: &'static str| histogram!(name, "class" => class, "method" => method);
        Handles {
            outcomes: [const { OnceLock::new() }; OUTCOMES],
            queue: seconds(names::CALL_QUEUE),
            run: seconds(names::CALL_RUN),
            commit: seconds(names::CALL_COMMIT),
        }
    }

    #[inline]
    fn count(&self, class: &'static str, method: &'static str, came: Came) {
        // The kinds have no numbers of their own; those that are declared first come first.
        let place = came.map_or_else(|kind| kind as usize + 1, |()| 0);
        if let Some(counter) = self.outcomes.get(place) {
            let new = || counter!(names::CALLS, "class" => class, "method" => method, "outcome" => word(came));
            counter.get_or_init(new).increment(1);
        }
    }
}

/// An outcome as a label.
fn word(came: Came) -> &'static str {
    came.map_or_else(ErrorKind::as_str, |()| "ok")
}

fn record(histogram: &Histogram, seconds: Option<f64>) {
    if let Some(seconds) = seconds {
        histogram.record(seconds);
    }
}

/// A handler has run: when its call was sent, when it began and when it returned. A call that ran in place was never sent. An asynchronous
/// handler has only begun.
#[inline]
pub(crate) fn ran(
    class: &'static str,
    method: &'static Method,
    [sent, began, ended]: [Moment; 3],
    answer: &mut dyn AnswerSlot,
) {
    if ended == Moment::NONE {
        return;
    }
    let Some(handles) = method.metrics().of(class, method.name) else { return };
    let sent = if sent == Moment::NONE { began } else { sent };
    record(&handles.queue, sent.until(began));
    if let Some(came) = answer.came() {
        record(&handles.run, began.until(ended));
        handles.count(class, method.name, came);
    }
}

/// An asynchronous handler has ended.
pub(crate) fn ended(
    class: &'static str,
    method: &'static Method,
    began: Moment,
    node: &Node,
    came: impl FnOnce() -> Came,
) {
    let Some(handles) = method.metrics().of(class, method.name) else { return };
    record(&handles.run, began.until(Moment::now(node)));
    handles.count(class, method.name, came());
}

/// An answer is given: when its handler had returned.
#[inline]
pub(crate) fn answered(class: &'static str, method: &'static Method, ended: Moment, node: &Node) {
    if ended != Moment::NONE
        && let Some(handles) = method.metrics().of(class, method.name)
    {
        record(&handles.commit, ended.until(Moment::now(node)));
    }
}

/// A call was not run.
#[cold]
pub(crate) fn refused(class: &'static str, method: &'static Method, kind: ErrorKind) {
    if let Some(handles) = method.metrics().of(class, method.name) {
        handles.count(class, method.name, Err(kind));
    }
}

/// An object was woken, or could not be.
pub(crate) fn woke(class: &'static str, began: Moment, node: &Node, came: impl FnOnce() -> Came) {
    if is_on() {
        counter!(names::WAKES, "class" => class, "outcome" => word(came())).increment(1);
        record(&histogram!(names::WAKE, "class" => class), began.until(Moment::now(node)));
    }
}

fn count(name: &'static str, class: &'static str) {
    if is_on() {
        counter!(name, "class" => class).increment(1);
    }
}

/// An instance has left memory.
pub(crate) fn hibernated(class: &'static str) {
    count(names::HIBERNATIONS, class);
}

/// It had to, for all together took too much memory.
pub(crate) fn evicted(class: &'static str) {
    count(names::EVICTIONS, class);
}

/// A handler did not return.
pub(crate) fn fenced(class: &'static str) {
    count(names::FENCED, class);
}

/// The name of an alarm's method, if recording it makes sense. Those of the database are not labels: only what the class declares is bounded.
fn declared(alarms: &[AlarmDef], method: &str) -> Option<&'static str> {
    is_on().then(|| alarms.iter().find(|alarm| alarm.name == method).map(|alarm| alarm.name)).flatten()
}

fn seconds_since(then: Timestamp, now: Timestamp) -> f64 {
    let millis = now.as_millis().saturating_sub(then.as_millis());
    Duration::from_millis(u64::try_from(millis).unwrap_or(0)).as_secs_f64()
}

/// An alarm begins that was due.
pub(crate) fn alarm_began(class: &'static str, alarms: &[AlarmDef], method: &str, due: Timestamp, now: Timestamp) {
    if let Some(method) = declared(alarms, method) {
        histogram!(names::ALARM_LATENESS, "class" => class, "method" => method).record(seconds_since(due, now));
    }
}

/// A run of an alarm has ended.
pub(crate) fn alarm_ended(class: &'static str, alarms: &[AlarmDef], method: &str, came: impl FnOnce() -> Came) {
    if let Some(method) = declared(alarms, method) {
        counter!(names::ALARMS, "class" => class, "method" => method, "outcome" => word(came())).increment(1);
    }
}

/// An alarm runs no more.
pub(crate) fn alarm_given_up(class: &'static str, alarms: &[AlarmDef], method: &str) {
    if let Some(method) = declared(alarms, method) {
        counter!(names::ALARMS_GIVEN_UP, "class" => class, "method" => method).increment(1);
    }
}

/// A message of a sender of this class was delivered, or could not be.
pub(crate) fn posted(class: &'static str, message: &Message, now: Timestamp, came: impl FnOnce() -> Came) {
    if is_on() {
        counter!(names::MESSAGES, "class" => class, "outcome" => word(came())).increment(1);
        histogram!(names::MESSAGE_AGE, "class" => class).record(seconds_since(message.sent, now));
    }
}

/// A message has come over a socket.
#[cfg(any(feature = "http", feature = "testing"))]
pub(crate) fn socket_received(class: &'static str, came: impl FnOnce() -> Came) {
    if is_on() {
        counter!(names::SOCKET_RECEIVED, "class" => class, "outcome" => word(came())).increment(1);
    }
}

/// A message goes out over a socket.
#[cfg(any(feature = "http", feature = "testing"))]
pub(crate) fn socket_sent(class: &'static str) {
    count(names::SOCKET_SENT, class);
}
