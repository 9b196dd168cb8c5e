//! The readers of the journal on any bytes.

use std::path::Path;

use super::batch::{self, BatchHead};
use super::record::{self, Chain};
use super::segment::{self, Entry, Header, HeaderBlock, Stamp};
use super::{ClassTag, Commit, CommitKind, Journal, JournalOptions, LogPosition, Prepare, Replayed, TemplateId};
use crate::env::{Sim, SimDisk};
use crate::fuzzing::Input;
use crate::{ErrorKind, ObjectId, Result, Timestamp};

const STAMP: Stamp = Stamp { life: 1, epoch: 2 };
const NODE: [u8; 16] = [7; 16];

/// The most bytes that a segment file is given.
const LARGEST: usize = 16 << 10;

/// A record that may be anything.
pub(crate) fn record(input: &[u8]) {
    let _ = record::verify(input, STAMP, Chain(5));
    let Some(commit) = record::decode(input) else { return };
    assert!(input[record::HEAD] < 16, "a flag was passed over that this version does not know");
    let mut bytes = Vec::new();
    let chain = record::append(&mut bytes, &commit, STAMP, Chain(5));
    assert!(bytes.len() <= record::bound(&commit));
    assert_eq!(record::verify(&bytes, STAMP, Chain(5)), Some(chain));
    assert_eq!(record::decode(&bytes), Some(commit));
}

/// Heads of batches among other bytes.
pub(crate) fn batch(input: &[u8]) {
    for (at, head) in batch::find(input, STAMP.life) {
        assert_eq!(input[at..at + batch::HEAD], head.encode(STAMP.life));
    }
    let mut numbers = Input::new(input);
    let head = BatchHead {
        epoch: numbers.number(),
        position: numbers.number(),
        durable: numbers.number(),
        length: numbers.number(),
    };
    let _ = head.is_at(STAMP, head.position);
    let mut bytes = numbers.rest().to_vec();
    let before = bytes.len();
    bytes.extend(head.encode(STAMP.life));
    assert!(batch::find(&bytes, STAMP.life).any(|found| found == (before, head)));
}

/// The header of a segment.
pub(crate) fn header(input: &[u8]) {
    let again = |header: Header| {
        assert_eq!(Header::read(&header.encode()), HeaderBlock::Valid(header));
        let _ = (header.end(), header.stamp_at(0), header.stamp_at(u64::MAX), segment::offset(&header, header.first));
    };
    if let HeaderBlock::Valid(header) = Header::read(input) {
        again(header);
    }
    again(any_header(&mut Input::new(input)));
    if let Some(number) = segment::number(&String::from_utf8_lossy(input)) {
        assert_eq!(segment::number(&segment::name(number)), Some(number));
    }
}

