//! Which thread goes on.

use super::draw::Mix;
use super::threads::{Phase, Thread};
use super::{MAIN, State};

/// For how many seams a thread stands still, about, while others go on.
const LONGEST: usize = 5_000;

/// Whether a thread could go on itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stays {
    No,
    /// Here it meets others: at the disk, a clock, a lock.
    AtSeam,
    /// Here the code has a gap that is worth a look, and control changes hands more often.
    AtPoint,
}

impl State {
    /// Any thread but the runtime's could go on.
    pub(super) fn has_threads(&self) -> bool {
        self.threads[MAIN + 1..].iter().any(Thread::can_run)
    }

    /// The thread that goes on instead of `me`; nothing if it is `me` who does, which is possible if it stays.
    pub(super) fn successor(&mut self, me: usize, stays: Stays) -> Option<usize> {
        let Mix::Ranked { change, sink, most } = self.mix else {
            let first = || (0..self.threads.len()).find(|number| *number != me && self.threads[*number].can_run());
            return if stays == Stays::No { first().or(self.driving()) } else { None };
        };
        // How much more often than elsewhere something changes.
        let often = match stays {
            Stays::No => 0,
            Stays::AtSeam => 1,
            Stays::AtPoint => 8,
        };
        let main = self.driving().filter(|main| *main != me);
        let promoted =
            if often > 0 && self.draw.once_in(change.div_ceil(often)) { self.promote_any(main) } else { None };
        // Others may never wait: so nobody stands still for ever.
        if self.draw.once_in(LONGEST) {
            self.threads.iter_mut().for_each(|thread| thread.sunk = false);
        }
        let sunk = self.threads.iter().filter(|thread| thread.sunk).count();
        if often > 0 && sunk < most && self.draw.once_in(sink.div_ceil(often)) {
            self.threads[me].sunk = true;
        }
        // What the runtime has to do can't all be seen from here: so it gets a chance now and then.
        let busy = !self.ready.is_empty() || self.ended;
        let wanted = main.filter(|main| busy || promoted == Some(*main) || self.draw.once_in(100));
        let highest =
            |threads: &mut dyn Iterator<Item = usize>| threads.max_by_key(|number| self.threads[*number].rank);
        let others = (0..self.threads.len()).filter(|number| *number != me && self.threads[*number].can_run());
        let afloat = highest(&mut others.clone().filter(|number| !self.threads[*number].sunk).chain(wanted));
        let next = match afloat {
            Some(next) if often > 0 && !self.threads[me].sunk => {
                (self.threads[next].rank > self.threads[me].rank).then_some(next)
            }
            Some(next) => Some(next),
            None if often > 0 => None,
            None => main.or_else(|| highest(&mut others.clone())),
        };
        // Whoever goes on does not stand still.
        self.threads[next.unwrap_or(me)].sunk = false;
        next
    }

    /// The thread of the runtime, if it looks after the others.
    fn driving(&self) -> Option<usize> {
        (self.threads[MAIN].phase == Phase::Driving).then_some(MAIN)
    }

    /// Any of those that can go on, or this one, is before all others from now on: so nobody waits for ever, even for one that
    /// never waits.
    fn promote_any(&mut self, main: Option<usize>) -> Option<usize> {
        let able = |(number, thread): (usize, &Thread)| (thread.can_run() && !thread.sunk).then_some(number);
        let able: Vec<_> = self.threads.iter().enumerate().filter_map(able).chain(main).collect();
        let promoted = *able.get(self.draw.below(able.len()))?;
        self.highest += 1;
        self.threads[promoted].rank = self.highest;
        Some(promoted)
    }

    /// A rank for a thread that begins: before or after any of the others.
    pub(super) fn rank(&mut self) -> u64 {
        let ranks: Vec<_> = self.threads.iter().map(|thread| thread.rank).collect();
        let before = self.draw.below(ranks.len() + 1);
        ranks.get(before).copied().unwrap_or(self.highest)
    }

    /// Whether the thread of the runtime polls a task before any other thread goes on.
    pub(super) fn main_is_next(&mut self) -> bool {
        let Mix::Ranked { change, .. } = self.mix else { return !self.ready.is_empty() };
        if self.draw.once_in(change) {
            self.promote_any(None);
        }
        let others = self.threads[MAIN + 1..].iter().filter(|thread| thread.can_run() && !thread.sunk);
        let highest = others.map(|thread| thread.rank).max().unwrap_or(0);
        !self.ready.is_empty() && self.threads[MAIN].rank >= highest
    }
}
