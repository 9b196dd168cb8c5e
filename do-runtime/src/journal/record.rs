//! One commit as bytes.
//!
//! ```text
//! u32 length of the body | u32 checksum | body
//! body: u8 flags | u64 class | 32 bytes object | varint sequence | varint pages
//!       | varint next alarm, zigzag (if flagged) | varint length and name (if flagged) | 16 bytes template (of a Create)
//!       | delta, the rest
//! ```
//!
//! Integers are little-endian. The checksum is a CRC-32 over the segment's life and epoch, the checksum of the record
//! before, the length and the body.

use super::segment::Stamp;
use super::{ClassTag, Commit, CommitKind, TemplateId};
use crate::planted::{Defect, planted};
use crate::{ObjectId, Timestamp};

/// Length and checksum.
pub(super) const HEAD: usize = 8;

/// The longest body.
pub(super) const MOST: usize = 1 << 30;

const KIND: u8 = 0b0011;
const CREATE: u8 = 0;
const CHANGE: u8 = 1;
const DELETE: u8 = 2;
const ALARM: u8 = 0b0100;
const NAME: u8 = 0b1000;

/// The checksum of a record: what the next one builds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Chain(pub(super) u32);

/// An upper bound of the length of a commit's record.
pub(super) fn bound(commit: &Commit<'_>) -> usize {
    let name = match commit.kind {
        CommitKind::Create { name, .. } => name.map_or(0, str::len),
        CommitKind::Change | CommitKind::Delete => 0,
    };
    HEAD + 128 + name + commit.delta.len()
}

/// Writes the record of a commit to the end of `out`.
pub(super) fn append(out: &mut Vec<u8>, commit: &Commit<'_>, stamp: Stamp, before: Chain) -> Chain {
    let at = out.len();
    out.extend_from_slice(&[0; HEAD]);
    let (kind, name, template) = match commit.kind {
        CommitKind::Create { name, template } => (CREATE, name, Some(template)),
        CommitKind::Change => (CHANGE, None, None),
        CommitKind::Delete => (DELETE, None, None),
    };
    let alarm = if commit.next_alarm.is_some() { ALARM } else { 0 };
    out.push(kind | alarm | if name.is_some() { NAME } else { 0 });
    out.extend_from_slice(&commit.class.0.to_le_bytes());
    out.extend_from_slice(&commit.object.0);
    put_varint(out, commit.sequence);
    put_varint(out, u64::from(commit.pages));
    if let Some(alarm) = commit.next_alarm {
        let millis = alarm.as_millis();
        put_varint(out, ((millis << 1) ^ (millis >> 63)) as u64);
    }
    if let Some(name) = name {
        put_varint(out, name.len() as u64);
        out.extend_from_slice(name.as_bytes());
    }
    if let Some(template) = template {
        out.extend_from_slice(&template.0);
    }
    out.extend_from_slice(commit.delta);

    let length = (out.len() - at - HEAD) as u32;
    let chain = checksum(stamp, before, length, &out[at + HEAD..]);
    out[at..at + 4].copy_from_slice(&length.to_le_bytes());
    out[at + 4..at + 8].copy_from_slice(&chain.0.to_le_bytes());
    chain
}

fn checksum(stamp: Stamp, before: Chain, length: u32, body: &[u8]) -> Chain {
    let mut seed = [0; 24];
    seed[..8].copy_from_slice(&stamp.life.to_le_bytes());
    seed[8..16].copy_from_slice(&stamp.epoch.to_le_bytes());
    if !planted(Defect::PredecessorIgnored) {
        seed[16..20].copy_from_slice(&before.0.to_le_bytes());
    }
    seed[20..].copy_from_slice(&length.to_le_bytes());
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&seed);
    hasher.update(body);
    Chain(hasher.finalize())
}

/// The length of the body that a head states.
pub(super) fn body_length(head: [u8; HEAD]) -> usize {
    u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize
}

/// The record's checksum, if it is right.
pub(super) fn verify(record: &[u8], stamp: Stamp, before: Chain) -> Option<Chain> {
    let (head, body) = record.split_first_chunk::<HEAD>()?;
    let stated = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    let chain = checksum(stamp, before, u32::try_from(body.len()).ok()?, body);
    let right = chain.0 == stated || planted(Defect::BadChecksumAccepted);
    (right && body.len() == body_length(*head)).then_some(chain)
}

