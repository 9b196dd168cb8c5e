//! The real disk: files below a folder of the file system.
//!
//! Errors are the system's own: whoever asked knows what for, and says so to the person.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::fs::FallocateFlags;
use rustix::io::{Errno, retry_on_intr};

use super::{Disk, DiskFile, FolderLock, LockError, Open};

/// The file in a node's folder that its process holds locked, and in which it leaves its process id.
pub(super) const LOCK: &str = "LOCK";

/// The size of one write where space is reserved by writing zeros.
const ZEROS: usize = 1 << 20;

/// Files below a root folder.
#[derive(Debug)]
pub struct RealDisk {
    root: PathBuf,
    /// The folders that are synced, open for as long as the disk is: a sync fails because of the disk, never because the process has no
    /// descriptor left in the moment between making a file and making its name durable.
    folders: Mutex<BTreeMap<PathBuf, Arc<File>>>,
}

impl RealDisk {
    /// The disk below `root`, which is made if it does not exist; that it is there is durable then.
    pub fn new(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        make_durably(&root)?;
        let disk = RealDisk { root, folders: Mutex::default() };
        disk.folder(Path::new(""))?;
        Ok(disk)
    }

    fn folder(&self, folder: &Path) -> io::Result<Arc<File>> {
        let mut folders = self.folders.lock();
        if let Some(open) = folders.get(folder) {
            return Ok(open.clone());
        }
        let open = Arc::new(File::open(self.at(folder))?);
        folders.insert(folder.to_owned(), open.clone());
        Ok(open)
    }

    fn at(&self, path: &Path) -> PathBuf {
        // `join` of an empty path would add a separator.
        if path.as_os_str().is_empty() { self.root.clone() } else { self.root.join(path) }
    }
}

/// Makes a folder and those above it, each durable before the next one. One that is there already may have been made by a process that
/// was killed before that was durable; the folders above it were durable before it was made.
fn make_durably(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return match sync_parent(folder) {
            // Whoever may not read the folder above can't have made this one like that.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            synced => synced,
        };
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_durably(parent)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    sync_parent(folder)
}

