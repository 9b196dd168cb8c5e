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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::env::{Open, SimDisk};
    use crate::journal::record::Chain;
    use crate::journal::segment::{Entry, Segment, Stamp};

    const PAYLOAD: u64 = 3 * CHUNK as u64 + 1000;

    /// A segment in the middle of a life.
    const SEGMENT: Header = Header {
        node: [3; 16],
        stamp: Stamp { life: 77, epoch: 5 },
        previous: 4,
        first: 10 * PAYLOAD + 777,
        payload: PAYLOAD,
        durable: 0,
        entry: Entry { position: 10 * PAYLOAD + 777, left: 0, chain: Chain(0) },
    };

    /// Places of a head in a payload: at its ends, and around those of what is read at once.
    fn places() -> impl Iterator<Item = u64> {
        let borders = (1..=3).map(|number| number * CHUNK as u64);
        let around = borders.flat_map(|border| border - 2 * batch::HEAD as u64..border + 2 * batch::HEAD as u64);
        [0, 1, PAYLOAD - batch::HEAD as u64].into_iter().chain(around.step_by(11))
    }

    /// A payload with the head of a batch in it that states `durable`, and something at its very beginning.
    fn payload(at: u64, head: BatchHead) -> Vec<u8> {
        let mut bytes = vec![0; PAYLOAD as usize];
        bytes[0] = 1;
        bytes[at as usize..at as usize + batch::HEAD].copy_from_slice(&head.encode(77));
        bytes
    }

    fn file(disk: &SimDisk, payload: &[u8]) -> Arc<dyn DiskFile> {
        disk.put(Path::new("a"), &[&[0; HEADER as usize], payload].concat());
        disk.open(Path::new("a"), Open::Read).expect("the file is there")
    }

    #[test]
    fn what_a_later_batch_states_is_found_wherever_its_head_begins() {
        let disk = SimDisk::new();
        for at in places() {
            let position = SEGMENT.first + at;
            let head = BatchHead { epoch: 5, position, durable: position - 9, length: 0 };
            let segment = Segment { path: "a".into(), file: file(&disk, &payload(at, head)), header: SEGMENT };
            let live = [Arc::new(segment)];
            let (_, mut stream) = Stream::first_run(&*disk, &live).expect("one segment");
            for from in [SEGMENT.first, SEGMENT.first + at / 2, position] {
                assert_eq!(stated_in(&mut stream, from).unwrap(), position - 9, "at {at}, from {from}");
            }
            assert_eq!(stated_in(&mut stream, position + 1).unwrap(), 0, "at {at}");
        }
    }

    #[test]
    fn a_file_without_its_header_states_what_a_later_segment_of_the_life_would() {
        let disk = SimDisk::new();
        let stated = |at: u64, head: BatchHead| {
            stated_without_header(&*disk, Path::new("a"), &*file(&disk, &payload(at, head)), &SEGMENT).unwrap()
        };
        for at in places() {
            // The segment after the next one.
            let position = SEGMENT.first + 2 * PAYLOAD + at;
            let head = BatchHead { epoch: 7, position, durable: position - 9, length: 0 };
            assert_eq!(stated(at, head), position - 9, "at {at}");
        }
        let next = SEGMENT.first + PAYLOAD;
        let head = BatchHead { epoch: 6, position: next, durable: 12, length: 0 };
        assert_eq!(stated(0, head), 12, "the very next segment");
        assert_eq!(stated(1, head), 0, "in a place that is not its own");
        assert_eq!(stated(0, BatchHead { epoch: 7, ..head }), 0, "of another epoch");
        let before = SEGMENT.first;
        assert_eq!(stated(0, BatchHead { epoch: 5, position: before, ..head }), 0, "of the segment itself");
        assert_eq!(stated(0, BatchHead { durable: next + 1, ..head }), 0, "beyond itself");
    }

    #[test]
    fn a_file_that_begins_with_zeros_was_never_used() {
        let disk = SimDisk::new();
        let mut bytes = vec![0; PAYLOAD as usize];
        let unused = stated_without_header(&*disk, Path::new("a"), &*file(&disk, &bytes), &SEGMENT).unwrap();
        assert_eq!(unused, 0);
        // A file that is shorter than what is looked at, and says something.
        bytes.truncate(5000);
        let head = BatchHead { epoch: 6, position: SEGMENT.first + PAYLOAD, durable: 12, length: 0 };
        bytes[..batch::HEAD].copy_from_slice(&head.encode(77));
        assert_eq!(stated_without_header(&*disk, Path::new("a"), &*file(&disk, &bytes), &SEGMENT).unwrap(), 12);
    }
}
