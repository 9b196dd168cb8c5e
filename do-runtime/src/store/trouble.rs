//! What goes wrong with a file of the store, and how far it reaches.

use std::path::Path;

use rusqlite::ffi;

use crate::error::{Error, ErrorKind};
use crate::sqlite::disk_words;

/// A failure inside one file of the store, before it is told which file that is.
#[derive(Debug)]
pub(super) enum Trouble {
    /// SQLite's own: its code says how far it reaches.
    Sql(rusqlite::Error),
    /// One object is damaged or can't be kept; the others of the file are well.
    Object(Error),
    /// The file is not what it should be, and nothing in it is touched again.
    File(String),
    /// The file is of a newer format than this program knows.
    Newer {
        /// What it states.
        format: i32,
        /// The newest that is known here.
        known: i32,
    },
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Trouble::Sql(error)
    }
}

impl Trouble {
    /// Whether the file is left alone until the folder is opened anew: it is damaged, or a sync of it failed, after
    /// which a later one proves nothing.
    pub(super) fn is_lasting(&self) -> bool {
        match self {
            Trouble::Sql(rusqlite::Error::SqliteFailure(failure, _)) => {
                matches!(failure.extended_code & 0xff, ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB)
                    || matches!(failure.extended_code, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC)
                    // A page fails its checksum.
                    || failure.extended_code == ffi::SQLITE_IOERR_DATA
                    // A table or column that is not there: the schema is damaged.
                    || failure.extended_code == ffi::SQLITE_ERROR
            }
            Trouble::Sql(rusqlite::Error::SqlInputError { .. }) => true,
            Trouble::Sql(
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::QueryReturnedNoRows,
            ) => true,
            Trouble::Sql(_) | Trouble::Object(_) => false,
            Trouble::File(_) | Trouble::Newer { .. } => true,
        }
    }

    /// As a `storage` error that names the file; `remedy` says what can be done about lasting trouble.
    pub(super) fn into_error(self, path: &Path, remedy: &str) -> Error {
        let path = path.display();
        let lasting = self.is_lasting();
        match self {
            Trouble::Object(error) => error,
            Trouble::File(words) => Error::new(ErrorKind::Storage, format!("`{path}` {words}; {remedy}")),
            Trouble::Newer { format, known } => Error::new(
                ErrorKind::Storage,
                format!(
                    "`{path}` has format {format}, and this program knows format {known} at most: it was written by a newer \
                     version of do-runtime, and nothing was changed; open the folder with that version"
                ),
            ),
            Trouble::Sql(error) if lasting => {
                let message = format!("`{path}` is damaged or failed: {}; {remedy}", words(&error));
                Error::with_source(ErrorKind::Storage, message, error)
            }
            Trouble::Sql(error) => {
                let message = format!("`{path}` can't be used now: {}", words(&error));
                Error::with_source(ErrorKind::Storage, message, error)
            }
        }
    }
}

/// SQLite's words and its code.
fn words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => {
            use rusqlite::ErrorCode::{CannotOpen, DiskFull, SystemIoFailure};
            if matches!(failure.code, CannotOpen | DiskFull | SystemIoFailure)
                && let Some(said) = disk_words()
            {
                return format!("{said} (SQLite {})", failure.extended_code);
            }
            format!("{error} (SQLite {})", failure.extended_code)
        }
        _ => error.to_string(),
    }
}
