//! One file of the journal: a header block, then its part of the log.
//!
//! The header is there twice, in two sectors: a power cut in the middle of a header's writing leaves the old one or
//! the new one in each, so that a header of which neither is right was damaged.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::record::Chain;
use crate::env::DiskFile;

/// The header block; the payload begins after it.
pub(super) const HEADER: u64 = 4096;

/// The version of the format that this program writes, and the newest that it reads.
pub(super) const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"\xd0journal";
const LENGTH: usize = 112;
const COPIES: [usize; 2] = [0, 2048];
const SUFFIX: &str = ".segment";

/// What makes the checksums of a segment its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// A random number drawn at each start of the journal: nobody can write data that passes for records.
    pub(super) life: u64,
    /// The number of the segment's activation; it only grows.
    pub(super) epoch: u64,
}

/// What a segment says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The node that it belongs to.
    pub(super) node: [u8; 16],
    /// Its own life and epoch.
    pub(super) stamp: Stamp,
    /// The epoch of the segment before, 0 for none.
    pub(super) previous: u64,
    /// The position of its first byte.
    pub(super) first: u64,
    /// The bytes of its payload.
    pub(super) payload: u64,
    /// Everything before this was durable when it was activated.
    pub(super) durable: u64,
    /// The first position in it at which reading can begin: one between two records or batches.
    pub(super) entry: Entry,
}

/// A position at which reading can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The position; it may be beyond the segment if one record fills it.
    pub(super) position: u64,
    /// How much of the batch is left there; 0 where a batch begins.
    pub(super) left: u64,
    /// The checksum of the record before.
    pub(super) chain: Chain,
}

/// What a header block turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderBlock {
    /// Never written.
    Blank,
    /// Written by a newer program.
    Newer(u32),
    /// A header.
    Valid(Header),
    /// Neither copy of it is right.
    Damaged,
}

impl Header {
    /// The position after its last byte.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(self.payload)
    }

    /// The life and epoch of a position in it, or in a later segment of its life.
    pub(super) fn stamp_at(&self, position: u64) -> Stamp {
        let later = (position.saturating_sub(self.first)).checked_div(self.payload).unwrap_or(0);
        Stamp { epoch: self.stamp.epoch.saturating_add(later), ..self.stamp }
    }

    /// The block that begins its file.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut copy = [0; LENGTH];
        copy[..8].copy_from_slice(&MAGIC);
        copy[8..12].copy_from_slice(&VERSION.to_le_bytes());
        copy[16..32].copy_from_slice(&self.node);
        let fields = [
            self.stamp.life,
            self.stamp.epoch,
            self.previous,
            self.first,
            self.payload,
            self.durable,
            self.entry.position,
            self.entry.left,
            u64::from(self.entry.chain.0),
        ];
        for (at, field) in fields.into_iter().enumerate() {
            copy[32 + at * 8..40 + at * 8].copy_from_slice(&field.to_le_bytes());
        }
        let checksum = checksum(&copy);
        copy[12..16].copy_from_slice(&checksum);
        let mut block = vec![0; HEADER as usize];
        for at in COPIES {
            block[at..at + LENGTH].copy_from_slice(&copy);
        }
        block
    }

    fn decode(copy: &[u8; LENGTH]) -> HeaderBlock {
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| copy[at + byte]));
        let version = number(8) as u32;
        if copy.iter().all(|byte| *byte == 0) {
            return HeaderBlock::Blank;
        }
        if copy[..8] != MAGIC {
            return HeaderBlock::Damaged;
        }
        if version > VERSION {
            return HeaderBlock::Newer(version);
        }
        if copy[12..16] != checksum(copy) || version == 0 {
            return HeaderBlock::Damaged;
        }
        HeaderBlock::Valid(Header {
            node: std::array::from_fn(|byte| copy[16 + byte]),
            stamp: Stamp { life: number(32), epoch: number(40) },
            previous: number(48),
            first: number(56),
            payload: number(64),
            durable: number(72),
            entry: Entry { position: number(80), left: number(88), chain: Chain(number(96) as u32) },
        })
    }

    /// What the first block of a file says; `block` may be shorter if the file is.
    pub(super) fn read(block: &[u8]) -> HeaderBlock {
        let copy = |at: usize| {
            let mut copy = [0; LENGTH];
            let there = block.get(at..).unwrap_or_default();
            let count = there.len().min(LENGTH);
            copy[..count].copy_from_slice(&there[..count]);
            Header::decode(&copy)
        };
        match (copy(COPIES[0]), copy(COPIES[1])) {
            (HeaderBlock::Valid(a), HeaderBlock::Valid(b)) => {
                HeaderBlock::Valid(if a.stamp.epoch >= b.stamp.epoch { a } else { b })
            }
            (HeaderBlock::Valid(header), _) | (_, HeaderBlock::Valid(header)) => HeaderBlock::Valid(header),
            // A version that only one copy states is a flipped bit.
            (a, b) if a == b => a,
            _ => HeaderBlock::Damaged,
        }
    }
}

