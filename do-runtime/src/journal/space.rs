//! The files of the journal: which hold the log, which are ready to be written, and how they become so.
//!
//! What is promised is kept: the limit of the log is where the reserved space ends, and it only moves when
//! a file's space is certain.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::files::{Handles, make_file, take_file, write_zeros};
use super::gate::Crossing;
use super::segment::{self, Header, Segment};
use super::{JournalOptions, Prepare, words};
use crate::env::Env;
use crate::sync::Mutex;
use crate::{Error, ErrorKind, Result, Timestamp};

/// After space was refused, nobody asks again for so long.
pub(super) const RETRY_MILLIS: i64 = 100;

/// A segment that can be activated.
struct Prepared {
    path: PathBuf,
    handles: Handles,
    /// Its payload has been written before, so that a sync need not note that it was.
    written: bool,
}

/// What a file held that can be used anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Records that nobody needs.
    Records,
    /// Nothing yet.
    Nothing,
}

/// A part of a batch that goes to one file.
pub(super) struct Piece {
    pub(super) path: PathBuf,
    pub(super) handles: Handles,
    /// Where in the file.
    pub(super) offset: u64,
    /// Which bytes of the batch.
    pub(super) bytes: Range<usize>,
    /// The header block to write first, if the segment is activated by this batch.
    pub(super) header: Option<Vec<u8>>,
}

pub(super) struct Space {
    env: Env,
    options: JournalOptions,
    /// The header of this life's first segment.
    life: Header,
    inner: Mutex<Inner>,
    /// One file is made at a time.
    making: Mutex<()>,
    /// The journal is closed.
    stopped: AtomicBool,
    limit: AtomicU64,
}

struct Inner {
    /// Segments with a part of the log that is needed; the last is being written.
    live: VecDeque<Arc<Segment>>,
    current: Handles,
    pool: Vec<Prepared>,
    /// Prepared segments to which zeros are being written.
    away: u64,
    next_number: u64,
    recycled: u64,
    /// Positions from which somebody is reading, and how many do.
    pins: BTreeMap<u64, usize>,
    /// When, and with what, more space was refused.
    refused: Option<(Timestamp, Error)>,
    wants_zeros: bool,
    failed: bool,
}

impl Space {
    /// The files of a life whose first segment is written already.
    pub(super) fn new(
        env: Env,
        options: JournalOptions,
        live: Vec<Arc<Segment>>,
        first: (Arc<Segment>, Handles),
        next_number: u64,
        recycled: u64,
    ) -> Self {
        let (segment, current) = first;
        let life = segment.header;
        let live = live.into_iter().chain([segment]).collect();
        let inner = Inner {
            live,
            current,
            pool: Vec::new(),
            away: 0,
            next_number,
            recycled,
            pins: BTreeMap::new(),
            refused: None,
            wants_zeros: false,
            failed: false,
        };
        let limit = AtomicU64::new(life.end());
        Space {
            env,
            options,
            life,
            inner: Mutex::new(inner),
            making: Mutex::new(()),
            stopped: AtomicBool::new(false),
            limit,
        }
    }

    /// The header of this life's first segment.
    pub(super) fn life(&self) -> &Header {
        &self.life
    }

    /// The position up to which there is space.
    pub(super) fn limit(&self) -> u64 {
        self.limit.load(Ordering::Acquire)
    }

    fn update_limit(&self, inner: &Inner) {
        let ready = (inner.pool.len() as u64 + inner.away).saturating_mul(self.options.segment);
        let current = inner.live.back().map_or(0, |segment| segment.header.end());
        let limit = if inner.failed { 0 } else { current.saturating_add(ready) };
        self.limit.store(limit, Ordering::Release);
    }

    /// Nothing will be written any more.
    pub(super) fn fail(&self) {
        let mut inner = self.inner.lock();
        inner.failed = true;
        self.update_limit(&inner);
    }

    /// Whether a batch that ends at `end` stays within the segment that is being written.
    pub(super) fn is_in_current(&self, end: u64) -> bool {
        self.inner.lock().live.back().is_some_and(|segment| end <= segment.header.end())
    }

