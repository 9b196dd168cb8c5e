//! The log of one object against what its callers saw: nothing that was acknowledged is missing, nothing that was refused is there,
//! nothing is there twice, and the order is one that agrees with who had ended before who began.

use std::collections::BTreeMap;

use do_runtime::ErrorKind;

use super::{Run, Wrong, seen};
use crate::classes::{Entry, Kind};
use crate::history::{Call, Outcome};
use crate::plan::{Act, AgentAct, DeskAct, How, Step};

/// How often an object begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lives {
    /// Nobody ends it.
    One,
    /// It may end and begin anew.
    Many,
}

impl Lives {
    pub(super) fn of(mortal: bool) -> Self {
        if mortal { Lives::Many } else { Lives::One }
    }
}

/// The longest log of each life that anybody was shown.
pub(super) type Line<'a> = BTreeMap<i64, &'a [Entry]>;

fn log(call: &Call) -> Option<(i64, &[Entry])> {
    match &call.outcome {
        Outcome::Desk(view) => Some((view.life, &view.log)),
        Outcome::Agent(view) => Some((view.life, &view.log)),
        _ => None,
    }
}

/// The logs of an object, if they fit what its callers saw.
pub(super) fn line<'a>(name: &str, calls: &[&'a Call], lives: Lives) -> Result<Line<'a>, Wrong> {
    let mut line = Line::new();
    for (life, log) in calls.iter().filter_map(|call| log(call)) {
        let longest = line.entry(life).or_insert(log);
        let common = longest.len().min(log.len());
        if let Some(place) = (0..common).find(|place| longest[*place] != log[*place]) {
            return Err(format!(
                "{name}: entry {place} of life {life} was shown as {:?} and as {:?}",
                longest[place], log[place]
            ));
        }
        if log.len() > longest.len() {
            *longest = log;
        }
    }
    tokens(name, calls, &line)?;
    callers(name, calls, &line)?;
    for call in calls {
        answered(name, call, &line)?;
    }
    order(name, calls, lives)?;
    match lives {
        Lives::One => Ok(line),
        Lives::Many => ends(name, calls).map(|()| line),
    }
}

/// Whether an operation leaves an entry of its own.
fn is_noted(step: &Step) -> bool {
    !matches!(
        &step.act,
        Act::Desk(_, DeskAct::View | DeskAct::Delete | DeskAct::Erase | DeskAct::Fail(_) | DeskAct::Panic(_))
            | Act::Agent(_, AgentAct::View | AgentAct::Fail | AgentAct::Panic | AgentAct::Pay(..))
    )
}

/// Each operation is noted once at most, and only those that were called and not refused.
fn tokens(name: &str, calls: &[&Call], line: &Line<'_>) -> Result<(), Wrong> {
    let by_token: BTreeMap<i64, &&Call> = calls.iter().map(|call| (call.step.token, call)).collect();
    let mut places = BTreeMap::new();
    for (life, log) in line {
        for (place, entry) in log.iter().enumerate().filter(|(_, entry)| entry.kind == Kind::Called) {
            let call = by_token.get(&entry.token).filter(|call| is_noted(&call.step));
            let Some(call) = call else {
                return Err(format!(
                    "{name}: entry {place} of life {life} is of an operation that nobody has called, or that never succeeds: {entry:?}"
                ));
            };
            if let Outcome::Refused { text, .. } = &call.outcome {
                return Err(format!(
                    "{name}: #{} was refused ({text}), and is entry {place} of life {life}",
                    entry.token
                ));
            }
            if let Some(other) = places.insert(entry.token, place) {
                return Err(format!("{name}: #{} was applied twice, as entries {other} and {place}", entry.token));
            }
        }
    }
    Ok(())
}

/// Calls of one caller arrive in their order, also those for whose answers it did not wait.
fn callers(name: &str, calls: &[&Call], line: &Line<'_>) -> Result<(), Wrong> {
    // Those that are not sent again.
    let sent_once =
        calls.iter().filter(|call| matches!(call.step.how, How::Plain | How::Dropped(_) | How::Deadline(_)));
    let callers: BTreeMap<i64, (usize, usize)> = sent_once.map(|call| (call.step.token, call.caller)).collect();
    for (life, log) in line {
        let mut last: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for entry in log.iter().filter(|entry| entry.kind == Kind::Called) {
            let Some(caller) = callers.get(&entry.token) else { continue };
            let last = last.entry(*caller).or_insert(entry.token);
            if *last > entry.token {
                return Err(format!(
                    "{name}, life {life}: #{} was applied after #{last}, and was called before it",
                    entry.token
                ));
            }
            *last = entry.token;
        }
    }
    Ok(())
}

