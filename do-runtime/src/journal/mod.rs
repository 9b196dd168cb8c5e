//! The log of commits: one for all objects of a node.
//!
//! | file | what is in it |
//! |---|---|
//! | `log` | the boundary that others see |
//! | `record`, `batch`, `segment` | the format: a commit, what is synced at once, a file |
//! | `gate` | what is appended and not durable yet, and who waits for it |
//! | `writer` | group commit |
//! | `space`, `files` | preparing and recycling files |
//! | `recover`, `stream`, `walk`, `scan` | reading it again, and telling a torn end from a damage |
//! | `begin` | a new life of it |
//! | `words` | what it says to people |
//!
//! The format, and what a crash at each step leaves, is described in `docs/storage.md`.

mod batch;
mod begin;
mod files;
mod gate;
mod log;
mod options;
mod record;
mod recover;
mod scan;
mod segment;
mod space;
mod stream;
mod walk;
mod words;
mod writer;

#[cfg(test)]
mod tests;

pub use log::{ClassTag, Commit, CommitKind, Log, LogPosition, TemplateId};
pub use options::{JournalOptions, Prepare, Rhythm};
pub use recover::{Reached, Recovered, Replayed};

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Poll, Waker};

use self::gate::Gate;
use self::space::Space;
use self::stream::Stream;
use self::walk::{Cursor, Origin, Stop};
use crate::env::Env;
use crate::sync::{Condvar, Mutex, point};
use crate::{Error, ErrorKind, Result};

/// What a transaction takes in the log beyond what it writes.
const OVERHEAD: u64 = 8 << 10;

/// The journal of a node.
///
/// Dropped, it writes what was appended and ends by itself; [`Journal::close`] waits for that.
pub struct Journal(Arc<Shared>);

struct Shared {
    env: Env,
    folder: std::path::PathBuf,
    rhythm: Rhythm,
    space: Space,
    gate: Mutex<Gate>,
    /// Something to write.
    work: Condvar,
    /// So many records that a writer need not wait for more.
    enough: Condvar,
    /// A batch was released, or a writer ended.
    order: Condvar,
    /// There may be room again.
    room: Condvar,
    /// Without threads: one pump at a time.
    pumping: Mutex<()>,
    durable: AtomicU64,
    end: AtomicU64,
    preparing: AtomicBool,
}

impl Shared {
    fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    fn set_durable(&self, position: u64) {
        self.durable.fetch_max(position, Ordering::AcqRel);
    }

    /// Prepares segments in the background, unless somebody does or enough are ready.
    fn prepare_if_wanted(self: &Arc<Self>) {
        if !self.space.wants_more() || self.preparing.swap(true, Ordering::AcqRel) {
            return;
        }
        let preparing = Preparing(self.clone());
        self.env.spawn.spawn_blocking(Box::new(move || preparing.0.space.prepare()));
    }
}

/// Segments are being prepared; not any more when this is dropped, be it unused by a runtime that went away.
struct Preparing(Arc<Shared>);

impl Drop for Preparing {
    fn drop(&mut self) {
        self.0.preparing.store(false, Ordering::Release);
        self.0.room.notify_all();
    }
}

impl Journal {
    /// Finds the journal in the folder of `options`; nothing is changed. A folder that does not exist is an empty
    /// journal.
    ///
    /// # Errors
    /// `storage`: a segment is damaged, doubled, of another node or of a newer program, or a file can't be read.
    pub fn recover(env: &Env, options: JournalOptions) -> Result<Recovered> {
        Recovered::find(env, options)
    }

    /// Goes on where replay has ended, in a new segment. `checkpointed` is the position up to which everything is
    /// durable elsewhere: what is before it is not kept.
    ///
    /// # Errors
    /// `storage`: the first segment could not be written.
    pub fn start(replayed: Replayed, checkpointed: LogPosition) -> Result<Journal> {
        begin::begin(replayed, checkpointed.0)
    }

    /// How far it has certainly come.
    pub fn reached(&self) -> Reached {
        let position = LogPosition(self.0.durable());
        Reached { epoch: self.0.space.life().stamp.epoch, position }
    }

    /// Takes nothing more, and waits until what was appended is durable; the thread waits, so that this is not for
    /// tasks. Afterwards a damage anywhere in the journal can be told from a torn end.
    ///
    /// # Errors
    /// `unavailable`: the journal has failed, or there was no room for what is left.
    pub fn close(&self) -> Result<()> {
        let shared = &self.0;
        {
            let mut gate = shared.gate.lock();
            // A note is worth a sync, but not a segment.
            let noted = !gate.closed && gate.failure.is_none() && gate.taken > 0;
            gate.closed = true;
            let threads = gate.writers > 0;
            drop(gate);
            writer::finish(shared);
            shared.space.stop();
            // Whoever prepares a file is not to go on in a folder that somebody else may have by then. Without threads it
            // is a task of this very thread, which finds that it is over.
            while threads && shared.preparing.load(Ordering::Acquire) {
                crate::sync::yield_now();
            }
            gate = shared.gate.lock();
            if let Some(error) = &gate.failure {
                return Err(error.clone());
            }
            if !noted || !shared.space.is_in_current(gate.end + batch::HEAD as u64) {
                return Ok(());
            }
            gate.append_note();
            shared.end.store(gate.end, Ordering::Release);
        }
        writer::pump(shared);
        shared.gate.lock().failure.clone().map_or(Ok(()), Err)
    }

