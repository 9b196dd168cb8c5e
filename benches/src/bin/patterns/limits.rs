//! Limits, locks, counters, caches.

use std::collections::BTreeMap;

use cache::Cached;
use dedup::Lookup;
use do_runtime::prelude::*;
use leader_election::Group;
use lock::Lock;
use quota::Quota;
use rate_limiter::{Limit, RateLimiter};
use sharded_counter::{Gate, Shard};

use crate::bench::{Bench, CALLERS};

pub(crate) async fn rate_limiter() -> Result {
    let limit = Limit { most: u32::MAX, window: hours(1).into() };
    let (bench, ()) = Bench::<RateLimiter>::new("rate-limiter", "ann", async |_, client| {
        client.set_limit("busy", limit).await?;
        for _ in 0..10_000 {
            client.hit("busy").await?;
        }
        Ok(())
    })
    .await?;
    let hit = bench.writes("hit, at most 50 in the window", |client, call| async move {
        client.hit(format!("page {}", call / 50)).await?;
        Ok(())
    });
    hit.await?;
    let hit = bench.writes("hit, 10,000 and more in the window", |client, _| async move {
        client.hit("busy").await?;
        Ok(())
    });
    hit.await
}

pub(crate) async fn lock() -> Result {
    let (bench, ()) = Bench::<Lock>::new("lock", "printer", async |_, lock| {
        lock.holder().await?;
        Ok(())
    })
    .await?;
    let both = bench.writes("acquire, then release", |lock, call| async move {
        let owner = format!("owner {call}");
        let grant = lock.acquire(owner.as_str(), "30s", "30s").await?;
        lock.release(&owner, grant.token).await?;
        Ok(())
    });
    both.await?;
    bench.reads("holder", |lock, _| async move { lock.holder().await.map(drop) }).await
}

pub(crate) async fn leader_election() -> Result {
    let member = |call: u64| format!("member {}", call % CALLERS as u64);
    let (bench, ()) = Bench::<Group>::new("leader-election", "group", async |_, group| {
        group.heartbeat("member 0").await?;
        Ok(())
    })
    .await?;
    let heartbeat = bench.writes("heartbeat of one of 64", move |group, call| async move {
        group.heartbeat(member(call)).await.map(drop)
    });
    heartbeat.await?;
    bench.reads("leader", |group, _| async move { group.leader().await.map(drop) }).await
}

pub(crate) async fn quota() -> Result {
    let (bench, ()) = Bench::<Quota>::new("quota", "tenant", async |_, quota| {
        for name in ["calls", "tokens"] {
            quota.allow(name, 1_000_000_000).await?;
        }
        Ok(())
    })
    .await?;
    let spend = bench.writes("spend, two dimensions", |quota, _| async move {
        quota.spend(BTreeMap::from([("calls".to_owned(), 1), ("tokens".to_owned(), 20)])).await?;
        Ok(())
    });
    spend.await?;
    bench.reads("usage", |quota, _| async move { quota.usage().await.map(drop) }).await
}

pub(crate) async fn sharded_counter() -> Result {
    for shards in [1, 8] {
        let (bench, ()) = Bench::<Shard>::new("sharded-counter", "likes", async |_, _| Ok(())).await?;
        let add = bench.row(format!("add, {shards} shard(s)"), true, |objects| {
            let shards: Vec<_> =
                (0..shards).map(|shard| objects.get_by_name::<Shard>(format!("likes/{shard}"))).collect();
            move |call| {
                let shard = shards[call as usize % shards.len()].clone();
                async move { shard.add().await.map(drop) }
            }
        });
        add.await?;
    }
    let (bench, ()) =
        Bench::<Gate>::new("sharded-counter", "LHR", async |_, gate| gate.set_limit(u32::MAX).await).await?;
    let hit = bench.with::<Shard>();
    let hit = hit.writes("hit through the gate, 4 shards", |gate, _| async move {
        gate.hit("likes").await?;
        Ok(())
    });
    hit.await
}

pub(crate) async fn cache() -> Result {
    let (bench, ()) = Bench::<Cached>::new("cache", "key", async |_, key| key.put("a value").await).await?;
    bench.reads("get, a hit", |key, _| async move { key.get(None).await.map(drop) }).await
}

pub(crate) async fn dedup() -> Result {
    let (bench, _) = Bench::<Lookup>::new("dedup", "question", async |_, question| question.get().await).await?;
    bench.reads("get, a hit", |question, _| async move { question.get().await.map(drop) }).await
}
