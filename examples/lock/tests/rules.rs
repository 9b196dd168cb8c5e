//! What a lock promises.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use do_runtime::prelude::*;
use lock::{Grant, Lock, LockStub, Refused, Register, Stale};

fn report(kit: &TestKit) -> LockStub {
    kit.objects().get_by_name::<Lock>("report")
}

/// Asks whether the lock can be had at once, and expects that it can't.
async fn assert_busy(lock: &LockStub) {
    let outcome = lock.acquire("mallory", "1h", "0s").await;
    assert!(matches!(outcome, Err(CallError::User(Refused::Busy))), "{outcome:?}");
}

/// Callers who wait, one behind the other.
async fn queue(kit: &TestKit, owners: &[&'static str]) -> Vec<impl Future<Output = Result<Grant>> + use<>> {
    let mut waiting = Vec::new();
    for &owner in owners {
        let lock = report(kit);
        waiting.push(kit.spawn(async move { Ok(lock.acquire(owner, "10s", "1h").await?) }));
        kit.settle().await;
    }
    waiting
}

/// Many callers, in orders that are drawn: never two inside, and each one with a greater token than the one before.
#[do_runtime::test]
async fn only_one_holds_it_at_a_time() -> Result {
    for seed in 0..8 {
        let kit = TestKit::shuffled(seed).await?;
        let inside = Arc::new(AtomicU32::new(0));
        let last_token = Arc::new(AtomicU32::new(0));
        let callers: Vec<_> = (0..20)
            .map(|number| {
                let (lock, inside, last_token) = (report(&kit), inside.clone(), last_token.clone());
                kit.spawn(async move {
                    let owner = format!("caller {number}");
                    let Grant { token, .. } = lock.acquire(&owner, "1h", "1h").await?;
                    assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0, "two are inside, seed {seed}");
                    assert!(lock.holder().await?.is_some_and(|holder| holder.owner == owner));
                    assert!(last_token.swap(token as u32, Ordering::Relaxed) < token as u32);
                    inside.fetch_sub(1, Ordering::Relaxed);
                    Ok::<_, Error>(lock.release(&owner, token).await?)
                })
            })
            .collect();
        for caller in callers {
            caller.await?;
        }
        assert_eq!(last_token.load(Ordering::Relaxed), 20, "each had it once, seed {seed}");
    }
    Ok(())
}

#[do_runtime::test]
async fn a_lease_ends_by_itself_to_the_millisecond(kit: TestKit) -> Result {
    let lock = report(&kit);
    let ann = lock.acquire("ann", "10s", "0s").await?;
    assert_eq!(ann.until, kit.now() + secs(10));
    kit.evict_all().await?;
    kit.advance(millis(9_999)).await;
    assert_busy(&lock).await;
    kit.advance(millis(1)).await;
    assert_eq!(lock.holder().await?, None);
    assert!(kit.pending_alarms(&lock).await?.is_empty());
    assert_eq!(lock.acquire("ben", "10s", "0s").await?.token, ann.token + 1);
    Ok(())
}

#[do_runtime::test]
async fn a_lease_can_be_renewed_while_it_lasts(kit: TestKit) -> Result {
    let lock = report(&kit);
    let ann = lock.acquire("ann", "10s", "0s").await?;
    kit.advance("9s").await;
    let renewed = lock.renew("ann", ann.token, "10s").await?;
    assert_eq!(renewed, Grant { until: kit.now() + secs(10), ..ann }, "under the same token");
    kit.advance("9s").await;
    assert_busy(&lock).await;
    kit.advance("1s").await;
    let outcome = lock.renew("ann", renewed.token, "10s").await;
    assert!(matches!(outcome, Err(CallError::User(Refused::NotHeld))), "{outcome:?}");
    Ok(())
}

#[do_runtime::test]
async fn only_the_holder_can_give_it_back(kit: TestKit) -> Result {
    let lock = report(&kit);
    let ann = lock.acquire("ann", "10s", "0s").await?;
    for (owner, token) in [("ben", ann.token), ("ann", ann.token + 1)] {
        let outcome = lock.release(owner, token).await;
        assert!(matches!(outcome, Err(CallError::User(Refused::NotHeld))), "{outcome:?}");
    }
    assert_busy(&lock).await;
    lock.release("ann", ann.token).await?;
    assert_eq!(lock.holder().await?, None);
    Ok(())
}

/// The defect of locks that know their holder by name alone: who held it too long gives back what somebody else has now.
#[do_runtime::test]
async fn a_late_release_does_not_take_it_from_the_next_holder(kit: TestKit) -> Result {
    let lock = report(&kit);
    let late = lock.acquire("ann", "10s", "0s").await?;
    kit.advance("10s").await;
    let next = lock.acquire("ann", "10s", "0s").await?;
    let outcome = lock.release("ann", late.token).await;
    assert!(matches!(outcome, Err(CallError::User(Refused::NotHeld))), "{outcome:?}");
    assert_eq!(lock.holder().await?, Some(next));
    Ok(())
}

