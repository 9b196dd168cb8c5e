//! The simulated disk: files in memory that know what a power cut would leave of them.
//!
//! A crash gives a new disk with what is left, and the old one answers nothing any more: whatever is still
//! running on the old machine cannot reach the new one.

mod content;
mod copy;
mod cut;
mod faults;
mod file;
mod image;
mod tape;
mod unsynced;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use self::content::Sparse;
pub use self::cut::Keep;
pub use self::faults::{Fault, Requests};
use self::faults::{Faults, Request};
pub use self::image::{Event, Step};
use self::image::{Image, folder};
pub use self::tape::{Player, Tape};
use super::{Disk, DiskFile, FolderLock, LockError, Open, SeededRandom};
use crate::sync::seam;

/// A disk in memory.
pub struct SimDisk(Arc<Mutex<State>>);

/// How often the disk was asked to do what costs time or endurance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DiskCounts {
    /// Writes, allocations and changes of length.
    pub writes: u64,
    /// Bytes in those writes.
    pub written: u64,
    /// Syncs of files.
    pub syncs: u64,
    /// Syncs of folders.
    pub folder_syncs: u64,
    /// Creations, removals and renamings.
    pub entries: u64,
    /// Requests of every kind: reading, opening and listing too, and those that failed.
    pub requests: u64,
}

impl DiskCounts {
    /// All steps that change what a crash would leave.
    pub fn steps(&self) -> u64 {
        self.writes + self.syncs + self.folder_syncs + self.entries
    }

    fn count(&mut self, step: &Step) {
        match step {
            Step::Write(_, _, bytes) => {
                self.writes += 1;
                self.written += bytes.len() as u64;
            }
            Step::Len(..) => self.writes += 1,
            Step::Sync(_) => self.syncs += 1,
            Step::SyncFolder(_) => self.folder_syncs += 1,
            Step::Make(_) | Step::MakeFolder(_) | Step::Remove(_) | Step::Rename(..) => self.entries += 1,
        }
    }
}

#[derive(Default)]
struct State {
    image: Image,
    counts: DiskCounts,
    faults: Faults,
    locked: bool,
    tape: Option<Tape>,
}

impl SimDisk {
    /// An empty disk.
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> Arc<Self> {
        Arc::new(SimDisk(Arc::default()))
    }

    fn of(image: Image) -> Arc<Self> {
        Arc::new(SimDisk(Arc::new(Mutex::new(State { image, ..State::default() }))))
    }

    /// Cuts the power: the answer is the disk as it is found afterwards, without anything that was not synced.
    #[must_use = "the old disk is dead; what is left is in the new one"]
    pub fn crash(&self) -> Arc<SimDisk> {
        self.end(|image| *image = image.left(Keep::Nothing, &SeededRandom::new(0)))
    }

    /// Cuts the power, and of what was not synced each write may be kept, lost, torn or overtaken by another, and each change of
    /// a name kept or lost, as `random` has it.
    #[must_use = "the old disk is dead; what is left is in the new one"]
    pub fn crash_torn(&self, random: &SeededRandom) -> Arc<SimDisk> {
        self.end(|image| *image = image.left(Keep::Some, random))
    }

    /// Ends the process but not the machine: the answer is the disk with all that was written.
    #[must_use = "the old disk is dead; what is left is in the new one"]
    pub fn kill(&self) -> Arc<SimDisk> {
        self.end(|_| {})
    }

    /// From now on everything that is done to the disk is noted; a tape that was being recorded is gone.
    pub fn record(&self) {
        let mut state = self.0.lock();
        state.tape = Some(Tape::begin(&state.image));
    }

    /// How many events were noted since the recording began.
    pub fn recorded(&self) -> u64 {
        self.0.lock().tape.as_ref().map_or(0, Tape::len)
    }

    /// Ends a recording, and gives it: empty if none was begun.
    pub fn take_tape(&self) -> Tape {
        self.0.lock().tape.take().unwrap_or_default()
    }

    fn end(&self, lose: impl FnOnce(&mut Image)) -> Arc<SimDisk> {
        let mut old = self.0.lock();
        let mut new = std::mem::take(&mut *old);
        old.faults.off = true;
        lose(&mut new.image);
        new.tape = None;
        new.faults = new.faults.after_the_end();
        new.locked = false;
        Arc::new(SimDisk(Arc::new(Mutex::new(new))))
    }

    /// The next `count` writes fail.
    pub fn fail_writes(&self, count: u64, error: io::ErrorKind) {
        self.0.lock().faults.writes = Some((count, error));
    }

    /// The next `count` syncs, of files or folders, fail.
    pub fn fail_syncs(&self, count: u64, error: io::ErrorKind) {
        self.0.lock().faults.syncs = Some((count, error));
    }

    /// After `before` more of these requests the next `count` fail. Those of a start after a crash or a restart are counted on.
    pub fn fail_requests(&self, which: Requests, before: u64, count: u64, fault: Fault) {
        self.0.lock().faults.requests = Some((which, before, count, fault));
    }

