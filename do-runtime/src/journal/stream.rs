//! The log as one stream of bytes, over segments that follow one another.

use std::sync::Arc;

use super::segment::{Segment, Stamp, offset};
use super::words;
use crate::Result;
use crate::env::Disk;

/// How much is read at once.
const CHUNK: usize = 1 << 20;

/// Segments of one life without a gap between them, up to a position.
pub(super) struct Stream<'a> {
    pub(super) disk: &'a dyn Disk,
    /// At least one.
    run: &'a [Arc<Segment>],
    end: u64,
    buffer: Vec<u8>,
    at: u64,
}

impl<'a> Stream<'a> {
    /// The segments of the first run in `live`: how many they are, and their stream. It ends where the next run begins.
    /// There is none in an empty list.
    pub(super) fn first_run(disk: &'a dyn Disk, live: &'a [Arc<Segment>]) -> Option<(usize, Self)> {
        let follows = |pair: &[Arc<Segment>]| {
            let (a, b) = (&pair[0].header, &pair[1].header);
            a.stamp.life == b.stamp.life && a.end() == b.first && a.stamp.epoch.checked_add(1) == Some(b.stamp.epoch)
        };
        let count = live.windows(2).take_while(|pair| follows(pair)).count() + 1;
        let whole = live.get(count - 1)?.header.end();
        let end = live.get(count).map_or(whole, |next| whole.min(next.header.first));
        Some((count, Stream { disk, run: &live[..count], end, buffer: Vec::new(), at: 0 }))
    }

    /// The same, but for what is at `end` or after.
    pub(super) fn until(mut self, end: u64) -> Self {
        self.end = self.end.min(end);
        self
    }

    /// Where it ends.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The life and epoch of a position.
    pub(super) fn stamp_at(&self, position: u64) -> Stamp {
        self.run[0].header.stamp_at(position)
    }