#[do_runtime::test]
async fn waiting_callers_get_it_in_order(kit: TestKit) -> Result {
    let lock = report(&kit);
    let mut holder = lock.acquire("ann", "10s", "0s").await?;
    let waiting = queue(&kit, &["ben", "cleo", "dan"]).await;
    kit.evict_all().await?; // what the object keeps in memory is lost, and nobody's place with it
    kit.settle().await;
    for (next, owner) in waiting.into_iter().zip(["ben", "cleo", "dan"]) {
        assert_busy(&lock).await;
        let overtaking = lock.acquire("mallory", "1h", "0s");
        let (released, overtaken) = tokio::join!(lock.release(&holder.owner, holder.token), overtaking);
        released?;
        assert!(overtaken.is_err(), "it is {owner}'s, also before {owner} has looked: {overtaken:?}");
        holder = next.await?;
        assert_eq!(holder.owner, owner);
    }
    Ok(())
}

#[do_runtime::test]
async fn the_next_one_gets_it_when_a_lease_ends(kit: TestKit) -> Result {
    let begin = kit.now();
    report(&kit).acquire("ann", "10s", "0s").await?;
    let waiting = queue(&kit, &["ben", "cleo"]).await;
    kit.advance("1m").await;
    for (next, seconds) in waiting.into_iter().zip([20, 30]) {
        assert_eq!(next.await?.until, begin + secs(seconds));
    }
    Ok(())
}

#[do_runtime::test]
async fn who_runs_out_of_patience_leaves_the_queue(kit: TestKit) -> Result {
    let lock = report(&kit);
    let ann = lock.acquire("ann", "1h", "0s").await?;
    let impatient = kit.spawn({
        let lock = lock.clone();
        async move { lock.acquire("ben", "1h", "5s").await }
    });
    let caller_leaves = kit.spawn({
        let lock = lock.clone();
        async move { lock.acquire("cleo", "1h", "1h").deadline(secs(5)).await }
    });
    kit.settle().await;
    let patient = queue(&kit, &["dan"]).await.remove(0);
    kit.advance("6s").await;
    assert!(matches!(impatient.await, Err(CallError::User(Refused::Busy))));
    assert!(caller_leaves.await.is_err());
    lock.release("ann", ann.token).await?;
    assert_eq!(patient.await?.owner, "dan", "not cleo, who has left");
    Ok(())
}

#[do_runtime::test]
async fn tokens_only_grow_and_fence_off_who_was_late(kit: TestKit) -> Result {
    let (lock, register) = (report(&kit), kit.objects().get_by_name::<Register>("report"));
    let ann = lock.acquire("ann", "10s", "0s").await?;
    register.write(ann.token, "by ann").await?;
    kit.advance("10s").await;
    kit.crash().await?;
    let ben = lock.acquire("ben", "10s", "0s").await?;
    assert!(ben.token > ann.token, "over a crash too");
    register.write(ben.token, "by ben").await?;
    let outcome = register.write(ann.token, "by ann, who slept").await;
    assert!(matches!(outcome, Err(CallError::User(Stale { token: 1, seen: 2 }))), "{outcome:?}");
    assert_eq!(register.read().await?, "by ben");
    Ok(())
}

/// The defect of locks in memory: a server that starts anew grants what somebody has.
#[do_runtime::test]
async fn the_hold_survives_a_crash_of_the_server(kit: TestKit) -> Result {
    let lock = report(&kit);
    let ann = lock.acquire("ann", "10s", "0s").await?;
    let waiting = queue(&kit, &["ben"]).await.remove(0);
    kit.crash().await?;
    assert_eq!(lock.holder().await?, Some(ann.clone()));
    assert_busy(&lock).await;
    assert_eq!(waiting.await.err().map(|error| error.kind()), Some(ErrorKind::Unavailable), "ben has to ask again");
    let waiting = queue(&kit, &["ben"]).await.remove(0);
    lock.release("ann", ann.token).await?;
    assert_eq!(waiting.await?.token, ann.token + 1);
    kit.crash().await?;
    kit.advance("10s").await;
    assert_eq!(lock.holder().await?, None, "the lease ends all the same");
    Ok(())
}

/// Who asked, and lost the answer, asks again under the same key and has the same grant.
#[do_runtime::test]
async fn a_repeated_call_under_its_key_is_one_grant(kit: TestKit) -> Result {
    let lock = report(&kit);
    let first = lock.acquire("ann", "10s", "0s").idempotency_key("job 7").await?;
    assert_eq!(lock.acquire("ann", "10s", "0s").idempotency_key("job 7").await?, first);
    Ok(())
}

#[do_runtime::test]
async fn it_works_over_http(kit: TestKit) -> Result {
    let acquire = r#"{"owner": "ann", "lease": "10s", "patience": "0s"}"#;
    let path = "/rpc/Lock/report/acquire";
    let granted: Grant = kit.fetch("POST", path, acquire).await?.body_json()?;
    assert_eq!(granted.token, 1);
    assert_eq!(kit.fetch("POST", path, acquire).await?.code(), 409);
    let release = r#"{"owner": "ann", "token": 1}"#;
    assert_eq!(kit.fetch("POST", "/rpc/Lock/report/release", release).await?.code(), 200);
    let nonsense = acquire.replace("10s", "soon");
    assert_eq!(kit.fetch("POST", path, nonsense).await?.code(), 422);
    Ok(())
}
