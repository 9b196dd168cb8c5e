//! What callers did and saw, and whether there is an order that explains it.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use todc_utils::linearizability::WGLChecker;
use todc_utils::linearizability::history::{Action, History as Actions};
use todc_utils::specifications::Specification;

/// Where a register rests in its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Place {
    Field,
    Row,
    Key,
}

/// What is done to a register; the answer is what it held before. No value is written twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Op {
    Read,
    Write(u64),
    Swap { expected: u64, new: u64 },
}

/// One call, with the moments before it was sent and after it was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) object: u64,
    pub(crate) place: Place,
    pub(crate) op: Op,
    pub(crate) begun: u64,
    pub(crate) ended: u64,
    /// Nothing if nobody knows whether it happened.
    pub(crate) found: Option<u64>,
}

/// The calls of a round.
#[derive(Default)]
pub(crate) struct History(Vec<Call>);

/// What a checked history had in it.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Told {
    registers: u64,
    /// Calls that began before another one of their register had ended.
    overlapping: u64,
    swapped: u64,
    unknown: u64,
    /// Of the unknown ones, those whose effect was seen.
    seen: u64,
}

impl Told {
    /// Whether enough happened at once for the check to mean something.
    pub(crate) fn shows_something(&self) -> bool {
        self.overlapping > 1_000 && self.swapped > 100 && self.unknown > 100 && self.seen > 0
    }
}

impl AddAssign for Told {
    fn add_assign(&mut self, other: Told) {
        self.registers += other.registers;
        self.overlapping += other.overlapping;
        self.swapped += other.swapped;
        self.unknown += other.unknown;
        self.seen += other.seen;
    }
}

impl History {
    pub(crate) fn add(&mut self, calls: Vec<Call>) {
        self.0.extend(calls);
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Checks each register by itself: a history is linearizable if those of its registers are.
    ///
    /// # Errors
    /// The calls of a register that no order explains.
    pub(crate) fn check(self) -> Result<Told, String> {
        let mut registers: BTreeMap<(u64, Place), Vec<Call>> = BTreeMap::new();
        for call in self.0 {
            registers.entry((call.object, call.place)).or_default().push(call);
        }
        let mut told = Told::default();
        for ((object, place), mut calls) in registers {
            told += settle(&mut calls);
            if !is_linearizable(&calls) {
                calls.sort_by_key(|call| call.begun);
                let lines: Vec<_> = shortest(calls).iter().map(|call| format!("{call:?}")).collect();
                return Err(format!("object {object}, {place:?}:\n{}", lines.join("\n")));
            }
        }
        Ok(told)
    }
}

/// Decides the calls of which nobody knows whether they happened. One whose value was found by another call did, at the latest before the
/// first of those was answered; and if it was a swap, it found the value that it expected itself. One whose value nobody found makes no
/// difference to anybody, whether it happened or not.
fn settle(calls: &mut Vec<Call>) -> Told {
    let mut first_seen: BTreeMap<u64, u64> = BTreeMap::new();
    for call in calls.iter() {
        if let Some(found) = call.found {
            let first = first_seen.entry(found).or_insert(call.ended);
            *first = call.ended.min(*first);
        }
    }
    let swaps = || calls.iter().filter(|call| call.found.is_none());
    // Such swaps may follow each other.
    loop {
        let found = swaps().find_map(|call| match call.op {
            Op::Swap { expected, new } => {
                let seen = *first_seen.get(&new)?;
                (*first_seen.get(&expected).unwrap_or(&u64::MAX) > seen).then_some((expected, seen))
            }
            Op::Read | Op::Write(_) => None,
        });
        let Some((value, seen)) = found else { break };
        first_seen.insert(value, seen);
    }
    let mut told = Told { registers: 1, ..Told::default() };
    calls.retain_mut(|call| {
        if call.found.is_some() {
            return true;
        }
        told.unknown += 1;
        let (Op::Write(value) | Op::Swap { new: value, .. }) = call.op else { return false };
        let Some(seen) = first_seen.get(&value) else { return false };
        told.seen += 1;
        call.ended = *seen;
        true
    });
    let mut begun: Vec<_> = calls.iter().map(|call| (call.begun, call.ended)).collect();
    begun.sort_unstable();
    let mut latest = 0;
    for (begun, ended) in begun {
        told.overlapping += u64::from(begun < latest);
        latest = latest.max(ended);
    }
    told.swapped = calls
        .iter()
        .filter(|call| matches!(call.op, Op::Swap { expected, .. } if call.found == Some(expected) && expected != 0))
        .count() as u64;
    told
}

/// The shortest beginning of a history that no order explains: what is wrong is at its end.
fn shortest(calls: Vec<Call>) -> Vec<Call> {
    let mut ends: Vec<_> = calls.iter().map(|call| call.ended).collect();
    ends.sort_unstable();
    // Of calls that were not answered by then nobody knew what they would find.
    let until = |end: u64| -> Vec<Call> {
        let begun = calls.iter().filter(|call| call.begun < end);
        let mut calls: Vec<_> =
            begun.map(|call| if call.ended <= end { *call } else { Call { found: None, ..*call } }).collect();
        settle(&mut calls);
        calls
    };
    let wrong = ends.partition_point(|end| is_linearizable(&until(*end)));
    let Some(end) = ends.get(wrong) else { return calls };
    let tail = until(*end);
    let skipped = tail.len().saturating_sub(40);
    tail.into_iter().skip(skipped).collect()
}

/// What is done, and what was found.
type Done = (Op, Option<u64>);

/// A register that begins with 0.
struct Register;

impl Specification for Register {
    type State = u64;
    type Operation = Done;

