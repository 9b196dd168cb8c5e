//! Many calls at once, and calls that are dropped.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_increments_of_one_counter_all_count() -> Result {
    let (folder, objects) = open().await?;
    let mut callers = Vec::new();
    for _ in 0..100 {
        let counter = objects.get_by_name::<Counter>("one");
        callers.push(tokio::spawn(async move { try_join_all((0..100).map(|_| counter.add(1))).await }));
    }
    let mut seen = Vec::new();
    for caller in callers {
        seen.extend(caller.await.context("a caller")??);
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=10_000).collect::<Vec<i64>>(), "every caller saw a count of its own");
    objects.close().await?;
    drop(objects);
    let objects = Objects::open(folder.path()).await?;
    assert_eq!(objects.get_by_name::<Counter>("one").count().await?, 10_000);
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_increments_of_a_thousand_counters_all_count() -> Result {
    let (_folder, objects) = open().await?;
    let callers = (0..10).map(|_| {
        let objects = objects.clone();
        tokio::spawn(async move {
            try_join_all((0..1000).map(|n| objects.get_by_name::<Counter>(format!("{n}")).add(1))).await
        })
    });
    for caller in join_all(callers).await {
        caller.context("a caller")??;
    }
    let counts = try_join_all((0..1000).map(|n| objects.get_by_name::<Counter>(format!("{n}")).count())).await?;
    assert_eq!(counts, vec![10; 1000]);
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn any_number_of_first_calls_is_one_wake() -> Result {
    let (_folder, objects) = open().await?;
    let callers = (0..200).map(|_| {
        let counter = objects.get_by_name::<Counter>("wakes");
        tokio::spawn(async move { counter.add(1).await })
    });
    for answer in join_all(callers).await {
        answer.context("a caller")??;
    }
    assert_eq!(WAKES.load(Ordering::Relaxed), 1);
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asynchronous_handlers_of_one_object_interleave() -> Result {
    let (_folder, objects) = open().await?;
    let counter = objects.get_by_name::<Counter>("a");
    // Each waits until all are under way: one after another, none would end.
    let met = try_join_all((0..20).map(|_| counter.meet(20))).await?;
    assert_eq!(met, vec![20; 20]);
    let mixed = (0..200).map(|n| {
        let counter = counter.clone();
        tokio::spawn(async move { if n % 2 == 0 { counter.add(1).await } else { counter.add_slowly(1).await } })
    });
    for answer in join_all(mixed).await {
        answer.context("a caller")??;
    }
    assert_eq!(counter.count().await?, 200);
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cycle_of_calls_comes_back() -> Result {
    let (_folder, objects) = open().await?;
    let (a, b) = (objects.get_by_name::<Counter>("a"), objects.get_by_name::<Counter>("b"));
    assert_eq!(a.ping("b", 9).await?, 9);
    assert_eq!((a.count().await?, b.count().await?), (5, 5));
    // Many cycles at once, from both ends.
    let cycles = (0..50).map(|n| if n % 2 == 0 { a.ping("b", 9) } else { b.ping("a", 9) });
    assert_eq!(try_join_all(cycles).await?, vec![9; 50]);
    assert_eq!(a.count().await? + b.count().await?, 10 + 500);
    // And an object that calls itself.
    assert_eq!(a.itself(10).await?, 10);
    objects.close().await
}

#[test]
fn the_longest_chain_of_calls_does_not_overflow_the_stack() -> Result {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(2 << 20)
        .enable_all()
        .build()
        .context("a runtime")?;
    runtime.block_on(async {
        let (_folder, objects) = open().await?;
        let top = objects.get_by_name::<Counter>("top");
        let chain = tokio::spawn(async move { top.descend(32).await });
        assert_eq!(chain.await.context("the chain")??, 32);
        // The second time everybody is awake.
        let top = objects.get_by_name::<Counter>("top");
        let chain = tokio::spawn(async move { top.descend(32).await });
        assert_eq!(chain.await.context("the chain")??, 32);
        let me = objects.get_by_name::<Counter>("itself");
        me.add(1).await?;
        assert_eq!(tokio::spawn(async move { me.itself(32).await }).await.context("the recursion")??, 32);
        objects.close().await
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_before_its_first_poll_never_was() -> Result {
    let (_folder, objects) = open().await?;
    let counter = objects.get_by_name::<Counter>("a");
    drop(counter.add(1));
    drop(counter.add_slowly(1));
    assert_eq!(counter.count().await?, 0);
    objects.close().await
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_waits_still_runs() -> Result {
    let (_folder, objects) = open().await?;
    let counter = objects.get_by_name::<Counter>("a");
    // Asleep: the calls wait for the wake.
    for _ in 0..10 {
        drop(poll_once(counter.add(1)).await.expect_err("it waits"));
    }
    drop(poll_once(counter.add_slowly(10)).await.expect_err("it waits"));
    while counter.count().await? < 20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(counter.count().await?, 20);
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn panics_among_calls_harm_nobody_else() -> Result {
    let (_folder, objects) = open().await?;
    let counter = objects.get_by_name::<Counter>("a");
    let callers = (0..300).map(|n| {
        let counter = counter.clone();
        tokio::spawn(async move { if n % 10 == 3 { counter.stumble().await } else { counter.add(1).await } })
    });
    let mut panics = 0;
    for answer in join_all(callers).await {
        match answer.context("a caller")? {
            Ok(count) => assert!(count < 1_000_000),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Handler, "{error}");
                assert!(error.to_string().contains("stumbled"), "{error}");
                panics += 1;
            }
        }
    }
    assert_eq!(panics, 30);
    assert_eq!(counter.count().await?, 270);
    objects.close().await
}
