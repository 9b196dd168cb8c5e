//! Going through the log from record to record, each checked.

use super::batch::{self, BatchHead};
use super::record::{self, Chain};
use super::segment::Entry;
use super::stream::Stream;
use super::words;
use super::{Commit, LogPosition};
use crate::Result;

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
    /// What comes next is not right: in these words.
    Bad(&'static str),
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
        if let Some(bad) = step {
            return Ok(Stop::Bad(bad));
        }
    }
}

fn begin_batch(stream: &mut Stream<'_>, cursor: &mut Cursor) -> Result<Option<&'static str>> {
    let stamp = stream.stamp_at(cursor.position);
    let Some(bytes) = stream.bytes(cursor.position, batch::HEAD)? else {
        return Ok(Some("the segments end within a batch's head"));
    };
    let head = bytes.first_chunk().and_then(|head| BatchHead::decode(head, stamp.life));
    match head {
        Some(head) if head.is_at(stamp, cursor.position) => {
            cursor.position += batch::HEAD as u64;
            cursor.left = head.length;
            Ok(None)
        }
        _ => Ok(Some("no batch of records begins there")),
    }
}

fn one_record(
    stream: &mut Stream<'_>,
    cursor: &mut Cursor,
    from: &Origin,
    each: Each<'_>,
) -> Result<Option<&'static str>> {
    let Some(head) = stream.bytes(cursor.position, record::HEAD)?.and_then(|head| head.first_chunk().copied()) else {
        return Ok(Some("the segments end within a record's head"));
    };
    let length = record::HEAD + record::body_length(head);
    if length as u64 > cursor.left {
        return Ok(Some("a record is longer than its batch"));
    }
    let stamp = stream.stamp_at(cursor.position);
    let Some(bytes) = stream.bytes(cursor.position, length)? else {
        return Ok(Some("the segments end within a record"));
    };
    let Some(chain) = record::verify(bytes, stamp, cursor.chain) else {
        return Ok(Some("a record fails its checksum"));
    };
    let end = cursor.position + length as u64;
    if cursor.position >= from.position {
        match record::decode(bytes) {
            Some(commit) => each(&commit, LogPosition(end))?,
            None => {
                let unknown = |segment| words::unknown(stream.disk, segment, cursor.position);
                return stream
                    .segment_at(cursor.position)
                    .map_or(Ok(Some("there is no segment")), |segment| Err(unknown(segment)));
            }
        }
    }
    *cursor = Cursor { position: end, left: cursor.left - length as u64, chain };
    Ok(None)
}
