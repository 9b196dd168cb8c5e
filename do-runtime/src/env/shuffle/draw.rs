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

/// How control changes hands at a seam that any thread passes. Some races need many changes, others one thread that stands
/// still for long in a gap while all others go on: so each seed has more or less of either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mix {
    /// Not at all: a thread runs until it waits.
    Never,
    /// Each thread has a rank, and the highest that can run does (after Burckhardt and others, 2010).
    Ranked {
        /// Once in so many seams any thread becomes the highest.
        change: usize,
        /// Once in so many seams it sinks: it stands still until nothing else can go on.
        sink: usize,
        /// So many threads stand still at a time at most.
        most: usize,
    },
}

impl Mix {
    pub(super) fn drawn(draw: &mut Draw) -> Self {
        let change = [3, 12, 50, 200][draw.below(4)];
        let sink = [40, 150, 500][draw.below(3)];
        Mix::Ranked { change, sink, most: 1 + draw.below(2) }
    }
}
