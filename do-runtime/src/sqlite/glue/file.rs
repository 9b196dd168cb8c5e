//! An open file as SQLite sees it, and what SQLite calls on it.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::Ordering;

use rusqlite::ffi;

use super::registration::Registered;
use super::vfs::{Code, VfsFile};
use crate::error::Result;

/// A file as SQLite sees it. SQLite gives the memory for it.
#[repr(C)]
pub(super) struct File {
    base: ffi::sqlite3_file,
    registered: &'static Registered,
    file: MaybeUninit<Box<dyn VfsFile>>,
}
impl File {
    pub(super) fn new(registered: &'static Registered, file: Box<dyn VfsFile>) -> Self {
        File { base: ffi::sqlite3_file { pMethods: &METHODS.0 }, registered, file: MaybeUninit::new(file) }
    }
}

/// Runs a callback; a panic must not unwind into C.
pub(super) fn caught(on_panic: c_int, callback: impl FnOnce() -> Result<(), Code>) -> c_int {
    match catch_unwind(AssertUnwindSafe(callback)) {
        Ok(Ok(())) => ffi::SQLITE_OK,
        Ok(Err(code)) => code.number(),
        Err(_) => on_panic,
    }
}

/// # Safety
/// `file` is one that `open` has opened and `close` has not closed, and no other borrow of it is alive.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut dyn VfsFile {
    // SAFETY: by the contract it is our File, whose `file` is written. SQLite calls one method of a file at a time.
    unsafe { (*file.cast::<File>()).file.assume_init_mut().as_mut() }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: an open file of ours; SQLite does not use it after this.
    let (registered, opened) = unsafe {
        let file = file.cast::<File>();
        (*file).base.pMethods = ptr::null();
        ((*file).registered, (*file).file.assume_init_read())
    };
    let code = caught(ffi::SQLITE_IOERR_CLOSE, || {
        drop(opened);
        Ok(())
    });
    registered.open_files.fetch_sub(1, Ordering::AcqRel);
    code
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, count: c_int, at: i64) -> c_int {
    // SAFETY: an open file of ours, and `count` writable bytes. They may be uninitialized to us, yet u8 has no invalid
    // values and SQLite's allocator hands out memory that is mapped; nothing reads them before they are written.
    let (file, into) =
        unsafe { (opened(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), count.max(0) as usize)) };
    let mut short = false;
    let code = caught(ffi::SQLITE_IOERR_READ, || {
        let done = file.read(into, at.max(0) as u64)?;
        if let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            rest.fill(0);
            short = true;
        }
        Ok(())
    });
    if short { ffi::SQLITE_IOERR_SHORT_READ } else { code }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, bytes: *const c_void, count: c_int, at: i64) -> c_int {
    // SAFETY: an open file of ours, and `count` readable bytes.
    let (file, bytes) =
        unsafe { (opened(file), std::slice::from_raw_parts(bytes.cast::<u8>(), count.max(0) as usize)) };
    caught(ffi::SQLITE_IOERR_WRITE, || file.write(bytes, at.max(0) as u64))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: i64) -> c_int {
    // SAFETY: an open file of ours.
    let file = unsafe { opened(file) };
    caught(ffi::SQLITE_IOERR_TRUNCATE, || file.truncate(len.max(0) as u64))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file of ours.
    let file = unsafe { opened(file) };
    caught(ffi::SQLITE_IOERR_FSYNC, || file.sync())
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: an open file of ours.
    let file = unsafe { opened(file) };
    caught(ffi::SQLITE_IOERR_FSTAT, || {
        let len = file.len()?;
        // SAFETY: SQLite's own variable.
        unsafe { *out = i64::try_from(len).map_err(|_| Code::Length)? };
        Ok(())
    })
}

unsafe extern "C" fn lock(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(_: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite's own variable.
    unsafe { *out = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    // What is written next to other bytes leaves those alone; nothing else is promised.
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

struct Methods(ffi::sqlite3_io_methods);

static METHODS: Methods = Methods(ffi::sqlite3_io_methods {
    // Without shared memory: a write-ahead log works only with locking_mode=EXCLUSIVE.
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
});