    /// Whether more is to be prepared, and was not refused just now.
    pub(super) fn wants_more(&self) -> bool {
        let inner = self.inner.lock();
        let few = inner.pool.len() as u64 + inner.away < self.options.ready_segments();
        inner.wants_zeros || (few && self.refusal(&inner).is_none())
    }

    /// Why more space was refused, if that was just now.
    fn refusal(&self, inner: &Inner) -> Option<Error> {
        let now = self.env.clock.now().as_millis();
        let (at, error) = inner.refused.as_ref()?;
        (0..RETRY_MILLIS).contains(&now.saturating_sub(at.as_millis())).then(|| error.clone())
    }

    /// Finds the places for a batch, and activates the segments that it reaches; nothing if too few are ready.
    pub(super) fn place(&self, batch: Range<u64>, crossings: &[Crossing], durable: u64) -> Option<Vec<Piece>> {
        let mut inner = self.inner.lock();
        let reached = inner.live.back().map_or(0, |segment| segment.header.end());
        if batch.end.saturating_sub(reached).div_ceil(self.options.segment) > inner.pool.len() as u64 {
            return None;
        }
        let mut pieces = Vec::with_capacity(1);
        let mut at = batch.start;
        while at < batch.end {
            let mut header = None;
            if inner.live.back().is_none_or(|segment| at >= segment.header.end()) {
                header = Some(self.activate(&mut inner, at, batch.clone(), crossings, durable)?);
            }
            let segment = inner.live.back()?;
            let end = batch.end.min(segment.header.end());
            let half = segment.header.first + segment.header.payload / 2;
            let passes_half = at < half && half <= end;
            pieces.push(Piece {
                path: segment.path.clone(),
                handles: inner.current.clone(),
                offset: segment::offset(&segment.header, at),
                bytes: (at - batch.start) as usize..(end - batch.start) as usize,
                header,
            });
            inner.wants_zeros |= passes_half && self.options.prepare == Prepare::Zeros;
            at = end;
        }
        self.update_limit(&inner);
        Some(pieces)
    }

    fn activate(
        &self,
        inner: &mut Inner,
        first: u64,
        batch: Range<u64>,
        crossings: &[Crossing],
        durable: u64,
    ) -> Option<Vec<u8>> {
        let crossing = crossings.iter().find(|crossing| crossing.boundary == first)?;
        let ready = inner.pool.iter().position(|prepared| prepared.written).unwrap_or(0);
        let Prepared { path, handles, .. } = inner.pool.remove(ready);
        let header = Header {
            stamp: self.life.stamp_at(first),
            previous: inner.live.back().map_or(0, |segment| segment.header.stamp.epoch),
            first,
            payload: self.options.segment,
            durable,
            entry: crossing.entry(batch),
            ..self.life
        };
        inner.live.push_back(Arc::new(Segment { path, file: handles[0].clone(), header }));
        inner.current = handles;
        Some(header.encode())
    }

    /// Makes sure that there is space up to `target`, by making files for it now.
    pub(super) fn reserve(&self, target: u64) -> Result<()> {
        while self.limit() < target {
            {
                let inner = self.inner.lock();
                if inner.failed {
                    return Ok(());
                }
                if let Some(error) = self.refusal(&inner) {
                    return Err(error);
                }
            }
            self.make(target)?;
        }
        Ok(())
    }

