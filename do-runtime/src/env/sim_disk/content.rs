//! The content of a simulated file: what a reader sees, what is durable, and the writes between the two.

use std::collections::BTreeMap;

use crate::env::SeededRandom;

const BLOCK: u64 = 4096;

/// What a disk writes wholly or not at all.
const SECTOR: u64 = 512;

/// Bytes of which only written blocks take memory.
#[derive(Debug, Clone, Default)]
struct Sparse {
    len: u64,
    blocks: BTreeMap<u64, Box<[u8; BLOCK as usize]>>,
}

impl Sparse {
    fn read(&self, into: &mut [u8], at: u64) -> usize {
        let count = (into.len() as u64).min(self.len.saturating_sub(at)) as usize;
        for_blocks(at, count, |number, inside, part| match self.blocks.get(&number) {
            Some(block) => into[part.clone()].copy_from_slice(&block[inside..inside + part.len()]),
            None => into[part].fill(0),
        });
        count
    }

    fn write(&mut self, bytes: &[u8], at: u64) {
        for_blocks(at, bytes.len(), |number, inside, part| {
            let block = self.blocks.entry(number).or_insert_with(|| Box::new([0; BLOCK as usize]));
            block[inside..inside + part.len()].copy_from_slice(&bytes[part]);
        });
        self.len = self.len.max(at + bytes.len() as u64);
    }

    fn set_len(&mut self, len: u64) {
        if len < self.len {
            self.blocks.split_off(&len.div_ceil(BLOCK));
            if let Some(last) = self.blocks.get_mut(&(len / BLOCK)) {
                last[(len % BLOCK) as usize..].fill(0);
            }
        }
        self.len = len;
    }

    fn apply(&mut self, write: &Write) {
        match write {
            Write::Bytes(at, bytes) => self.write(bytes, *at),
            Write::Len(len) => self.set_len(*len),
        }
    }
}

/// Calls `each` with the number of a block, the first byte inside of it, and the part of the bytes that is in it.
fn for_blocks(at: u64, count: usize, mut each: impl FnMut(u64, usize, std::ops::Range<usize>)) {
    let mut done = 0;
    while done < count {
        let position = at + done as u64;
        let inside = (position % BLOCK) as usize;
        let part = (BLOCK as usize - inside).min(count - done);
        each(position / BLOCK, inside, done..done + part);
        done += part;
    }
}

#[derive(Debug, Clone)]
enum Write {
    Bytes(u64, Vec<u8>),
    Len(u64),
}

/// One file.
#[derive(Debug, Default)]
pub(super) struct FileState {
    now: Sparse,
    durable: Sparse,
    unsynced: Vec<Write>,
    /// A sync failed: a reader may see what is neither durable nor will be.
    deceives: bool,
}

impl FileState {
    pub(super) fn durable(content: &[u8]) -> Self {
        let mut durable = Sparse::default();
        durable.write(content, 0);
        FileState { now: durable.clone(), durable, ..FileState::default() }
    }

    pub(super) fn len(&self) -> u64 {
        self.now.len
    }

    pub(super) fn read(&self, into: &mut [u8], at: u64) -> usize {
        self.now.read(into, at)
    }

    pub(super) fn write(&mut self, bytes: &[u8], at: u64) {
        self.change(Write::Bytes(at, bytes.to_vec()));
    }

    pub(super) fn set_len(&mut self, len: u64) {
        self.change(Write::Len(len));
    }

    fn change(&mut self, write: Write) {
        self.now.apply(&write);
        self.unsynced.push(write);
    }

    pub(super) fn sync(&mut self) {
        for write in self.unsynced.drain(..) {
            self.durable.apply(&write);
        }
    }

    pub(super) fn is_unsynced(&self) -> bool {
        !self.unsynced.is_empty()
    }

    /// Nothing of what was not synced becomes durable any more, and readers see it all the same.
    pub(super) fn fail_to_sync(&mut self) {
        self.deceives |= !self.unsynced.is_empty();
        self.unsynced.clear();
    }

    /// Readers see what is durable and what was written since the last sync, whether or not one failed before.
    pub(super) fn forget_what_failed(&mut self) {
        if std::mem::take(&mut self.deceives) {
            self.now = self.durable.clone();
            for write in &self.unsynced {
                self.now.apply(write);
            }
        }
    }

    pub(super) fn lose_unsynced(&mut self) {
        self.unsynced.clear();
        self.now = self.durable.clone();
        self.deceives = false;
    }

    /// Of each write that was not synced, some sectors are kept: often all or none.
    pub(super) fn keep_some(&mut self, random: &SeededRandom) {
        for write in std::mem::take(&mut self.unsynced) {
            match (&write, random.below(3)) {
                (_, 0) => {}
                (Write::Bytes(at, bytes), 1) => {
                    let end = at + bytes.len() as u64;
                    let mut from = *at;
                    while from < end {
                        let to = ((from / SECTOR + 1) * SECTOR).min(end);
                        if random.below(2) == 0 {
                            self.durable.write(&bytes[(from - at) as usize..(to - at) as usize], from);
                        }
                        from = to;
                    }
                }
                _ => self.durable.apply(&write),
            }
        }
        self.now = self.durable.clone();
    }
}
