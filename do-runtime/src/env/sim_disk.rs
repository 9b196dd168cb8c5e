//! The simulated disk: files in memory that know what a power cut would leave of them.
//!
//! A crash gives a new disk with what is left, and the old one answers nothing any more: whatever is still
//! running on the old machine cannot reach the new one.

mod content;
mod faults;
mod file;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use self::content::FileState;
pub use self::faults::{Fault, Requests};
use self::faults::{Faults, Request};
use super::{Disk, DiskFile, FolderLock, LockError, Open, SeededRandom};

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
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    File(usize),
    Folder,
}

/// A change of a folder that is not durable yet.
#[derive(Debug, Clone)]
enum Change {
    Add(String, Entry),
    Remove(String),
    Rename(String, String, Entry),
}

type Entries = BTreeMap<String, Entry>;

#[derive(Default)]
struct State {
    files: Vec<FileState>,
    entries: Entries,
    durable: Entries,
    changes: Vec<Change>,
    counts: DiskCounts,
    faults: Faults,
    locked: bool,
}

/// What a step is, for the faults.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Write(u64),
    Sync,
    FolderSync,
    Entry,
}

impl SimDisk {
    /// An empty disk.
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> Arc<Self> {
        Arc::new(SimDisk(Arc::default()))
    }

    /// Cuts the power: the answer is the disk as it is found afterwards, without anything that was not synced.
    #[must_use = "the old disk is dead; what is left is in the new one"]
    pub fn crash(&self) -> Arc<SimDisk> {
        self.end(|state| {
            state.files.iter_mut().for_each(FileState::lose_unsynced);
            state.changes.clear();
            state.entries = state.durable.clone();
        })
    }

    /// Cuts the power, and of what was not synced each write may be kept, lost or torn, and of the changes of
    /// folders the first so many, as `random` has it.
    #[must_use = "the old disk is dead; what is left is in the new one"]
    pub fn crash_torn(&self, random: &SeededRandom) -> Arc<SimDisk> {
        self.end(|state| {
            state.files.iter_mut().for_each(|file| file.keep_some(random));
            let kept = random.below(state.changes.len() as u64 + 1) as usize;
            let mut entries = state.durable.clone();
            state.changes.drain(..).take(kept).for_each(|change| apply(&mut entries, change));
            state.durable = entries.clone();
            state.entries = entries;
        })
    }

    /// Ends the process but not the machine: the answer is the disk with all that was written.
    #[must_use = "the old disk is dead; what is left is in the new one"]
    pub fn kill(&self) -> Arc<SimDisk> {
        self.end(|_| {})
    }

    fn end(&self, lose: impl FnOnce(&mut State)) -> Arc<SimDisk> {
        let mut old = self.0.lock();
        let mut new = std::mem::take(&mut *old);
        old.faults.off = true;
        lose(&mut new);
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
        self.0.lock().used()
    }

    /// The content of a file as a reader sees it now.
    pub fn content(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.0.lock();
        let file = state.file(&name(path))?;
        let mut content = vec![0; usize::try_from(state.files[file].len()).map_err(io::Error::other)?];
        state.files[file].read(&mut content, 0);
        Ok(content)
    }

    /// Takes all files and folders away, durably: another disk was put in its place.
    pub fn wipe(&self) {
        let mut state = self.0.lock();
        state.entries.clear();
        state.durable.clear();
        state.changes.clear();
    }

    /// Gives a file this content, durably, whatever it was: a damage, or a copy.
    pub fn put(&self, path: &Path, content: &[u8]) {
        let mut state = self.0.lock();
        let file = state.files.len();
        state.files.push(FileState::durable(content));
        state.entries.insert(name(path), Entry::File(file));
        state.durable.insert(name(path), Entry::File(file));
    }
}

impl State {
    fn used(&self) -> u64 {
        let live = self.entries.values().filter_map(|entry| match entry {
            Entry::File(file) => Some(self.files[*file].len()),
            Entry::Folder => None,
        });
        live.sum()
    }

