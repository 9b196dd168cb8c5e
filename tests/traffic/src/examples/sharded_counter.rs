//! Hits in all regions, and in none: the sum is what was counted, a gate takes its shards in turn, whoever names no region is in the default
//! one, and who is refused was not counted.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::json;

use super::text;
use crate::drive::Traffic;
use crate::findings::Count;
use crate::user::{Stop, User};

/// The regions, the default one first.
const REGIONS: [&str; 4] = ["SFO", "LHR", "NRT", "SYD"];

/// What callers say: these, and names that are none.
const NAMES: [&str; 6] = ["SFO", "LHR", "NRT", "SYD", "nowhere", "lhr"];

#[derive(Default)]
struct Known {
    hits: Count,
    unanswered: u64,
    /// By shard, those that were acknowledged.
    shards: BTreeMap<String, u64>,
}

#[derive(Default)]
pub(super) struct ShardedCounter {
    known: Mutex<Known>,
}

impl Traffic for ShardedCounter {
    const NAME: &'static str = "sharded-counter";
    type Memory = ();

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        if user.random.u8(0..50) == 0 {
            let before = self.known.lock().hits.acknowledged;
            let sum = user.ask("Total", "likes", "sum", json!({})).await?.as_u64().unwrap_or(0);
            user.ensure(sum >= before, || format!("a sum of {sum} was read when {before} were acknowledged"));
            return Ok(());
        }
        let named = NAMES[user.random.usize(0..NAMES.len())];
        let region = REGIONS.into_iter().find(|region| *region == named).unwrap_or(REGIONS[0]);
        self.known.lock().hits.tries(1);
        let answer = user.call("Gate", named, "hit", json!({"counter": "likes"})).await.inspect_err(|_| {
            self.known.lock().unanswered += 1;
        })?;
        let refused_by = text(&answer.body["error"], "region");
        let Some(hit) = answer.unless(429)? else {
            self.known.lock().hits.refuses(1);
            user.ensure(refused_by == region, || format!("{named} was refused by the limit of {refused_by:?}"));
            return Ok(());
        };
        let shard = text(&hit, "shard");
        let is_its_own = shard.starts_with(&format!("likes/{region}/"));
        user.ensure(is_its_own, || format!("a hit in {named} was counted by {shard}"));
        let mut known = self.known.lock();
        known.hits.acknowledges(1);
        *known.shards.entry(shard).or_default() += 1;
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let sum = user.ask("Total", "likes", "sum", json!({})).await?.as_u64().unwrap_or(0);
        let known = self.known.lock();
        user.compare("hits", known.hits, sum);
        // Each life begins anew with the first shard.
        let uneven = user.lives() + known.unanswered;
        for region in REGIONS {
            let of = |number| known.shards.get(&format!("likes/{region}/{number}")).copied().unwrap_or(0);
            let counts = [of(0), of(1), of(2), of(3)];
            let (least, most) = (counts.into_iter().min().unwrap_or(0), counts.into_iter().max().unwrap_or(0));
            user.ensure(most - least <= uneven, || format!("the shards of {region} have {counts:?}"));
        }
        Ok(())
    }
}