/// An answer is one that this call may have had, and its entry is where the answer says.
fn answered(name: &str, call: &Call, line: &Line<'_>) -> Result<(), Wrong> {
    let token = call.step.token;
    match &call.outcome {
        Outcome::Done(done) if !matches!(call.step.act, Act::Desk(_, DeskAct::Erase)) => {
            let entry = line.get(&done.life).and_then(|log| log.get(done.place as usize));
            match entry {
                Some(entry) if entry.token != token => Err(format!(
                    "{name}: #{token} was acknowledged as entry {} of life {}, and there is {entry:?}",
                    done.place, done.life
                )),
                _ => Ok(()),
            }
        }
        Outcome::Refused { kind, at, text } => {
            let panics = matches!(call.step.act, Act::Desk(_, DeskAct::Panic(_)) | Act::Agent(_, AgentAct::Panic));
            let right = match kind {
                // Refused before it ran; where the disk was dead or full.
                ErrorKind::Storage => true,
                ErrorKind::Handler => panics,
                ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Denied => at.is_some(),
                _ => false,
            };
            if right { Ok(()) } else { Err(format!("{name}: #{token} was refused with {kind}: {text}")) }
        }
        _ => Ok(()),
    }
}

/// Who had ended before another began is before it in the log; what was shown or acknowledged stays.
fn order(name: &str, calls: &[&Call], lives: Lives) -> Result<(), Wrong> {
    let mut by_life: BTreeMap<i64, Vec<(u64, &Call)>> = BTreeMap::new();
    for call in calls {
        let Some((life, place)) = seen(call) else { continue };
        // An object that does not exist yet is at the beginning of its only life.
        let life = if lives == Lives::One { 0 } else { life };
        by_life.entry(life).or_default().push((place, call));
    }
    for (life, places) in &mut by_life {
        places.sort_by_key(|(place, _)| *place);
        // Of those before, the one that began last.
        let mut latest: Option<(u64, &Call)> = None;
        for group in places.chunk_by(|(a, _), (b, _)| a == b) {
            for (place, call) in group {
                if let Some((before, earlier)) = latest.filter(|(_, earlier)| call.completed < earlier.invoked) {
                    return Err(format!(
                        "{name}: #{} had ended at place {} of life {life} before #{} began, which has seen no more than place {}",
                        call.step.token,
                        place.div_ceil(2),
                        earlier.step.token,
                        before.div_ceil(2)
                    ));
                }
                let is_done = |call: &Call| matches!(call.outcome, Outcome::Done(_));
                let other = |(_, other): &&(u64, &Call)| is_done(other) && other.step.token != call.step.token;
                if let Some((_, other)) = group.iter().find(other).filter(|_| is_done(call)) {
                    let (one, other) = (call.step.token, other.step.token);
                    return Err(format!("{name}: #{one} and #{other} are both entry {} of life {life}", place / 2));
                }
            }
            let last = group.iter().max_by_key(|(_, call)| call.invoked).copied();
            latest = latest.into_iter().chain(last).max_by_key(|(_, call)| call.invoked);
        }
    }
    Ok(())
}