fn checksum(copy: &[u8; LENGTH]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&copy[..12]);
    hasher.update(&copy[16..]);
    hasher.finalize().to_le_bytes()
}

/// A segment with its part of the log.
pub(super) struct Segment {
    /// The file.
    pub(super) path: PathBuf,
    /// The file, open for reading.
    pub(super) file: Arc<dyn DiskFile>,
    /// What it says of itself.
    pub(super) header: Header,
}

/// The name of the segment file with a number.
pub(super) fn name(number: u64) -> String {
    format!("{number:08}{SUFFIX}")
}

/// The number of a segment file, if its name is one.
pub(super) fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The place in its file of a position of the log.
pub(super) fn offset(header: &Header, position: u64) -> u64 {
    HEADER + position.saturating_sub(header.first)
}

/// The file's own name, for messages.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: Header = Header {
        node: [3; 16],
        stamp: Stamp { life: 77, epoch: 5 },
        previous: 4,
        first: 4096,
        payload: 1024,
        durable: 4000,
        entry: Entry { position: 4100, left: 12, chain: Chain(99) },
    };

    #[test]
    fn a_header_survives_any_flipped_bit() {
        let mut block = SEGMENT.encode();
        for bit in 0..block.len() * 8 {
            block[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::read(&block), HeaderBlock::Valid(SEGMENT), "bit {bit}");
            block[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn a_torn_header_is_the_old_one_or_the_new_one() {
        let new = Header { stamp: Stamp { life: 78, epoch: 9 }, ..SEGMENT };
        let mut torn = SEGMENT.encode();
        torn[2048..].copy_from_slice(&new.encode()[2048..]);
        assert_eq!(Header::read(&torn), HeaderBlock::Valid(new));
        let mut fresh = vec![0; 4096];
        fresh[..512].copy_from_slice(&new.encode()[..512]);
        assert_eq!(Header::read(&fresh), HeaderBlock::Valid(new));
        assert_eq!(Header::read(&[0; 4096]), HeaderBlock::Blank);
        assert_eq!(Header::read(&[]), HeaderBlock::Blank);
    }

    #[test]
    fn damage_and_newer_versions_are_told_apart() {
        let mut block = SEGMENT.encode();
        for at in COPIES {
            block[at + 40] ^= 1;
        }
        assert_eq!(Header::read(&block), HeaderBlock::Damaged);
        let mut block = SEGMENT.encode();
        for at in COPIES {
            block[at + 8] = 2;
        }
        assert_eq!(Header::read(&block), HeaderBlock::Newer(2));
        block[2048 + 8] = 3;
        assert_eq!(Header::read(&block), HeaderBlock::Damaged, "two versions");
        block[2048] ^= 1;
        assert_eq!(Header::read(&block), HeaderBlock::Damaged, "a version that only one copy states");
        block[..2048].fill(0);
        assert_eq!(Header::read(&block), HeaderBlock::Damaged, "one copy was never written");
        let mut old = SEGMENT.encode();
        for at in COPIES {
            old[at + 8] = 0;
            let mut copy = [0; LENGTH];
            copy.copy_from_slice(&old[at..at + LENGTH]);
            old[at + 12..at + 16].copy_from_slice(&checksum(&copy));
        }
        assert_eq!(Header::read(&old), HeaderBlock::Damaged, "there is no version 0");
    }

    #[test]
    fn positions_of_a_life_know_their_epoch() {
        assert_eq!(SEGMENT.stamp_at(4096).epoch, 5);
        assert_eq!(SEGMENT.stamp_at(4096 + 1023).epoch, 5);
        assert_eq!(SEGMENT.stamp_at(4096 + 1024).epoch, 6);
    }

    #[test]
    fn names_have_numbers() {
        assert_eq!(number(&name(12)), Some(12));
        assert_eq!(number("copy of 00000012.segment"), None);
        assert_eq!(number("LOCK"), None);
    }
}
