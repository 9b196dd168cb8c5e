//! A VFS that SQLite knows by name, and what SQLite calls on it.

use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::size_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};
use rusqlite::ffi;

use super::file::{File, caught};
use super::vfs::{Code, Durable, FileKind, Vfs};
use crate::error::{Error, ErrorKind, Result};

/// A VFS that SQLite knows by name while this lives. Connections that are still open when it is dropped get
/// errors from then on.
pub(crate) struct Registration(&'static Registered);

/// What SQLite has a pointer to. It is never freed, since a connection keeps the pointer until it is closed; one whose
/// files are all closed is used again.
pub(super) struct Registered {
    /// Only SQLite's list of VFSs changes it, under SQLite's own lock.
    vfs: *mut ffi::sqlite3_vfs,
    name: &'static CStr,
    behind: RwLock<Option<Arc<dyn Vfs>>>,
    pub(super) open_files: AtomicUsize,
}

// SAFETY: `vfs` is only handed to sqlite3_vfs_register and sqlite3_vfs_unregister, which lock; the rest is Sync.
unsafe impl Sync for Registered {}
// SAFETY: as above; nothing in it belongs to a thread.
unsafe impl Send for Registered {}

static RETIRED: Mutex<Vec<&'static Registered>> = Mutex::new(Vec::new());

impl Registration {
    /// Registers a VFS under a name of its own.
    pub(crate) fn new(behind: Arc<dyn Vfs>) -> Result<Self> {
        super::initialize()?;
        let reusable = {
            let mut retired = RETIRED.lock();
            let position = retired.iter().position(|one| one.open_files.load(Ordering::Acquire) == 0);
            position.map(|position| retired.swap_remove(position))
        };
        let registered = match reusable {
            Some(registered) => registered,
            None => Registered::leak()?,
        };
        *registered.behind.write() = Some(behind);
        // SAFETY: `vfs` points to a sqlite3_vfs that is filled in and never freed; it is not registered now.
        match unsafe { ffi::sqlite3_vfs_register(registered.vfs, 0) } {
            ffi::SQLITE_OK => Ok(Registration(registered)),
            code => Err(Error::new(ErrorKind::Internal, format!("SQLite refused a VFS (code {code})"))),
        }
    }

    /// The name that connections are opened with.
    pub(crate) fn name(&self) -> &'static CStr {
        self.0.name
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: registered by `new`, once.
        unsafe { ffi::sqlite3_vfs_unregister(self.0.vfs) };
        *self.0.behind.write() = None;
        RETIRED.lock().push(self.0);
    }
}

impl Registered {
    fn leak() -> Result<&'static Registered> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = CString::new(format!("do-runtime-{}", COUNT.fetch_add(1, Ordering::Relaxed)))
            .map_err(|_| Error::new(ErrorKind::Internal, "the name of a VFS has a NUL byte"))?;
        let name: &'static CStr = Box::leak(name.into_boxed_c_str());
        // SAFETY: null asks for the default VFS.
        let default = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        // SAFETY: SQLite's default VFS, if there is one, is a static of SQLite's.
        let Some(default) = (unsafe { default.as_ref() }) else {
            return Err(Error::new(ErrorKind::Storage, "this build of SQLite has no default VFS"));
        };
        // Loading libraries, sleeping and drawing the seed of SQLite's own generator stay with the default.
        let vfs = Box::leak(Box::new(*default));
        vfs.iVersion = 2;
        vfs.szOsFile = size_of::<File>() as c_int;
        vfs.mxPathname = 512;
        vfs.pNext = ptr::null_mut();
        vfs.zName = name.as_ptr();
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        vfs.xAccess = Some(access);
        vfs.xFullPathname = Some(full_pathname);
        vfs.xCurrentTime = Some(current_time);
        vfs.xCurrentTimeInt64 = Some(current_time_int64);
        vfs.xGetLastError = Some(last_error);
        let vfs: *mut ffi::sqlite3_vfs = vfs;
        let registered: &'static Registered =
            Box::leak(Box::new(Registered { vfs, name, behind: RwLock::new(None), open_files: AtomicUsize::new(0) }));
        // SAFETY: `vfs` was leaked above and nobody else has it yet.
        unsafe { (*vfs).pAppData = ptr::from_ref(registered).cast_mut().cast() };
        Ok(registered)
    }

    /// # Safety
    /// `vfs` is one that `leak` made.
    unsafe fn of(vfs: *mut ffi::sqlite3_vfs) -> &'static Registered {
        // SAFETY: `leak` has put a pointer to a Registered there that is never freed.
        unsafe { &*(*vfs).pAppData.cast::<Registered>() }
    }

    fn behind(&self) -> Result<Arc<dyn Vfs>, Code> {
        self.behind.read().clone().ok_or(Code::CannotOpen)
    }
}

