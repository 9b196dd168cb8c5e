//! A VFS of SQLite, written against safe traits.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::{MaybeUninit, size_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};
use rusqlite::ffi;

use crate::error::{Error, ErrorKind, Result};

/// What SQLite opens a file for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// The database that a connection is opened with.
    Main,
    /// Its rollback journal or write-ahead log.
    Journal,
    /// Anything that is gone when it is closed.
    Temporary,
}

/// What a VFS answers when something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    CannotOpen,
    NotFound,
    Full,
    Read,
    Write,
    Truncate,
    Sync,
    Length,
    Delete,
    Access,
}

impl Code {
    fn number(self) -> c_int {
        match self {
            Code::CannotOpen => ffi::SQLITE_CANTOPEN,
            Code::NotFound => ffi::SQLITE_IOERR_DELETE_NOENT,
            Code::Full => ffi::SQLITE_FULL,
            Code::Read => ffi::SQLITE_IOERR_READ,
            Code::Write => ffi::SQLITE_IOERR_WRITE,
            Code::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
            Code::Sync => ffi::SQLITE_IOERR_FSYNC,
            Code::Length => ffi::SQLITE_IOERR_FSTAT,
            Code::Delete => ffi::SQLITE_IOERR_DELETE,
            Code::Access => ffi::SQLITE_IOERR_ACCESS,
        }
    }
}

/// An open file. Positions and lengths are in bytes. No locks: a file belongs to one connection.
pub(crate) trait VfsFile: Send {
    /// Reads bytes; fewer only at the end of the file.
    fn read(&mut self, into: &mut [u8], at: u64) -> Result<usize, Code>;
    /// Writes all of `bytes`.
    fn write(&mut self, bytes: &[u8], at: u64) -> Result<(), Code>;
    /// Cuts or extends the file.
    fn truncate(&mut self, len: u64) -> Result<(), Code>;
    /// Makes what was written durable.
    fn sync(&mut self) -> Result<(), Code>;
    /// The file's length.
    fn len(&mut self) -> Result<u64, Code>;
}

/// A system of files.
pub(crate) trait Vfs: Send + Sync + 'static {
    /// Opens a file, making it where SQLite may. A temporary one has no name.
    fn open(&self, name: Option<&str>, kind: FileKind) -> Result<Box<dyn VfsFile>, Code>;
    /// Removes a file; `durable` if the removal must survive a crash.
    fn delete(&self, name: &str, durable: Durable) -> Result<(), Code>;
    /// Whether a file exists.
    fn exists(&self, name: &str) -> Result<bool, Code>;
    /// The time that SQL sees, in milliseconds since the Unix epoch.
    fn now(&self) -> i64;
}

/// Whether a removal must survive a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durable {
    Yes,
    No,
}

/// A VFS that SQLite knows by name while this lives. Connections that are still open when it is dropped get
/// errors from then on.
pub(crate) struct Registration(&'static Registered);

/// What SQLite has a pointer to. It is never freed, since a connection keeps the pointer until it is closed; one whose
/// files are all closed is used again.
struct Registered {
    /// Only SQLite's list of VFSs changes it, under SQLite's own lock.
    vfs: *mut ffi::sqlite3_vfs,
    name: &'static CStr,
    behind: RwLock<Option<Arc<dyn Vfs>>>,
    open_files: AtomicUsize,
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

/// A file as SQLite sees it. SQLite gives the memory for it.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    registered: &'static Registered,
    file: MaybeUninit<Box<dyn VfsFile>>,
}

/// Runs a callback; a panic must not unwind into C.
fn caught(on_panic: c_int, callback: impl FnOnce() -> Result<(), Code>) -> c_int {
    match catch_unwind(AssertUnwindSafe(callback)) {
        Ok(Ok(())) => ffi::SQLITE_OK,
        Ok(Err(code)) => code.number(),
        Err(_) => on_panic,
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

/// # Safety
/// `file` is one that `open` has opened and `close` has not closed, and no other borrow of it is alive.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut dyn VfsFile {
    // SAFETY: by the contract it is our File, whose `file` is written. SQLite calls one method of a file at a time.
    unsafe { (*file.cast::<File>()).file.assume_init_mut().as_mut() }
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
        let new = File { base: ffi::sqlite3_file { pMethods: &METHODS.0 }, registered, file: MaybeUninit::new(opened) };
        // SAFETY: SQLite gave szOsFile bytes, aligned for pointers, which hold nothing that needs to be dropped.
        unsafe { file.cast::<File>().write(new) };
        if !out_flags.is_null() {
            // SAFETY: not null, and SQLite's.
            unsafe { *out_flags = flags };
        }
        Ok(())
    })
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
