//! How the kit stops a node, cleanly or not, and starts it again.

use std::sync::Arc;

use super::{TestKit, builder};
use crate::env::{SeededRandom, SimDisk};
use crate::error::Result;
use crate::journal::Rhythm;
use crate::node::{Builder, reopen};

impl TestKit {
    /// From the next start on, each commit is written and synced by itself, so that a power cut may come between any two of them.
    /// Usually those of one moment go to the disk together.
    pub fn sync_each_commit(&self) {
        *self.0.rhythm.lock() = Rhythm::Each;
    }

    /// From the next start on the node is opened with these options.
    pub fn configure(&self, options: impl Fn(Builder) -> Builder + Send + Sync + 'static) {
        *self.0.options.lock() = Arc::new(options);
    }

    /// Gives handlers something that belongs to the program, as [`Builder::with`] does: this kit's from now on, over restarts and crashes. Another value
    /// of its type stands in the place of the one before.
    pub fn with<T: Send + Sync + 'static>(&self, value: T) {
        self.home().give_one(value);
    }

    /// Stops cleanly and starts again. Stubs stay valid.
    ///
    /// # Errors
    /// What prevents the folder from being opened.
    pub async fn restart(&self) -> Result {
        self.0.objects.close().await?;
        let disk = self.0.sim.lock().disk.kill();
        self.start_on(disk).await
    }

    /// Loses everything that is not durable, and starts again. Stubs stay valid.
    ///
    /// # Errors
    /// What prevents the folder from being opened.
    pub async fn crash(&self) -> Result {
        let disk = self.0.sim.lock().disk.crash();
        self.start_after_crash(disk).await
    }

    /// Loses of what is not durable what `random` has it: each write kept, lost or torn. Then starts again; stubs stay valid.
    ///
    /// # Errors
    /// What prevents the folder from being opened.
    pub async fn crash_torn(&self, random: &SeededRandom) -> Result {
        let disk = self.0.sim.lock().disk.crash_torn(random);
        self.start_after_crash(disk).await
    }

    /// The same, with the power going again after so many steps of the disk into the start, or into what follows it. Without
    /// `random` nothing that was not durable is kept. The folder may not open for it; then it takes another crash.
    ///
    /// # Errors
    /// What prevents the folder from being opened.
    pub async fn crash_and_cut(&self, random: Option<&SeededRandom>, steps: u64) -> Result {
        let old = self.0.sim.lock().disk.clone();
        let disk = random.map_or_else(|| old.crash(), |random| old.crash_torn(random));
        disk.cut_power_after(steps);
        self.start_after_crash(disk).await
    }

    async fn start_after_crash(&self, disk: Arc<SimDisk>) -> Result {
        if let Some(node) = self.home().leave() {
            node.abandon();
        }
        self.start_on(disk).await
    }

    async fn start_on(&self, disk: Arc<SimDisk>) -> Result {
        let sim = self.0.sim.lock().with_disk(disk);
        let env = sim.env();
        *self.0.sim.lock() = sim;
        let rhythm = *self.0.rhythm.lock();
        let options = self.0.options.lock().clone();
        reopen(options(builder(env, rhythm)), self.home()).await
    }
}
