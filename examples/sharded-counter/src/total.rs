//! The sum.

use do_runtime::prelude::*;
use futures::future::try_join_all;

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
        let names =
            REGIONS.iter().flat_map(|region| (0..SHARDS).map(move |number| shard_name(counter, region, number)));
        let counts = names.map(|name| this.objects().get_by_name::<Shard>(name).count());
        Ok(try_join_all(counts).await?.into_iter().sum())
    }
}
