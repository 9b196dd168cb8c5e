//! What has to be in an agent: its alarms, and what it has sent.

use std::time::Duration;

use do_runtime::{ErrorKind, Timestamp, millis, minutes, secs};

use super::line::Model;
use super::{Run, Wrong};
use crate::classes::{AgentView, Entry, Kind, Outstanding, RELAYED};
use crate::history::{Call, Outcome};
use crate::plan::{Act, AgentAct, How, Set, Step};

/// An answer of which nothing is known.
pub(super) const ANY: i64 = i64::MIN;

/// An alarm that is set.
#[derive(Debug, Clone)]
struct Pending {
    /// Whether another one of its key may have been running when it was set.
    held: bool,
    token: i64,
    what: Set,
    key: Option<String>,
    at: Timestamp,
    period: Option<u64>,
    /// When it was set, or moved on.
    since: Timestamp,
    /// It is asynchronous, and has come to its end once.
    ended: bool,
}

/// A message that was sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) sequence: u64,
    pub(super) token: i64,
    pub(super) number: u32,
    pub(super) to: u32,
    /// From then on it is taken.
    pub(super) ready: Option<Timestamp>,
    pub(super) at: Timestamp,
    /// It was set aside, and sent again under another number.
    pub(super) replaced: bool,
}

/// A message that was taken.
#[derive(Debug, Clone)]
pub(super) struct Took {
    pub(super) from: u32,
    pub(super) token: i64,
    pub(super) number: u32,
    pub(super) slowly: bool,
    pub(super) at: Timestamp,
}

/// An agent.
#[derive(Debug, Default)]
pub(super) struct AgentModel {
    entries: u64,
    pending: Vec<Pending>,
    /// Asynchronous ones that were replaced or cancelled when they may have been running.
    running: Vec<Pending>,
    pub(super) sent: Vec<Sent>,
    pub(super) took: Vec<Took>,
    pub(super) began: Vec<i64>,
    pub(super) ended: Vec<i64>,
    pub(super) fetched: Vec<i64>,
    /// Messages that will have been noted by number.
    last_sequence: u64,
}

impl Set {
    fn method(self) -> &'static str {
        match self {
            Set::Ring(_) => "ring",
            Set::Tick => "tick",
            Set::Doomed => "doomed",
            Set::Hopeless => "hopeless",
            Set::Fetch(..) => "fetch",
        }
    }
}

/// The pauses after so many runs that have failed.
fn pauses(failures: u32) -> Duration {
    secs((1..=failures.min(6)).map(|failure| 1 << failure).sum())
}

impl AgentModel {
    fn called(&mut self, entry: &Entry, step: &Step) -> Result<i64, Wrong> {
        let Act::Agent(me, act) = &step.act else { return Err(format!("{entry:?} is of another class")) };
        match act {
            AgentAct::Set(what, key, after) => {
                let key = key.map(|key| format!("k{key}"));
                // One that replaces an asynchronous one that may be running waits for its end.
                let held = key.is_some()
                    && self.pending.iter().any(|other| {
                        let runs = matches!(other.what, Set::Fetch(..)) && other.at <= entry.at;
                        other.key == key && (runs || other.held)
                    });
                if key.is_some() {
                    self.remove(&key, entry.at);
                }
                self.pending.push(Pending {
                    held,
                    token: entry.token,
                    what: *what,
                    key,
                    at: entry.at + millis(*after),
                    period: (*what == Set::Tick).then_some(*after),
                    since: entry.at,
                    ended: false,
                });
                Ok(0)
            }
            AgentAct::Cancel(key) => {
                let key = Some(format!("k{key}"));
                // One that has come to its end is removed a little later.
                let ended = self.pending.iter().any(|pending| pending.key == key && pending.ended);
                let was = self.remove(&key, entry.at) && !ended;
                Ok(if ended { ANY } else { i64::from(was) })
            }
            AgentAct::Mail(posts) => {
                for (number, post) in (0..).zip(posts) {
                    let ready = post.ready.map(|ready| entry.at + millis(ready));
                    self.send(entry, number, post.to, ready);
                }
                Ok(0)
            }
            AgentAct::SendAgain => self.sent_again(entry, *me),
            other => Err(format!("{other:?} leaves no entry")),
        }
    }

