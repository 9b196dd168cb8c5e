//! The checker: does what callers were told, and what is found in the objects, follow from some order in which the operations were
//! applied, whole or not at all?
//!
//! The log of an object says the order. [`line`] checks that it fits what callers saw; the models say what else has to be in the
//! object after each entry; `post` compares what objects did to each other.

mod agent;
mod desk;
mod line;
mod post;

use std::collections::BTreeMap;

use crate::classes::{AgentView, DeskView};
use crate::history::{Call, History, Outcome};
use crate::plan::{Act, Plan, Step};

/// What is wrong, in a sentence.
pub type Wrong = String;

/// What the models know of the run.
pub(crate) struct Run<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) history: &'a History,
    pub(crate) steps: BTreeMap<i64, &'a Step>,
}

/// What is known of the state of things when everything is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// Things may be on their way.
    Maybe,
    /// Time has moved on until nothing was due any more.
    ToRest,
}

/// Everything, as it was found at the end of a phase.
pub struct Found<'a> {
    /// The desks.
    pub desks: &'a [DeskView],
    /// Their names.
    pub desk_names: &'a [Option<String>],
    /// The agents.
    pub agents: &'a [AgentView],
    /// Their names.
    pub agent_names: &'a [Option<String>],
    /// Their ids.
    pub agent_ids: &'a [do_runtime::ObjectId],
    /// What may still happen.
    pub moved: Moved,
}

/// Compares a history, and what was found at its end, with what may be.
///
/// # Errors
/// What may not be.
pub fn check(plan: &Plan, history: &History, found: &Found<'_>) -> Result<(), Wrong> {
    let steps = plan.all().map(|step| (step.token, step)).collect();
    let run = Run { plan, history, steps };
    if let Some(contradiction) = history.contradictions.first() {
        return Err(contradiction.clone());
    }
    for number in 0..plan.desks {
        let calls: Vec<&Call> = history.calls.iter().filter(|call| is_desk(&call.step, number)).collect();
        let name = format!("desk {number}");
        names(&name, &calls, &found.desk_names[number as usize])?;
        let line = line::line(&name, &calls, line::Lives::of(plan.is_mortal(number)))?;
        line::fold::<desk::DeskModel>(&name, &run, &line, &calls)?;
    }
    let mut models = Vec::new();
    for (number, view) in (0..plan.agents).zip(found.agents) {
        let calls: Vec<&Call> = history.calls.iter().filter(|call| is_agent(&call.step, number)).collect();
        let name = format!("agent {number}");
        names(&name, &calls, &found.agent_names[number as usize])?;
        let line = line::line(&name, &calls, line::Lives::One)?;
        let mut folded = line::fold::<agent::AgentModel>(&name, &run, &line, &calls)?;
        let model = folded.remove(&view.life).unwrap_or_default();
        if found.moved == Moved::ToRest {
            model.at_rest(&run, view).map_err(|wrong| format!("{name}, at rest: {wrong}"))?;
        }
        models.push(model);
    }
    post::check(&run, &models, found)
}

/// An object that exists knows its name.
fn names(what: &str, calls: &[&Call], name: &Option<String>) -> Result<(), Wrong> {
    for call in calls {
        let shown = match &call.outcome {
            Outcome::Desk(view) if view.life != 0 => &view.name,
            Outcome::Agent(view) if view.life != 0 => &view.name,
            _ => continue,
        };
        if shown != name {
            return Err(format!("{what}: #{} was shown the name {shown:?}, and it is {name:?}", call.step.token));
        }
    }
    Ok(())
}

fn is_desk(step: &Step, number: u32) -> bool {
    matches!(&step.act, Act::Desk(at, _) if *at == number)
}

fn is_agent(step: &Step, number: u32) -> bool {
    matches!(&step.act, Act::Agent(at, _) if *at == number)
}

/// Where in a log a call was, if that is known: the life, and twice the place, one more for those that look between two entries.
pub(crate) fn seen(call: &Call) -> Option<(i64, u64)> {
    match &call.outcome {
        Outcome::Done(done) => Some((done.life, 2 * done.place + 1)),
        Outcome::Desk(view) => Some((view.life, 2 * view.log.len() as u64)),
        Outcome::Agent(view) => Some((view.life, 2 * view.log.len() as u64)),
        Outcome::Refused { at, .. } => at.map(|(life, place)| (life, 2 * place)),
        Outcome::Deleted(_) | Outcome::Unknown(_) => None,
    }
}
