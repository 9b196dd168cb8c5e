//! What a power cut takes, of what it may take.

use std::collections::BTreeSet;

use crate::env::SeededRandom;

/// Which of the changes that are not durable a power cut leaves. Changes of folders and of files count alike, in the order in
/// which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// None of them.
    Nothing,
    /// All of them: as if the process had been killed.
    Everything,
    /// The last one alone.
    Newest,
    /// All but the one of this number among them.
    AllBut(u64),
    /// That of this number alone.
    Only(u64),
    /// Changes of folders; nothing of what is in files.
    Names,
    /// Changes of folders and the lengths of files, which are full of zeros then.
    Lengths,
    /// What is in files; nothing of folders.
    Contents,
    /// Any of them, and writes in part and in any order.
    Some,
}

/// What becomes of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Lost,
    Kept,
    Torn,
}

/// A change of a file's length.
pub(super) struct Resized {
    pub(super) number: u64,
    /// Nothing was written by it.
    pub(super) alone: bool,
}

/// One power cut.
pub(super) struct Cut<'a> {
    keep: Keep,
    /// The change that `keep` singles out.
    chosen: Option<u64>,
    random: &'a SeededRandom,
}

impl<'a> Cut<'a> {
    /// `pending` are the numbers of all that is not durable.
    pub(super) fn new(keep: Keep, pending: &BTreeSet<u64>, random: &'a SeededRandom) -> Self {
        let chosen = match keep {
            Keep::Newest => pending.last().copied(),
            Keep::AllBut(at) | Keep::Only(at) => {
                usize::try_from(at).ok().and_then(|at| pending.iter().nth(at).copied())
            }
            _ => None,
        };
        Cut { keep, chosen, random }
    }

    pub(super) fn random(&self) -> &SeededRandom {
        self.random
    }

    /// Whether a change of a folder is kept.
    pub(super) fn keeps_name(&self, number: u64) -> bool {
        match self.keep {
            Keep::Nothing | Keep::Contents => false,
            Keep::Everything | Keep::Names | Keep::Lengths => true,
            Keep::Newest | Keep::Only(_) => self.chosen == Some(number),
            Keep::AllBut(_) => self.chosen != Some(number),
            Keep::Some => self.random.below(2) == 0,
        }
    }

    pub(super) fn fate(&self, number: u64) -> Fate {
        let kept = match self.keep {
            Keep::Nothing | Keep::Names | Keep::Lengths => false,
            Keep::Everything | Keep::Contents => true,
            Keep::Newest | Keep::Only(_) => self.chosen == Some(number),
            Keep::AllBut(_) => self.chosen != Some(number),
            Keep::Some => match self.random.below(3) {
                0 => return Fate::Torn,
                random => random == 1,
            },
        };
        if kept { Fate::Kept } else { Fate::Lost }
    }

    /// How many of the changes of a file's length are kept, from the first on.
    pub(super) fn lengths(&self, changes: &[Resized]) -> usize {
        let count = changes.len();
        let chosen = || changes.iter().position(|change| self.chosen == Some(change.number));
        match self.keep {
            Keep::Nothing | Keep::Names => 0,
            Keep::Everything | Keep::Lengths | Keep::Contents => count,
            Keep::Some => self.random.below(count as u64 + 1) as usize,
            // The length is there as far as the chosen change needs it.
            Keep::Newest | Keep::Only(_) => chosen().map_or(0, |at| at + 1),
            // A write that is lost leaves a hole.
            Keep::AllBut(_) => chosen().filter(|at| changes[*at].alone).unwrap_or(count),
        }
    }

    /// Puts writes into the order in which they reach the disk.
    pub(super) fn reorder<T>(&self, writes: &mut [T]) {
        if self.keep == Keep::Some && self.random.below(2) == 0 {
            for last in (1..writes.len()).rev() {
                writes.swap(last, self.random.below(last as u64 + 1) as usize);
            }
        }
    }
}
