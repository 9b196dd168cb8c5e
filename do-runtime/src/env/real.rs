//! The real seams: the system's clock and randomness, a tokio runtime, threads.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::{BoxFuture, Clock, Random, Spawn};
use crate::Timestamp;

/// The longest sleep without a look at the wall clock, which people and time servers set while we sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// The system's wall clock, with tokio's timers: they need a runtime whose time driver is enabled.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => millis(after),
            Err(before) => -millis(before.duration()),
        })
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture {
        Box::pin(async move {
            loop {
                let left = at.as_millis().saturating_sub(SystemClock.now().as_millis());
                match u64::try_from(left) {
                    Ok(left) if left > 0 => tokio::time::sleep(Duration::from_millis(left).min(LONGEST_SLEEP)).await,
                    _ => return,
                }
            }
        })
    }
}

/// How many bytes the system is asked for at once.
const BLOCK: usize = 1024;

/// The operating system's random bytes, fetched in blocks so that an id does not cost a system call.
pub struct OsRandom(Mutex<Block>);

struct Block {
    bytes: [u8; BLOCK],
    used: usize,
}

impl OsRandom {
    /// Fetches the first block; fails where the system gives no random bytes.
    pub fn new() -> std::io::Result<Self> {
        let mut bytes = [0; BLOCK];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        Ok(OsRandom(Mutex::new(Block { bytes, used: 0 })))
    }
}

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut block = self.0.lock();
        let mut rest = bytes;
        while !rest.is_empty() {
            if block.used == BLOCK {
                getrandom::fill(&mut block.bytes)
                    .expect("the system gave random bytes when the node started, and its source does not run dry");
                block.used = 0;
            }
            let from = block.used;
            let count = rest.len().min(BLOCK - from);
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(&block.bytes[from..from + count]);
            // Nobody who reads this memory later learns what was given out.
            block.bytes[from..from + count].fill(0);
            block.used += count;
            rest = later;
        }
    }
}

/// Tasks on a tokio runtime, threads of the system.
#[derive(Debug, Clone)]
pub struct TokioSpawn(Handle);

impl TokioSpawn {
    /// Runs tasks on this runtime.
    pub fn new(handle: Handle) -> Self {
        TokioSpawn(handle)
    }
}

impl Spawn for TokioSpawn {
    fn spawn(&self, task: BoxFuture) {
        drop(self.0.spawn(task));
    }

    fn spawn_blocking(&self, job: Box<dyn FnOnce() + Send>) {
        drop(self.0.spawn_blocking(job));
    }

    fn thread(&self, name: &str, job: Box<dyn FnOnce() + Send>) -> Result<(), Box<dyn FnOnce() + Send>> {
        // The job is shared with the thread so that it can be given back if there is none.
        let shared = Arc::new(Mutex::new(Some(job)));
        let theirs = shared.clone();
        let started = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let job = theirs.lock().take();
            if let Some(job) = job {
                job();
            }
        });
        match (started, shared) {
            (Ok(_), _) => Ok(()),
            (Err(_), shared) => {
                let job = shared.lock().take();
                job.map_or(Ok(()), Err)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_differ_and_cross_blocks() {
        let random = OsRandom::new().unwrap();
        let mut long = vec![0u8; 3 * BLOCK + 7];
        random.fill(&mut long);
        let mut parts: Vec<_> = long.chunks_exact(16).collect();
        parts.sort_unstable();
        parts.dedup();
        assert_eq!(parts.len(), (3 * BLOCK + 7) / 16);
    }

    #[test]
    fn a_sleep_until_the_past_ends_at_once() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(SystemClock.sleep_until(Timestamp::from_millis(0)));
        let soon = Timestamp::from_millis(SystemClock.now().as_millis() + 3);
        runtime.block_on(SystemClock.sleep_until(soon));
        assert!(SystemClock.now() >= soon);
    }

    #[test]
    fn a_thread_has_its_name_and_runs_the_job() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        let job = Box::new(move || tell.send(std::thread::current().name().map(str::to_owned)).unwrap());
        assert!(TokioSpawn::new(runtime.handle().clone()).thread("journal", job).is_ok());
        assert_eq!(told.recv().unwrap().as_deref(), Some("journal"));
    }
}
