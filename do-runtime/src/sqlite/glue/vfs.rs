//! What a VFS of SQLite is to us: two safe traits.

use std::ffi::c_int;

use rusqlite::ffi;

/// What SQLite opens a file for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// The database that a connection is opened with.
    Main,
    /// Its rollback journal or write-ahead log.
    Journal,
    /// Anything that is gone when it is closed.
    Temporary,
}

/// What a VFS answers when something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    CannotOpen,
    NotFound,
    Full,
    Read,
    /// What was read is not what was written.
    Damaged,
    Write,
    Truncate,
    Sync,
    SyncFolder,
    Length,
    Delete,
    Access,
}

impl Code {
    /// SQLite's number for it.
    pub(super) fn number(self) -> c_int {
        match self {
            Code::CannotOpen => ffi::SQLITE_CANTOPEN,
            Code::NotFound => ffi::SQLITE_IOERR_DELETE_NOENT,
            Code::Full => ffi::SQLITE_FULL,
            Code::Read => ffi::SQLITE_IOERR_READ,
            Code::Damaged => ffi::SQLITE_IOERR_DATA,
            Code::Write => ffi::SQLITE_IOERR_WRITE,
            Code::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
            Code::Sync => ffi::SQLITE_IOERR_FSYNC,
            Code::SyncFolder => ffi::SQLITE_IOERR_DIR_FSYNC,
            Code::Length => ffi::SQLITE_IOERR_FSTAT,
            Code::Delete => ffi::SQLITE_IOERR_DELETE,
            Code::Access => ffi::SQLITE_IOERR_ACCESS,
        }
    }
}

/// An open file. Positions and lengths are in bytes. No locks: a file belongs to one connection.
pub(crate) trait VfsFile: Send {
    /// Reads bytes; fewer only at the end of the file.
    fn read(&mut self, into: &mut [u8], at: u64) -> Result<usize, Code>;
    /// Writes all of `bytes`.
    fn write(&mut self, bytes: &[u8], at: u64) -> Result<(), Code>;
    /// Cuts or extends the file.
    fn truncate(&mut self, len: u64) -> Result<(), Code>;
    /// Makes what was written durable.
    fn sync(&mut self) -> Result<(), Code>;
    /// The file's length.
    fn len(&mut self) -> Result<u64, Code>;
}

/// A system of files.
pub(crate) trait Vfs: Send + Sync + 'static {
    /// Opens a file, making it where SQLite may. A temporary one has no name.
    fn open(&self, name: Option<&str>, kind: FileKind) -> Result<Box<dyn VfsFile>, Code>;
    /// Removes a file; `durable` if the removal must survive a crash.
    fn delete(&self, name: &str, durable: Durable) -> Result<(), Code>;
    /// Whether a file exists.
    fn exists(&self, name: &str) -> Result<bool, Code>;
    /// The time that SQL sees, in milliseconds since the Unix epoch.
    fn now(&self) -> i64;
}

/// Whether a removal must survive a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durable {
    Yes,
    No,
}
