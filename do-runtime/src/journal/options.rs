//! How a journal is set up.

use std::path::PathBuf;

/// The settings of a journal. Sizes are in bytes.
#[derive(Debug, Clone)]
pub struct JournalOptions {
    /// Its folder on the node's disk. `journal`.
    pub folder: PathBuf,
    /// The node's own mark: segments of another node are refused.
    pub node: [u8; 16],
    /// The payload of a segment; between [`JournalOptions::SMALLEST_SEGMENT`] and
    /// [`JournalOptions::LARGEST_SEGMENT`]. 16 MiB.
    pub segment: u64,
    /// The largest transaction there will be: room for it is kept ready. 64 MiB.
    pub largest: u64,
    /// How much may usually wait for the disk: room for it is kept ready besides. 32 MiB.
    pub unsynced: u64,
    /// How much of prepared segments is kept beyond that when segments are recycled. 64 MiB.
    pub spare: u64,
    /// What is done to a new segment before it is used.
    pub prepare: Prepare,
    /// How much is written at once.
    pub rhythm: Rhythm,
}

/// How much is written at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// All that was appended until a writer comes to it.
    Together,
    /// Each record by itself, written and synced before the append returns, without writer threads: a power cut may come between
    /// any two.
    Each,
}

/// What is done to a new segment before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prepare {
    /// Its space is reserved, and where there is time zeros are written to it in the background: syncs are quicker then.
    Zeros,
    /// Its space is reserved.
    Reserve,
}

impl JournalOptions {
    /// A segment has at least so much payload.
    pub const SMALLEST_SEGMENT: u64 = 64;

    /// A segment has at most so much payload: 1 GiB.
    pub const LARGEST_SEGMENT: u64 = 1 << 30;

    /// The usual settings for the node with this mark.
    pub fn new(node: [u8; 16]) -> Self {
        JournalOptions {
            folder: PathBuf::from("journal"),
            node,
            segment: 16 << 20,
            largest: 64 << 20,
            unsynced: 32 << 20,
            spare: 64 << 20,
            prepare: Prepare::Zeros,
            rhythm: Rhythm::Together,
        }
    }

    /// How many segments are kept ready besides the one that is written.
    pub(super) fn ready_segments(&self) -> u64 {
        (self.largest.saturating_add(self.unsynced)).div_ceil(self.segment)
    }

    /// How many prepared segments are kept at most.
    pub(super) fn most_segments(&self) -> u64 {
        self.ready_segments() + self.spare / self.segment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_segments_are_kept_that_what_is_promised_fits() {
        let usual = JournalOptions::new([0; 16]);
        assert_eq!((usual.ready_segments(), usual.most_segments()), (6, 10));
        // A part of a segment takes a whole one to be ready, and is no reason to keep one more.
        let uneven = JournalOptions { segment: 100, largest: 250, unsynced: 60, spare: 250, ..usual };
        assert_eq!((uneven.ready_segments(), uneven.most_segments()), (4, 6));
    }
}
