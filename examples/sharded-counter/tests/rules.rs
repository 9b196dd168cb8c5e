//! What a sharded counter promises.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use sharded_counter::{Gate, GateStub, Limited, REGIONS, SHARDS, Shard, Total};

fn gate(kit: &TestKit, region: &str) -> GateStub {
    kit.objects().get_by_name::<Gate>(region)
}

async fn sum(kit: &TestKit) -> Result<u64> {
    kit.objects().get_by_name::<Total>("likes").sum().await
}

#[do_runtime::test]
async fn the_sum_is_what_was_hit_whoever_hits_at_once(kit: TestKit) -> Result {
    let hits: Vec<_> = (0..400)
        .map(|number| {
            let gate = gate(&kit, REGIONS[number % REGIONS.len()]);
            kit.spawn(async move { gate.hit("likes").await })
        })
        .collect();
    for hit in hits {
        hit.await?;
    }
    assert_eq!(sum(&kit).await?, 400);
    kit.crash().await?;
    assert_eq!(sum(&kit).await?, 400, "over a crash");
    assert_eq!(kit.objects().get_by_name::<Total>("others").sum().await?, 0);
    Ok(())
}

#[do_runtime::test]
async fn shards_spread_evenly(kit: TestKit) -> Result {
    let mut spread = BTreeMap::new();
    for _ in 0..100 {
        *spread.entry(gate(&kit, "LHR").hit("likes").await?.shard).or_insert(0) += 1;
    }
    let expected: Vec<_> = (0..SHARDS).map(|number| (format!("likes/LHR/{number}"), 100 / SHARDS)).collect();
    assert_eq!(spread.into_iter().collect::<Vec<_>>(), expected);
    Ok(())
}

#[do_runtime::test]
async fn a_region_that_is_missing_falls_to_the_default(kit: TestKit) -> Result {
    gate(&kit, REGIONS[0]).set_limit(2).await?;
    for region in ["", "nowhere"] {
        assert!(gate(&kit, region).hit("likes").await?.shard.starts_with("likes/SFO/"), "{region:?}");
    }
    let gates = kit.objects().namespace::<Gate>();
    let outcome = gates.get(gates.new_unique_id()).hit("likes").await;
    assert!(matches!(outcome, Err(CallError::User(_))), "one without a name has no region either: {outcome:?}");
    let outcome = gate(&kit, "elsewhere").hit("likes").await;
    assert!(matches!(outcome, Err(CallError::User(Limited { .. }))), "and to its limit: {outcome:?}");
    assert_eq!(sum(&kit).await?, 2);
    Ok(())
}

#[do_runtime::test]
async fn the_gate_refuses_before_a_shard_is_woken(kit: TestKit) -> Result {
    let london = gate(&kit, "LHR");
    london.set_limit(4).await?;
    for _ in 0..4 {
        london.hit("likes").await?;
    }
    for number in 0..SHARDS {
        kit.evict(&kit.objects().get_by_name::<Shard>(format!("likes/LHR/{number}"))).await?;
    }
    let awake = kit.awake();
    for _ in 0..100 {
        let outcome = london.hit("likes").await;
        let refused = Limited { region: "LHR".into(), retry_after: millis(250).into() };
        assert!(matches!(outcome, Err(CallError::User(error)) if error == refused));
    }
    assert_eq!(kit.awake(), awake);
    assert_eq!(gate(&kit, "NRT").hit("likes").await?.shard, "likes/NRT/1", "another region has a limit of its own");
    kit.advance(millis(250)).await;
    london.hit("likes").await?;
    assert!(london.hit("likes").await.is_err());
    assert_eq!(sum(&kit).await?, 6);
    Ok(())
}

/// Over a long time no more than the limit comes through, whatever part of a millisecond a hit is worth.
#[do_runtime::test]
async fn the_limit_holds_over_time(kit: TestKit) -> Result {
    let london = gate(&kit, "LHR");
    london.set_limit(30).await?;
    let mut counted = 0;
    for _ in 0..300 {
        while london.hit("likes").await.is_ok() {
            counted += 1;
        }
        kit.advance(millis(10)).await;
    }
    assert!((30 + 88..=30 + 90).contains(&counted), "30 at once and 30 in each of three seconds, not {counted}");
    Ok(())
}

#[do_runtime::test]
async fn what_is_refused_is_not_taken_out_of_the_bucket(kit: TestKit) -> Result {
    let london = gate(&kit, "LHR");
    london.set_limit(10).await?;
    for _ in 0..10 {
        london.hit("likes").await?;
    }
    for _ in 0..50 {
        assert!(london.hit("likes").await.is_err());
    }
    kit.advance(millis(99)).await;
    assert!(london.hit("likes").await.is_err(), "a hit is worth 100 ms");
    kit.advance(millis(1)).await;
    london.hit("likes").await?;
    assert_eq!(sum(&kit).await?, 11, "what was refused is not counted");
    Ok(())
}

#[do_runtime::test]
async fn a_limit_that_was_set_outlives_a_crash(kit: TestKit) -> Result {
    gate(&kit, "LHR").set_limit(2).await?;
    kit.crash().await?;
    let london = gate(&kit, "LHR");
    for _ in 0..2 {
        london.hit("likes").await?;
    }
    assert!(london.hit("likes").await.is_err());
    Ok(())
}

#[do_runtime::test]
async fn a_limit_of_nothing_and_a_counter_without_a_name_are_refused(kit: TestKit) -> Result {
    let london = gate(&kit, "LHR");
    assert!(london.set_limit(0).await.is_err());
    for counter in ["", "likes/LHR"] {
        let outcome = london.hit(counter).await;
        assert!(matches!(&outcome, Err(CallError::Runtime(_))), "{counter:?}: {outcome:?}");
    }
    assert_eq!(sum(&kit).await?, 0);
    Ok(())
}

#[do_runtime::test]
async fn it_works_over_http(kit: TestKit) -> Result {
    assert_eq!(kit.fetch("POST", "/rpc/Gate/LHR/hit", r#"{"counter": "likes"}"#).await?.code(), 200);
    assert_eq!(kit.fetch("POST", "/rpc/Gate/LHR/hit", r#"{"counter": "li/kes"}"#).await?.code(), 422);
    gate(&kit, "LHR").set_limit(1).await?;
    kit.advance("1s").await;
    assert_eq!(kit.fetch("POST", "/rpc/Gate/LHR/hit", r#"{"counter": "likes"}"#).await?.code(), 200);
    let refused = kit.fetch("POST", "/rpc/Gate/LHR/hit", r#"{"counter": "likes"}"#).await?;
    assert_eq!((refused.code(), refused.header("retry-after")), (429, Some("1")));
    assert_eq!(kit.fetch("POST", "/rpc/Total/likes/sum", "").await?.body_json::<u64>()?, 2);
    Ok(())
}
