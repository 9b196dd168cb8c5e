//! What single flight promises.

use dedup::{KEPT, Lookup, LookupStub, Upstream, UpstreamStub};
use do_runtime::prelude::*;

fn lookup(kit: &TestKit) -> (LookupStub, UpstreamStub) {
    (kit.objects().get_by_name::<Lookup>("what"), kit.objects().get_by_name::<Upstream>("upstream"))
}

/// So many callers at once, and what they get.
async fn callers(kit: &TestKit, lookup: &LookupStub, many: usize) -> Vec<Result<String>> {
    let calls: Vec<_> = (0..many)
        .map(|_| {
            let lookup = lookup.clone();
            kit.spawn(async move { lookup.get().await })
        })
        .collect();
    kit.settle().await;
    kit.advance("300ms").await;
    let mut results = Vec::new();
    for call in calls {
        results.push(call.await);
    }
    results
}

#[do_runtime::test]
async fn a_hundred_callers_are_one_call_of_upstream() -> Result {
    for seed in 0..5 {
        let kit = TestKit::shuffled(seed).await?;
        let (lookup, upstream) = lookup(&kit);
        for result in callers(&kit, &lookup, 100).await {
            assert_eq!(result?, "what? Answer 1.");
        }
        assert_eq!(upstream.calls().await?, 1, "seed {seed}");
    }
    Ok(())
}

/// The defect of flights that are kept in the object's memory: it is woken afresh, and asks again.
#[do_runtime::test]
async fn who_comes_later_joins_the_call_that_is_under_way(kit: TestKit) -> Result {
    let (lookup, upstream) = lookup(&kit);
    let mut calls = Vec::new();
    for _ in 0..3 {
        let lookup = lookup.clone();
        calls.push(kit.spawn(async move { lookup.get().await }));
        kit.advance("100ms").await;
        kit.evict_all().await?;
    }
    kit.advance("300ms").await;
    for call in calls {
        assert_eq!(call.await?, "what? Answer 1.");
    }
    assert_eq!(upstream.calls().await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn other_requests_are_other_calls(kit: TestKit) -> Result {
    let (lookup, upstream) = lookup(&kit);
    let other = kit.objects().get_by_name::<Lookup>("why");
    let (one, two, ()) = tokio::join!(lookup.get(), other.get(), kit.advance("300ms"));
    assert!(one?.starts_with("what?") && two?.starts_with("why?"));
    assert_eq!(upstream.calls().await?, 2);
    Ok(())
}

#[do_runtime::test]
async fn a_failure_reaches_all_and_is_not_kept(kit: TestKit) -> Result {
    let (lookup, upstream) = lookup(&kit);
    upstream.set_broken(true).await?;
    for result in callers(&kit, &lookup, 20).await {
        assert_eq!(result.err().map(|error| error.to_string()), Some("upstream is broken".into()));
    }
    assert_eq!(upstream.calls().await?, 1);
    upstream.set_broken(false).await?;
    let results = callers(&kit, &lookup, 20).await;
    assert!(results.iter().all(|result| result.as_deref().is_ok_and(|answer| answer == "what? Answer 2.")));
    assert_eq!(upstream.calls().await?, 2);
    Ok(())
}

#[do_runtime::test]
async fn an_answer_is_kept_for_its_time_and_over_a_crash(kit: TestKit) -> Result {
    let (lookup, upstream) = lookup(&kit);
    callers(&kit, &lookup, 1).await;
    kit.advance(KEPT - millis(1)).await;
    kit.crash().await?;
    let again = kit.spawn({
        let lookup = lookup.clone();
        async move { lookup.get().await }
    });
    kit.settle().await;
    assert_eq!(upstream.calls().await?, 1, "it is kept");
    assert_eq!(again.await?, "what? Answer 1.");
    kit.advance(millis(1)).await;
    assert_eq!(callers(&kit, &lookup, 3).await.len(), 3);
    assert_eq!(upstream.calls().await?, 2);
    Ok(())
}

/// The defect of flights that belong to the first caller: it is lost, and the others wait for ever, or fail with it.
#[do_runtime::test]
async fn a_crash_or_a_lost_caller_leaves_nobody_waiting(kit: TestKit) -> Result {
    let (lookup, upstream) = lookup(&kit);
    let lost = kit.spawn({
        let lookup = lookup.clone();
        async move { lookup.get().await }
    });
    kit.settle().await;
    kit.crash().await?;
    assert_eq!(lost.await.err().map(|error| error.kind()), Some(ErrorKind::Unavailable));
    assert!(callers(&kit, &lookup, 3).await.iter().all(Result::is_ok));
    assert_eq!(upstream.calls().await?, 2);

    kit.advance(KEPT).await;
    let leaves = lookup.get().deadline("100ms");
    let (left, stay, ()) = tokio::join!(leaves, lookup.get(), kit.advance("1s"));
    assert_eq!(left.err().map(|error| error.kind()), Some(ErrorKind::Deadline), "the first one has not waited for it");
    assert_eq!(stay?, "what? Answer 3.", "its deadline was nobody else's");
    assert_eq!(upstream.calls().await?, 3);
    Ok(())
}

#[do_runtime::test]
async fn it_works_over_http(kit: TestKit) -> Result {
    let (answer, ()) = tokio::join!(kit.fetch("POST", "/rpc/Lookup/what/get", ""), kit.advance("300ms"));
    assert_eq!(answer?.body_json::<String>()?, "what? Answer 1.");
    Ok(())
}