/// A folder of segments whose checksums are right, whatever they say: it is refused, or replayed twice alike, and what is
/// opened goes on with the same commits.
pub(crate) fn recovery(input: &[u8]) {
    let mut input = Input::new(input);
    let disk = SimDisk::new();
    let from = match input.byte() % 3 {
        0 => LogPosition(input.number()),
        _ => LogPosition(0),
    };
    let mut chain = Chain(0);
    for number in 1..=1 + input.below(4) as u64 {
        let (header, content) = any_segment(&mut input, &mut chain);
        let mut file = header.encode();
        match input.byte() % 16 {
            0 => file[..segment::HEADER as usize].fill(0),
            1 => file[8] ^= 1 << (input.byte() % 8),
            _ => {}
        }
        file.extend(content);
        disk.put(&Path::new("journal").join(segment::name(number)), &file);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime of one thread needs nothing");
    let sim = Sim::new(1, Timestamp::from_millis(1), runtime.handle().clone()).with_disk(disk);
    let first = replayed(&sim, from);
    let again = replayed(&sim, from);
    match (first, again) {
        (Ok((commits, _)), Ok((same, replayed))) => {
            assert_eq!(commits, same);
            if Journal::start(replayed, from).is_ok() {
                let later = self::replayed(&sim, from).expect("a journal that was begun again can be read").0;
                assert_eq!(later, commits);
            }
        }
        (Err(error), Err(same)) => {
            assert_eq!(error, same);
            assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
        }
        _ => panic!("a journal was read once and refused once"),
    }
}

/// The commits from a position on: where each ends, and its record.
type Commits = Vec<(u64, Vec<u8>)>;

fn replayed(sim: &Sim, from: LogPosition) -> Result<(Commits, Replayed)> {
    let options = JournalOptions {
        segment: 4096,
        largest: 4096,
        unsynced: 4096,
        spare: 4096,
        prepare: Prepare::Reserve,
        ..JournalOptions::new(NODE)
    };
    let mut commits = Vec::new();
    let replayed = Journal::recover(&sim.env(), options)?.replay(from, &mut |commit, end| {
        let mut bytes = Vec::new();
        record::append(&mut bytes, commit, STAMP, Chain(0));
        commits.push((end.0, bytes));
        Ok(())
    })?;
    Ok((commits, replayed))
}

fn any_header(input: &mut Input<'_>) -> Header {
    Header {
        node: NODE,
        stamp: Stamp { life: input.number(), epoch: input.number() },
        previous: input.number(),
        first: input.number(),
        payload: input.number(),
        durable: input.number(),
        entry: Entry { position: input.number(), left: input.number(), chain: Chain(input.number() as u32) },
    }
}

/// A segment that goes on with a chain, and what is in it.
fn any_segment(input: &mut Input<'_>, chain: &mut Chain) -> (Header, Vec<u8>) {
    let mut header = any_header(input);
    // Most are as they should be in most of what they say.
    let plain = input.byte();
    if plain & 1 == 0 {
        header.stamp.life = 1;
        header.stamp.epoch %= 4;
    }
    if plain & 2 == 0 {
        header.payload = 64 + header.payload % 4000;
        header.first = header.stamp.epoch.saturating_sub(1).saturating_mul(header.payload);
    }
    if plain & 4 == 0 {
        header.durable = header.first;
        header.entry = Entry { position: header.first, left: 0, chain: *chain };
    }
    let mut content = Vec::new();
    let here = |content: &Vec<u8>| header.entry.position.saturating_add(content.len() as u64);
    while !input.is_empty() && content.len() < LARGEST {
        let position = here(&content);
        match input.byte() % 8 {
            0 => content.extend(input.slice(32)),
            1 => content.resize(content.len() + input.below(300), 0),
            2 => break,
            kind => {
                let stamp = header.stamp_at(position);
                let mut records = Vec::new();
                for _ in 0..=input.below(3) {
                    *chain = append_any(&mut records, input, stamp, *chain);
                }
                let length = if kind == 3 { input.number() } else { records.len() as u64 };
                let durable = if kind == 4 { input.number() } else { position.min(header.durable) };
                let head = BatchHead { epoch: stamp.epoch, position, durable, length };
                content.extend(head.encode(stamp.life));
                content.extend(records);
            }
        }
    }
    content.resize(content.len().max((header.payload as usize).min(LARGEST)), 0);
    (header, content)
}

fn append_any(records: &mut Vec<u8>, input: &mut Input<'_>, stamp: Stamp, before: Chain) -> Chain {
    let (name, length) = (input.text(12), input.below(60));
    let kind = match input.byte() % 4 {
        0 => CommitKind::Create { name: Some(&name), template: TemplateId(input.array()) },
        1 => CommitKind::Delete,
        _ => CommitKind::Change,
    };
    let commit = Commit {
        class: ClassTag(input.number()),
        object: ObjectId([input.byte(); 32]),
        sequence: input.number(),
        pages: input.number() as u32,
        next_alarm: input.byte().is_multiple_of(2).then(|| Timestamp::from_millis(input.number() as i64)),
        kind,
        delta: input.slice(length),
    };
    record::append(records, &commit, stamp, before)
}
