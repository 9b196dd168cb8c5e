//! Looking for evidence beyond a bad place: a later batch of the same life that says that more was durable.

use std::path::Path;

use super::batch::{self, BatchHead};
use super::segment::{HEADER, Header};
use super::stream::Stream;
use super::words;
use crate::Result;
use crate::env::{Disk, DiskFile};

const CHUNK: usize = 1 << 20;

/// How much of a file without a header is looked at before it is taken for unused.
const FIRST_LOOK: usize = 64 << 10;

/// The highest durable position that batches after `from` state.
pub(super) fn stated_in(stream: &mut Stream<'_>, from: u64) -> Result<u64> {
    let mut stated = 0;
    let mut at = from;
    while at < stream.end() {
        let count = usize::try_from(stream.end() - at).unwrap_or(CHUNK).min(CHUNK);
        let life = stream.stamp_at(at).life;
        let mut found = Vec::new();
        if let Some(bytes) = stream.bytes(at, count)? {
            found.extend(batch::find(bytes, life));
        }
        for (inside, head) in found {
            let position = at + inside as u64;
            if head.is_at(stream.stamp_at(position), position) {
                stated = stated.max(head.durable);
            }
        }
        at += step(count);
    }
    Ok(stated)
}

/// The highest durable position that batches in a file state which lost its header, if the file came after the
/// segment with the header `before` in its life.
pub(super) fn stated_without_header(disk: &dyn Disk, path: &Path, file: &dyn DiskFile, before: &Header) -> Result<u64> {
    let read =
        |into: &mut [u8], at: u64| file.read_at(into, at).map_err(|error| words::disk(disk, "read", path, error));
    let mut bytes = vec![0; CHUNK];
    let look = read(&mut bytes[..FIRST_LOOK], HEADER)?;
    // Compared with the rest of the buffer, which is zero: a recovery looks at every file that is ready.
    if bytes[..look] == bytes[FIRST_LOOK..FIRST_LOOK + look] {
        return Ok(0);
    }
    let belongs = |head: &BatchHead, at: u64| {
        head.position >= before.end()
            && (head.position - before.first).checked_rem(before.payload).map(|inside| HEADER + inside) == Some(at)
            && head.is_at(before.stamp_at(head.position), head.position)
    };
    let (mut stated, mut at) = (0, HEADER);
    loop {
        let count = read(&mut bytes, at)?;
        for (inside, head) in batch::find(&bytes[..count], before.stamp.life) {
            if belongs(&head, at + inside as u64) {
                stated = stated.max(head.durable);
            }
        }
        if count < CHUNK {
            return Ok(stated);
        }
        at += step(count);
    }
}

/// How far to go on after `count` bytes, so that no head is cut in two.
fn step(count: usize) -> u64 {
    if count < CHUNK { count as u64 } else { (count - batch::HEAD + 1) as u64 }
}