/// # Safety
/// `name` is null or a C string that outlives the answer.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: by the contract. Paths are opened by us, so they are UTF-8.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives szOsFile bytes; no methods means that it is not open.
    unsafe { (*file).pMethods = ptr::null() };
    // SAFETY: SQLite calls this with the VFS that it was registered with.
    let registered = unsafe { Registered::of(vfs) };
    // SAFETY: the name outlives the file.
    let name = unsafe { text(name) };
    let kind = match flags {
        _ if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 => FileKind::Main,
        _ if flags & (ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_SUPER_JOURNAL) != 0 => {
            FileKind::Journal
        }
        _ => FileKind::Temporary,
    };
    caught(ffi::SQLITE_CANTOPEN, || {
        let opened = registered.behind()?.open(name, kind)?;
        registered.open_files.fetch_add(1, Ordering::AcqRel);
        let new = File::new(registered, opened);
        // SAFETY: SQLite gave szOsFile bytes, aligned for pointers, which hold nothing that needs to be dropped.
        unsafe { file.cast::<File>().write(new) };
        if !out_flags.is_null() {
            // SAFETY: not null, and SQLite's.
            unsafe { *out_flags = flags };
        }
        Ok(())
    })
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite calls this with the VFS that it was registered with, and a name that outlives the call.
    let (registered, name) = unsafe { (Registered::of(vfs), text(name)) };
    let durable = if sync_folder != 0 { Durable::Yes } else { Durable::No };
    caught(ffi::SQLITE_IOERR_DELETE, || registered.behind()?.delete(name.ok_or(Code::Delete)?, durable))
}

unsafe extern "C" fn access(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, _: c_int, out: *mut c_int) -> c_int {
    // SAFETY: as in `delete`.
    let (registered, name) = unsafe { (Registered::of(vfs), text(name)) };
    caught(ffi::SQLITE_IOERR_ACCESS, || {
        let exists = registered.behind()?.exists(name.ok_or(Code::Access)?)?;
        // SAFETY: SQLite's own variable.
        unsafe { *out = c_int::from(exists) };
        Ok(())
    })
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    if name.is_null() {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: not null, and a C string.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if bytes.len() > room.max(0) as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: `out` has `room` bytes, which is enough, and does not overlap the name.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len()) };
    ffi::SQLITE_OK
}

/// The Unix epoch as a Julian day, in milliseconds.
const EPOCH: i64 = 210_866_760_000_000;

fn julian_millis(registered: &Registered) -> i64 {
    let now = catch_unwind(AssertUnwindSafe(|| registered.behind().map_or(0, |behind| behind.now()))).unwrap_or(0);
    now.saturating_add(EPOCH)
}

unsafe extern "C" fn current_time_int64(vfs: *mut ffi::sqlite3_vfs, out: *mut i64) -> c_int {
    // SAFETY: the VFS that it was registered with, and SQLite's own variable.
    unsafe { *out = julian_millis(Registered::of(vfs)) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time(vfs: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: the VFS that it was registered with, and SQLite's own variable.
    unsafe { *out = julian_millis(Registered::of(vfs)) as f64 / 86_400_000.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}
