//! Reading the journal that an earlier process left. Nothing is written here.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::record::Chain;
use super::segment::{self, HEADER, Header, HeaderBlock, Segment};
use super::stream::Stream;
use super::walk::{Cursor, Each, Origin, Stop, walk};
use super::{JournalOptions, LogPosition, scan, words};
use crate::Result;
use crate::env::{Disk, DiskFile, Env, Open};
use crate::planted::{Defect, planted};

/// The segments that were found, in order; nothing in them has been read yet.
pub struct Recovered {
    env: Env,
    options: JournalOptions,
    found: Found,
}

/// What is in the folder.
#[derive(Default)]
struct Found {
    /// Segments with a part of the log, each beginning after the one before it.
    live: Vec<Arc<Segment>>,
    /// Files without a header.
    blank: Vec<(PathBuf, Arc<dyn DiskFile>)>,
    /// Files whose part of the log was given up by a later life.
    spare: Vec<PathBuf>,
    highest_epoch: u64,
    highest_number: u64,
}

/// How far a journal has certainly come: kept elsewhere, it tells a journal that has lost its end from one that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reached {
    /// A segment of this epoch or a later one was made.
    pub epoch: u64,
    /// Everything before this was durable.
    pub position: LogPosition,
}

/// The journal that was found, read to its end: [`Journal::start`](super::Journal::start) goes on from there.
pub struct Replayed {
    pub(super) env: Env,
    pub(super) options: JournalOptions,
    /// Segments that hold what is after the position that replay began at.
    pub(super) live: Vec<Arc<Segment>>,
    /// Files that never held anything.
    pub(super) blank: Vec<PathBuf>,
    /// Files that hold nothing that is needed.
    pub(super) spare: Vec<PathBuf>,
    pub(super) end: u64,
    pub(super) chain: Chain,
    pub(super) highest_epoch: u64,
    pub(super) highest_number: u64,
}

impl Recovered {
    /// Looks at the segments in the folder of `options`. One that is damaged, doubled, of another node or of a newer
    /// program is a `storage` error, and so is a file that can't be read.
    pub(super) fn find(env: &Env, options: JournalOptions) -> Result<Self> {
        let found = Found::look(&*env.disk, &options)?;
        Ok(Recovered { env: env.clone(), options, found })
    }

    /// Where the log begins that is there in one piece up to its end. Segments before a gap were given up.
    pub fn first(&self) -> LogPosition {
        let live = &self.found.live;
        let follows = |pair: &[Arc<Segment>]| pair[1].header.first <= pair[0].header.end();
        let start = live.windows(2).rposition(|pair| !follows(pair)).map_or(0, |gap| gap + 1);
        LogPosition(live.get(start).map_or(0, |segment| segment.header.entry.position))
    }

    /// Calls `each` with every commit from `from` on that can be read, in order, and the position after it. `from` is
    /// the position up to which the stored pages hold everything, 0 for a new node.
    ///
    /// The end is where the first thing is not right, provided that it was never acknowledged; else the answer is
    /// a `storage` error that names the file and the place.
    pub fn replay(self, from: LogPosition, each: Each<'_>) -> Result<Replayed> {
        let Recovered { env, options, found } = self;
        let (end, chain, first) = found.read(&*env.disk, &options, from.0, each)?;
        let Found { live, spare, blank, highest_epoch, highest_number } = found;
        let (live, rest): (Vec<_>, Vec<_>) =
            live.into_iter().enumerate().partition(|(number, segment)| *number >= first && segment.header.first < end);
        let rest = rest.into_iter().map(|(_, segment)| segment.path.clone());
        let spare = spare.into_iter().chain(rest).collect();
        let blank = blank.into_iter().map(|(path, _)| path).collect();
        let live = live.into_iter().map(|(_, segment)| segment).collect();
        Ok(Replayed { env, options, live, blank, spare, end, chain, highest_epoch, highest_number })
    }
}

impl Replayed {
    /// Refuses a journal that has lost its end: `reached` is what was known of it elsewhere.
    ///
    /// # Errors
    /// `storage`: its last segments are not there, or it ends before a position that was durable.
    pub fn expect(&self, reached: Reached) -> Result<()> {
        if self.highest_epoch >= reached.epoch && self.end >= reached.position.0 {
            return Ok(());
        }
        Err(words::ends_early(
            &*self.env.disk,
            &self.options.folder,
            self.live.last().map(|last| &**last),
            self.end,
            reached,
        ))
    }

    /// The position after the last commit: where the log goes on.
    pub fn end(&self) -> LogPosition {
        LogPosition(self.end)
    }
}

