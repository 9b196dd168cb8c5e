//! SQLite's failures as errors for people.

use rusqlite::ffi;

use super::glue::Failure;
use crate::error::{Error, ErrorKind};

/// What is known besides SQLite's answer.
pub(super) struct Known<'a> {
    /// The statement.
    pub(super) sql: &'a str,
    /// The limit of one value, in bytes.
    pub(super) value_limit: u64,
    /// Why the guard refused, if it did.
    pub(super) refusal: Option<String>,
    /// What was behind a failed read or write.
    pub(super) cause: Option<Error>,
}

/// The error for a failed statement.
pub(super) fn explained(failure: Failure, known: Known<'_>) -> Error {
    match failure.primary() {
        ffi::SQLITE_CONSTRAINT => Error::conflict(constraint(&failure)),
        ffi::SQLITE_TOOBIG if failure.message.contains("too long") => invalid(failure, known.sql),
        ffi::SQLITE_TOOBIG => Error::new(
            ErrorKind::Storage,
            format!(
                "a text, blob or row is larger than the limit of {} bytes (limits: value); store less, or raise the limit",
                known.value_limit
            ),
        ),
        ffi::SQLITE_AUTH => match known.refusal {
            Some(refusal) => Error::invalid(refusal),
            None => invalid(failure, known.sql),
        },
        ffi::SQLITE_FULL | ffi::SQLITE_IOERR | ffi::SQLITE_CANTOPEN | ffi::SQLITE_READONLY => {
            known.cause.unwrap_or_else(|| plain(failure))
        }
        ffi::SQLITE_INTERRUPT
        | ffi::SQLITE_CORRUPT
        | ffi::SQLITE_NOTADB
        | ffi::SQLITE_NOMEM
        | ffi::SQLITE_BUSY
        | ffi::SQLITE_INTERNAL
        | ffi::SQLITE_MISUSE => plain(failure),
        _ => invalid(failure, known.sql),
    }
}

/// The error for a failure outside any statement of a user's.
pub(super) fn plain(failure: Failure) -> Error {
    let words = failure.message;
    match failure.code & 0xff {
        ffi::SQLITE_INTERRUPT => Error::new(ErrorKind::Deadline, "the statement took too long and was interrupted"),
        ffi::SQLITE_CONSTRAINT => Error::conflict(words),
        ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => Error::new(
            ErrorKind::Storage,
            format!("the object's database is damaged ({words}); restore it from a backup"),
        ),
        ffi::SQLITE_FULL | ffi::SQLITE_IOERR | ffi::SQLITE_CANTOPEN | ffi::SQLITE_NOMEM | ffi::SQLITE_READONLY => {
            Error::new(ErrorKind::Storage, format!("the object's storage failed: {words}"))
        }
        _ => Error::new(ErrorKind::Internal, format!("SQLite failed unexpectedly (code {}): {words}", failure.code)),
    }
}

fn invalid(failure: Failure, sql: &str) -> Error {
    /// Enough to find the statement.
    const SHOWN: usize = 200;
    let mut text = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    Error::invalid(format!("{} (in `{text}`)", failure.message))
}

/// A sentence that names the table and the columns.
fn constraint(failure: &Failure) -> String {
    let words = failure.message.as_str();
    let subject = words.split_once(": ").map(|(_, subject)| subject);
    match (failure.code, subject) {
        (
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID,
            Some(subject),
        ) => match columns(subject) {
            Some((table, columns)) => {
                format!("`{table}` has a row with this {columns} already ({words})")
            }
            None => format!("there is such a row already ({words})"),
        },
        (ffi::SQLITE_CONSTRAINT_NOTNULL, Some(subject)) => match columns(subject) {
            Some((table, column)) => format!("{column} of `{table}` must have a value ({words})"),
            None => format!("a value is missing ({words})"),
        },
        (ffi::SQLITE_CONSTRAINT_CHECK, Some(subject)) => {
            format!("the check `{subject}` does not hold ({words})")
        }
        (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, _) => {
            format!("a row refers to one that does not exist, or one that is referred to would go ({words})")
        }
        (ffi::SQLITE_CONSTRAINT_DATATYPE, _) => format!("a value is of the wrong type: {words}"),
        _ => words.to_owned(),
    }
}

/// `t.a, t.b` as `t` and "`a` and `b`".
fn columns(subject: &str) -> Option<(&str, String)> {
    let mut table = None;
    let mut names = Vec::new();
    for one in subject.split(", ") {
        let (of, column) = one.split_once('.')?;
        table.get_or_insert(of);
        names.push(format!("`{column}`"));
    }
    Some((table?, names.join(" and ")))
}
