//! Settings of SQLite that hold for the whole process.

use std::ffi::c_int;
use std::sync::OnceLock;

use rusqlite::ffi;

use crate::error::{Error, ErrorKind, Result};

/// 3.7.0 to 3.51.2 can corrupt a database when a write-ahead log is reset.
const OLDEST: i32 = 3_051_003;

const _: () = assert!(ffi::SQLITE_VERSION_NUMBER >= OLDEST, "SQLite must be 3.51.3 or newer");

/// Once before SQLite is used: refuses a version that is too old (the one that is linked may not be the one that was
/// compiled against), and turns the counting of memory off, which would put one lock around every allocation.
pub(crate) fn initialize() -> Result<()> {
    static DONE: OnceLock<Result<()>> = OnceLock::new();
    DONE.get_or_init(|| {
        if rusqlite::version_number() < OLDEST {
            return Err(Error::new(
                ErrorKind::Storage,
                format!("SQLite {} can corrupt databases; link 3.51.3 or newer", rusqlite::version()),
            ));
        }
        // SAFETY: takes one int. SQLite refuses it (MISUSE) when it is in use already; then it is only slower. That no other
        // thread is inside sqlite3_initialize at this moment is up to the program: the node does this before anything else.
        unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0 as c_int) };
        // SAFETY: no preconditions.
        match unsafe { ffi::sqlite3_initialize() } {
            ffi::SQLITE_OK => Ok(()),
            code => Err(Error::new(ErrorKind::Storage, format!("SQLite did not start (code {code})"))),
        }
    })
    .clone()
}
