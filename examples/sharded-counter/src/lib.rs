//! A counter that many hit at once: split into shards by region, with a limit in front of each region.

mod gate;
mod shard;
mod total;

pub use gate::{Gate, GateStub, Hit, Limited, SHARDS};
pub use shard::{Shard, ShardStub};
pub use total::{Total, TotalStub};

/// The regions. The first one is that of callers who name none, or one that is not here.
pub const REGIONS: [&str; 4] = ["SFO", "LHR", "NRT", "SYD"];

/// The region of a caller.
pub fn region(named: Option<&str>) -> &'static str {
    REGIONS.into_iter().find(|region| named == Some(region)).unwrap_or(REGIONS[0])
}

/// The name of a shard: `likes/LHR/3`.
pub fn shard_name(counter: &str, region: &str, number: u32) -> String {
    format!("{counter}/{region}/{number}")
}
