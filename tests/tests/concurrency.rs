//! Many callers at once, on many threads and a real folder.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use do_runtime::prelude::*;
use futures::future::{join_all, select, try_join_all};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::sync::{Notify, Semaphore};

/// How often `#[init]` of a [`Counter`] by the name of "wakes" ran.
static WAKES: AtomicU32 = AtomicU32::new(0);

/// How many updates of [`Counter::hurry`] ran.
static HURRIED: AtomicU32 = AtomicU32::new(0);

#[durable_object]
struct Counter {
    #[stored]
    count: i64,
    #[ephemeral]
    under_way: u32,
}

#[durable_object]
impl Counter {
    #[init]
    fn wake(&mut self, cx: &mut Cx<Self>) -> Result {
        if cx.name() == Some("wakes") {
            WAKES.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    #[rpc]
    fn add(&mut self, by: i64) -> Result<i64> {
        self.count += by;
        Ok(self.count)
    }

    #[rpc]
    fn count(&self) -> Result<i64> {
        Ok(self.count)
    }

    #[rpc]
    fn stumble(&mut self) -> Result<i64> {
        self.count += 1_000_000;
        panic!("stumbled")
    }

    /// Reads, lets others run, and writes what it read: updates in between are lost, as a user must know.
    #[rpc]
    async fn add_slowly(this: This<Self>, by: i64) -> Result<i64> {
        let before = this.read(|me, _| Ok(me.count)).await?;
        tokio::task::yield_now().await;
        let seen = this.read(|me, _| Ok(me.count)).await?;
        assert!(seen >= before);
        this.update(|me, _| {
            me.count += by;
            Ok(me.count)
        })
        .await
    }

    /// Begins an update and drops it after so many polls.
    #[rpc]
    async fn hurry(this: This<Self>, polls: u32) -> Result {
        let mut update = Box::pin(this.update(|me, _| {
            HURRIED.fetch_add(1, Ordering::Relaxed);
            me.count += 1;
            Ok(())
        }));
        for _ in 0..polls {
            match poll_once(update).await {
                Ok(done) => return done,
                Err(waiting) => update = waiting,
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// How many of it run at once.
    #[rpc]
    async fn meet(this: This<Self>, others: u32) -> Result<u32> {
        this.update(|me, _| {
            me.under_way += 1;
            Ok(())
        })
        .await?;
        loop {
            let met = this.read(|me, _| Ok(me.under_way)).await?;
            if met >= others {
                return Ok(met);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Calls `next`, which calls this object back.
    #[rpc]
    async fn ping(this: This<Self>, next: String, rounds: u32) -> Result<u32> {
        this.update(|me, _| {
            me.count += 1;
            Ok(())
        })
        .await?;
        if rounds == 0 {
            return Ok(0);
        }
        let me = this.name().unwrap_or_default().to_owned();
        Ok(1 + this.objects().get_by_name::<Counter>(next).ping(me, rounds - 1).await?)
    }

    /// A chain of calls, each from another object.
    #[rpc]
    async fn descend(this: This<Self>, levels: u32) -> Result<u32> {
        if levels == 0 {
            return Ok(0);
        }
        let next = this.objects().get_by_name::<Counter>(format!("level {levels}"));
        let below = next.descend(levels - 1).await?;
        this.update(|me, _| {
            me.count += 1;
            Ok(())
        })
        .await?;
        Ok(1 + below)
    }

    /// Calls itself.
    #[rpc]
    async fn itself(this: This<Self>, levels: u32) -> Result<u32> {
        match levels {
            0 => Ok(0),
            _ => {
                let me = this.objects().get::<Counter>(this.id());
                Ok(1 + me.itself(levels - 1).await?)
            }
        }
    }
}

async fn open() -> Result<(TempDir, Objects)> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::open(folder.path()).await?;
    Ok((folder, objects))
}

/// Polls once, and gives the future back if it is not ready.
async fn poll_once<F: Future + Unpin>(mut future: F) -> Result<F::Output, F> {
    let polled = poll_fn(|cx| Poll::Ready(std::pin::Pin::new(&mut future).poll(cx))).await;
    match polled {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(future),
    }
}

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

/// What the handlers of a [`Gate`] wait for.
static OPEN: Semaphore = Semaphore::const_new(0);
static ENTERED: Notify = Notify::const_new();

/// An object that is kept busy.
#[durable_object]
struct Gate {
    #[stored]
    passed: u32,
}

#[durable_object]
impl Gate {
    /// Computes for long: the object is busy, its caller's thread is not.
    #[rpc(slow)]
    fn compute(&mut self) -> Result<u32> {
        ENTERED.notify_one();
        let permit = futures::executor::block_on(OPEN.acquire()).or_invalid()?;
        permit.forget();
        self.passed += 1;
        Ok(self.passed)
    }

    #[rpc]
    fn passed(&self) -> Result<u32> {
        Ok(self.passed)
    }

    #[rpc]
    fn pass(&mut self) -> Result<u32> {
        self.passed += 1;
        Ok(self.passed)
    }

    /// Begins an update and a read while the object is busy, and gives up waiting: at once, or once their turn has come.
    #[rpc]
    async fn give_up(this: This<Self>, when: GiveUp) -> Result<bool> {
        READY.notify_one();
        BUSY.notified().await;
        let update = poll_once(Box::pin(this.update(|me, _| {
            me.passed += 1000;
            Ok(())
        })))
        .await;
        let read = poll_once(Box::pin(this.read(|me, _| Ok(me.passed)))).await;
        let waited = update.is_err() && read.is_err();
        match when {
            GiveUp::AtOnce => {}
            GiveUp::OnceItsTurnHasCome => {
                OPEN.add_permits(1);
                FREE.notified().await;
            }
        }
        Ok(waited)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum GiveUp {
    AtOnce,
    OnceItsTurnHasCome,
}

/// The steps of [`Gate::give_up`].
static READY: Notify = Notify::const_new();
static BUSY: Notify = Notify::const_new();
static FREE: Notify = Notify::const_new();

/// The tests of [`Gate`] share what its handlers wait for.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn a_slow_handler_runs_while_others_go_on() -> Result {
    // On one thread: a slow handler that ran on it would stop everything.
    let _alone = ONE_AT_A_TIME.lock().await;
    let (_folder, objects) = open().await?;
    let (gate, other) = (objects.get_by_name::<Gate>("a"), objects.get_by_name::<Gate>("b"));
    let computing = tokio::spawn({
        let gate = gate.clone();
        async move { gate.compute().await }
    });
    ENTERED.notified().await;
    for n in 1..=100 {
        assert_eq!(other.pass().await?, n);
    }
    let waiting = poll_once(gate.pass()).await.expect_err("its own callers wait");
    OPEN.add_permits(1);
    assert_eq!(computing.await.context("the caller")??, 1);
    assert_eq!(waiting.await?, 2);
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_is_dropped_while_it_waits_does_not_run_and_blocks_nobody() -> Result {
    let _alone = ONE_AT_A_TIME.lock().await;
    let (_folder, objects) = open().await?;
    for (round, when) in [GiveUp::AtOnce, GiveUp::OnceItsTurnHasCome].into_iter().enumerate() {
        // Given an asynchronous handler that wants its object while that computes
        let gate = objects.get_by_name::<Gate>(format!("{round}"));
        let giving_up = tokio::spawn({
            let gate = gate.clone();
            async move { gate.give_up(when).await }
        });
        READY.notified().await;
        let computing = tokio::spawn({
            let gate = gate.clone();
            async move { gate.compute().await }
        });
        ENTERED.notified().await;
        BUSY.notify_one();
        // When it gives up
        if when == GiveUp::AtOnce {
            assert!(giving_up.await.context("the caller")??, "it had to wait");
            let behind = poll_once(gate.pass()).await.expect_err("it waits");
            OPEN.add_permits(1);
            assert_eq!(computing.await.context("the caller")??, 1);
            // Then its update never happens, and who waits behind it is served
            assert_eq!(behind.await?, 2);
        } else {
            assert_eq!(computing.await.context("the caller")??, 1);
            let behind = poll_once(gate.pass()).await;
            FREE.notify_one();
            assert!(giving_up.await.context("the caller")??, "it had to wait");
            let passed = match behind {
                Ok(passed) => passed?,
                Err(behind) => behind.await?,
            };
            assert_eq!(passed, 2);
        }
        assert_eq!(gate.passed().await?, 2);
    }
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn impatient_updates_happen_or_not_and_never_by_half() -> Result {
    let (_folder, objects) = open().await?;
    let counter = objects.get_by_name::<Counter>("a");
    let callers = (0..400_u32).map(|n| {
        let counter = counter.clone();
        tokio::spawn(async move { counter.hurry(n % 5).await })
    });
    for answer in join_all(callers).await {
        answer.context("a caller")??;
    }
    assert_eq!(counter.count().await?, i64::from(HURRIED.load(Ordering::Relaxed)));
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_callers_each_gets_its_share() -> Result {
    const CALLERS: usize = 20;
    const CALLS: u32 = 500;
    let (_folder, objects) = open().await?;
    let counter = objects.get_by_name::<Counter>("a");
    counter.add(1).await?;
    // Given callers that call again as soon as they are answered
    let counts: Arc<Vec<AtomicU32>> = Arc::new((0..CALLERS).map(|_| AtomicU32::new(0)).collect());
    let first_done = Arc::new(Notify::new());
    let begin = Arc::new(tokio::sync::Barrier::new(CALLERS));
    let callers: Vec<_> = (0..CALLERS)
        .map(|me| {
            let (counter, counts, begin) = (counter.clone(), counts.clone(), begin.clone());
            let done = first_done.clone();
            tokio::spawn(async move {
                begin.wait().await;
                for _ in 0..CALLS {
                    counter.add(1).await?;
                    counts[me].fetch_add(1, Ordering::Relaxed);
                }
                done.notify_one();
                Ok::<_, Error>(())
            })
        })
        .collect();
    // When the first of them is through
    first_done.notified().await;
    let shares: Vec<u32> = counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    // Then none is far behind
    let least = shares.iter().min().copied().unwrap_or(0);
    assert!(least >= CALLS / 10, "somebody starves: {shares:?}");
    for caller in callers {
        caller.await.context("a caller")??;
    }
    assert_eq!(counter.count().await?, 1 + (CALLERS as i64) * i64::from(CALLS));
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_lets_those_who_wait_know() -> Result {
    let (_folder, objects) = open().await?;
    let counter = objects.get_by_name::<Counter>("a");
    counter.add(1).await?;
    let calls = join_all((0..1000).map(|_| counter.add(1)));
    let closing = objects.close();
    futures::pin_mut!(calls, closing);
    // Whichever is first: every call is answered, with a count or with `unavailable`.
    let answers = match select(calls, closing).await {
        futures::future::Either::Left((answers, closing)) => {
            closing.await?;
            answers
        }
        futures::future::Either::Right((closed, calls)) => {
            closed?;
            calls.await
        }
    };
    for answer in answers {
        if let Err(error) = answer {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        }
    }
    assert_eq!(counter.add(1).await.expect_err("closed").kind(), ErrorKind::Unavailable);
    Ok(())
}

#[do_runtime::test]
async fn calls_that_wait_are_served_in_the_order_in_which_they_came(kit: TestKit) -> Result {
    let counter = kit.objects().get_by_name::<Counter>("a");
    for before in [0, 20] {
        let counts = try_join_all((0..20).map(|_| counter.add(1))).await?;
        assert_eq!(counts, Vec::from_iter(before + 1..=before + 20));
        kit.evict_all().await?;
    }
    Ok(())
}
