//! Temporary files of SQLite (sorters, large intermediate results), with a cap.
//!
//! A statement runs on one thread from its first step to its end and closes its files then, so what a thread has
//! open is what its statement uses.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::glue::{Code, VfsFile};
use crate::error::{Error, ErrorKind};

thread_local! {
    static CAP: Cell<u64> = const { Cell::new(u64::MAX) };
    static USED: Cell<u64> = const { Cell::new(0) };
    static FAILURE: Cell<Option<Error>> = const { Cell::new(None) };
}

/// How many bytes of temporary files the statements of this thread may use from now on.
pub(super) fn set_cap(bytes: u64) {
    CAP.set(bytes);
}

/// Why a temporary file last failed on this thread. It is forgotten then.
pub(super) fn take_failure() -> Option<Error> {
    FAILURE.take()
}

/// A file that nobody else sees and that is gone when it is closed.
pub(super) struct TempFile {
    file: File,
    len: u64,
}

impl TempFile {
    pub(super) fn new() -> Result<Self, Code> {
        match tempfile::tempfile() {
            Ok(file) => Ok(TempFile { file, len: 0 }),
            Err(error) => Err(failed("made", error, Code::CannotOpen)),
        }
    }

    fn grow(&mut self, len: u64) -> Result<(), Code> {
        let more = len.saturating_sub(self.len);
        let used = USED.get().saturating_add(more);
        if used > CAP.get() {
            let sentence = format!(
                "the statement needs more than {} MiB of temporary files (limits: temp); sort or group less, or raise the limit",
                CAP.get() >> 20
            );
            FAILURE.set(Some(Error::new(ErrorKind::Storage, sentence)));
            return Err(Code::Full);
        }
        USED.set(used);
        self.len += more;
        Ok(())
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        USED.set(USED.get().saturating_sub(self.len));
    }
}

impl VfsFile for TempFile {
    fn read(&mut self, into: &mut [u8], at: u64) -> Result<usize, Code> {
        let mut done = 0;
        let read = (|| {
            self.file.seek(SeekFrom::Start(at))?;
            while done < into.len() {
                match self.file.read(&mut into[done..]) {
                    Ok(0) => break,
                    Ok(count) => done += count,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })();
        read.map(|()| done).map_err(|error| failed("read", error, Code::Read))
    }

    fn write(&mut self, bytes: &[u8], at: u64) -> Result<(), Code> {
        self.grow(at.saturating_add(bytes.len() as u64))?;
        let written = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.write_all(bytes));
        written.map_err(|error| failed("written", error, Code::Write))
    }

    fn truncate(&mut self, len: u64) -> Result<(), Code> {
        self.grow(len)?;
        self.file.set_len(len).map_err(|error| failed("cut", error, Code::Truncate))?;
        USED.set(USED.get().saturating_sub(self.len - len));
        self.len = len;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Code> {
        Ok(())
    }

    fn len(&mut self) -> Result<u64, Code> {
        Ok(self.len)
    }
}

fn failed(what: &str, error: io::Error, code: Code) -> Code {
    let sentence = format!("a temporary file could not be {what}: {error}");
    FAILURE.set(Some(Error::with_source(ErrorKind::Storage, sentence, error)));
    code
}
