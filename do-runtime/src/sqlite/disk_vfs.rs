//! A VFS whose files are on an [`env::Disk`](Disk): for the SQLite files of the page store.
//!
//! Files have no locks: the node owns its folder. A rollback journal works as it is, a write-ahead log only with
//! `locking_mode = EXCLUSIVE`, set before the first read.

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use super::glue::{Code, Durable, FileKind, Registration, Vfs, VfsFile};
use super::handler_context::HandlerContext;
use super::page_sums::PageSums;
use super::temp_file::TempFile;
use crate::env::{Disk, DiskFile, Open};
use crate::error::{Error, ErrorKind, Result};

/// The bytes that a database file begins with, before anything that is stored in it.
const HEADER: usize = 100;

thread_local! {
    /// What the disk last said on this thread; SQLite only passes on that there was an error.
    static LAST: RefCell<Option<Said>> = const { RefCell::new(None) };
}

struct Said {
    sentence: String,
    error: io::Error,
}

/// SQLite files on a [`Disk`]. Known to SQLite while this lives; connections that are still open then get errors.
pub struct DiskVfs {
    registration: Registration,
}

impl DiskVfs {
    /// Makes the files of a disk known to SQLite.
    pub fn register(disk: Arc<dyn Disk>) -> Result<Self> {
        Ok(DiskVfs { registration: Registration::new(Arc::new(OnDisk(disk)))? })
    }

    /// The name by which connections find it.
    pub fn name(&self) -> &'static str {
        // The names are made of ASCII.
        self.registration.name().to_str().unwrap_or_default()
    }

    /// Opens a connection to a file, which is made if it does not exist; its folder exists. The path is relative to the
    /// disk's folder. The connection has no lock: one thread at a time.
    pub fn connect(&self, path: &Path) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        LAST.take();
        Connection::open_with_flags_and_vfs(path, flags, self.registration.name()).map_err(|error| self.explain(error))
    }

    /// A failure of a connection of this VFS as a `storage` error. If the disk was behind it, with the disk's own
    /// words: so ask on the thread, and right after the statement, that failed.
    pub fn explain(&self, error: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode::{CannotOpen, DiskFull, SystemIoFailure};
        let of_disk = matches!(error.sqlite_error_code(), Some(CannotOpen | DiskFull | SystemIoFailure));
        match LAST.take().filter(|_| of_disk) {
            Some(said) => Error::with_source(ErrorKind::Storage, said.sentence, said.error),
            None => Error::with_source(ErrorKind::Storage, error.to_string(), error),
        }
    }
}

/// What the disk said last on this thread, if it did since this was last asked.
pub(crate) fn last_words() -> Option<String> {
    LAST.take().map(|said| said.sentence)
}

struct OnDisk(Arc<dyn Disk>);

impl OnDisk {
    fn failed(&self, what: &str, path: &Path, error: io::Error, code: Code) -> Code {
        failed(what, &self.0.describe(path).display().to_string(), error, code)
    }

    fn sync_folder_of(&self, path: &Path) -> Result<(), Code> {
        let folder = path.parent().unwrap_or(Path::new(""));
        self.0.sync_folder(folder).map_err(|error| self.failed("made durable", folder, error, Code::SyncFolder))
    }
}

impl Vfs for OnDisk {
    fn open(&self, name: Option<&str>, kind: FileKind) -> Result<Box<dyn VfsFile>, Code> {
        let Some(name) = name.filter(|_| kind != FileKind::Temporary) else {
            return Ok(Box::new(TempFile::new()?));
        };
        let path = Path::new(name);
        let opened = match self.0.open(path, Open::Existing) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = self
                    .0
                    .open(path, Open::Create)
                    .map_err(|error| self.failed("made", path, error, Code::CannotOpen))?;
                // A journal or a database that a power cut takes away whole is a lost or half-done transaction.
                self.sync_folder_of(path)?;
                Ok(made)
            }
            // An earlier process may have failed to sync transactions that can still be read: they never were.
            Ok(journal) if kind == FileKind::Journal => journal.settle().map(|()| journal),
            opened => opened,
        };
        let file = opened.map_err(|error| self.failed("opened", path, error, Code::CannotOpen))?;
        let mut opened = OpenFile { file, described: self.0.describe(path).display().to_string(), kind, sums: None };
        if kind == FileKind::Main {
            let mut header = [0; HEADER];
            let there = opened.read(&mut header, 0)?;
            opened.sums = PageSums::of(&header[..there]);
        }
        Ok(Box::new(opened))
    }

    fn delete(&self, name: &str, durable: Durable) -> Result<(), Code> {
        let path = Path::new(name);
        match self.0.remove(path) {
            Ok(()) if durable == Durable::Yes => self.sync_folder_of(path),
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Code::NotFound),
            Err(error) => Err(self.failed("removed", path, error, Code::Delete)),
        }
    }

    fn exists(&self, name: &str) -> Result<bool, Code> {
        let path = Path::new(name);
        self.0.exists(path).map_err(|error| self.failed("looked for", path, error, Code::Access))
    }

    fn now(&self) -> i64 {
        HandlerContext::now().as_millis()
    }
}

struct OpenFile {
    file: Arc<dyn DiskFile>,
    described: String,
    kind: FileKind,
    sums: Option<PageSums>,
}

impl OpenFile {
    fn failed(&self, what: &str, error: io::Error, code: Code) -> Code {
        failed(what, &self.described, error, code)
    }
}

fn failed(what: &str, path: &str, error: io::Error, code: Code) -> Code {
    let code = if error.kind() == io::ErrorKind::StorageFull { Code::Full } else { code };
    LAST.set(Some(Said { sentence: format!("{path} could not be {what}: {error}"), error }));
    code
}

impl VfsFile for OpenFile {
    fn read(&mut self, into: &mut [u8], at: u64) -> Result<usize, Code> {
        let done = self.file.read_at(into, at).map_err(|error| self.failed("read", error, Code::Read))?;
        match self.sums.and_then(|sums| sums.damaged(&into[..done], at)) {
            None => Ok(done),
            Some(page) => {
                let error = io::Error::new(io::ErrorKind::InvalidData, format!("page {page} fails its checksum"));
                Err(self.failed("read", error, Code::Damaged))
            }
        }
    }

    fn write(&mut self, bytes: &[u8], at: u64) -> Result<(), Code> {
        if self.kind == FileKind::Main && at == 0 && bytes.len() >= HEADER {
            self.sums = PageSums::of(bytes);
        }
        let sealed = self.sums.and_then(|sums| sums.sealed(bytes, at));
        let bytes = sealed.as_deref().unwrap_or(bytes);
        self.file.write_at(bytes, at).map_err(|error| self.failed("written", error, Code::Write))
    }

    fn truncate(&mut self, len: u64) -> Result<(), Code> {
        self.file.set_len(len).map_err(|error| self.failed("cut", error, Code::Truncate))
    }

    fn sync(&mut self) -> Result<(), Code> {
        self.file.sync().map_err(|error| self.failed("synced", error, Code::Sync))
    }

    fn len(&mut self) -> Result<u64, Code> {
        self.file.len().map_err(|error| self.failed("measured", error, Code::Length))
    }
}