    /// The segment that holds a position; of the stream's end, the last one.
    pub(super) fn segment_at(&self, position: u64) -> &'a Segment {
        self.run.iter().rev().find(|segment| segment.header.first <= position).unwrap_or(&self.run[0])
    }

    /// The segments that hold the positions from one to another.
    pub(super) fn segments(&self, from: u64, to: u64) -> impl Iterator<Item = &'a Segment> {
        let first = self.segment_at(from).header.first;
        let within = move |segment: &&Arc<Segment>| (first..to).contains(&segment.header.first);
        self.run.iter().filter(within).map(|segment| &**segment)
    }

    /// The bytes at a position; nothing if the stream has not so many. What a file lacks at its end is read as zeros.
    pub(super) fn bytes(&mut self, position: u64, length: usize) -> Result<Option<&[u8]>> {
        match position.checked_add(length as u64) {
            Some(to) if to <= self.end => {}
            _ => return Ok(None),
        }
        let have = self.at..self.at + self.buffer.len() as u64;
        if position < have.start || position + length as u64 > have.end {
            self.fill(position, length)?;
        }
        let from = (position - self.at) as usize;
        Ok(self.buffer.get(from..from + length))
    }

    fn fill(&mut self, position: u64, length: usize) -> Result<()> {
        let count = (self.end - position).min(length.max(CHUNK) as u64) as usize;
        // All of it: what a file lacks at its end reads as zeros.
        self.buffer.clear();
        self.buffer.resize(count, 0);
        self.at = position;
        let mut done = 0;
        while done < count {
            let at = position + done as u64;
            let segment = self.segment_at(at);
            let part = ((segment.header.end().saturating_sub(at)) as usize).min(count - done);
            if part == 0 {
                break;
            }
            let into = &mut self.buffer[done..done + part];
            let read = segment.file.read_at(into, offset(&segment.header, at));
            read.map_err(|error| words::disk(self.disk, "read", &segment.path, error))?;
            done += part;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::env::{Open, SeededRandom, SimDisk};
    use crate::journal::record::Chain;
    use crate::journal::segment::{Entry, HEADER, Header};

    const PAYLOAD: u64 = 700_001;
    const FIRST: u64 = 5_000;

    /// The byte at a position of the log.
    fn byte(position: u64) -> u8 {
        (position % 251) as u8
    }

    /// Segments of one life that follow one another.
    fn segments(disk: &SimDisk, count: u64) -> Vec<Segment> {
        let segment = |number| {
            let first = FIRST + number * PAYLOAD;
            let path = PathBuf::from(format!("{number}"));
            let content: Vec<u8> =
                std::iter::repeat_n(0xff, HEADER as usize).chain((first..first + PAYLOAD).map(byte)).collect();
            disk.put(&path, &content);
            let header = Header {
                node: [1; 16],
                stamp: Stamp { life: 7, epoch: 3 + number },
                previous: 2 + number,
                first,
                payload: PAYLOAD,
                durable: 0,
                entry: Entry { position: first, left: 0, chain: Chain(0) },
            };
            Segment { file: disk.open(&path, Open::Read).expect("the file is there"), path, header }
        };
        (0..count).map(segment).collect()
    }

    fn shared(segments: Vec<Segment>) -> Vec<Arc<Segment>> {
        segments.into_iter().map(Arc::new).collect()
    }

    #[test]
    fn any_part_is_read_as_it_is_and_nothing_beyond_the_end() {
        let (disk, random) = (SimDisk::new(), SeededRandom::new(5));
        let live = shared(segments(&disk, 4));
        let (count, stream) = Stream::first_run(&*disk, &live).unwrap();
        assert_eq!((count, stream.end()), (4, FIRST + 4 * PAYLOAD));
        let end = FIRST + 4 * PAYLOAD - 12_345;
        let mut stream = stream.until(end);
        assert_eq!(stream.end(), end);
        let mut at = FIRST;
        for round in 0..3000 {
            // Mostly onwards, as records are read, and back again now and then; rarely more than is read at once.
            let length = random.below(if round % 50 == 0 { 3 << 19 } else { 3000 }) as usize;
            if round % 40 == 0 {
                at = FIRST + random.below(end - FIRST);
            }
            match stream.bytes(at, length).unwrap() {
                Some(bytes) => {
                    assert!(bytes.iter().copied().eq((at..at + length as u64).map(byte)), "{length} bytes at {at}");
                    assert!(at + length as u64 <= end);
                    at += length as u64;
                }
                None => {
                    assert!(at + length as u64 > end, "{length} bytes at {at}");
                    assert_eq!(
                        stream.bytes(at, (end - at) as usize).unwrap().map(<[u8]>::len),
                        Some((end - at) as usize)
                    );
                    at = FIRST;
                }
            }
        }
        assert_eq!(stream.bytes(end, 0).unwrap(), Some(&[][..]));
        for beyond in [end, end + 1, u64::MAX - 1, u64::MAX] {
            assert_eq!(stream.bytes(beyond, 1).unwrap(), None, "at {beyond}");
        }
    }

    #[test]
    fn a_record_is_read_once_and_the_disk_is_not_asked_for_each() {
        let disk = SimDisk::new();
        let live = shared(segments(&disk, 2));
        let (_, mut stream) = Stream::first_run(&*disk, &live).unwrap();
        for at in FIRST..FIRST + 1000 {
            assert_eq!(stream.bytes(at, 1).unwrap(), Some(&[byte(at)][..]));
        }
        assert_eq!((stream.at, stream.buffer.len()), (FIRST, CHUNK));
        assert_eq!(stream.bytes(FIRST, CHUNK).unwrap().map(<[u8]>::len), Some(CHUNK));
        assert_eq!(stream.at, FIRST);
        stream.bytes(FIRST + 1, CHUNK).unwrap();
        assert_eq!(stream.at, FIRST + 1);
    }

    #[test]
    fn a_run_ends_where_the_next_segment_is_not_the_one_that_follows() {
        let disk = SimDisk::new();
        let cases: [fn(&mut Header); 4] = [
            |header| header.stamp.life += 1,
            |header| header.first += 1,
            |header| header.first -= 1,
            |header| header.stamp.epoch += 1,
        ];
        for (case, change) in cases.into_iter().enumerate() {
            let mut all = segments(&disk, 3);
            change(&mut all[1].header);
            let next = all[1].header.first;
            let live = shared(all);
            let (count, stream) = Stream::first_run(&*disk, &live).unwrap();
            assert_eq!(count, 1, "case {case}");
            assert_eq!(stream.end(), next.min(FIRST + PAYLOAD), "case {case}");
        }
        assert!(Stream::first_run(&*disk, &[]).is_none());
    }

    #[test]
    fn the_segments_of_a_part_are_those_that_it_touches() {
        let disk = SimDisk::new();
        let live = shared(segments(&disk, 3));
        let (_, stream) = Stream::first_run(&*disk, &live).unwrap();
        let names = |from, to| {
            let segments = stream.segments(from, to);
            segments.map(|segment| segment.path.display().to_string()).collect::<Vec<_>>().concat()
        };
        let second = FIRST + PAYLOAD;
        assert_eq!(names(FIRST, FIRST + 1), "0");
        assert_eq!(names(second - 1, second), "0");
        assert_eq!(names(second - 1, second + 1), "01");
        assert_eq!(names(second, second + 1), "1");
        assert_eq!(names(FIRST + 10, second + PAYLOAD + 1), "012");
        assert_eq!(stream.segment_at(second + 2 * PAYLOAD).path, PathBuf::from("2"), "of the end, the last one");
    }
}
