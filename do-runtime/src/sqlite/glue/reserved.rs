//! The bytes at the end of each page that SQLite leaves alone.

use std::ffi::c_int;

use rusqlite::{Connection, ffi};

/// Sets how many there are. Before the first write.
pub(crate) fn reserve_bytes(connection: &Connection, bytes: u8) -> rusqlite::Result<()> {
    control(connection, c_int::from(bytes)).map(drop)
}

/// How many there are, once anything was read.
pub(crate) fn reserved_bytes(connection: &Connection) -> rusqlite::Result<c_int> {
    // A number that makes no sense changes nothing.
    control(connection, -1)
}

fn control(connection: &Connection, bytes: c_int) -> rusqlite::Result<c_int> {
    let mut bytes = bytes;
    // SAFETY: the connection is open as long as it is borrowed, and its handle is used for nothing else meanwhile; this operation
    // reads and writes one int.
    let code = unsafe {
        let argument = (&raw mut bytes).cast();
        ffi::sqlite3_file_control(connection.handle(), c"main".as_ptr(), ffi::SQLITE_FCNTL_RESERVE_BYTES, argument)
    };
    match code {
        ffi::SQLITE_OK => Ok(bytes),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}
