//! Where the store's SQLite files are, and through which VFS SQLite reaches them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use crate::env::{Disk, Open};
use crate::error::{Error, ErrorKind, Result};

/// The folder of the partitions.
pub(crate) const PAGES: &str = "pages";

/// Where the files of a store are: the folder of a disk, and the SQLite VFS that leads to the same files.
#[derive(Clone)]
pub struct Location {
    disk: Arc<dyn Disk>,
    vfs: Arc<str>,
}

/// Whether a file is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// It must exist.
    Existing,
    /// It is made if it does not.
    Create,
}

impl Location {
    /// Files that SQLite opens through a registered VFS, which is given paths relative to the disk's folder.
    pub fn on_vfs(disk: Arc<dyn Disk>, vfs: &str) -> Self {
        Location { disk, vfs: vfs.into() }
    }

    /// The path of a file for messages to people.
    pub(super) fn describe(&self, file: &str) -> PathBuf {
        self.disk.describe(Path::new(file))
    }

    pub(super) fn exists(&self, file: &str) -> Result<bool> {
        self.disk.exists(Path::new(file)).map_err(|error| self.refused("looked for", file, error))
    }

    /// The first bytes of a file; nothing if it has not so many.
    pub(super) fn read_start<const N: usize>(&self, file: &str) -> Result<Option<[u8; N]>> {
        let mut start = [0; N];
        let read = self.disk.open(Path::new(file), Open::Read).and_then(|opened| opened.read_at(&mut start, 0));
        let count = read.map_err(|error| self.refused("read", file, error))?;
        Ok((count == N).then_some(start))
    }

    /// Makes the folder of the partitions.
    pub(super) fn make_folder(&self) -> Result<()> {
        self.disk.create_folder(Path::new(PAGES)).map_err(|error| self.refused("made", PAGES, error))?;
        self.sync_folder("")
    }

    /// Makes the creation of files in a folder durable.
    pub(super) fn sync_folder(&self, folder: &str) -> Result<()> {
        self.disk.sync_folder(Path::new(folder)).map_err(|error| self.refused("synced", folder, error))
    }

    pub(super) fn connect(&self, file: &str, opening: Opening) -> rusqlite::Result<Connection> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, opening == Opening::Create);
        Connection::open_with_flags_and_vfs(file, flags, &*self.vfs)
    }

    fn refused(&self, done: &str, file: &str, error: std::io::Error) -> Error {
        let path = self.describe(file);
        let message = format!("`{}` can't be {done}: {error}", path.display());
        Error::with_source(ErrorKind::Storage, message, error)
    }
}
