//! One prepared statement: binding, stepping, columns.

use std::ffi::{CStr, c_char, c_int};
use std::marker::PhantomData;
use std::ptr::NonNull;

use rusqlite::ffi;

use super::session::Failure;
use crate::engine::RowAccess;
use crate::value::{Value, ValueRef};

/// A prepared statement. It belongs to a `Session`, which finalizes it before it closes its connection.
pub(super) struct Statement(NonNull<ffi::sqlite3_stmt>);

// SAFETY: a statement may be used by any thread, one at a time, like its connection. It is only reached through its
// session, which is not Sync.
unsafe impl Send for Statement {}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: it is finalized here alone. What the last step answered was told then.
        unsafe { ffi::sqlite3_finalize(self.0.as_ptr()) };
    }
}

impl Statement {
    /// Prepares the first statement of `sql`; none if there is only white space. The rest of the text too.
    ///
    /// # Safety
    /// `db` is open, and stays so until the statement is dropped.
    pub(super) unsafe fn prepare(db: *mut ffi::sqlite3, sql: &str) -> Result<(Option<Self>, &str), Failure> {
        let mut statement = std::ptr::null_mut();
        let mut tail: *const c_char = std::ptr::null();
        let len = c_int::try_from(sql.len()).map_err(|_| Failure::too_long())?;
        // SAFETY: `db` is open; the text has `len` bytes; both outputs are ours.
        let code = unsafe {
            let flags = ffi::SQLITE_PREPARE_PERSISTENT;
            ffi::sqlite3_prepare_v3(db, sql.as_ptr().cast(), len, flags, &mut statement, &mut tail)
        };
        if code != ffi::SQLITE_OK {
            // SAFETY: `db` is open.
            return Err(unsafe { Failure::of(db, code) });
        }
        let used = (tail as usize).saturating_sub(sql.as_ptr() as usize);
        // The text after a statement begins at a character; a NUL within the text ends it for SQLite.
        Ok((NonNull::new(statement).map(Statement), sql.get(used..).unwrap_or_default()))
    }

    fn raw(&self) -> *mut ffi::sqlite3_stmt {
        self.0.as_ptr()
    }

    fn failure(&self, code: c_int) -> Failure {
        // SAFETY: the connection of a statement that is not finalized is open.
        unsafe { Failure::of(ffi::sqlite3_db_handle(self.raw()), code) }
    }

    /// Whether running it changes no database.
    pub(super) fn is_readonly(&self) -> bool {
        // SAFETY: a live statement.
        unsafe { ffi::sqlite3_stmt_readonly(self.raw()) != 0 }
    }

    /// How many parameters it has.
    pub(super) fn parameters(&self) -> usize {
        // SAFETY: a live statement.
        unsafe { ffi::sqlite3_bind_parameter_count(self.raw()) as usize }
    }

    /// The name of a parameter (from 1) with its colon; none for `?` alone.
    pub(super) fn parameter_name(&self, index: usize) -> Option<&str> {
        // SAFETY: a live statement; the name lives as long as the statement.
        let name = unsafe { ffi::sqlite3_bind_parameter_name(self.raw(), index as c_int) };
        // SAFETY: null, or a C string as said above.
        if name.is_null() { None } else { unsafe { CStr::from_ptr(name) }.to_str().ok() }
    }

    /// Steps once. Whether there is a row.
    pub(super) fn step(&mut self) -> Result<bool, Failure> {
        // SAFETY: a live statement. What is bound to it lives: see `Bound`.
        match unsafe { ffi::sqlite3_step(self.raw()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => Err(self.failure(code)),
        }
    }

    /// Makes it ready for the next run. What was wrong was told by `step`.
    pub(super) fn reset(&mut self) {
        // SAFETY: a live statement.
        unsafe { ffi::sqlite3_reset(self.raw()) };
    }
}

/// A statement with bound values, which it does not copy. Reset and unbound when dropped.
pub(super) struct Bound<'s, 'v> {
    statement: &'s mut Statement,
    values: PhantomData<&'v ()>,
}

impl<'s, 'v> Bound<'s, 'v> {
    pub(super) fn new(statement: &'s mut Statement) -> Self {
        Bound { statement, values: PhantomData }
    }

