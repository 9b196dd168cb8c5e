//! The seams to the world: clock, disk, randomness and spawning.
//!
//! Everything that a node does with the outside goes through these four traits, so that the same code runs
//! on a real machine and, with one thread and one seed, under simulation. Nothing else in the crate reads a
//! clock, opens a file, draws a random number or starts a thread.

#[cfg(unix)]
mod real;
#[cfg(unix)]
mod real_disk;
#[cfg(any(test, feature = "testing"))]
pub(crate) mod shuffle;
#[cfg(any(test, feature = "testing"))]
mod sim;
#[cfg(any(test, feature = "testing"))]
mod sim_disk;

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

#[cfg(unix)]
pub use real::{OsRandom, SystemClock, TokioSpawn};
#[cfg(unix)]
pub use real_disk::RealDisk;
#[cfg(any(test, feature = "testing"))]
pub use sim::{Jobs, SeededRandom, Sim, SimSpawn, VirtualClock};
#[cfg(any(test, feature = "testing"))]
pub use sim_disk::{DiskCounts, Event, Fault, Keep, Player, Requests, SimDisk, Step, Tape};

use uuid::Uuid;

use crate::Timestamp;

/// A boxed future without a borrow.
pub type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

/// The seams together. Cheap to clone.
#[derive(Clone)]
pub struct Env {
    /// Wall-clock time and timers.
    pub clock: Arc<dyn Clock>,
    /// Files.
    pub disk: Arc<dyn Disk>,
    /// Random bytes.
    pub random: Arc<dyn Random>,
    /// Tasks and threads.
    pub spawn: Arc<dyn Spawn>,
}

#[cfg(unix)]
impl Env {
    /// The real seams: files below `root`, which is made if it does not exist, and tasks on `handle`, a runtime with
    /// its time driver enabled.
    pub fn real(root: impl Into<PathBuf>, handle: tokio::runtime::Handle) -> io::Result<Env> {
        Ok(Env {
            clock: Arc::new(SystemClock),
            disk: Arc::new(RealDisk::new(root)?),
            random: Arc::new(OsRandom::new()?),
            spawn: Arc::new(TokioSpawn::new(handle)),
        })
    }
}

/// Wall-clock time and timers.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Resolves once `now() >= at`.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture;
}

/// Random bytes: the operating system's, or a seeded stream.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// Draws a UUID (version 4).
    fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// Tasks and threads.
pub trait Spawn: Send + Sync + 'static {
    /// Runs a task to its end; nobody waits for it.
    fn spawn(&self, task: BoxFuture);
    /// Runs something that blocks or computes for long, away from the callers' threads where there are others.
    fn spawn_blocking(&self, job: Box<dyn FnOnce() + Send>);
    /// Starts a named thread that may block for ever, or gives `job` back where there are no threads (under
    /// simulation), so that the caller drives the work by tasks instead.
    fn thread(&self, name: &str, job: Box<dyn FnOnce() + Send>) -> Result<(), Box<dyn FnOnce() + Send>>;
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// It must exist; never written.
    Read,
    /// It must exist.
    Existing,
    /// It is made if it does not exist.
    Create,
    /// It must not exist.
    New,
}

/// A folder of files. Paths are relative to the node's folder, and use `/`.
///
/// What a power cut may take: everything written to a file since its last sync, and every creation, removal
/// or renaming in a folder since that folder's last sync.
pub trait Disk: Send + Sync + 'static {
    /// Opens a file.
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>>;
    /// The names in a folder, in order. A folder that does not exist is `NotFound`.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Whether there is a file or folder of that name.
    fn exists(&self, path: &Path) -> io::Result<bool>;
    /// Makes a folder and those above it.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Renames a file, replacing what has the new name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes creations, removals and renamings in a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// The path of the folder for messages to people.
    fn describe(&self, path: &Path) -> PathBuf;
    /// Takes the folder for this process. While the answer is kept, nobody else gets it.
    fn lock(&self) -> Result<FolderLock, LockError>;
}

/// The folder is this process's own while this lives.
pub struct FolderLock(
    /// Whatever releases the lock when it is dropped.
    #[allow(dead_code)]
    pub Box<dyn std::any::Any + Send + Sync>,
);

/// Why a folder could not be taken.
#[derive(Debug)]
pub enum LockError {
    /// Another process has it (its id, where it can be told).
    Held(Option<u32>),
    /// The lock could not be tried.
    Io(io::Error),
}

/// An open file. Positions and lengths are in bytes.
#[allow(clippy::len_without_is_empty)]
pub trait DiskFile: Send + Sync + 'static {
    /// Reads up to `into.len()` bytes; fewer only at the end of the file.
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes all of `bytes`.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Reserves space for the first `len` bytes and makes the file at least that long.
    fn allocate(&self, len: u64) -> io::Result<()>;
    /// Cuts or extends the file.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// The file's length.
    fn len(&self) -> io::Result<u64>;
    /// Makes all that was written durable (`fdatasync`). If it fails, what was written since the last sync may be lost although it
    /// can still be read, and a later sync may succeed all the same.
    fn sync(&self) -> io::Result<()>;
    /// Makes what earlier processes wrote durable, and has later reads come from the disk and not from memory: after a sync of
    /// theirs that failed, the two may differ.
    fn settle(&self) -> io::Result<()>;
}