    /// All files together may have so many bytes; `None` for no bound.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.0.lock().faults.capacity = bytes;
    }

    /// From now on every change is refused.
    pub fn set_read_only(&self) {
        self.0.lock().faults.read_only = true;
    }

    /// From now on changes are taken again.
    pub fn set_writable(&self) {
        self.0.lock().faults.read_only = false;
    }

    /// After `steps` more writes, syncs and changes of folders, every request fails: the power has gone, and a crash
    /// gives what is left.
    pub fn cut_power_after(&self, steps: u64) {
        self.0.lock().faults.steps_left = Some(steps);
    }

    /// What was done since the disk was made, crashes included.
    pub fn counts(&self) -> DiskCounts {
        self.0.lock().counts
    }

    /// The bytes of all files.
    pub fn used(&self) -> u64 {
        self.0.lock().image.used()
    }

    /// The content of a file as a reader sees it now.
    pub fn content(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.0.lock();
        let file = state.image.file(state.image.find(&name(path))?);
        let mut content = vec![0; usize::try_from(file.len()).map_err(io::Error::other)?];
        file.read(&mut content, 0);
        Ok(content)
    }

    /// Takes all files and folders away, durably: another disk was put in its place.
    pub fn wipe(&self) {
        self.0.lock().image.wipe();
    }

    /// Gives a file this content, durably, whatever it was: a damage, or a copy.
    pub fn put(&self, path: &Path, content: &[u8]) {
        self.0.lock().image.put(name(path), Sparse::of(content));
    }
}

impl State {
    /// Does a step, unless a fault forbids it.
    fn perform(&mut self, step: Step) -> io::Result<()> {
        self.allow(&step)?;
        self.counts.count(&step);
        let now = self.image.seen();
        self.image.apply(&Event { step: step.clone(), begun: now, done: now });
        if let Some(tape) = &mut self.tape {
            let now = tape.len();
            tape.push(Event { step, begun: now, done: now });
        }
        Ok(())
    }

    /// Refuses a file's growth to `len` if the disk is too small for it.
    fn room_for(&self, file: usize, len: u64) -> io::Result<()> {
        let more = len.saturating_sub(self.image.file(file).len());
        match self.faults.capacity {
            Some(capacity) if more > 0 && self.image.used() + more > capacity => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().trim_matches('/').to_owned()
}

/// The disk for one operation, before which other threads may come.
fn reach(disk: &Mutex<State>) -> MutexGuard<'_, State> {
    seam();
    disk.lock()
}

impl Disk for SimDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = reach(&self.0);
        state.begin(Request::Other)?;
        let name = name(path);
        state.image.folder_exists(folder(&name))?;
        let number = match (state.image.find(&name), how) {
            (Ok(_), Open::New) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Ok(file), _) => file,
            (Err(error), Open::New | Open::Create) if error.kind() == io::ErrorKind::NotFound => {
                let file = state.image.next_file();
                state.perform(Step::Make(name))?;
                file
            }
            (Err(error), _) => return Err(error),
        };
        Ok(Arc::new(file::SimFile::new(self.0.clone(), number, how)))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut state = reach(&self.0);
        state.begin(Request::Other)?;
        let parent = name(path);
        state.image.folder_exists(&parent)?;
        let inside = state.image.entries().keys().filter(|name| folder(name) == parent);
        Ok(inside.map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()).collect())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        let mut state = reach(&self.0);
        state.begin(Request::Other)?;
        let name = name(path);
        Ok(name.is_empty() || state.image.entries().contains_key(&name))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = reach(&self.0);
        state.begin(Request::Other)?;
        let name = name(path);
        for end in name.match_indices('/').map(|(at, _)| at).chain([name.len()]).filter(|end| *end > 0) {
            match state.image.folder_exists(&name[..end]) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    state.perform(Step::MakeFolder(name[..end].to_owned()))?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = reach(&self.0);
        state.begin(Request::Other)?;
        let name = name(path);
        state.image.find(&name)?;
        state.perform(Step::Remove(name))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = reach(&self.0);
        state.begin(Request::Other)?;
        let (from, to) = (name(from), name(to));
        state.image.find(&from)?;
        state.image.folder_exists(folder(&to))?;
        state.perform(Step::Rename(from, to))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = reach(&self.0);
        let parent = name(path);
        state.begin(Request::Sync)?;
        state.image.folder_exists(&parent)?;
        state.perform(Step::SyncFolder(parent))
    }

    fn describe(&self, path: &Path) -> PathBuf {
        Path::new("simulated").join(path)
    }

    fn lock(&self) -> Result<FolderLock, LockError> {
        let mut state = reach(&self.0);
        state.begin(Request::Other).map_err(LockError::Io)?;
        if state.locked {
            return Err(LockError::Held(Some(std::process::id())));
        }
        state.locked = true;
        Ok(FolderLock(Box::new(Locked(self.0.clone()))))
    }
}

/// Gives the folder back.
struct Locked(Arc<Mutex<State>>);

impl Drop for Locked {
    fn drop(&mut self) {
        self.0.lock().locked = false;
    }
}

#[cfg(test)]
mod tests;