    /// Removes the alarm with a key; whether there was one.
    fn remove(&mut self, key: &Option<String>, now: Timestamp) -> bool {
        let (removed, kept): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|pending| pending.key == *key);
        self.pending = kept;
        let was = !removed.is_empty();
        let may_run = |alarm: &Pending| matches!(alarm.what, Set::Fetch(..)) && alarm.at <= now;
        self.running.extend(removed.into_iter().filter(may_run));
        was
    }

    fn send(&mut self, entry: &Entry, number: u32, to: u32, ready: Option<Timestamp>) {
        self.last_sequence += 1;
        let (sequence, token, at) = (self.last_sequence, entry.token, entry.at);
        self.sent.push(Sent { sequence, token, number, to, ready, at, replaced: false });
    }

    fn sent_again(&mut self, entry: &Entry, me: u32) -> Result<i64, Wrong> {
        let numbers = entry.detail.split_once('/').and_then(|(old, new)| Some((old.parse().ok()?, new.parse().ok()?)));
        let Some((old, new)) = numbers else { return Err(format!("{entry:?} says no numbers")) };
        if (old, new) == (0, 0) {
            return Ok(0);
        }
        let message = self.sent.iter_mut().find(|sent| sent.sequence == old && !sent.replaced);
        let Some(message) = message else { return Err(format!("agent {me} never sent message {old}: {entry:?}")) };
        message.replaced = true;
        let again = Sent { sequence: new, replaced: false, at: entry.at, ..message.clone() };
        self.last_sequence += 1;
        if new != self.last_sequence {
            return Err(format!("message {old} was sent again as {new}, and not as {}", self.last_sequence));
        }
        self.sent.push(again);
        Ok(new.cast_signed())
    }

    fn rang(&mut self, run: &Run<'_>, entry: &Entry) -> Result<(), Wrong> {
        if entry.token == 0 {
            return Ok(());
        }
        let repeats = |what| matches!(what, Set::Ring(_) | Set::Tick);
        let place = self.pending.iter().position(|pending| pending.token == entry.token && repeats(pending.what));
        let Some(place) = place else { return Err(format!("an alarm ran that was not set, or twice: {entry:?}")) };
        let alarm = self.pending[place].clone();
        let attempt: u32 = entry.detail.parse().unwrap_or(0);
        let fails = if let Set::Ring(fails) = alarm.what { fails } else { 0 };
        if attempt <= fails || attempt > fails + 1 && !run.plan.has_faults() {
            return Err(format!("{alarm:?} fails {fails} times, and ran at its attempt {attempt}"));
        }
        let earliest = alarm.at + pauses(attempt - 1);
        if entry.at < earliest {
            return Err(format!("an alarm ran too early: {alarm:?} at {}", entry.at));
        }
        if attempt == 1 {
            let others =
                self.pending.iter().filter(|other| matches!(other.what, Set::Ring(0) | Set::Tick) && !other.held);
            if let Some(other) = others.min_by_key(|other| other.at).filter(|other| other.at < alarm.at) {
                return Err(format!("{alarm:?} ran before {other:?}"));
            }
            let quiet = run.history.quiet.iter();
            let mut within = quiet.filter(|(from, to)| alarm.since <= *from && *from < alarm.at && alarm.at <= *to);
            // One of the same key that was replaced while it ran has to end first.
            let held = self.running.iter().any(|other| other.key == alarm.key);
            if let Some(span) = within.next().filter(|_| entry.at != alarm.at && !held && !run.plan.jumps_back()) {
                return Err(format!("{alarm:?} ran at {}, and nothing was in its way: {span:?}", entry.at));
            }
        }
        match alarm.period {
            None => drop(self.pending.remove(place)),
            Some(period) => {
                let late = (entry.at - alarm.at).as_millis() as u64 / period;
                let next = &mut self.pending[place];
                (next.at, next.since) = (alarm.at + millis((late + 1) * period), entry.at);
            }
        }
        Ok(())
    }

    fn end_of(&mut self, entry: &Entry, what: impl Fn(Set) -> bool, least: Duration) -> Result<usize, Wrong> {
        let place = self.pending.iter().position(|pending| pending.token == entry.token && what(pending.what));
        let Some(place) = place else { return Err(format!("of an alarm that was not set, or has ended: {entry:?}")) };
        let alarm = &self.pending[place];
        if entry.at < alarm.at + least {
            return Err(format!("too early: {entry:?} of {alarm:?}"));
        }
        Ok(place)
    }

    fn took(&mut self, run: &Run<'_>, entry: &Entry) -> Result<(), Wrong> {
        let numbers =
            entry.detail.split_once('/').and_then(|(from, number)| Some((from.parse().ok()?, number.parse().ok()?)));
        let Some((from, number)) = numbers else { return Err(format!("{entry:?} says no numbers")) };
        let Some(Act::Agent(_, AgentAct::Mail(posts))) = run.steps.get(&entry.token).map(|step| &step.act) else {
            return Err(format!("a message that nobody has sent: {entry:?}"));
        };
        self.took.push(Took { from, token: entry.token, number, slowly: entry.kind == Kind::TookSlowly, at: entry.at });
        if let Some(relay) = posts.get(number as usize).and_then(|post| post.relay) {
            self.send(entry, number + RELAYED, relay, Some(entry.at));
        }
        Ok(())
    }

    /// What is left when nothing is due any more.
    pub(super) fn at_rest(&self, run: &Run<'_>, view: &AgentView) -> Result<(), Wrong> {
        let due = |pending: &&Pending| pending.at + minutes(10) <= view.now;
        for alarm in self.pending.iter().filter(due) {
            let shown = view.alarms.iter().find(|shown| shown.method == alarm.what.method() && shown.at == alarm.at);
            let given_up = shown.is_some_and(|shown| shown.failed);
            let right = match alarm.what {
                Set::Hopeless => given_up,
                Set::Fetch(..) if alarm.ended => shown.is_none(),
                _ => given_up && run.plan.has_faults(),
            };
            if !right {
                return Err(format!("{alarm:?} is stuck, as {shown:?}"));
            }
        }
        let waiting = view.outbox.iter().find(|message| !message.failed);
        waiting.map_or(Ok(()), |message| Err(format!("{message:?} is stuck")))
    }

    fn compare_alarms(&self, run: &Run<'_>, view: &AgentView) -> Result<(), Wrong> {
        let (nightly, mut shown): (Vec<&Outstanding>, Vec<&Outstanding>) =
            view.alarms.iter().partition(|alarm| alarm.method == "nightly");
        // An agent that does not exist yet has it in memory, if it is awake.
        if nightly.len() > 1 || nightly.is_empty() && !view.log.is_empty() || nightly.iter().any(|alarm| alarm.failed) {
            return Err(format!("the nightly alarm is set as {nightly:?}"));
        }
        for alarm in &self.pending {
            let is_it = |shown: &&Outstanding| {
                shown.method == alarm.what.method() && shown.key == alarm.key && shown.at == alarm.at
            };
            match shown.iter().position(is_it) {
                Some(place) => {
                    let shown = shown.swap_remove(place);
                    let may_fail = alarm.what == Set::Hopeless || run.plan.has_faults();
                    if shown.failed && !may_fail {
                        return Err(format!("{alarm:?} was given up"));
                    }
                }
                None if alarm.ended => {}
                None => return Err(format!("{alarm:?} is lost: there are {:?}", view.alarms)),
            }
        }
        shown.first().map_or(Ok(()), |alarm| Err(format!("{alarm:?} was not set, or is over")))
    }
}