    /// Refuses a file's growth to `len` if the disk is too small for it.
    fn room_for(&self, file: usize, len: u64) -> io::Result<()> {
        let more = len.saturating_sub(self.files[file].len());
        match self.faults.capacity {
            Some(capacity) if more > 0 && self.used() + more > capacity => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn file(&self, name: &str) -> io::Result<usize> {
        match self.entries.get(name) {
            Some(Entry::File(file)) => Ok(*file),
            Some(Entry::Folder) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        self.step(Step::Entry)?;
        apply(&mut self.entries, change.clone());
        self.changes.push(change);
        Ok(())
    }

    fn folder_exists(&self, folder: &str) -> io::Result<()> {
        match self.entries.get(folder) {
            _ if folder.is_empty() => Ok(()),
            Some(Entry::Folder) => Ok(()),
            Some(Entry::File(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

fn apply(entries: &mut Entries, change: Change) {
    match change {
        // What is in a folder that was lost is lost with it.
        Change::Add(name, _) if !folder(&name).is_empty() && !entries.contains_key(folder(&name)) => {}
        Change::Add(name, entry) => drop(entries.insert(name, entry)),
        Change::Remove(name) => drop(entries.remove(&name)),
        Change::Rename(from, to, entry) => {
            entries.remove(&from);
            entries.insert(to, entry);
        }
    }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().trim_matches('/').to_owned()
}

/// The folder that a name is in.
fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Disk for SimDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.0.lock();
        state.begin(Request::Other)?;
        let name = name(path);
        state.folder_exists(folder(&name))?;
        let number = match (state.file(&name), how) {
            (Ok(_), Open::New) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Ok(file), _) => file,
            (Err(error), Open::New | Open::Create) if error.kind() == io::ErrorKind::NotFound => {
                let file = state.files.len();
                state.change(Change::Add(name, Entry::File(file)))?;
                state.files.push(FileState::default());
                file
            }
            (Err(error), _) => return Err(error),
        };
        Ok(Arc::new(file::SimFile::new(self.0.clone(), number, how)))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut state = self.0.lock();
        state.begin(Request::Other)?;
        let parent = name(path);
        state.folder_exists(&parent)?;
        let inside = state.entries.keys().filter(|name| folder(name) == parent);
        Ok(inside.map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()).collect())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        let mut state = self.0.lock();
        state.begin(Request::Other)?;
        let name = name(path);
        Ok(name.is_empty() || state.entries.contains_key(&name))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.begin(Request::Other)?;
        let name = name(path);
        for end in name.match_indices('/').map(|(at, _)| at).chain([name.len()]).filter(|end| *end > 0) {
            match state.folder_exists(&name[..end]) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    state.change(Change::Add(name[..end].to_owned(), Entry::Folder))?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.begin(Request::Other)?;
        let name = name(path);
        state.file(&name)?;
        state.change(Change::Remove(name))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.begin(Request::Other)?;
        let (from, to) = (name(from), name(to));
        let file = state.file(&from)?;
        state.folder_exists(folder(&to))?;
        state.change(Change::Rename(from, to, Entry::File(file)))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let parent = name(path);
        state.begin(Request::Sync)?;
        state.folder_exists(&parent)?;
        state.step(Step::FolderSync)?;
        let here = |change: &Change| match change {
            Change::Add(name, _) | Change::Remove(name) => folder(name) == parent,
            Change::Rename(from, to, _) => folder(from) == parent || folder(to) == parent,
        };
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut state.changes).into_iter().partition(here);
        state.changes = later;
        let mut durable = std::mem::take(&mut state.durable);
        now.into_iter().for_each(|change| apply(&mut durable, change));
        state.durable = durable;
        Ok(())
    }

    fn describe(&self, path: &Path) -> PathBuf {
        Path::new("simulated").join(path)
    }

    fn lock(&self) -> Result<FolderLock, LockError> {
        let mut state = self.0.lock();
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