    /// Binds a parameter (from 1).
    pub(super) fn bind(&mut self, index: usize, value: &'v Value<'_>) -> Result<(), Failure> {
        let (raw, index) = (self.statement.raw(), index as c_int);
        // SAFETY: a live statement that is not running. Text and blobs are lent for 'v, which outlives this `Bound`; its
        // drop resets the statement and takes the bindings away. If it is leaked, so is the lease of the statement, which
        // then never runs again.
        let code = unsafe {
            match value {
                Value::Null => ffi::sqlite3_bind_null(raw, index),
                Value::Integer(value) => ffi::sqlite3_bind_int64(raw, index, *value),
                Value::Real(value) => ffi::sqlite3_bind_double(raw, index, *value),
                Value::Text(text) => {
                    let encoding = ffi::SQLITE_UTF8 as u8;
                    let (at, len) = (text.as_ptr().cast(), text.len() as u64);
                    ffi::sqlite3_bind_text64(raw, index, at, len, ffi::SQLITE_STATIC(), encoding)
                }
                Value::Blob(blob) if blob.is_empty() => ffi::sqlite3_bind_zeroblob(raw, index, 0),
                Value::Blob(blob) => {
                    ffi::sqlite3_bind_blob64(raw, index, blob.as_ptr().cast(), blob.len() as u64, ffi::SQLITE_STATIC())
                }
            }
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(self.statement.failure(code)) }
    }

    pub(super) fn step(&mut self) -> Result<bool, Failure> {
        self.statement.step()
    }

    /// The current row, after a step that said so.
    pub(super) fn row(&mut self) -> Row<'_> {
        // SAFETY: a live statement.
        let columns = unsafe { ffi::sqlite3_data_count(self.statement.raw()) } as usize;
        Row { statement: self.statement, columns }
    }
}

impl Drop for Bound<'_, '_> {
    fn drop(&mut self) {
        self.statement.reset();
        // SAFETY: a live statement that is not running.
        unsafe { ffi::sqlite3_clear_bindings(self.statement.raw()) };
    }
}

/// A row of a statement that stays where it is while this lives.
pub(super) struct Row<'a> {
    statement: &'a Statement,
    columns: usize,
}

impl RowAccess for Row<'_> {
    fn columns(&self) -> usize {
        self.columns
    }

    fn name(&self, column: usize) -> &str {
        if column >= self.columns {
            return "";
        }
        // SAFETY: a live statement and a column that it has; the name lives until the statement is prepared anew, which a
        // step does, and there is none while the row is borrowed.
        let name = unsafe { ffi::sqlite3_column_name(self.statement.raw(), column as c_int) };
        // SAFETY: null, or a C string as said above.
        if name.is_null() { "" } else { unsafe { CStr::from_ptr(name) }.to_str().unwrap_or_default() }
    }

    fn value(&self, column: usize) -> ValueRef<'_> {
        if column >= self.columns {
            return ValueRef::Null;
        }
        let (raw, column) = (self.statement.raw(), column as c_int);
        // SAFETY: a live statement at a row, and a column that it has. Text and blobs are only asked for in the type that they
        // have, so SQLite converts nothing and the pointers hold until the next step.
        unsafe {
            match ffi::sqlite3_column_type(raw, column) {
                ffi::SQLITE_INTEGER => ValueRef::Integer(ffi::sqlite3_column_int64(raw, column)),
                ffi::SQLITE_FLOAT => ValueRef::Real(ffi::sqlite3_column_double(raw, column)),
                ffi::SQLITE_TEXT => {
                    let text = ffi::sqlite3_column_text(raw, column);
                    let bytes = bytes(text, ffi::sqlite3_column_bytes(raw, column));
                    // Text that is not UTF-8 can only come from a CAST of a blob: it is given as that blob.
                    std::str::from_utf8(bytes).map_or(ValueRef::Blob(bytes), ValueRef::Text)
                }
                ffi::SQLITE_BLOB => {
                    let blob = ffi::sqlite3_column_blob(raw, column);
                    ValueRef::Blob(bytes(blob.cast(), ffi::sqlite3_column_bytes(raw, column)))
                }
                _ => ValueRef::Null,
            }
        }
    }
}

/// # Safety
/// `at` is null, or has `len` bytes that live for 'a.
unsafe fn bytes<'a>(at: *const u8, len: c_int) -> &'a [u8] {
    if at.is_null() || len <= 0 {
        return &[];
    }
    // SAFETY: by the contract.
    unsafe { std::slice::from_raw_parts(at, len as usize) }
}
