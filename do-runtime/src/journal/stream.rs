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