/// Makes durable that a folder is there.
fn sync_parent(folder: &Path) -> io::Result<()> {
    let folder = folder.canonicalize()?;
    match folder.parent() {
        // The root of a file system that is mounted there has no name in the folder above.
        Some(parent) if parent.metadata()?.dev() == folder.metadata()?.dev() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

impl Disk for RealDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(how != Open::Read);
        match how {
            Open::Read | Open::Existing => {}
            Open::Create => drop(options.create(true)),
            Open::New => drop(options.create_new(true)),
        }
        Ok(Arc::new(RealFile(options.open(self.at(path))?)))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.at(folder))? {
            // A name that is not UTF-8 is none of ours.
            names.extend(entry?.file_name().into_string().ok());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.at(path).try_exists()
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(self.at(folder))?;
        self.folder(folder).map(drop)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(self.at(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(self.at(from), self.at(to))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.folder(folder)?.sync_all()
    }

    fn describe(&self, path: &Path) -> PathBuf {
        self.at(path)
    }

    fn lock(&self) -> Result<FolderLock, LockError> {
        let path = self.root.join(LOCK);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(LockError::Io)?;
        file.try_lock().map_err(|error| held(&mut file, error))?;
        file.set_len(0).map_err(LockError::Io)?;
        writeln!(file, "{}", std::process::id()).map_err(LockError::Io)?;
        Ok(FolderLock(Box::new(Locked(file))))
    }
}

/// Keeps others from opening a folder that is not changed, for as long as the answer is kept. There is nothing to keep where nobody
/// ever opened it: in a copy, say, that somebody made without the lock's file.
#[cfg(any(test, feature = "testing"))]
pub(super) fn hold(folder: &Path) -> Result<Option<File>, LockError> {
    match File::open(folder.join(LOCK)) {
        Ok(mut file) => match file.try_lock_shared() {
            Ok(()) => Ok(Some(file)),
            Err(error) => Err(held(&mut file, error)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LockError::Io(error)),
    }
}

/// Why a lock was not to be had.
fn held(file: &mut File, error: TryLockError) -> LockError {
    match error {
        TryLockError::WouldBlock => {
            let mut text = String::new();
            // A holder that has not written its id yet is a holder all the same.
            let _ = file.read_to_string(&mut text);
            LockError::Held(text.trim().parse().ok())
        }
        TryLockError::Error(error) => LockError::Io(error),
    }
}

/// Closing the file releases the lock; nobody is to be told the id of a process that has gone.
struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}

struct RealFile(File);

impl DiskFile for RealFile {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < into.len() {
            match self.0.read_at(&mut into[done..], at + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, at)
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        if len == 0 {
            return Ok(());
        }
        // Some file systems give it up at any signal.
        match retry_on_intr(|| rustix::fs::fallocate(&self.0, FallocateFlags::empty(), 0, len)) {
            Ok(()) => Ok(()),
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => self.fill_up_to(len),
            Err(error) => Err(error.into()),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn settle(&self) -> io::Result<()> {
        self.0.sync_data()?;
        // Linux keeps pages that it could not write, as though it had. What is clean now is forgotten.
        #[cfg(target_os = "linux")]
        rustix::fs::fadvise(&self.0, 0, None, rustix::fs::Advice::DontNeed)?;
        Ok(())
    }
}

impl RealFile {
    /// Writes zeros from the file's end up to `len`: what reserves space where the file system can't.
    fn fill_up_to(&self, len: u64) -> io::Result<()> {
        let zeros = vec![0; ZEROS];
        let mut at = self.len()?;
        while at < len {
            let count = usize::try_from(len - at).unwrap_or(ZEROS).min(ZEROS);
            self.0.write_all_at(&zeros[..count], at)?;
            at += count as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_reads_stop_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(folder.path().join("a/b")).unwrap();
        disk.create_folder(Path::new("journal")).unwrap();
        let file = disk.open(Path::new("journal/x"), Open::New).unwrap();
        file.write_at(b"hello", 3).unwrap();
        file.sync().unwrap();
        disk.sync_folder(Path::new("journal")).unwrap();
        disk.sync_folder(Path::new("")).unwrap();

        let mut into = [9; 10];
        assert_eq!(file.read_at(&mut into, 1).unwrap(), 7);
        assert_eq!(&into[..7], b"\0\0hello");
        assert_eq!(disk.list(Path::new("journal")).unwrap(), ["x"]);
        disk.rename(Path::new("journal/x"), Path::new("journal/y")).unwrap();
        assert!(disk.exists(Path::new("journal/y")).unwrap());
        disk.remove(Path::new("journal/y")).unwrap();
        assert!(!disk.exists(Path::new("journal/y")).unwrap());
    }

    #[test]
    fn a_folder_is_synced_by_the_descriptor_that_it_was_made_with() {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(folder.path()).unwrap();
        disk.create_folder(Path::new("journal")).unwrap();
        // Whoever opened it now would not find it.
        fs::rename(folder.path().join("journal"), folder.path().join("elsewhere")).unwrap();
        disk.sync_folder(Path::new("journal")).unwrap();
    }

    #[test]
    fn opening_says_what_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(folder.path()).unwrap();
        let path = Path::new("x");
        let kind = |how| disk.open(path, how).err().map(|error| error.kind());
        assert_eq!(kind(Open::Read), Some(io::ErrorKind::NotFound));
        assert_eq!(kind(Open::Existing), Some(io::ErrorKind::NotFound));
        assert_eq!(kind(Open::New), None);
        assert_eq!(kind(Open::New), Some(io::ErrorKind::AlreadyExists));
        assert_eq!(kind(Open::Create), None);
        assert_eq!(disk.list(Path::new("nowhere")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn folders_are_made_below_each_other_whether_some_are_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        for below in ["a", "a/b/c", "a/b/c"] {
            RealDisk::new(folder.path().join(below)).unwrap();
            assert!(folder.path().join(below).is_dir());
        }
        let file = folder.path().join("a/file");
        fs::write(&file, "x").unwrap();
        assert!(RealDisk::new(file.join("below")).is_err());
    }

    #[test]
    fn allocating_extends_and_keeps_the_content() {
        let folder = tempfile::tempdir().unwrap();
        let file =
            RealFile(File::options().read(true).write(true).create_new(true).open(folder.path().join("x")).unwrap());
        file.write_at(b"abc", 0).unwrap();
        file.allocate(5000).unwrap();
        assert_eq!(file.len().unwrap(), 5000);
        file.fill_up_to(3 << 20).unwrap();
        assert_eq!(file.len().unwrap(), 3 << 20);
        let mut into = [9; 5];
        file.read_at(&mut into, 0).unwrap();
        assert_eq!(&into, b"abc\0\0");
    }

    #[test]
    fn a_settled_file_reads_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(folder.path()).unwrap();
        disk.open(Path::new("x"), Open::New).unwrap().write_at(&[7; 10_000], 0).unwrap();
        let file = disk.open(Path::new("x"), Open::Read).unwrap();
        file.settle().unwrap();
        let mut into = [0; 10_000];
        assert_eq!(file.read_at(&mut into, 0).unwrap(), into.len());
        assert_eq!(into, [7; 10_000]);
    }

    #[test]
    fn a_second_holder_is_told_the_first_ones_process_id() {
        let folder = tempfile::tempdir().unwrap();
        let first = RealDisk::new(folder.path()).unwrap();
        let second = RealDisk::new(folder.path()).unwrap();
        let held = first.lock().unwrap();
        match second.lock() {
            Err(LockError::Held(id)) => assert_eq!(id, Some(std::process::id())),
            _ => panic!("two holders"),
        }
        drop(held);
        assert!(second.lock().is_ok());
    }

    #[test]
    fn a_path_that_is_a_file_is_the_systems_own_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "x").unwrap();
        assert!(RealDisk::new(&path).is_err());
        assert!(RealDisk::new(path.join("below")).is_err());
    }
}