    /// Resolves with the reason once the journal has failed, or is not there any more. It keeps nothing of it.
    pub fn failed(&self) -> impl Future<Output = Error> + Send + use<> {
        let shared = Arc::downgrade(&self.0);
        std::future::poll_fn(move |cx| {
            let Some(shared) = shared.upgrade() else {
                return Poll::Ready(Error::new(ErrorKind::Unavailable, "the journal is closed"));
            };
            let mut gate = shared.gate.lock();
            match &gate.failure {
                Some(error) => Poll::Ready(error.clone()),
                None => {
                    gate.wait_for_failure(cx.waker());
                    Poll::Pending
                }
            }
        })
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.gate.get_mut().take_failure_waiters().into_iter().for_each(Waker::wake);
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.0.gate.lock().closed = true;
        self.0.work.notify_all();
        self.0.room.notify_all();
    }
}

impl Log for Journal {
    fn append(&self, commit: &Commit<'_>) -> Result<LogPosition> {
        if record::bound(commit) > record::MOST {
            return Err(Error::new(ErrorKind::Storage, "a transaction of more than 1 GiB can't be kept"));
        }
        let mut gate = self.0.gate.lock();
        if let Some(error) = &gate.failure {
            return Err(error.clone());
        }
        if gate.closed {
            return Err(Error::new(ErrorKind::Unavailable, "the journal is closed"));
        }
        let end = gate.append(commit, self.0.space.life());
        self.0.end.store(end, Ordering::Release);
        writer::wake(&self.0, gate);
        Ok(LogPosition(end))
    }

    fn durable(&self) -> LogPosition {
        LogPosition(self.0.durable())
    }

    fn poll_durable(&self, position: LogPosition, waker: &Waker) -> Poll<Result<()>> {
        if self.0.durable() >= position.0 {
            return Poll::Ready(Ok(()));
        }
        point();
        let mut gate = self.0.gate.lock();
        if self.0.durable() >= position.0 {
            return Poll::Ready(Ok(()));
        }
        if let Some(error) = &gate.failure {
            return Poll::Ready(Err(error.clone()));
        }
        gate.wait(position.0, waker);
        Poll::Pending
    }

    fn admit(&self, bytes: u64) -> Result<()> {
        let needed = self.0.end.load(Ordering::Acquire).saturating_add(bytes).saturating_add(OVERHEAD);
        if needed <= self.0.space.limit() {
            return Ok(());
        }
        if let Some(error) = self.failure() {
            return Err(error);
        }
        self.0.space.reserve(needed)?;
        self.failure().map_or(Ok(()), Err)
    }

    fn read_back(&self, from: LogPosition, each: &mut dyn FnMut(&Commit<'_>, LogPosition) -> Result<()>) -> Result<()> {
        let (shared, durable) = (&self.0, self.0.durable());
        let disk = &*shared.env.disk;
        if from.0 >= durable {
            return Ok(());
        }
        shared.space.reading(from.0, |live| {
            let Some(start) = live.iter().rposition(|segment| segment.header.entry.position <= from.0) else {
                let first = live.first().map_or(durable, |segment| segment.header.first);
                return Err(words::missing(disk, &shared.folder, from.0, first, "they were used anew"));
            };
            let mut rest = &live[start..];
            let mut origin = Origin { position: from.0, seen: false };
            while let Some((count, stream)) = Stream::first_run(disk, rest)
                && rest[0].header.first < durable
            {
                let mut cursor = Cursor::from(rest[0].header.entry);
                let mut stream = stream.until(durable);
                let bad = match walk::walk(&mut stream, &mut cursor, &mut origin, each)? {
                    Stop::Reached => None,
                    Stop::CutOff => Some(("it goes on in no segment", stream.end())),
                    Stop::Bad(what, to) => Some((what, to)),
                };
                if let Some((what, to)) = bad {
                    let here = stream.segments(cursor.position, to);
                    return Err(words::damaged(disk, here, cursor.position, what, durable));
                }
                rest = &rest[count..];
            }
            if origin.seen {
                return Ok(());
            }
            Err(words::misfit(disk, &shared.folder, from.0, "no commit ends there"))
        })
    }

    fn end(&self) -> LogPosition {
        LogPosition(self.0.end.load(Ordering::Acquire))
    }

    fn recycle(&self, position: LogPosition) -> Result<()> {
        let recycled = self.0.space.recycle(position.0.min(self.0.durable()));
        self.0.room.notify_all();
        recycled
    }

    fn held(&self) -> u64 {
        self.end().0.saturating_sub(self.0.space.recycled())
    }

    fn failure(&self) -> Option<Error> {
        self.0.gate.lock().failure.clone()
    }
}