/// The commit of a verified record; nothing if it says what this version does not know.
pub(super) fn decode(record: &[u8]) -> Option<Commit<'_>> {
    let mut rest = record.get(HEAD..)?;
    let [flags] = take(&mut rest)?;
    let class = ClassTag(u64::from_le_bytes(take(&mut rest)?));
    let object = ObjectId(take(&mut rest)?);
    let sequence = take_varint(&mut rest)?;
    let pages = u32::try_from(take_varint(&mut rest)?).ok()?;
    let next_alarm = if flags & ALARM != 0 {
        let zigzag = take_varint(&mut rest)?;
        Some(Timestamp::from_millis((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)))
    } else {
        None
    };
    let name = if flags & NAME != 0 {
        let length = usize::try_from(take_varint(&mut rest)?).ok()?;
        let (name, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(std::str::from_utf8(name).ok()?)
    } else {
        None
    };
    let kind = match flags & KIND {
        CREATE => CommitKind::Create { name, template: TemplateId(take(&mut rest)?) },
        CHANGE if name.is_none() => CommitKind::Change,
        DELETE if name.is_none() => CommitKind::Delete,
        _ => return None,
    };
    if flags & !(KIND | ALARM | NAME) != 0 {
        return None;
    }
    Some(Commit { class, object, sequence, pages, next_alarm, kind, delta: rest })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*bytes)
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = take(rest)?;
        let bits = u64::from(byte & 0x7f);
        if (bits << shift) >> shift != bits {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::{Random, SeededRandom};

    const STAMP: Stamp = Stamp { life: 1, epoch: 2 };

    /// A commit of any shape; what it borrows is in `store`.
    fn commit<'a>(random: &SeededRandom, store: &'a mut (String, Vec<u8>)) -> Commit<'a> {
        let bits = |most: u32| random.next_u64() >> random.below(u64::from(most)).min(63);
        store.0 = "näme".repeat(random.below(40) as usize);
        store.1 = vec![0; random.below(300) as usize];
        random.fill(&mut store.1);
        let mut object = [0; 32];
        random.fill(&mut object);
        let mut template = [0; 16];
        random.fill(&mut template);
        Commit {
            class: ClassTag(random.next_u64()),
            object: ObjectId(object),
            sequence: bits(64),
            pages: bits(64) as u32,
            next_alarm: (random.below(2) == 0).then(|| Timestamp::from_millis(bits(64) as i64)),
            kind: match random.below(4) {
                0 => CommitKind::Create { name: Some(&store.0), template: TemplateId(template) },
                1 => CommitKind::Create { name: None, template: TemplateId(template) },
                2 => CommitKind::Delete,
                _ => CommitKind::Change,
            },
            delta: &store.1,
        }
    }

    #[test]
    fn every_commit_comes_back_as_it_was() {
        let random = SeededRandom::new(11);
        let mut chain = Chain(5);
        for _ in 0..2000 {
            let mut store = Default::default();
            let commit = commit(&random, &mut store);
            let mut bytes = Vec::new();
            let next = append(&mut bytes, &commit, STAMP, chain);
            assert!(bytes.len() <= bound(&commit));
            assert_eq!(verify(&bytes, STAMP, chain), Some(next));
            assert_eq!(decode(&bytes), Some(commit));
            chain = next;
        }
    }

    #[test]
    fn a_record_counts_only_in_its_place() {
        let random = SeededRandom::new(12);
        let mut store = Default::default();
        let mut bytes = Vec::new();
        append(&mut bytes, &commit(&random, &mut store), STAMP, Chain(5));
        assert_eq!(verify(&bytes, STAMP, Chain(6)), None, "another predecessor");
        assert_eq!(verify(&bytes, Stamp { epoch: 3, ..STAMP }, Chain(5)), None, "another epoch");
        assert_eq!(verify(&bytes, Stamp { life: 2, ..STAMP }, Chain(5)), None, "another life");
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&bytes, STAMP, Chain(5)), None, "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn what_no_version_writes_is_no_commit() {
        let named = Commit {
            class: ClassTag(1),
            object: ObjectId([7; 32]),
            sequence: 1,
            pages: 1,
            next_alarm: None,
            kind: CommitKind::Create { name: Some("a name"), template: TemplateId([1; 16]) },
            delta: &[],
        };
        let mut bytes = Vec::new();
        append(&mut bytes, &named, STAMP, Chain(0));
        assert_eq!(decode(&bytes), Some(named));
        // Only what begins has a name; there is no fourth kind, and no flag beyond these.
        for flags in [CHANGE | NAME, DELETE | NAME, 0b0011 | NAME, 0b0011, CREATE | NAME | 0b1_0000] {
            bytes[HEAD] = flags;
            assert_eq!(decode(&bytes), None, "{flags:b}");
        }
    }

    #[test]
    fn any_bytes_decode_to_a_commit_or_to_nothing() {
        let random = SeededRandom::new(13);
        let mut decoded = 0;
        for _ in 0..5000 {
            let mut bytes = vec![0; random.below(120) as usize];
            random.fill(&mut bytes);
            decoded += usize::from(decode(&bytes).is_some());
        }
        assert!(decoded > 0);
    }

    #[test]
    fn a_small_change_costs_less_than_seventy_bytes_besides_its_delta() {
        let commit = Commit {
            class: ClassTag(u64::MAX),
            object: ObjectId([7; 32]),
            sequence: 1_000_000,
            pages: 100_000,
            next_alarm: Some(Timestamp::from_millis(1_800_000_000_000)),
            kind: CommitKind::Change,
            delta: &[1; 100],
        };
        let mut bytes = Vec::new();
        append(&mut bytes, &commit, STAMP, Chain(0));
        assert!(bytes.len() - 100 < 70, "{} bytes", bytes.len() - 100);
    }
}