impl Found {
    fn look(disk: &dyn Disk, options: &JournalOptions) -> Result<Self> {
        let folder = &options.folder;
        let names = match disk.list(folder) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::default()),
            Err(error) => return Err(words::disk(disk, "list", folder, error)),
        };
        let mut found = Found::default();
        let mut by_epoch: BTreeMap<u64, Arc<Segment>> = BTreeMap::new();
        for name in names {
            let path = folder.join(&name);
            let number = segment::number(&name);
            found.highest_number = found.highest_number.max(number.unwrap_or(0));
            let opened = disk.open(&path, Open::Read).and_then(|file| {
                // A process that was killed leaves what is written and not durable, one whose disk failed what can be read and was
                // never written. What is read from here on is what the disk has, and so are the lengths of the files.
                if number.is_some() && !planted(Defect::RecoveredNotSynced) {
                    file.settle()?;
                }
                let mut block = vec![0; HEADER as usize];
                let count = file.read_at(&mut block, 0)?;
                block.truncate(count);
                Ok((file, Header::read(&block)))
            });
            let (file, block) = match opened {
                Ok(opened) => opened,
                Err(_) if number.is_none() => continue,
                Err(error) => return Err(words::disk(disk, "read", &path, error)),
            };
            match block {
                // A segment may have been given another name; what is no segment is none of ours.
                HeaderBlock::Blank | HeaderBlock::Damaged if number.is_none() => {}
                HeaderBlock::Blank => found.blank.push((path, file)),
                HeaderBlock::Damaged => return Err(words::header_damaged(disk, &path)),
                HeaderBlock::Newer(version) => return Err(words::newer(disk, &path, version)),
                HeaderBlock::Valid(header) if header.node != options.node => return Err(words::foreign(disk, &path)),
                HeaderBlock::Valid(header) => {
                    let segment = Arc::new(Segment { path, file, header });
                    if let Some(other) = by_epoch.insert(header.stamp.epoch, segment.clone()) {
                        return Err(words::doubled(disk, &other.path, &segment.path));
                    }
                }
            }
        }
        for (epoch, segment) in by_epoch {
            found.highest_epoch = epoch;
            // A later life began where the log really ended, and gave up what had been written beyond.
            while let Some(last) =
                found.live.pop_if(|last| last.header.first >= segment.header.first && !planted(Defect::OldLifeReplayed))
            {
                found.spare.push(last.path.clone());
            }
            found.live.push(segment);
        }
        Ok(found)
    }

    /// Reads from `from` to the end: the end, the checksum of the last record, and the number of the first live segment
    /// that holds anything beyond `from`.
    fn read(
        &self,
        disk: &dyn Disk,
        options: &JournalOptions,
        from: u64,
        each: Each<'_>,
    ) -> Result<(u64, Chain, usize)> {
        let folder = &options.folder;
        let Some(start) = self.live.iter().rposition(|segment| segment.header.entry.position <= from) else {
            return match self.live.first() {
                None if from == 0 => Ok((0, Chain::default(), 0)),
                None => Err(words::misfit(disk, folder, from, "it has no segment files")),
                Some(first) => {
                    Err(words::missing(disk, folder, from, first.header.first, "the first of them begins later"))
                }
            };
        };
        let mut rest = &self.live[start..];
        let mut cursor = Cursor::from(rest[0].header.entry);
        let mut from = Origin { position: from, seen: false };
        while let Some((count, mut stream)) = Stream::first_run(disk, rest) {
            check_lengths(disk, &rest[..count])?;
            let stop = walk(&mut stream, &mut cursor, &mut from, each)?;
            let later = &rest[count..];
            match (stop, later.first()) {
                (Stop::Reached, Some(next)) if next.header.first == cursor.position => {
                    let entry = next.header.entry;
                    if entry.chain != cursor.chain || entry.position != cursor.position {
                        let what = "the segment does not go on where the one before it ends";
                        let here = std::iter::once(&**next);
                        return Err(words::damaged(disk, here, cursor.position, what, next.header.durable));
                    }
                    cursor = Cursor::from(entry);
                    rest = later;
                }
                (stop, _) => {
                    self.check_end(disk, folder, stream, rest, cursor.position, stop)?;
                    break;
                }
            }
        }
        if !from.seen {
            let why = match cursor.position < from.position {
                true => format!("it ends at position {}", cursor.position),
                false => "no commit ends there".to_owned(),
            };
            return Err(words::misfit(disk, folder, from.position, &why));
        }
        let holds = |segment: &Arc<Segment>| segment.header.first <= from.position;
        Ok((cursor.position, cursor.chain, self.live.iter().rposition(holds).unwrap_or(0)))
    }

    /// Whether the log may end at `end`: nothing that is written anywhere says that more was durable.
    fn check_end(
        &self,
        disk: &dyn Disk,
        folder: &std::path::Path,
        mut stream: Stream<'_>,
        rest: &[Arc<Segment>],
        end: u64,
        stop: Stop,
    ) -> Result<()> {
        let here = stream.segment_at(end);
        let mut stated = scan::stated_in(&mut stream, end)?;
        let mut later = rest;
        while let Some((count, mut stream)) = Stream::first_run(disk, later) {
            stated = later[..count].iter().map(|segment| segment.header.durable).fold(stated, u64::max);
            if later[0].header.first > end {
                stated = stated.max(scan::stated_in(&mut stream, later[0].header.first)?);
            }
            later = &later[count..];
        }
        // A segment that lost its header, and with it its place, came after the last one of its life.
        for (path, file) in &self.blank {
            stated = stated.max(scan::stated_without_header(disk, path, &**file, &here.header)?);
        }
        if stated <= end {
            return Ok(());
        }
        Err(match stop {
            Stop::Bad(what, to) => words::damaged(disk, stream.segments(end, to), end, what, stated),
            Stop::Reached | Stop::CutOff => {
                let next = rest.iter().find(|segment| segment.header.first > stream.end());
                let to = next.map_or(stated, |next| next.header.first);
                words::missing(disk, folder, stream.end(), to, "and commits up to there were acknowledged")
            }
        })
    }
}

fn check_lengths(disk: &dyn Disk, run: &[Arc<Segment>]) -> Result<()> {
    for segment in run {
        let length = segment.file.len().map_err(|error| words::disk(disk, "read", &segment.path, error))?;
        let expected = HEADER.saturating_add(segment.header.payload);
        if length < expected {
            return Err(words::cut(disk, segment, length, expected));
        }
    }
    Ok(())
}
