//! Generated files: written when they change, and checked that they did not.

use std::path::Path;

use crate::error::{Error, ErrorKind, Result};

/// Makes a file hold a text. One that does already is not touched, so that what watches it sees nothing.
pub(super) fn keep(path: &Path, text: &str) -> Result {
    match std::fs::read(path) {
        Ok(there) if there == text.as_bytes() => return Ok(()),
        _ => {}
    }
    std::fs::write(path, text).map_err(|error| failure(path, "written", error))
}

/// That a file holds a text.
pub(super) fn check(path: &Path, text: &str) -> Result {
    if std::env::var_os("UPDATE_INTERFACE").is_some_and(|value| value != "0") {
        return keep(path, text);
    }
    let there = std::fs::read_to_string(path).map_err(|error| failure(path, "read", error))?;
    if there == text {
        return Ok(());
    }
    let same = there.lines().zip(text.lines()).take_while(|(there, made)| there == made).count();
    let line = text.lines().nth(same).unwrap_or("the end of the file");
    Err(Error::conflict(format!(
        "{} is not what the classes are now: line {} is to be `{line}`; UPDATE_INTERFACE=1 writes it anew",
        path.display(),
        same + 1
    )))
}

fn failure(path: &Path, done: &str, error: std::io::Error) -> Error {
    Error::with_source(ErrorKind::Storage, format!("{} can't be {done}: {error}", path.display()), error)
}
