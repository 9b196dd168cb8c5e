//! The sum.

use do_runtime::prelude::*;
use tokio::task::JoinSet;

use crate::{REGIONS, SHARDS, Shard, shard_name};

/// The sum of a counter's shards, after which the object is named. It keeps nothing.
#[durable_object]
pub struct Total;

#[durable_object]
impl Total {
    /// Asks all shards at once. What is counted meanwhile may be in it or not; what was answered before is.
    #[rpc(public)]
    async fn sum(this: This<Self>) -> Result<u64> {
        let counter = this.name().context("a counter has a name")?;
        let mut counts = JoinSet::new();
        for region in REGIONS {
            for number in 0..SHARDS {
                let shard = this.objects().get_by_name::<Shard>(shard_name(counter, region, number));
                counts.spawn(async move { shard.count().await });
            }
        }
        counts.join_all().await.into_iter().sum()
    }
}
