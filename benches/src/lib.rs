//! What the measurements share: the object that is measured, quantiles, and readings of the process.

use std::time::{Duration, Instant};

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// What every row holds.
pub const BODY: &str = "the quick brown fox jumps over the lazy dog, twice";

/// A row with an index besides its key.
#[table(index = number)]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// The key.
    #[key]
    pub id: Id<Item>,
    /// Indexed.
    pub number: i64,
    /// [`BODY`].
    pub body: String,
}

/// A second table with an index, so that the object has what the prototype's had.
#[table]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Setting {
    /// The key.
    #[key]
    pub name: String,
    /// Indexed.
    #[index]
    pub value: Option<String>,
}

/// The object that is measured: two tables, two indexes.
#[durable_object(tables(Item, Setting))]
pub struct Shelf;

#[durable_object]
impl Shelf {
    /// One indexed insert.
    #[rpc]
    fn put(&mut self, cx: &mut Cx<Self>, number: i64) -> Result {
        cx.insert(Item::new(number, BODY)).map(drop)
    }

    /// Many of them in one transaction.
    #[rpc]
    fn fill(&mut self, cx: &mut Cx<Self>, count: i64) -> Result<u64> {
        for number in 0..count {
            cx.insert(Item::new(number * 7919 % 1009, BODY))?;
        }
        cx.storage_size()
    }

    /// One row by its key.
    #[rpc]
    fn get(&self, cx: &Cx<Self>, key: i64) -> Result<Option<String>> {
        Ok(cx.get::<Item>(Id::from_raw(key))?.map(|item| item.body))
    }

    /// Nothing.
    #[rpc]
    fn nothing(&self) -> Result {
        Ok(())
    }
}

/// A quantile of measured durations, in microseconds.
pub fn quantile(durations: &mut [Duration], at: f64) -> f64 {
    durations.sort_unstable();
    let index = ((durations.len().saturating_sub(1)) as f64 * at) as usize;
    durations.get(index).map_or(0.0, |duration| duration.as_secs_f64() * 1e6)
}

/// The memory of this process, in KiB.
pub fn resident_kib() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4
}

/// How long something takes.
pub async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begin = Instant::now();
    let value = work.await;
    (value, begin.elapsed())
}
