//! What a quota promises.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use quota::{Charge, Quota, QuotaStub, Refused};

fn amounts<const N: usize>(of: [(&str, u64); N]) -> BTreeMap<String, u64> {
    of.into_iter().map(|(name, amount)| (name.to_owned(), amount)).collect()
}

/// A tenant with a hundred requests and a thousand tokens, somewhere.
async fn tenant(kit: &TestKit, zone: &str) -> Result<QuotaStub> {
    let acme = kit.objects().get_by_name::<Quota>("acme");
    acme.move_to(zone).await?;
    acme.allow("requests", 100).await?;
    acme.allow("tokens", 1_000).await?;
    Ok(acme)
}

/// How much was spent of each dimension.
async fn used(acme: &QuotaStub) -> Result<BTreeMap<String, u64>> {
    Ok(acme.usage().await?.dimensions.into_iter().map(|it| (it.name, it.used)).collect())
}

#[do_runtime::test]
async fn it_is_never_overdrawn_by_callers_at_once() -> Result {
    for seed in 0..5 {
        let kit = TestKit::shuffled(seed).await?;
        let acme = tenant(&kit, "UTC").await?;
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let acme = acme.clone();
                kit.spawn(async move { acme.spend(amounts([("requests", 3), ("tokens", 7)])).await })
            })
            .collect();
        let mut spent = 0;
        for caller in callers {
            match caller.await {
                Ok(_) => spent += 1,
                Err(CallError::User(Refused::Exceeded { dimension, left, .. })) => {
                    assert_eq!((dimension.as_str(), left), ("requests", 1));
                }
                Err(error) => return Err(error.into()),
            }
        }
        assert_eq!(spent, 33, "seed {seed}");
        assert_eq!(used(&acme).await?, amounts([("requests", 99), ("tokens", 231)]));
    }
    Ok(())
}

#[do_runtime::test]
async fn all_dimensions_are_spent_or_none(kit: TestKit) -> Result {
    let acme = tenant(&kit, "UTC").await?;
    acme.spend(amounts([("requests", 1), ("tokens", 900)])).await?;
    let outcome = acme.spend(amounts([("requests", 1), ("tokens", 101)])).await;
    let resets_at = kit.now() + days(31);
    let exceeded = Refused::Exceeded { dimension: "tokens".into(), left: 100, resets_at };
    assert!(matches!(outcome, Err(CallError::User(refused)) if refused == exceeded));
    let outcome = acme.spend(amounts([("requests", 1), ("unknown", 1)])).await;
    assert!(matches!(outcome, Err(CallError::User(Refused::UnknownDimension { .. }))), "{outcome:?}");
    let outcome = acme.spend(amounts([("requests", 1), ("tokens", u64::MAX)])).await;
    assert!(matches!(outcome, Err(CallError::User(Refused::Exceeded { .. }))), "{outcome:?}");
    assert_eq!(used(&acme).await?, amounts([("requests", 1), ("tokens", 900)]));
    Ok(())
}

/// The defect of quotas that begin anew at midnight in UTC, or every thirty days.
#[do_runtime::test]
async fn a_month_begins_at_midnight_where_the_tenant_is(kit: TestKit) -> Result {
    let new_year = kit.now(); // 2026-01-01T00:00:00Z
    for (zone, first) in [
        ("UTC", new_year + days(31)),
        ("Pacific/Auckland", new_year + days(31) - hours(13)),
        ("America/Los_Angeles", new_year + hours(8)), // it is still December there
        ("Asia/Kolkata", new_year + days(31) - minutes(330)),
    ] {
        let tenant = kit.objects().get_by_name::<Quota>(zone);
        tenant.move_to(zone).await?;
        tenant.allow("requests", 100).await?;
        assert_eq!(tenant.usage().await?.resets_at, first, "{zone}");
    }
    let tenant = kit.objects().get_by_name::<Quota>("Pacific/Auckland");
    tenant.spend(amounts([("requests", 5)])).await?;
    kit.evict_all().await?;
    let first = tenant.usage().await?.resets_at;
    kit.set_time(first - millis(1)).await;
    assert_eq!(used(&tenant).await?, amounts([("requests", 5)]));
    kit.set_time(first).await;
    assert_eq!(used(&tenant).await?, amounts([("requests", 0)]));
    Ok(())
}

#[do_runtime::test]
async fn daylight_saving_moves_the_boundary_with_the_clocks(kit: TestKit) -> Result {
    let new_year = kit.now();
    let acme = tenant(&kit, "Europe/Berlin").await?;
    for (day, hour) in [(31, 23), (59, 23), (90, 22), (120, 22)] {
        let boundary = new_year + days(day - 1) + hours(hour); // 23:00 or, in summer, 22:00 the day before
        assert_eq!(acme.usage().await?.resets_at, boundary);
        acme.spend(amounts([("requests", 100)])).await?;
        kit.set_time(boundary).await;
        assert_eq!(used(&acme).await?["requests"], 0);
    }
    Ok(())
}