/// A life ends only where somebody ended it, and never comes back.
fn ends(name: &str, calls: &[&Call]) -> Result<(), Wrong> {
    let mut first: BTreeMap<i64, &Call> = BTreeMap::new();
    let is_erase = |call: &Call| matches!(call.step.act, Act::Desk(_, DeskAct::Erase));
    let seen: Vec<(i64, &Call)> = calls.iter().filter_map(|call| Some((seen(call)?.0, *call))).collect();
    for (life, call) in &seen {
        let known = first.entry(*life).or_insert(call);
        if call.invoked < known.invoked {
            *known = call;
        }
    }
    for (before, a) in &seen {
        for (after, b) in &seen {
            if *before == 0 || before == after || a.completed >= b.invoked {
                continue;
            }
            let began = first[before].invoked;
            let ended = calls.iter().any(|end| match &end.outcome {
                Outcome::Done(done) => is_erase(end) && done.life == *before && end.invoked < b.completed,
                Outcome::Deleted(true) => end.completed > began && end.invoked < b.completed,
                Outcome::Unknown(_) => {
                    let ends = is_erase(end) || matches!(end.step.act, Act::Desk(_, DeskAct::Delete));
                    ends && end.completed > began && end.invoked < b.completed
                }
                _ => false,
            });
            if !ended {
                return Err(format!(
                    "{name}: #{} saw life {before}, and #{} later life {after}, and nobody has ended it",
                    a.step.token, b.step.token
                ));
            }
            if let Some((_, again)) = seen.iter().find(|(life, call)| life == before && call.invoked > b.completed) {
                return Err(format!("{name}: #{} saw life {before} after its end", again.step.token));
            }
        }
    }
    for end in calls {
        let back = seen.iter().find(|(life, call)| match &end.outcome {
            Outcome::Done(done) => is_erase(end) && *life == done.life && call.invoked > end.completed,
            Outcome::Deleted(true) => *life != 0 && call.invoked > end.completed && first[life].completed < end.invoked,
            _ => false,
        });
        if let Some((life, call)) = back {
            return Err(format!("{name}: #{} saw life {life}, which #{} had ended", call.step.token, end.step.token));
        }
    }
    Ok(())
}

/// What an object has to hold, by its log.
pub(super) trait Model: Default {
    /// What happens to it with an entry; the answer of the call that the entry is of.
    fn apply(&mut self, run: &Run<'_>, entry: &Entry) -> Result<Option<i64>, Wrong>;

    /// Whether a call was right to be refused.
    fn refuses(&self, run: &Run<'_>, call: &Call, kind: ErrorKind) -> bool;

    /// Whether this is what is to be seen.
    fn compare(&self, run: &Run<'_>, shown: &Outcome) -> Result<(), Wrong>;
}

/// Goes through the logs with a model, and compares what was answered and shown with it. The models of all lives.
pub(super) fn fold<M: Model>(
    name: &str,
    run: &Run<'_>,
    line: &Line<'_>,
    calls: &[&Call],
) -> Result<BTreeMap<i64, M>, Wrong> {
    let mut models = BTreeMap::new();
    let nothing: &[Entry] = &[];
    for (life, log) in
        line.iter().map(|(life, log)| (*life, *log)).chain((!line.contains_key(&0)).then_some((0, nothing)))
    {
        let mut model = M::default();
        let wrong = |place: usize, wrong: Wrong| format!("{name}, entry {place} of life {life}: {wrong}");
        let mut shown: BTreeMap<u64, Vec<&Call>> = BTreeMap::new();
        for call in calls {
            if let Some((_, place)) = seen(call).filter(|(seen, _)| *seen == life) {
                shown.entry(place).or_default().push(call);
            }
        }
        for place in 0..=log.len() {
            for call in shown.get(&(2 * place as u64)).into_iter().flatten() {
                let token = call.step.token;
                match &call.outcome {
                    Outcome::Refused { kind, text, .. } if !model.refuses(run, call, *kind) => {
                        return Err(wrong(place, format!("#{token} was refused there without a reason: {text}")));
                    }
                    Outcome::Refused { .. } => {}
                    outcome => model.compare(run, outcome).map_err(|text| wrong(place, format!("#{token}: {text}")))?,
                }
            }
            let Some(entry) = log.get(place) else { break };
            let value = model.apply(run, entry).map_err(|text| wrong(place, text))?;
            for call in shown.get(&(2 * place as u64 + 1)).into_iter().flatten() {
                if let (Some(expected), Outcome::Done(done)) = (value, &call.outcome)
                    && call.step.token == entry.token
                    && done.value != expected
                    && expected != super::agent::ANY
                {
                    return Err(wrong(place, format!("#{} was told {}, and not {expected}", entry.token, done.value)));
                }
            }
        }
        models.insert(life, model);
    }
    Ok(models)
}
