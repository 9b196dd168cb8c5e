//! Going through the log from record to record, each checked.

use super::batch::{self, BatchHead};
use super::record::{self, Chain};
use super::segment::Entry;
use super::stream::Stream;
use super::words;
use super::{Commit, LogPosition};
use crate::Result;
use crate::planted::{Defect, planted};

/// What is done with each commit.
pub(super) type Each<'a> = &'a mut dyn FnMut(&Commit<'_>, LogPosition) -> Result<()>;

/// Where a walk stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor {
    /// The position.
    pub(super) position: u64,
    /// How much of the batch is left; 0 where a batch begins.
    left: u64,
    /// The checksum of the record before.
    pub(super) chain: Chain,
}

impl From<Entry> for Cursor {
    fn from(entry: Entry) -> Self {
        Cursor { position: entry.position, left: entry.left, chain: entry.chain }
    }
}

/// Why a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// At the end of the stream.
    Reached,
    /// At a record or a batch's head that goes on beyond the end of the stream.
    CutOff,
    /// At something that is not right: in these words, and up to which position.
    Bad(&'static str, u64),
}

/// Where the caller's commits begin, and whether the walk has stood there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// Commits that begin before are passed over.
    pub(super) position: u64,
    /// Whether a record or batch begins or ends there.
    pub(super) seen: bool,
}

/// Goes on from `cursor` to the end of the stream or to the first thing that is not right, and leaves `cursor` there.
pub(super) fn walk(stream: &mut Stream<'_>, cursor: &mut Cursor, from: &mut Origin, each: Each<'_>) -> Result<Stop> {
    loop {
        from.seen |= cursor.position == from.position;
        if cursor.position == stream.end() {
            return Ok(Stop::Reached);
        }
        let step =
            if cursor.left == 0 { begin_batch(stream, cursor)? } else { one_record(stream, cursor, from, each)? };
        if let Some(stop) = step {
            return Ok(stop);
        }
    }
}

fn begin_batch(stream: &mut Stream<'_>, cursor: &mut Cursor) -> Result<Option<Stop>> {
    let stamp = stream.stamp_at(cursor.position);
    let Some(bytes) = stream.bytes(cursor.position, batch::HEAD)? else {
        return Ok(Some(Stop::CutOff));
    };
    let head = bytes.first_chunk().and_then(|head| BatchHead::decode(head, stamp.life));
    match head {
        Some(head) if head.is_at(stamp, cursor.position) => {
            cursor.position += batch::HEAD as u64;
            cursor.left = head.length;
            Ok(None)
        }
        _ => Ok(Some(Stop::Bad("no batch of records begins there", cursor.position + batch::HEAD as u64))),
    }
}

fn one_record(stream: &mut Stream<'_>, cursor: &mut Cursor, from: &Origin, each: Each<'_>) -> Result<Option<Stop>> {
    let Some(head) = stream.bytes(cursor.position, record::HEAD)?.and_then(|head| head.first_chunk().copied()) else {
        return Ok(Some(Stop::CutOff));
    };
    let length = record::HEAD + record::body_length(head);
    if length as u64 > cursor.left {
        return Ok(Some(Stop::Bad("a record is longer than its batch", cursor.position + record::HEAD as u64)));
    }
    let stamp = stream.stamp_at(cursor.position);
    let Some(bytes) = stream.bytes(cursor.position, length)? else {
        return Ok(Some(Stop::CutOff));
    };
    let end = cursor.position + length as u64;
    let taken_on_trust = planted(Defect::TornTailKept) && length as u64 == cursor.left;
    let checked = record::verify(bytes, stamp, cursor.chain);
    let Some(chain) = checked.or(taken_on_trust.then_some(cursor.chain)) else {
        return Ok(Some(Stop::Bad("a record fails its checksum", end)));
    };
    let passed_over = planted(Defect::RecordSkippedAtReplay) && cursor.position == from.position;
    if cursor.position >= from.position && !passed_over {
        match record::decode(bytes) {
            Some(commit) => each(&commit, LogPosition(end))?,
            None => return Err(words::unknown(stream.disk, stream.segment_at(cursor.position), cursor.position)),
        }
    }
    *cursor = Cursor { position: end, left: cursor.left - length as u64, chain };
    Ok(None)
}