    /// No more files are made.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// Makes one more file, for a log up to `target`.
    fn make(&self, target: u64) -> Result<()> {
        let _one = self.making.lock();
        if self.stopped.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Unavailable, "the journal is closed"));
        }
        let number = {
            let mut inner = self.inner.lock();
            inner.next_number += 1;
            inner.next_number
        };
        let path = self.options.folder.join(segment::name(number));
        let handles = match make_file(&self.env, &self.options, &path) {
            Ok(handles) => handles,
            Err(error) => {
                // What was reserved of it is for others; a file that stays behind is found at the next opening.
                let _ = self.env.disk.remove(&path);
                let needed = target.saturating_sub(self.limit());
                let error = words::no_room(&*self.env.disk, &self.options.folder, needed, &error);
                self.inner.lock().refused = Some((self.env.clock.now(), error.clone()));
                return Err(error);
            }
        };
        self.add(Prepared { path, handles, written: false });
        Ok(())
    }

    fn add(&self, prepared: Prepared) {
        let mut inner = self.inner.lock();
        inner.pool.push(prepared);
        inner.refused = None;
        self.update_limit(&inner);
    }

    /// Prepares what is to be ready, in the background. What can't be made now is made when it is asked for.
    pub(super) fn prepare(&self) {
        loop {
            let ready = {
                let inner = self.inner.lock();
                inner.failed || inner.pool.len() as u64 + inner.away >= self.options.ready_segments()
            };
            if ready || self.make(self.limit().saturating_add(self.options.segment)).is_err() {
                break;
            }
        }
        let chosen = {
            let mut inner = self.inner.lock();
            let unwritten = inner.pool.iter().position(|prepared| !prepared.written);
            let wanted = std::mem::take(&mut inner.wants_zeros) && inner.pool.iter().all(|prepared| !prepared.written);
            // The last one is left to the writers, who may need it before the zeros are written.
            match unwritten {
                Some(at) if wanted && inner.pool.len() > 1 => {
                    inner.away += 1;
                    Some(inner.pool.remove(at))
                }
                _ => None,
            }
        };
        if let Some(prepared) = chosen {
            let zeroed = write_zeros(&*prepared.handles[0], self.options.segment);
            let mut inner = self.inner.lock();
            inner.away -= 1;
            match zeroed {
                Ok(()) => inner.pool.push(Prepared { written: true, ..prepared }),
                // A file that can't be written is no use to anybody.
                Err(_) => drop(self.env.disk.remove(&prepared.path)),
            }
            self.update_limit(&inner);
        }
    }

    /// Makes a file that holds nothing needed ready for use, or removes it if enough are.
    pub(super) fn reuse(&self, path: &Path, held: Held) -> Result<()> {
        let disk = &*self.env.disk;
        let enough = {
            let inner = self.inner.lock();
            inner.pool.len() as u64 + inner.away >= self.options.most_segments()
        };
        let taken = if enough { Ok(None) } else { take_file(&self.env, &self.options, path) };
        match taken.map_err(|error| words::disk(disk, "open", path, error))? {
            Some(handles) => {
                self.add(Prepared { path: path.to_owned(), handles, written: held == Held::Records });
                Ok(())
            }
            None => disk.remove(path).map_err(|error| words::disk(disk, "remove", path, error)),
        }
    }

    /// Nothing before `position` will be asked for again.
    pub(super) fn recycle(&self, position: u64) -> Result<()> {
        let mut free = Vec::new();
        {
            let mut inner = self.inner.lock();
            inner.recycled = inner.recycled.max(position);
            let bound = inner.pins.keys().next().map_or(inner.recycled, |pin| inner.recycled.min(*pin));
            while inner.live.get(1).is_some_and(|next| next.header.first <= bound) {
                free.extend(inner.live.pop_front());
            }
        }
        free.iter().map(|segment| self.reuse(&segment.path, Held::Records)).fold(Ok(()), Result::and)
    }

    /// The position before which nothing is needed.
    pub(super) fn recycled(&self) -> u64 {
        self.inner.lock().recycled
    }

    /// Calls `read` with the segments that hold the log from `position` on; none of them is used anew meanwhile.
    pub(super) fn reading<T>(&self, position: u64, read: impl FnOnce(&[Arc<Segment>]) -> Result<T>) -> Result<T> {
        let segments: Vec<_> = {
            let mut inner = self.inner.lock();
            *inner.pins.entry(position).or_insert(0) += 1;
            inner.live.iter().cloned().collect()
        };
        let result = read(&segments);
        let recycled = {
            let mut inner = self.inner.lock();
            if let Some(count) = inner.pins.get_mut(&position) {
                *count -= 1;
                if *count == 0 {
                    inner.pins.remove(&position);
                }
            }
            inner.recycled
        };
        self.recycle(recycled)?;
        result
    }
}
