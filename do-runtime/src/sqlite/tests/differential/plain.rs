//! The other side: an ordinary SQLite file with the same settings.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef as Theirs;
use rusqlite::{Connection, ErrorCode};

use super::super::shown;
use super::{Answer, LIMITS, Show};
use crate::error::ErrorKind;
use crate::value::ValueRef;

/// A file that SQLite opened by itself.
pub(in super::super) struct Plain {
    connection: Connection,
    file: std::path::PathBuf,
    savepoints: u32,
}

impl Plain {
    pub(in super::super) fn open(file: &Path) -> Self {
        Plain { connection: connect(file), file: file.to_owned(), savepoints: 0 }
    }

    /// Closes the file and opens it again: what is not committed is gone.
    pub(super) fn reopen(&mut self) {
        self.rollback();
        self.connection = connect(&self.file);
    }

    pub(super) fn is_open(&self) -> bool {
        !self.connection.is_autocommit()
    }

    pub(super) fn begin(&self) {
        self.connection.execute_batch("BEGIN").unwrap();
    }

    /// What a COMMIT answers; it is rolled back if that is an error.
    pub(super) fn commit(&mut self) -> Answer {
        let done = self.connection.execute_batch("COMMIT").map_err(|error| failure(&error));
        self.rollback();
        done.map(|()| Vec::new())
    }

    pub(super) fn rollback(&mut self) {
        self.savepoints = 0;
        if self.is_open() {
            self.connection.execute_batch("ROLLBACK").unwrap();
        }
    }

    pub(super) fn savepoint(&mut self) {
        self.connection.execute_batch("SAVEPOINT nested").unwrap();
        self.savepoints += 1;
    }

    pub(super) fn savepoints(&self) -> u32 {
        self.savepoints
    }

    pub(super) fn keep(&mut self) {
        self.connection.execute_batch("RELEASE nested").unwrap();
        self.savepoints -= 1;
    }

    pub(super) fn undo(&mut self) {
        self.connection.execute_batch("ROLLBACK TO nested; RELEASE nested").unwrap();
        self.savepoints -= 1;
    }

    /// The rows of a statement and how many it changed, or its error.
    pub(super) fn run(&self, sql: &str) -> Answer {
        let before = self.connection.total_changes();
        let rows = self.rows(sql, &|_, value| shown(value)).map_err(|error| failure(&error))?;
        let mut lines: Vec<String> = rows.into_iter().map(|row| row.join("|")).collect();
        let changed = super::changes(sql, before, &self.connection);
        lines.push(format!("changed {changed}"));
        Ok(lines)
    }

    /// The rows of a statement, each value as it is shown.
    pub(in super::super) fn rows(&self, sql: &str, show: Show<'_>) -> rusqlite::Result<Vec<Vec<String>>> {
        let mut statement = self.connection.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| Ok(show(column, ours(row.get_ref(column)?))));
            all.push(values.collect::<rusqlite::Result<_>>()?);
        }
        Ok(all)
    }
}

fn connect(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    let settings = [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
    ];
    for (setting, value) in settings {
        connection.set_db_config(setting, value).unwrap();
    }
    let value = i32::try_from(LIMITS.value).unwrap();
    connection.set_limit(rusqlite::limits::Limit::SQLITE_LIMIT_LENGTH, value).unwrap();
    connection
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA recursive_triggers = ON")
        .unwrap();
    connection
}

/// Text that is not UTF-8 is the blob that it was cast from, as on our side.
fn ours(value: Theirs<'_>) -> ValueRef<'_> {
    match value {
        Theirs::Null => ValueRef::Null,
        Theirs::Integer(number) => ValueRef::Integer(number),
        Theirs::Real(number) => ValueRef::Real(number),
        Theirs::Text(text) => std::str::from_utf8(text).map_or(ValueRef::Blob(text), ValueRef::Text),
        Theirs::Blob(bytes) => ValueRef::Blob(bytes),
    }
}

/// The kind that this failure is on our side, and SQLite's words.
fn failure(error: &rusqlite::Error) -> (ErrorKind, String) {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => ErrorKind::Conflict,
        // A program may damage its own full text: both sides say so.
        Some(ErrorCode::TooBig | ErrorCode::DatabaseCorrupt) => ErrorKind::Storage,
        _ => ErrorKind::Invalid,
    };
    let words = match error {
        rusqlite::Error::SqliteFailure(_, Some(words)) => words.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    // Ours names the limit instead.
    let words = if error.sqlite_error_code() == Some(ErrorCode::TooBig) { "(limits: value)".into() } else { words };
    (kind, words)
}
