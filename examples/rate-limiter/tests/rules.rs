//! What a limiter promises.

use std::time::Duration;

use do_runtime::prelude::*;
use rate_limiter::{Allowed, Hit, Limit, RateLimiter, RateLimiterStub, TooMany, USUAL};

fn client(kit: &TestKit, name: &str) -> RateLimiterStub {
    kit.objects().get_by_name::<RateLimiter>(name)
}

/// A client that may hit `search` so often.
async fn limited(kit: &TestKit, most: u32, window: Duration) -> Result<RateLimiterStub> {
    let ann = client(kit, "ann");
    ann.set_limit("search", Limit { most, window: window.into() }).await?;
    Ok(ann)
}

/// Whether a hit was allowed, or how long to wait.
async fn wait(client: &RateLimiterStub) -> Result<Option<Duration>> {
    match client.hit("search").await {
        Ok(_) => Ok(None),
        Err(CallError::User(TooMany { retry_after, .. })) => Ok(Some(*retry_after)),
        Err(CallError::Runtime(error)) => Err(error),
    }
}

/// A hit of `search` by ann, from outside.
async fn over_http(kit: &TestKit) -> Result<Response> {
    kit.fetch("POST", "/rpc/RateLimiter/ann/hit", r#"{"endpoint": "search"}"#).await
}

#[do_runtime::test]
async fn n_hits_are_allowed_and_one_more_is_refused(kit: TestKit) -> Result {
    let ann = limited(&kit, 3, secs(10)).await?;
    for remaining in [2, 1, 0] {
        assert_eq!(ann.hit("search").await?, Allowed { remaining });
    }
    assert_eq!(wait(&ann).await?, Some(secs(10)));
    assert_eq!(ann.hit("images").await?.remaining, USUAL.most - 1, "another endpoint");
    let ben = client(&kit, "ben");
    assert_eq!(ben.hit("search").await?.remaining, USUAL.most - 1, "another client");
    Ok(())
}

/// Hits at times that a generator draws, whatever came before: no window has more than the limit, and no hit is refused in vain.
#[do_runtime::test]
async fn the_limit_holds_in_any_window(kit: TestKit) -> Result {
    const MOST: usize = 5;
    let window = secs(1);
    let ann = limited(&kit, MOST as u32, window).await?;
    let mut allowed = Vec::new();
    let mut refused = 0;
    let mut drawn: u64 = kit.seed() | 1;
    for round in 0..400 {
        drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        kit.advance(millis((drawn >> 33) % 250)).await;
        if round % 100 == 50 {
            kit.crash().await?;
        }
        let now = kit.now();
        let in_window = allowed.iter().filter(|at| now - **at < window).count();
        match wait(&ann).await? {
            None => allowed.push(now),
            Some(_) => {
                refused += 1;
                assert_eq!(in_window, MOST, "refused in vain at {now}");
            }
        }
    }
    for hits in allowed.windows(MOST + 1) {
        assert!(hits[MOST] - hits[0] >= window, "more than {MOST} from {} on", hits[0]);
    }
    assert!(refused > 0 && allowed.len() > MOST, "both happen");
    Ok(())
}

/// The defect of counters that begin anew each minute: twice the limit around its turn.
#[do_runtime::test]
async fn the_turn_of_a_minute_is_no_second_chance(kit: TestKit) -> Result {
    let ann = limited(&kit, 2, secs(60)).await?;
    kit.advance("59s").await;
    assert_eq!((wait(&ann).await?, wait(&ann).await?), (None, None));
    kit.advance("2s").await;
    assert_eq!(wait(&ann).await?, Some(secs(58)));
    Ok(())
}

#[do_runtime::test]
async fn retry_after_is_exact(kit: TestKit) -> Result {
    let ann = limited(&kit, 2, millis(2500)).await?;
    ann.hit("search").await?;
    kit.advance(millis(700)).await;
    ann.hit("search").await?;
    assert_eq!(wait(&ann).await?, Some(millis(1800)));
    kit.advance(millis(1799)).await;
    assert_eq!(wait(&ann).await?, Some(millis(1)));
    kit.advance(millis(1)).await;
    assert_eq!(wait(&ann).await?, None);
    Ok(())
}

#[do_runtime::test]
async fn over_http_a_refusal_is_a_429_with_a_retry_after_that_holds(kit: TestKit) -> Result {
    let ann = limited(&kit, 1, millis(2500)).await?;
    let response = over_http(&kit).await?;
    assert_eq!((response.code(), response.body_json::<Allowed>()?), (200, Allowed { remaining: 0 }));
    kit.advance(millis(100)).await;
    let response = over_http(&kit).await?;
    assert_eq!((response.code(), response.header("retry-after")), (429, Some("3")), "2.4 s, in whole ones");
    kit.advance("3s").await;
    assert_eq!(over_http(&kit).await?.code(), 200);
    assert_eq!(wait(&ann).await?, Some(millis(2500)), "both ways count together");
    Ok(())
}

#[do_runtime::test]
async fn a_refused_hit_is_not_counted(kit: TestKit) -> Result {
    let ann = limited(&kit, 1, secs(10)).await?;
    ann.hit("search").await?;
    for second in 1..10 {
        kit.advance("1s").await;
        assert_eq!(wait(&ann).await?, Some(secs(10 - second)), "it does not move away");
        assert_eq!(over_http(&kit).await?.code(), 429);
    }
    assert_eq!(kit.physical_rows::<Hit>(&ann).await?, 1);
    kit.advance("1s").await;
    assert_eq!(wait(&ann).await?, None);
    Ok(())
}

#[do_runtime::test]
async fn a_hundred_callers_at_once_get_no_more_than_the_limit(kit: TestKit) -> Result {
    let ann = limited(&kit, 10, secs(10)).await?;
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let ann = ann.clone();
            kit.spawn(async move { wait(&ann).await })
        })
        .collect();
    let mut allowed = 0;
    for caller in callers {
        match caller.await? {
            None => allowed += 1,
            Some(retry_after) => assert_eq!(retry_after, secs(10)),
        }
    }
    assert_eq!(allowed, 10);
    Ok(())
}

