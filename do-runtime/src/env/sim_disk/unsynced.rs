//! A file as a reader sees it, what of it is durable, and the changes between the two: what a power cut may do with them.

use std::sync::Arc;

use super::content::Sparse;
use super::cut::{Cut, Fate, Resized};
use crate::env::SeededRandom;

/// What a disk writes wholly or not at all.
const SECTOR: u64 = 512;

/// A change of a file.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Bytes(u64, Arc<[u8]>),
    Len(u64),
}

/// A change that is not durable yet.
#[derive(Debug, Clone)]
struct Unsynced {
    change: Change,
    /// Its number among all that was done to the disk.
    number: u64,
    /// What began after this covers it.
    done: u64,
}

impl Unsynced {
    /// Whether anything of it is left when the file is cut off; the rest of it goes.
    fn is_within(&mut self, len: u64) -> bool {
        match &mut self.change {
            Change::Bytes(at, bytes) if *at < len => {
                let count = usize::try_from(len - *at).unwrap_or(usize::MAX).min(bytes.len());
                *bytes = bytes[..count].into();
                true
            }
            _ => false,
        }
    }
}

/// One file. Copies share what they have in common.
#[derive(Debug, Clone, Default)]
pub(super) struct FileState {
    now: Arc<Sparse>,
    durable: Arc<Sparse>,
    unsynced: Vec<Unsynced>,
}

impl FileState {
    pub(super) fn durable(content: Sparse) -> Self {
        let durable = Arc::new(content);
        FileState { now: durable.clone(), durable, unsynced: Vec::new() }
    }

    pub(super) fn now(&self) -> &Sparse {
        &self.now
    }

    pub(super) fn change(&mut self, change: Change, number: u64, done: u64) {
        apply(Arc::make_mut(&mut self.now), &change);
        self.unsynced.push(Unsynced { change, number, done });
    }

    /// Makes what was over by `begun` durable.
    pub(super) fn sync(&mut self, begun: u64) {
        let durable = Arc::make_mut(&mut self.durable);
        for unsynced in std::mem::take(&mut self.unsynced) {
            if unsynced.done > begun {
                self.unsynced.push(unsynced);
                continue;
            }
            apply(durable, &unsynced.change);
            // What was written before to where the file was cut off has no place any more.
            if let Change::Len(len) = unsynced.change {
                self.unsynced.retain_mut(|earlier| earlier.is_within(len));
            }
        }
    }

    /// The numbers of what is not durable.
    pub(super) fn unsynced(&self) -> impl Iterator<Item = u64> {
        self.unsynced.iter().map(|unsynced| unsynced.number)
    }

    /// What a power cut leaves of it.
    pub(super) fn left(&self, cut: &Cut<'_>) -> FileState {
        if self.unsynced.is_empty() {
            return FileState::durable_already(self.durable.clone());
        }
        let lengths = self.lengths();
        let resized =
            self.unsynced.iter().zip(&lengths).filter(|(_, new)| new.is_some()).map(|(unsynced, _)| Resized {
                number: unsynced.number,
                alone: matches!(unsynced.change, Change::Len(_)),
            });
        let kept = cut.lengths(&resized.collect::<Vec<_>>());
        let mut length = self.durable.len();
        // What was written behind a cut of the file that is lost has no place in it.
        let mut bound = u64::MAX;
        let mut left = Sparse::clone(&self.durable);
        let mut run = Vec::new();
        let mut so_far = 0;
        for (unsynced, new) in self.unsynced.iter().zip(&lengths) {
            if let Some(new) = new {
                so_far += 1;
                if so_far <= kept {
                    length = *new;
                }
            }
            match &unsynced.change {
                Change::Bytes(at, bytes) => run.push((*at, bytes, cut.fate(unsynced.number), bound)),
                Change::Len(len) => {
                    write_all(&mut left, &mut run, cut);
                    if new.is_some() && so_far <= kept {
                        left.set_len(*len);
                    } else if new.is_some() {
                        bound = bound.min(*len);
                    }
                }
            }
        }
        write_all(&mut left, &mut run, cut);
        left.set_len(length);
        FileState::durable_already(Arc::new(left))
    }

    fn durable_already(durable: Arc<Sparse>) -> Self {
        FileState { now: durable.clone(), durable, unsynced: Vec::new() }
    }

    /// For each change the length that the file came to have by it, if that changed.
    fn lengths(&self) -> Vec<Option<u64>> {
        let mut len = self.durable.len();
        let new = |unsynced: &Unsynced| {
            let new = match &unsynced.change {
                Change::Bytes(at, bytes) => len.max(at + bytes.len() as u64),
                Change::Len(new) => *new,
            };
            (new != std::mem::replace(&mut len, new)).then_some(new)
        };
        self.unsynced.iter().map(new).collect()
    }
}

fn apply(content: &mut Sparse, change: &Change) {
    match change {
        Change::Bytes(at, bytes) => content.write(bytes, *at),
        Change::Len(len) => content.set_len(*len),
    }
}

type Write<'a> = (u64, &'a Arc<[u8]>, Fate, u64);

/// Writes what is kept, in an order that the disk may choose.
fn write_all(left: &mut Sparse, writes: &mut Vec<Write<'_>>, cut: &Cut<'_>) {
    cut.reorder(writes);
    for (at, bytes, fate, bound) in writes.drain(..) {
        let end = (at + bytes.len() as u64).min(bound);
        if at >= end {
            continue;
        }
        match fate {
            Fate::Lost => {}
            Fate::Kept => left.write(&bytes[..(end - at) as usize], at),
            Fate::Torn => tear(left, at, &bytes[..(end - at) as usize], cut.random()),
        }
    }
}

/// Writes some of the sectors.
fn tear(left: &mut Sparse, at: u64, bytes: &[u8], random: &SeededRandom) {
    let end = at + bytes.len() as u64;
    let mut from = at;
    while from < end {
        let to = ((from / SECTOR + 1) * SECTOR).min(end);
        if random.below(2) == 0 {
            left.write(&bytes[(from - at) as usize..(to - at) as usize], from);
        }
        from = to;
    }
}
