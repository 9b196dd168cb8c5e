//! What objects did to each other: messages arrive once and in order, calls of calls happen once.

use std::collections::BTreeMap;

use do_runtime::{hours, secs};

use super::agent::{AgentModel, Sent, Took};
use super::{Found, Moved, Run, Wrong};
use crate::classes::Kind;
use crate::history::Outcome;
use crate::plan::{Act, AgentAct, Set};

/// A message whose receiver is ready so soon is never set aside: its last try is after so long.
const PATIENCE: u64 = 126;

pub(super) fn check(run: &Run<'_>, agents: &[AgentModel], found: &Found<'_>) -> Result<(), Wrong> {
    for (to, receiver) in (0..).zip(agents) {
        for took in &receiver.took {
            let sender = agents.get(took.from as usize);
            if !sender.is_some_and(|sender| sender.sent.iter().any(|sent| sent.to == to && is_of(took, sent))) {
                return Err(format!("agent {to} took a message that agent {} never sent: {took:?}", took.from));
            }
        }
    }
    for (from, sender) in (0..).zip(agents) {
        for (to, receiver) in (0..).zip(agents) {
            let took: Vec<&Took> = receiver.took.iter().filter(|took| took.from == from).collect();
            let sent: Vec<&Sent> = sender.sent.iter().filter(|sent| sent.to == to && !sent.replaced).collect();
            let outbox = &found.agents[from as usize].outbox;
            let state =
                |sent: &Sent| outbox.iter().find(|message| message.sequence == sent.sequence).map(|it| it.failed);
            pair(run, &sent, &took, state, found.moved)
                .map_err(|wrong| format!("from agent {from} to agent {to}: {wrong}"))?;
        }
        for message in &found.agents[from as usize].outbox {
            let to = sender.sent.iter().find(|sent| sent.sequence == message.sequence).map(|sent| sent.to);
            if to.is_some_and(|to| found.agent_ids[to as usize] != message.receiver) {
                return Err(format!("agent {from}: {message:?} goes to another than agent {to:?}"));
            }
        }
    }
    notes(run, agents, found)
}

fn is_of(took: &Took, sent: &Sent) -> bool {
    took.token == sent.token && took.number == sent.number
}

/// The messages from one agent to another; `state` is whether one in the outbox was set aside.
fn pair(
    run: &Run<'_>,
    sent: &[&Sent],
    took: &[&Took],
    state: impl Fn(&Sent) -> Option<bool>,
    moved: Moved,
) -> Result<(), Wrong> {
    let mut last = 0;
    for took in took {
        let Some(message) = sent.iter().find(|sent| is_of(took, sent)) else {
            return Err(format!("{took:?} was sent again, and had been taken"));
        };
        if message.sequence < last || message.sequence == last && !took.slowly {
            return Err(format!("{took:?} is out of order, or came twice"));
        }
        if message.sequence == last && run.history.crashes == 0 && !run.plan.has_faults() {
            return Err(format!("{took:?} came twice without a crash"));
        }
        last = message.sequence;
        let early = message.ready.is_none_or(|ready| took.at < ready);
        if early || took.at < message.at && !run.plan.jumps_back() {
            return Err(format!("{took:?} came too early: {message:?}"));
        }
    }
    for message in sent {
        let arrived = took.iter().any(|took| is_of(took, message));
        let soon = message.ready.is_some_and(|ready| ready <= message.at + secs(PATIENCE));
        match state(message) {
            None if !arrived => return Err(format!("{message:?} is lost")),
            Some(true) if arrived => return Err(format!("{message:?} was taken, and set aside")),
            // Before it is ready again, where the clock was set back, it is refused.
            Some(true) if soon && !run.plan.has_faults() && !run.plan.jumps_back() => {
                return Err(format!("{message:?} was set aside too early"));
            }
            Some(false) if !arrived && message.sequence < last => {
                return Err(format!("{message:?} waits, and message {last} was taken"));
            }
            Some(false) if moved == Moved::ToRest => return Err(format!("{message:?} is stuck")),
            _ => {}
        }
    }
    Ok(())
}

/// What agents did at desks.
fn notes(run: &Run<'_>, agents: &[AgentModel], found: &Found<'_>) -> Result<(), Wrong> {
    let mut notes: BTreeMap<i64, Vec<(u32, do_runtime::Timestamp)>> = BTreeMap::new();
    for (desk, view) in (0..).zip(found.desks) {
        for entry in view.log.iter().filter(|entry| entry.kind == Kind::Noted) {
            notes.entry(entry.token).or_default().push((desk, entry.at));
        }
    }
    for (token, step) in &run.steps {
        let Act::Agent(agent, act) = &step.act else { continue };
        let (desk, ended) = match act {
            AgentAct::Pay(desk, _) => (desk, agents[*agent as usize].ended.contains(token)),
            AgentAct::Set(Set::Fetch(desk, _), ..) => (desk, agents[*agent as usize].fetched.contains(token)),
            _ => continue,
        };
        let notes = notes.remove(token).unwrap_or_default();
        if run.plan.is_mortal(*desk) {
            continue;
        }
        // The key of such a call is remembered for a day.
        let twice = notes.windows(2).any(|pair| pair[1].1 - pair[0].1 < hours(23));
        if twice || notes.iter().any(|(at, _)| at != desk) {
            return Err(format!("#{token} is noted at desk {desk} not once: {notes:?}"));
        }
        if ended && notes.is_empty() {
            return Err(format!("#{token} has ended, and desk {desk} has no note of it"));
        }
    }
    if let Some((token, notes)) = notes.first_key_value() {
        return Err(format!("nobody has asked for the notes of #{token}: {notes:?}"));
    }
    let done = run.history.calls.iter().filter(|call| matches!(call.outcome, Outcome::Done(_)));
    for call in done {
        if let Act::Agent(agent, AgentAct::Pay(..)) = call.step.act
            && !agents[agent as usize].ended.contains(&call.step.token)
        {
            return Err(format!("agent {agent}: #{} was acknowledged, and its end is lost", call.step.token));
        }
    }
    Ok(())
}