#[do_runtime::test]
async fn what_is_older_than_the_longest_window_is_deleted(kit: TestKit) -> Result {
    let ann = limited(&kit, 100, minutes(10)).await?;
    for _ in 0..50 {
        ann.hit("search").await?;
        ann.hit("images").await?; // a minute
    }
    kit.evict_all().await?;
    kit.advance("2h").await;
    assert_eq!(kit.physical_rows::<Hit>(&ann).await?, 0, "although nobody called");
    Ok(())
}

#[do_runtime::test]
async fn what_was_counted_survives_a_crash(kit: TestKit) -> Result {
    let ann = limited(&kit, 1, secs(10)).await?;
    ann.hit("search").await?;
    kit.crash().await?;
    assert_eq!(wait(&ann).await?, Some(secs(10)));
    Ok(())
}

#[do_runtime::test]
async fn another_limit_counts_what_was_hit_before(kit: TestKit) -> Result {
    let ann = limited(&kit, 3, secs(10)).await?;
    for _ in 0..3 {
        ann.hit("search").await?;
        kit.advance("1s").await;
    }
    ann.set_limit("search", Limit { most: 2, window: secs(20).into() }).await?;
    assert_eq!(wait(&ann).await?, Some(secs(18)), "the second of them has to go");
    ann.set_limit("search", Limit { most: 2, window: secs(2).into() }).await?;
    assert_eq!(wait(&ann).await?, None, "two of them have gone");
    assert_eq!(wait(&ann).await?, Some(secs(1)));
    Ok(())
}

#[do_runtime::test]
async fn a_limit_that_makes_no_sense_is_refused(kit: TestKit) -> Result {
    let ann = client(&kit, "ann");
    for limit in [Limit { most: 0, window: secs(1).into() }, Limit { most: 1, window: Period::default() }] {
        let error = ann.set_limit("search", limit).await.err().context("it was taken")?;
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    Ok(())
}