impl Model for AgentModel {
    fn apply(&mut self, run: &Run<'_>, entry: &Entry) -> Result<Option<i64>, Wrong> {
        self.entries += 1;
        let step = run.steps.get(&entry.token).copied();
        match (entry.kind, step) {
            (Kind::Called, Some(step)) => return self.called(entry, step).map(Some),
            (Kind::Rang, _) => self.rang(run, entry)?,
            (Kind::GaveUp, _) => {
                let place = self.end_of(entry, |what| what == Set::Doomed, pauses(2))?;
                self.pending.remove(place);
            }
            (Kind::Fetched, Some(Step { act: Act::Agent(_, AgentAct::Set(Set::Fetch(_, pause), ..)), .. })) => {
                self.fetched.push(entry.token);
                if self.running.iter().any(|alarm| alarm.token == entry.token) {
                    return Ok(None);
                }
                let place = self.end_of(entry, |what| matches!(what, Set::Fetch(..)), millis(*pause))?;
                let twice = std::mem::replace(&mut self.pending[place].ended, true);
                if twice && run.history.crashes == 0 && !run.plan.has_faults() {
                    return Err(format!("without a crash an alarm ran twice: {entry:?}"));
                }
            }
            (Kind::Took | Kind::TookSlowly, _) => self.took(run, entry)?,
            // The first of two calls under one key failed, and was forgotten: the other one ran then.
            (Kind::Began, Some(Step { act: Act::Agent(_, AgentAct::Pay(..)), how: How::Twice, .. }))
                if run.plan.has_faults() && self.began.contains(&entry.token) && !self.ended.contains(&entry.token) => {
            }
            (Kind::Began | Kind::Ended, Some(Step { act: Act::Agent(_, AgentAct::Pay(..)), .. })) => {
                let (list, other) = match entry.kind {
                    Kind::Began => (&mut self.began, None),
                    _ => (&mut self.ended, Some(&self.began)),
                };
                if list.contains(&entry.token) || other.is_some_and(|began| !began.contains(&entry.token)) {
                    return Err(format!("{entry:?} comes twice, or out of order"));
                }
                list.push(entry.token);
            }
            _ => return Err(format!("nobody has asked for {entry:?}")),
        }
        Ok(None)
    }

    fn refuses(&self, _: &Run<'_>, call: &Call, kind: ErrorKind) -> bool {
        matches!(call.step.act, Act::Agent(_, AgentAct::Fail)) && kind == ErrorKind::Denied
    }

    fn compare(&self, run: &Run<'_>, shown: &Outcome) -> Result<(), Wrong> {
        let Outcome::Agent(view) = shown else { return Ok(()) };
        if view.counts != (self.entries, self.entries) {
            return Err(format!("{} entries, and counted are {:?}", self.entries, view.counts));
        }
        self.compare_alarms(run, view)?;
        for message in &view.outbox {
            if !self.sent.iter().any(|sent| sent.sequence == message.sequence && !sent.replaced) {
                return Err(format!("{message:?} is in the outbox, and was not sent"));
            }
        }
        Ok(())
    }
}