#[do_runtime::test]
async fn each_month_begins_once(kit: TestKit) -> Result {
    let acme = tenant(&kit, "UTC").await?;
    acme.spend(amounts([("requests", 100)])).await?;
    kit.set_time(kit.now() + days(31)).await;
    acme.spend(amounts([("requests", 60)])).await?;
    kit.crash().await?;
    kit.advance("1d").await;
    assert_eq!(used(&acme).await?["requests"], 60, "nothing gives it back within the month");
    kit.advance("100d").await;
    assert_eq!(used(&acme).await?["requests"], 0);
    Ok(())
}

/// Somebody who spends at a time.
#[durable_object]
struct Spender;

#[durable_object]
impl Spender {
    #[rpc]
    async fn spend_at(this: This<Self>, time: Timestamp) -> Result<bool> {
        this.sleep(time - this.now()?).await?;
        let acme = this.objects().get_by_name::<Quota>("acme");
        Ok(acme.spend(amounts([("requests", 10)])).await.is_ok())
    }
}

/// The alarm may be late. A call that comes at the instant, before or after it, counts for the new month, and what it spent stays.
#[do_runtime::test]
async fn a_call_at_the_boundary_counts_for_the_new_month() -> Result {
    for seed in 0..20 {
        let kit = TestKit::open(seed).await?;
        let acme = tenant(&kit, "UTC").await?;
        acme.spend(amounts([("requests", 100)])).await?;
        let boundary = acme.usage().await?.resets_at;
        kit.set_time(boundary - secs(1)).await;
        let spender = kit.objects().get_by_name::<Spender>("early");
        let (spent, ()) = tokio::join!(spender.spend_at(boundary), kit.set_time(boundary));
        assert!(spent?, "seed {seed}");
        kit.settle().await;
        assert_eq!(used(&acme).await?["requests"], 10, "seed {seed}");
        assert!(acme.usage().await?.resets_at > boundary);
    }
    Ok(())
}

#[do_runtime::test]
async fn a_refund_gives_back_once_and_within_the_month(kit: TestKit) -> Result {
    let acme = tenant(&kit, "UTC").await?;
    let charge = acme.spend(amounts([("requests", 1), ("tokens", 900)])).await?;
    acme.spend(amounts([("tokens", 50)])).await?;
    kit.crash().await?;
    acme.refund(charge).await?;
    assert_eq!(used(&acme).await?, amounts([("requests", 0), ("tokens", 50)]));
    let refused = |outcome| matches!(outcome, Err(CallError::User(Refused::NoSuchCharge)));
    assert!(refused(acme.refund(charge).await), "not twice");

    let of_january = acme.spend(amounts([("tokens", 900)])).await?;
    kit.set_time(acme.usage().await?.resets_at).await;
    let of_february = acme.spend(amounts([("tokens", 900)])).await?;
    assert!(refused(acme.refund(of_january).await), "it would be more than there is in a month");
    assert_eq!(used(&acme).await?["tokens"], 900);
    acme.refund(of_february).await?;
    assert_eq!(kit.physical_rows::<Charge>(&acme).await?, 0);
    Ok(())
}

#[do_runtime::test]
async fn less_than_was_spent_leaves_nothing_and_a_zone_that_is_none_is_refused(kit: TestKit) -> Result {
    let acme = tenant(&kit, "UTC").await?;
    acme.spend(amounts([("requests", 80)])).await?;
    acme.allow("requests", 50).await?;
    let outcome = acme.spend(amounts([("requests", 1)])).await;
    assert!(matches!(outcome, Err(CallError::User(Refused::Exceeded { left: 0, .. }))), "{outcome:?}");
    let before = acme.usage().await?;
    assert!(acme.move_to("Mars/Olympus_Mons").await.is_err());
    assert_eq!(acme.usage().await?, before);
    Ok(())
}

#[do_runtime::test]
async fn it_works_over_http_and_quotas_are_not_set_there(kit: TestKit) -> Result {
    tenant(&kit, "UTC").await?;
    let spend = r#"{"amounts": {"requests": 60}}"#;
    assert_eq!(kit.fetch("POST", "/rpc/Quota/acme/spend", spend).await?.code(), 200);
    let exceeded = kit.fetch("POST", "/rpc/Quota/acme/spend", spend).await?;
    let next_month = (31 * 24 * 60 * 60).to_string();
    assert_eq!((exceeded.code(), exceeded.header("retry-after")), (429, Some(&*next_month)));
    let never = r#"{"charge": "00000000-0000-0000-0000-000000000000"}"#;
    assert_eq!(kit.fetch("POST", "/rpc/Quota/acme/refund", never).await?.code(), 404);
    let allow = r#"{"name": "requests", "most": 1000}"#;
    assert_eq!(kit.fetch("POST", "/rpc/Quota/acme/allow", allow).await?.code(), 404);
    Ok(())
}
