//! Cutting a plan down that fails: fewer phases, callers, calls and events, for as long as it still fails.

use std::time::{Duration, Instant};

use crate::plan::{Ending, Event, How, On, Order, Plan};

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Runs.
    pub tries: u32,
    /// Real time.
    pub time: Duration,
}

impl Bounds {
    /// What a test waits for.
    pub const SHORT: Bounds = Bounds { tries: 150, time: Duration::from_secs(60) };
    /// What a person waits for.
    pub const LONG: Bounds = Bounds { tries: 1_000, time: Duration::from_secs(600) };
}

struct Shrink<'a> {
    fails: &'a mut dyn FnMut(&Plan) -> bool,
    tries: u32,
    until: Instant,
}

/// A smaller plan that still fails.
pub fn shrink(plan: &Plan, bounds: Bounds, mut fails: impl FnMut(&Plan) -> bool) -> Plan {
    let mut shrink = Shrink { fails: &mut fails, tries: bounds.tries, until: Instant::now() + bounds.time };
    let mut plan = plan.clone();
    loop {
        let before = plan.clone();
        shrink.phases(&mut plan);
        shrink.callers(&mut plan);
        shrink.steps(&mut plan);
        shrink.events(&mut plan);
        shrink.simpler(&mut plan);
        if plan == before || shrink.is_over() {
            return plan;
        }
    }
}

impl Shrink<'_> {
    fn is_over(&self) -> bool {
        self.tries == 0 || Instant::now() > self.until
    }

    /// Takes a change over if the plan still fails with it.
    fn attempt(&mut self, plan: &mut Plan, change: impl FnOnce(&mut Plan)) -> bool {
        let mut changed = plan.clone();
        change(&mut changed);
        if changed == *plan || self.is_over() {
            return false;
        }
        self.tries -= 1;
        let fails = (self.fails)(&changed);
        if fails {
            *plan = changed;
        }
        fails
    }

    /// Takes parts of a list away, large ones first.
    fn list(&mut self, plan: &mut Plan, len: impl Fn(&Plan) -> usize, cut: impl Fn(&mut Plan, std::ops::Range<usize>)) {
        let mut size = len(plan).div_ceil(2);
        while size > 0 {
            let mut end = len(plan);
            while end > 0 {
                let start = end.saturating_sub(size);
                self.attempt(plan, |plan| cut(plan, start..end));
                end = start.min(len(plan));
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    fn phases(&mut self, plan: &mut Plan) {
        self.list(plan, |plan| plan.phases.len(), |plan, range| drop(plan.phases.drain(range)));
    }

    fn callers(&mut self, plan: &mut Plan) {
        for phase in (0..plan.phases.len()).rev() {
            let len = |plan: &Plan| plan.phases[phase].callers.len();
            self.list(plan, len, |plan, range| drop(plan.phases[phase].callers.drain(range)));
        }
    }

    fn steps(&mut self, plan: &mut Plan) {
        for phase in (0..plan.phases.len()).rev() {
            for caller in (0..plan.phases[phase].callers.len()).rev() {
                let len = |plan: &Plan| plan.phases[phase].callers[caller].steps.len();
                self.list(plan, len, |plan, range| drop(plan.phases[phase].callers[caller].steps.drain(range)));
            }
        }
    }

    fn events(&mut self, plan: &mut Plan) {
        for phase in (0..plan.phases.len()).rev() {
            let len = |plan: &Plan| plan.phases[phase].events.len();
            self.list(plan, len, |plan, range| drop(plan.phases[phase].events.drain(range)));
        }
    }

    /// The same with less that is unusual.
    fn simpler(&mut self, plan: &mut Plan) {
        self.attempt(plan, |plan| plan.order = Order::Usual);
        self.attempt(plan, |plan| plan.sync_each = false);
        self.attempt(plan, |plan| plan.limits = crate::plan::Limits::USUAL);
        for phase in 0..plan.phases.len() {
            self.attempt(plan, |plan| plan.phases[phase].ending = Ending::None);
            self.attempt(plan, |plan| plan.phases[phase].callers.retain(|caller| !caller.steps.is_empty()));
            for event in 0..plan.phases[phase].events.len() {
                self.attempt(plan, |plan| match &mut plan.phases[phase].events[event] {
                    Event::Crash { torn } | Event::CrashTwice { torn, .. } => *torn = false,
                    _ => {}
                });
            }
            for caller in 0..plan.phases[phase].callers.len() {
                self.attempt(plan, |plan| plan.phases[phase].callers[caller].on = On::Task);
                for step in 0..plan.phases[phase].callers[caller].steps.len() {
                    self.attempt(plan, |plan| {
                        let step = &mut plan.phases[phase].callers[caller].steps[step];
                        (step.how, step.pause) = (How::Plain, 0);
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::plan;
    use crate::plan::{Act, DeskAct};

    fn panics(plan: &Plan) -> usize {
        plan.all().filter(|step| matches!(step.act, Act::Desk(_, DeskAct::Panic(_)))).count()
    }

    #[test]
    fn what_does_not_matter_is_left_out() {
        let large = (0..).map(plan).find(|plan| panics(plan) >= 2).expect("some plan has two of them");
        let small = shrink(&large, Bounds::LONG, |plan| panics(plan) >= 2);
        assert_eq!(panics(&small), 2);
        assert_eq!(small.all().count(), 2, "{small}");
        assert!(small.phases.iter().all(|phase| phase.events.is_empty()), "{small}");
    }

    #[test]
    fn no_more_is_tried_than_was_allowed() {
        let mut tries = 0;
        shrink(&plan(1), Bounds { tries: 7, ..Bounds::LONG }, |_| {
            tries += 1;
            false
        });
        assert_eq!(tries, 7);
    }
}
