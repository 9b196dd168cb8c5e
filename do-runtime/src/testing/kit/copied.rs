//! A kit that begins from a folder that the real disk has.

use std::path::Path;

use super::{TestKit, usual};
use crate::Timestamp;
use crate::env::{Disk, LockError, Sim, SimDisk};
use crate::error::{Error, ErrorKind, Result};
use crate::node::{ID_KEY, taken};

impl TestKit {
    /// A kit on a copy of a node's folder, such as an older version of the program has left: a test that today's program reads it.
    /// The copy is in memory, and the folder stays as it is. Time begins at `now`, best a time after the folder was written: what
    /// became due in between runs at once. It must be called inside a tokio runtime of one thread, as a `#[do_runtime::test]` is.
    ///
    /// ```no_run
    /// # use do_runtime::prelude::*;
    /// # #[durable_object]
    /// # struct Counter { #[stored] count: u64 }
    /// # #[durable_object]
    /// # impl Counter {
    /// #     #[rpc]
    /// #     fn count(&self) -> Result<u64> { Ok(self.count) }
    /// # }
    /// # do_runtime::testing::run("example", |kit: TestKit| async move {
    /// let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/version-1");
    /// let kit = TestKit::copy_of(folder, kit.now(), kit.seed()).await?;
    /// assert_eq!(kit.objects().get_by_name::<Counter>("visits").count().await?, 3);
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// - `not_found`: there is no such folder, or it is not a node's.
    /// - `unavailable`: a process has the folder open.
    /// - `storage`: a file in it can't be read, or what [`Objects::open`](crate::Objects::open) says of the folder.
    /// - `invalid` if the classes that are linked into the program can't be opened together.
    pub async fn copy_of(folder: impl AsRef<Path>, now: Timestamp, seed: u64) -> Result<Self> {
        let folder = folder.as_ref();
        let shown = folder.display().to_string();
        if !folder.is_dir() {
            return Err(Error::not_found(format!("there is no folder `{shown}` to be copied")));
        }
        let disk = SimDisk::copy_of(folder).map_err(|error| uncopied(&shown, error))?;
        if !disk.exists(Path::new(ID_KEY)).is_ok_and(|exists| exists) {
            let text = format!("no objects were kept in the folder `{shown}`: it has no file `{ID_KEY}`");
            return Err(Error::not_found(text));
        }
        let sim = Sim::new(seed, now, tokio::runtime::Handle::current()).with_disk(disk);
        Self::on(seed, sim, usual()).await
    }
}

fn uncopied(folder: &str, error: LockError) -> Error {
    match error {
        LockError::Io(error) => {
            Error::with_source(ErrorKind::Storage, format!("the folder `{folder}` can't be copied: {error}"), error)
        }
        held @ LockError::Held(_) => taken(folder, held),
    }
}
