//! Turns: who has the object, who waits for it, in which order.

use super::*;

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
