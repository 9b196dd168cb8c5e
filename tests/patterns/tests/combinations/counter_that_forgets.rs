//! A counter in shards of which each hit counts for a while: beside the sum of all there ever was, the sum of what is still alive.

use std::time::Duration;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use sharded_counter::{Gate, Hit, Limited, REGIONS, SHARDS, Total, shard_name};
use tokio::task::JoinSet;

/// What was hit at once.
#[table]
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Part {
    #[key]
    id: Id<Part>,
    hits: u32,
    #[expires_at]
    until: Timestamp,
}

/// What is alive of a shard, after which it is named.
#[durable_object(tables(Part))]
struct Recent;

#[durable_object]
impl Recent {
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, hits: u32, lasting: Duration) -> Result {
        let until = cx.now() + lasting;
        cx.insert(Part::new(hits, until)).map(drop)
    }

    #[rpc]
    fn sum(&self, cx: &Cx<Self>) -> Result<i64> {
        sql!(cx, i64, "SELECT coalesce(sum(hits), 0) FROM part", allow(scan, "all that is alive counts")).one()
    }
}

/// The sum over the shards of a counter, after which it is named.
#[durable_object]
struct RecentSum;

#[durable_object]
impl RecentSum {
    #[rpc]
    async fn sum(this: This<Self>) -> Result<i64> {
        let counter = this.name().context("a counter has a name")?;
        let mut sums = JoinSet::new();
        for region in REGIONS {
            for number in 0..SHARDS {
                let shard = this.objects().get_by_name::<Recent>(shard_name(counter, region, number));
                sums.spawn(async move { shard.sum().await });
            }
        }
        sums.join_all().await.into_iter().sum()
    }
}

fn recent(kit: &TestKit, shard: &str) -> RecentStub {
    kit.objects().get_by_name::<Recent>(shard)
}

/// A hit for so long, if the gate of the region lets it in; the shard that has it.
async fn hit(kit: &TestKit, region: &str, lasting: Duration) -> Result<String, CallError<Limited>> {
    let Hit { shard } = kit.objects().get_by_name::<Gate>(region).hit("likes").await?;
    recent(kit, &shard).add(1, lasting).await?;
    Ok(shard)
}

/// What is alive, and what there ever was.
async fn sums(kit: &TestKit) -> Result<(i64, u64)> {
    let alive = kit.objects().get_by_name::<RecentSum>("likes").sum().await?;
    Ok((alive, kit.objects().get_by_name::<Total>("likes").sum().await?))
}

#[do_runtime::test]
async fn what_has_expired_is_not_counted_from_that_instant_on(kit: TestKit) -> Result {
    kit.hold_cleanup(true);
    let (short, long) = (hit(&kit, "LHR", secs(10)).await?, hit(&kit, "NRT", secs(20)).await?);
    assert_eq!(sums(&kit).await?, (2, 2));
    kit.advance(secs(10) - millis(1)).await;
    assert_eq!(sums(&kit).await?, (2, 2));
    kit.advance(millis(1)).await;
    assert_eq!(sums(&kit).await?, (1, 2));
    assert_eq!(recent(&kit, &short).sum().await?, 0);
    assert_eq!(kit.physical_rows::<Part>(&recent(&kit, &short)).await?, 1, "no cleanup has run");
    kit.advance(secs(10)).await;
    assert_eq!(sums(&kit).await?, (0, 2));
    assert_eq!(kit.physical_rows::<Part>(&recent(&kit, &long)).await?, 1, "no cleanup has run");
    Ok(())
}

#[do_runtime::test]
async fn parts_of_one_shard_expire_each_at_its_own_instant(kit: TestKit) -> Result {
    kit.hold_cleanup(true);
    let (shard, begun) = (recent(&kit, "likes/SFO/0"), kit.now());
    for (hits, lasting) in [(1, 30), (10, 10), (100, 20), (1_000, 10)] {
        shard.add(hits, secs(lasting)).await?;
    }
    for (second, sum) in [(9, 1_111), (10, 101), (19, 101), (20, 1), (29, 1), (30, 0)] {
        kit.set_time(begun + secs(second)).await;
        assert_eq!(sums(&kit).await?.0, sum, "after {second} s");
        assert_eq!(kit.physical_rows::<Part>(&shard).await?, 4, "no cleanup has run");
    }
    Ok(())
}

