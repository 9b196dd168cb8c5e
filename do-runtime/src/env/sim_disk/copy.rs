//! Copies from a simulated disk to a folder of the machine's own, and from there.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
#[cfg(unix)]
use std::sync::Arc;

use super::SimDisk;
use super::content::Sparse;
use super::image::Entry;
#[cfg(unix)]
use crate::env::{LockError, real_disk};

/// What is read at once.
const PART: usize = 1 << 20;

impl SimDisk {
    /// Makes the same files and folders below a folder of the machine's own disk.
    ///
    /// # Errors
    /// What that disk says.
    pub fn copy_to(&self, folder: &Path) -> io::Result<()> {
        let state = self.0.lock();
        for (name, entry) in state.image.entries() {
            let path = folder.join(name);
            match entry {
                Entry::Folder => std::fs::create_dir(path)?,
                Entry::File(file) => {
                    let (content, mut copy) = (state.image.file(*file), std::fs::File::create_new(path)?);
                    copy.set_len(content.len())?;
                    for (at, bytes) in content.written() {
                        copy.seek(SeekFrom::Start(at))?;
                        copy.write_all(bytes)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A disk with what is below a node's folder on the machine's own disk, all of it durable. The folder stays as it is, and nobody
    /// opens it meanwhile.
    ///
    /// # Errors
    /// Who has the folder, or what that disk says.
    #[cfg(unix)]
    pub fn copy_of(folder: &Path) -> Result<Arc<Self>, LockError> {
        let _lock = real_disk::hold(folder)?;
        let disk = SimDisk::new();
        disk.take_over(folder, "").map_err(LockError::Io)?;
        Ok(disk)
    }

    #[cfg(unix)]
    fn take_over(&self, folder: &Path, under: &str) -> io::Result<()> {
        let unread = |path: &Path, error: io::Error| {
            io::Error::new(error.kind(), format!("`{}` can't be read: {error}", path.display()))
        };
        for entry in std::fs::read_dir(folder).map_err(|error| unread(folder, error))? {
            let path = entry.map_err(|error| unread(folder, error))?.path();
            // A name that is not UTF-8 is none of ours.
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let inside = format!("{under}{name}");
            if inside == real_disk::LOCK {
                continue;
            }
            let kind = path.metadata().map_err(|error| unread(&path, error))?;
            if kind.is_dir() {
                self.0.lock().image.put_folder(inside.clone());
                self.take_over(&path, &format!("{inside}/"))?;
            } else if kind.is_file() {
                let content = content_of(&path).map_err(|error| unread(&path, error))?;
                self.0.lock().image.put(inside, content);
            }
        }
        Ok(())
    }
}

/// The content of a file, of which what is reserved and was never written takes no memory.
fn content_of(path: &Path) -> io::Result<Sparse> {
    let (mut file, mut content, mut part) = (std::fs::File::open(path)?, Sparse::default(), vec![0; PART]);
    loop {
        match file.read(&mut part) {
            Ok(0) => return Ok(content),
            Ok(count) => content.write(&part[..count], content.len()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
