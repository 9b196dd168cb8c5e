//! Making, opening and filling the files of segments.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::JournalOptions;
use super::segment::HEADER;
use crate::env::{DiskFile, Env, Open};
use crate::planted::{Defect, planted};

/// How many syncs may be in flight. Each writer has its own handle of a file: the system tells an error of writing
/// back once to each handle, and so nobody's error is told to somebody else.
pub(super) const WRITERS: usize = 2;

/// How many zeros are written at once.
const ZEROS: usize = 1 << 20;

/// A file, open once for each writer.
pub(super) type Handles = [Arc<dyn DiskFile>; WRITERS];

/// Opens a file once for each writer.
fn open_twice(env: &Env, path: &Path, how: Open) -> io::Result<Handles> {
    Ok([env.disk.open(path, how)?, env.disk.open(path, Open::Existing)?])
}

/// Makes a segment file whose space is certain.
pub(super) fn make_file(env: &Env, options: &JournalOptions, path: &Path) -> io::Result<Handles> {
    let handles = open_twice(env, path, Open::New)?;
    handles[0].allocate(HEADER + options.segment)?;
    handles[0].sync()?;
    if !planted(Defect::FolderNotSynced) {
        env.disk.sync_folder(&options.folder)?;
    }
    Ok(handles)
}

/// Opens an old segment file, if its size is right. The size is durable: this life made the file, or settled it before it read it.
pub(super) fn take_file(env: &Env, options: &JournalOptions, path: &Path) -> io::Result<Option<Handles>> {
    let handles = open_twice(env, path, Open::Existing)?;
    if handles[0].len()? != HEADER + options.segment {
        return Ok(None);
    }
    Ok(Some(handles))
}

/// Writes a segment's payload for the first time, so that later writes need no new blocks.
pub(super) fn write_zeros(file: &dyn DiskFile, payload: u64) -> io::Result<()> {
    let zeros = vec![0; ZEROS];
    let mut at = 0;
    while at < payload {
        let count = (payload - at).min(ZEROS as u64) as usize;
        file.write_at(&zeros[..count], HEADER + at)?;
        at += count as u64;
    }
    file.sync()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::{Disk, SimDisk};

    #[test]
    fn zeros_fill_the_payload_durably_and_nothing_else() {
        for payload in [1, ZEROS as u64, 2 * ZEROS as u64 + 123] {
            let (disk, path) = (SimDisk::new(), Path::new("a"));
            disk.put(path, &vec![0xa5; (HEADER + payload) as usize]);
            write_zeros(&*disk.open(path, Open::Existing).unwrap(), payload).unwrap();
            let content = disk.crash().content(path).unwrap();
            let (header, rest) = content.split_at(HEADER as usize);
            assert!(header.iter().all(|byte| *byte == 0xa5), "the header stays");
            assert!(rest.len() as u64 == payload && rest.iter().all(|byte| *byte == 0), "{payload} bytes");
        }
    }
}
