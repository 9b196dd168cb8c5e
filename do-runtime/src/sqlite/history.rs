//! Which steps of its class's migrations a database has behind it.

use super::database::Database;
use super::declaration::words_of;
use crate::engine::{Engine, Space};
use crate::error::{Error, ErrorKind, Result};

/// The key in [`Space::Meta`] under which the history is kept.
const KEY: &str = "migrations";

/// The format of the history.
const FORMAT: u8 = 1;

/// Bytes of one step in it: version and hash.
const STEP: usize = 4 + 16;

/// A step of a class's migrations, without its function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its number: 1, 2, 3, …
    pub version: u32,
    /// What it does.
    pub work: Work,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Runs this SQL.
    Sql(&'static str),
    /// Runs the function of this name.
    Backfill(&'static str),
}

impl Outline {
    /// What tells its text from another: 16 bytes of the BLAKE3 hash of the text without layout and comments, or of the
    /// function's name.
    pub(super) fn hash(&self) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new();
        match self.work {
            Work::Sql(sql) => {
                hasher.update(b"sql");
                for word in words_of(sql) {
                    hasher.update(b"\0").update(word.as_bytes());
                }
            }
            Work::Backfill(name) => {
                hasher.update(b"backfill\0").update(name.as_bytes());
            }
        }
        let mut hash = [0; 16];
        hasher.finalize_xof().fill(&mut hash);
        hash
    }

    /// The error of a step that failed.
    pub fn failed(&self, error: Error) -> Error {
        let step = match self.work {
            Work::Sql(_) => format!("step {}", self.version),
            Work::Backfill(name) => format!("step {} (backfill `{name}`)", self.version),
        };
        Error::with_source(ErrorKind::Storage, format!("{step} of its migrations failed: {error}"), error)
    }
}

/// Checks that the steps of a class are numbered 1, 2, 3, …
///
/// # Errors
/// `invalid` if they are not.
pub fn check_versions(class: &str, steps: &[Outline]) -> Result<()> {
    match (1u32..).zip(steps).find(|(wanted, step)| *wanted != step.version) {
        None => Ok(()),
        Some((wanted, step)) => Err(Error::invalid(format!(
            "the migrations of {class:?} are to be numbered 1, 2, 3, … in order: `{}` stands where `{wanted}` should",
            step.version
        ))),
    }
}

/// The steps that a database has behind it; none if it knows no migrations.
pub(super) struct History(Vec<[u8; 16]>);

impl History {
    /// Reads what is kept.
    pub(super) fn of(database: &Database) -> Result<Option<Self>> {
        let Some(bytes) = database.kv_get(Space::Meta, KEY)? else { return Ok(None) };
        let unknown = || {
            Error::new(
                ErrorKind::Storage,
                "the history of its migrations can't be read: it is damaged; restore a backup",
            )
        };
        let steps = match bytes.split_first() {
            Some((&FORMAT, steps)) => steps,
            Some((format @ 2.., _)) => {
                return Err(Error::new(
                    ErrorKind::Storage,
                    format!(
                        "the history of its migrations has format {format}, and this program knows format {FORMAT} at most: \
                         it was written by a newer version of do-runtime, and nothing was changed"
                    ),
                ));
            }
            _ => return Err(unknown()),
        };
        let (steps, []) = steps.as_chunks::<STEP>() else { return Err(unknown()) };
        let mut hashes = Vec::with_capacity(steps.len());
        for (wanted, [a, b, c, d, hash @ ..]) in (1u32..).zip(steps) {
            if u32::from_le_bytes([*a, *b, *c, *d]) != wanted {
                return Err(unknown());
            }
            hashes.push(*hash);
        }
        Ok(Some(History(hashes)))
    }

    /// Keeps that all these steps are done, within the open transaction.
    pub(super) fn keep(database: &Database, steps: &[Outline]) -> Result<()> {
        let mut bytes = vec![FORMAT];
        for step in steps {
            bytes.extend(step.version.to_le_bytes());
            bytes.extend(step.hash());
        }
        database.kv_put(Space::Meta, KEY, &bytes)
    }

    /// The number of its last step.
    pub(super) fn last(&self) -> usize {
        self.0.len()
    }

    /// How many of these steps are done: all that it has must be among them, unchanged.
    pub(super) fn done_of(&self, steps: &[Outline]) -> Result<usize> {
        if let Some((step, _)) = steps.iter().zip(&self.0).find(|(step, ran)| step.hash() != **ran) {
            let changed = match step.work {
                Work::Sql(_) => "restore its text and add a new step".to_owned(),
                Work::Backfill(name) => {
                    format!("it is the backfill `{name}` now: restore what it was and add a new step")
                }
            };
            return Err(Error::new(
                ErrorKind::Storage,
                format!("step {} of its migrations was changed after the object ran it: {changed}", step.version),
            ));
        }
        match self.last() {
            last if last > steps.len() => Err(newer(last, steps.len())),
            last => Ok(last),
        }
    }
}

/// The error for a database that is ahead of the program.
pub(super) fn newer(last: usize, known: usize) -> Error {
    let known = match known {
        0 => "this program declares no migrations".to_owned(),
        known => format!("this program knows {known}"),
    };
    Error::new(
        ErrorKind::Storage,
        format!(
            "it was written by a newer program: it has {last} steps of its migrations behind it, and {known}; run the newer program"
        ),
    )
}