#[do_runtime::test]
async fn what_has_expired_stays_gone_over_sleep_and_crashes(kit: TestKit) -> Result {
    kit.hold_cleanup(true);
    let shard = hit(&kit, "LHR", secs(10)).await?;
    hit(&kit, "LHR", secs(30)).await?;
    kit.advance("9s").await;
    kit.crash().await?;
    assert_eq!(sums(&kit).await?, (2, 2), "a crash takes nothing away");
    kit.evict_all().await?;
    kit.advance("1s").await;
    assert_eq!(sums(&kit).await?, (1, 2), "it expired while the shard slept");
    kit.crash().await?;
    assert_eq!(sums(&kit).await?, (1, 2));
    assert_eq!(kit.physical_rows::<Part>(&recent(&kit, &shard)).await?, 1, "no cleanup has run");
    Ok(())
}

#[do_runtime::test]
async fn the_cleanup_changes_no_sum(kit: TestKit) -> Result {
    kit.hold_cleanup(true);
    let shard = hit(&kit, "LHR", secs(10)).await?;
    hit(&kit, "NRT", days(1)).await?;
    kit.advance("10s").await;
    assert_eq!(sums(&kit).await?, (1, 2));
    kit.hold_cleanup(false);
    kit.advance("2h").await;
    assert_eq!(kit.physical_rows::<Part>(&recent(&kit, &shard)).await?, 0, "the cleanup has run");
    assert_eq!(sums(&kit).await?, (1, 2));
    Ok(())
}

#[do_runtime::test]
async fn what_the_gate_refuses_counts_nowhere(kit: TestKit) -> Result {
    kit.objects().get_by_name::<Gate>("LHR").set_limit(2).await?;
    hit(&kit, "LHR", secs(10)).await?;
    hit(&kit, "LHR", secs(10)).await?;
    let refused = hit(&kit, "LHR", secs(10)).await;
    assert!(matches!(refused, Err(CallError::User(Limited { .. }))), "{refused:?}");
    assert_eq!(sums(&kit).await?, (2, 2));
    Ok(())
}

#[do_runtime::test]
async fn all_who_hit_at_once_are_counted_and_forgotten_at_once(kit: TestKit) -> Result {
    let hits: Vec<_> = (0..400)
        .map(|number| {
            let kit = kit.clone();
            kit.clone().spawn(async move { hit(&kit, REGIONS[number % REGIONS.len()], secs(10)).await })
        })
        .collect();
    for hit in hits {
        hit.await?;
    }
    kit.advance(secs(10) - millis(1)).await;
    assert_eq!(sums(&kit).await?, (400, 400));
    kit.advance(millis(1)).await;
    assert_eq!(sums(&kit).await?, (0, 400));
    Ok(())
}

/// Hits that a generator draws, with ends that often fall together with a look, over cleanups, sleep and crashes.
#[do_runtime::test]
async fn the_sum_is_at_each_instant_what_is_alive(kit: TestKit) -> Result {
    let mut hits: Vec<Timestamp> = Vec::new();
    let mut at_the_instant = 0;
    let mut drawn: u64 = kit.seed() | 1;
    let mut draw = |most: u64| {
        drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (drawn >> 33) % most
    };
    for round in 0..300 {
        match round % 60 {
            15 => kit.hold_cleanup(true),
            30 => kit.crash().await?,
            45 => kit.evict_all().await?,
            59 => kit.hold_cleanup(false),
            _ => {}
        }
        let lasting = minutes(1 + draw(20));
        hit(&kit, REGIONS[draw(4) as usize], lasting).await?;
        hits.push(kit.now() + lasting);
        kit.advance(minutes(draw(5))).await;
        let now = kit.now();
        at_the_instant += hits.iter().filter(|until| **until == now).count();
        let alive = hits.iter().filter(|until| **until > now).count();
        assert_eq!(sums(&kit).await?, (alive as i64, round + 1), "at {now}");
    }
    assert!(at_the_instant > 50, "only {at_the_instant} ends fell together with a look");
    Ok(())
}
