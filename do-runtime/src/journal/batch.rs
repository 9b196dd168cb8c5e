//! The head of a batch: what was written and synced at once.
//!
//! It can be found and verified without what is before it, and states up to where the log was durable when it was
//! written: that is how recovery tells a torn end from a damage.

use super::segment::Stamp;

/// How long a batch's head is.
pub(super) const HEAD: usize = 44;

const MAGIC: [u8; 8] = *b"\xd0batch\r\n";

/// What the head of a batch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchHead {
    /// The epoch of the segment that the head begins in.
    pub(super) epoch: u64,
    /// The position of the head.
    pub(super) position: u64,
    /// Everything before this was durable when the batch was written.
    pub(super) durable: u64,
    /// The bytes of the records that follow.
    pub(super) length: u64,
}

impl BatchHead {
    /// Its bytes in a life.
    pub(super) fn encode(&self, life: u64) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..8].copy_from_slice(&MAGIC);
        for (at, field) in [self.epoch, self.position, self.durable, self.length].into_iter().enumerate() {
            bytes[8 + at * 8..16 + at * 8].copy_from_slice(&field.to_le_bytes());
        }
        let checksum = checksum(&bytes, life);
        bytes[40..].copy_from_slice(&checksum);
        bytes
    }

    /// The head that is there, if its checksum is right for this life.
    pub(super) fn decode(bytes: &[u8; HEAD], life: u64) -> Option<Self> {
        if bytes[..8] != MAGIC || bytes[40..] != checksum(bytes, life) {
            return None;
        }
        let field = |at: usize| {
            let mut field = [0; 8];
            field.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(field)
        };
        Some(BatchHead { epoch: field(8), position: field(16), durable: field(24), length: field(32) })
    }

    /// Whether it belongs here.
    pub(super) fn is_at(&self, stamp: Stamp, position: u64) -> bool {
        self.epoch == stamp.epoch && self.position == position && self.durable <= position
    }
}

fn checksum(bytes: &[u8; HEAD], life: u64) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&life.to_le_bytes());
    hasher.update(&bytes[..40]);
    hasher.finalize().to_le_bytes()
}

/// How much is looked at at once for whether a head may begin in it: most of what is searched is zeros.
const BLOCK: usize = 4096;

/// The places in `bytes` at which a head with a right checksum begins, and what it says.
pub(super) fn find(bytes: &[u8], life: u64) -> impl Iterator<Item = (usize, BatchHead)> {
    let blocks = bytes.chunks(BLOCK).enumerate().filter(|(_, block)| block.contains(&MAGIC[0]));
    let candidates = blocks.flat_map(|(number, block)| {
        let inside = block.iter().enumerate().filter(|(_, byte)| **byte == MAGIC[0]);
        inside.map(move |(inside, _)| number * BLOCK + inside)
    });
    candidates.filter_map(move |at| {
        let (head, _) = bytes[at..].split_first_chunk::<HEAD>()?;
        Some((at, BatchHead::decode(head, life)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: BatchHead = BatchHead { epoch: 3, position: 1000, durable: 900, length: 77 };

    #[test]
    fn a_head_comes_back_and_no_flipped_bit_passes() {
        let mut bytes = BATCH.encode(9);
        assert_eq!(BatchHead::decode(&bytes, 9), Some(BATCH));
        assert_eq!(BatchHead::decode(&bytes, 8), None, "another life");
        for bit in 0..HEAD * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(BatchHead::decode(&bytes, 9), None, "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn heads_are_found_between_other_bytes() {
        let mut bytes = vec![MAGIC[0]; 10];
        bytes.extend(BATCH.encode(9));
        bytes.extend(BATCH.encode(8));
        bytes.extend([0; 3]);
        bytes.extend(BATCH.encode(9));
        assert_eq!(find(&bytes, 9).map(|(at, _)| at).collect::<Vec<_>>(), [10, 10 + 2 * HEAD + 3]);
    }

    #[test]
    fn heads_are_found_however_far_in_and_at_the_very_end() {
        let mut bytes = vec![0; 5 * BLOCK];
        let places = [0, BLOCK - 1, 3 * BLOCK + 17, 5 * BLOCK - HEAD];
        places.iter().for_each(|at| bytes[*at..*at + HEAD].copy_from_slice(&BATCH.encode(9)));
        assert_eq!(find(&bytes, 9).map(|(at, _)| at).collect::<Vec<_>>(), places);
        assert_eq!(find(&bytes[..5 * BLOCK - 1], 9).count(), 3, "a head that is cut off is none");
    }

    #[test]
    fn a_head_belongs_to_its_position_and_epoch_and_states_nothing_beyond_itself() {
        let stamp = Stamp { life: 9, epoch: 3 };
        assert!(BATCH.is_at(stamp, 1000));
        assert!(BatchHead { durable: 1000, ..BATCH }.is_at(stamp, 1000));
        assert!(!BATCH.is_at(stamp, 1001), "another position");
        assert!(!BATCH.is_at(Stamp { epoch: 4, ..stamp }, 1000), "another epoch");
        assert!(!BatchHead { durable: 1001, ..BATCH }.is_at(stamp, 1000), "more than was written");
    }
}
