//! A part of a counter.

use do_runtime::prelude::*;

/// A part of a counter, which has a queue of its own.
#[durable_object]
pub struct Shard {
    #[stored]
    count: u64,
}

#[durable_object]
impl Shard {
    /// Counts one, durably.
    #[rpc]
    fn add(&mut self) -> Result<u64> {
        self.count += 1;
        Ok(self.count)
    }

    /// What it counted.
    #[rpc]
    fn count(&self) -> Result<u64> {
        Ok(self.count)
    }
}
