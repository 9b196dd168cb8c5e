//! Bytes of which only written blocks take memory; copies share them.

use std::collections::BTreeMap;
use std::sync::Arc;

const BLOCK: u64 = 4096;

type Block = [u8; BLOCK as usize];

static ZEROS: Block = [0; BLOCK as usize];

/// What is in a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Sparse {
    len: u64,
    blocks: BTreeMap<u64, Arc<Block>>,
}

impl Sparse {
    pub(super) fn of(content: &[u8]) -> Self {
        let mut sparse = Sparse::default();
        sparse.write(content, 0);
        sparse
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn read(&self, into: &mut [u8], at: u64) -> usize {
        let count = (into.len() as u64).min(self.len.saturating_sub(at)) as usize;
        for_blocks(at, count, |number, inside, part| match self.blocks.get(&number) {
            Some(block) => into[part.clone()].copy_from_slice(&block[inside..inside + part.len()]),
            None => into[part].fill(0),
        });
        count
    }

    pub(super) fn write(&mut self, bytes: &[u8], at: u64) {
        for_blocks(at, bytes.len(), |number, inside, part| {
            let bytes = &bytes[part];
            if bytes == ZEROS {
                self.blocks.remove(&number);
                return;
            }
            let block = Arc::make_mut(self.blocks.entry(number).or_insert_with(|| Arc::new(ZEROS)));
            block[inside..inside + bytes.len()].copy_from_slice(bytes);
        });
        self.len = self.len.max(at + bytes.len() as u64);
    }

    pub(super) fn set_len(&mut self, len: u64) {
        if len < self.len {
            self.blocks.split_off(&len.div_ceil(BLOCK));
            if let Some(last) = self.blocks.get_mut(&(len / BLOCK)) {
                Arc::make_mut(last)[(len % BLOCK) as usize..].fill(0);
            }
        }
        self.len = len;
    }

    /// Where something was written, and what.
    pub(super) fn written(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.blocks.iter().map(|(number, block)| {
            let at = number * BLOCK;
            (at, &block[..self.len.saturating_sub(at).min(BLOCK) as usize])
        })
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
