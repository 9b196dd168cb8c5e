//! What the seed decides: numbers, and how a run mixes its threads.

/// A stream of numbers of a seed, apart from the one that the node draws from.
#[derive(Debug)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Draw(seed)
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.next().checked_rem(bound as u64).unwrap_or(0) as usize
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// How control changes hands at a point that any thread passes. A race needs either many changes or one thread that stands
/// still for long, so each seed has one or the other, and more or less of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mix {
    /// Not at all: a thread runs until it waits.
    Never,
    /// Once in so many points, to any other thread.
    Even(usize),
    /// Each thread has a rank, and the highest that can run does; once in so many points the one that runs becomes the
    /// lowest, and stands still for as long as anything else can go on (Burckhardt and others, 2010).
    Ranked(usize),
}

impl Mix {
    pub(super) fn drawn(draw: &mut Draw) -> Self {
        let times = [2, 5, 12, 40][draw.below(4)];
        if draw.once_in(3) { Mix::Even(times) } else { Mix::Ranked(times * 2) }
    }
}