    fn init() -> u64 {
        0
    }

    fn apply((op, found): &Done, state: &u64) -> (bool, u64) {
        let as_found = found.is_none_or(|found| found == *state);
        match *op {
            Op::Read => (as_found, *state),
            Op::Write(value) => (as_found, value),
            Op::Swap { expected, new } if expected == *state => (as_found, new),
            // Of an unknown one that is left it is known that it happened.
            Op::Swap { .. } => (as_found && found.is_some(), *state),
        }
    }
}

fn is_linearizable(calls: &[Call]) -> bool {
    let mut moments: Vec<(u64, usize, Action<Done>)> = Vec::with_capacity(calls.len() * 2);
    for (number, call) in calls.iter().enumerate() {
        moments.push((call.begun, number, Action::Call((call.op, call.found))));
        moments.push((call.ended, number, Action::Response((call.op, call.found))));
    }
    // At one moment, which only an unknown call shares with another, a response comes last: that leaves more orders.
    moments.sort_by_key(|(at, number, action)| (*at, matches!(action, Action::Response(_)), *number));
    let actions: Vec<_> = moments.into_iter().map(|(_, number, action)| (number, action)).collect();
    actions.is_empty() || WGLChecker::<Register>::is_linearizable(Actions::from_actions(actions))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(op: Op, begun: u64, ended: u64, found: Option<u64>) -> Call {
        Call { object: 0, place: Place::Row, op, begun, ended, found }
    }

    fn check(calls: &[Call]) -> bool {
        History(calls.to_vec()).check().is_ok()
    }

    #[test]
    fn what_one_register_can_do_is_right_and_what_it_can_not_is_told() {
        let one = call(Op::Write(1), 0, 3, Some(0));
        assert!(check(&[one, call(Op::Read, 1, 2, Some(0))]));
        assert!(check(&[one, call(Op::Read, 1, 2, Some(1))]));
        assert!(!check(&[one, call(Op::Read, 4, 5, Some(0))]), "an old value");
        assert!(!check(&[one, call(Op::Write(2), 4, 5, Some(0))]), "a lost write");
        let swap = |begun, found| call(Op::Swap { expected: 1, new: begun }, begun, begun + 9, Some(found));
        assert!(check(&[one, swap(10, 1), swap(11, 10)]));
        assert!(!check(&[one, swap(10, 1), swap(11, 1)]), "two that both found what they expected");
    }

    #[test]
    fn what_nobody_knows_of_may_have_happened_or_not() {
        let unknown = call(Op::Write(7), 0, 1, None);
        assert!(check(&[unknown, call(Op::Read, 2, 3, Some(0))]));
        assert!(check(&[unknown, call(Op::Read, 2, 3, Some(0)), call(Op::Read, 4, 5, Some(7))]));
        assert!(!check(&[unknown, call(Op::Read, 2, 3, Some(7)), call(Op::Read, 4, 5, Some(0))]));
        let swap = call(Op::Swap { expected: 5, new: 8 }, 0, 1, None);
        assert!(!check(&[swap, call(Op::Read, 2, 3, Some(8))]), "it found something else than it expected");
        let (write, after) = (call(Op::Write(5), 0, 1, None), call(Op::Swap { expected: 8, new: 9 }, 0, 1, None));
        assert!(check(&[write, swap, call(Op::Read, 2, 3, Some(8))]), "what the swap found was written");
        assert!(check(&[after, write, swap, call(Op::Read, 2, 3, Some(9))]));
        assert!(!check(&[write, swap, call(Op::Read, 2, 3, Some(8)), call(Op::Read, 4, 5, Some(5))]), "it was swapped");
    }

    #[test]
    fn what_is_told_ends_with_the_call_that_no_order_explains() {
        let calls = [
            call(Op::Write(1), 0, 9, Some(0)),
            call(Op::Read, 2, 3, Some(1)),
            call(Op::Read, 4, 5, Some(0)),
            call(Op::Write(2), 6, 20, Some(3)),
            call(Op::Write(3), 10, 19, Some(1)),
        ];
        let told = shortest(calls.to_vec());
        assert_eq!(told.last().map(|last| (last.begun, last.found)), Some((4, Some(0))), "{told:?}");
    }
}
