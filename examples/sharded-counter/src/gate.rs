//! What stands in front of the shards of a region.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Shard, region, shard_name};

/// The shards that a counter has in a region.
pub const SHARDS: u32 = 4;

/// A hit that was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The shard that counted it.
    pub shard: String,
}

/// There are too many hits in this region. Nothing was counted, and no shard was woken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
#[error("too many hits in {region}: try again in {retry_after}")]
#[rpc_error(status = 429, retry_after = retry_after)]
pub struct Limited {
    /// The region.
    pub region: String,
    /// How long to wait.
    pub retry_after: Period,
}

/// The gate of a region, after which the object is named. Its limit is a bucket in memory: to refuse costs no disk, and a restart fills it.
#[durable_object]
pub struct Gate {
    /// Hits a second, and how many may come at once.
    #[stored(default = 1_000)]
    per_second: u32,
    /// When the bucket would be full again.
    #[ephemeral(default = Timestamp::from_millis(0))]
    full_at: Timestamp,
    /// What of a millisecond is not in it yet, in hits a second.
    #[ephemeral]
    rest: u64,
    /// The shard that is next.
    #[ephemeral]
    next: u32,
}

#[durable_object]
impl Gate {
    /// Counts a hit in the next shard of this region. The gate of a region that there is not hands it to the default one's.
    #[rpc(public)]
    async fn hit(this: This<Self>, counter: String) -> Result<Hit, CallError<Limited>> {
        ensure!(!counter.is_empty() && !counter.contains('/'), "a counter has a name without slashes");
        let region = region(this.name());
        if this.name() != Some(region) {
            return this.objects().get_by_name::<Gate>(region).hit(counter).await;
        }
        let number = this.try_update(|me, cx| me.admit(cx.now(), region)).await?;
        let shard = shard_name(&counter, region, number);
        this.objects().get_by_name::<Shard>(&shard).add().await?;
        Ok(Hit { shard })
    }

    /// Sets how many hits a second may come.
    #[rpc]
    fn set_limit(&mut self, per_second: u32) -> Result {
        ensure!(per_second > 0, "a limit allows at least one hit a second");
        self.per_second = per_second;
        Ok(())
    }

    /// Takes a hit out of the bucket, and says which shard is next.
    fn admit(&mut self, now: Timestamp, region: &str) -> Result<u32, CallError<Limited>> {
        let full_at = self.full_at.max(now);
        // A hit fills again in 1000 / per_second milliseconds; what is no whole one is carried on.
        let per_second = u64::from(self.per_second);
        let sum = self.rest + 1_000;
        let after = full_at + millis(sum / per_second);
        if after > now + secs(1) {
            bail!(Limited { region: region.to_owned(), retry_after: (after - (now + secs(1))).into() });
        }
        (self.full_at, self.rest) = (after, sum % per_second);
        self.next = (self.next + 1) % SHARDS;
        Ok(self.next)
    }
}
