//! Sleeping and waking: when, and what is kept.

use do_runtime::env::Disk;
use do_runtime::prelude::*;

#[durable_object]
struct Sleeper {
    #[stored]
    kept: u32,
    #[ephemeral]
    lost: u32,
    #[stored]
    wakes: u32,
}

#[durable_object]
impl Sleeper {
    #[init]
    fn wake(&mut self) -> Result {
        self.wakes += 1;
        Ok(())
    }

    #[rpc]
    fn count(&mut self) -> Result<(u32, u32)> {
        self.kept += 1;
        self.lost += 1;
        Ok((self.kept, self.lost))
    }

    #[rpc]
    fn wakes(&self) -> Result<u32> {
        Ok(self.wakes)
    }

    #[rpc]
    fn fill(&mut self, cx: &mut Cx<Self>, kib: usize) -> Result {
        for n in 0..kib {
            cx.kv_mut().put(&format!("{n}"), &"x".repeat(1000))?;
        }
        Ok(())
    }

    #[rpc]
    fn filled(&self, cx: &Cx<Self>) -> Result<usize> {
        Ok(cx.kv().list().keys()?.len())
    }

    /// Waits for so long, then counts.
    #[rpc]
    async fn count_later(this: This<Self>, seconds: u64) -> Result<(u32, u32)> {
        this.update(|me, _| {
            me.lost = 100;
            Ok(())
        })
        .await?;
        this.sleep(secs(seconds)).await?;
        this.update(|me, _| {
            me.kept += 1;
            me.lost += 1;
            Ok((me.kept, me.lost))
        })
        .await
    }
}

#[do_runtime::test]
async fn an_object_that_is_idle_for_ten_seconds_sleeps(kit: TestKit) -> Result {
    let sleeper = kit.objects().get_by_name::<Sleeper>("a");
    assert_eq!(sleeper.count().await?, (1, 1));
    assert_eq!(kit.awake(), [sleeper.id()]);
    kit.advance("9s").await;
    assert_eq!(sleeper.count().await?, (2, 2));
    kit.advance("9s").await;
    assert_eq!(sleeper.count().await?, (3, 3), "each call begins the ten seconds anew");
    kit.advance("20s").await;
    assert!(kit.awake().is_empty());
    assert_eq!(sleeper.count().await?, (4, 1), "stored stays, ephemeral is lost");
    assert_eq!(sleeper.wakes().await?, 2);
    Ok(())
}

#[do_runtime::test]
async fn only_who_is_idle_sleeps(kit: TestKit) -> Result {
    let (busy, idle) = (kit.objects().get_by_name::<Sleeper>("busy"), kit.objects().get_by_name::<Sleeper>("idle"));
    idle.count().await?;
    for _ in 0..10 {
        busy.count().await?;
        kit.advance("5s").await;
    }
    assert_eq!(kit.awake(), [busy.id()]);
    assert_eq!(busy.count().await?, (11, 11));
    Ok(())
}

#[do_runtime::test]
async fn an_evicted_object_sleeps_at_once(kit: TestKit) -> Result {
    let (a, b) = (kit.objects().get_by_name::<Sleeper>("a"), kit.objects().get_by_name::<Sleeper>("b"));
    a.count().await?;
    b.count().await?;
    kit.evict(&a).await?;
    assert_eq!(kit.awake(), [b.id()]);
    assert_eq!(a.count().await?, (2, 1));
    kit.evict_all().await?;
    assert!(kit.awake().is_empty());
    kit.evict(&a).await?;
    assert!(kit.awake().is_empty(), "who sleeps goes on sleeping");
    assert_eq!(b.count().await?, (2, 1));
    Ok(())
}

#[do_runtime::test]
async fn a_leap_moves_time_on_before_anything_runs_that_is_due(kit: TestKit) -> Result {
    let sleeper = kit.objects().get_by_name::<Sleeper>("a");
    sleeper.count().await?;
    let now = kit.now();
    kit.leap("1h");
    assert_eq!(kit.now(), now + hours(1));
    assert_eq!(sleeper.count().await?, (2, 2), "a call that came before anybody had put it to sleep");
    kit.leap("1h");
    kit.settle().await;
    assert_eq!(kit.now(), now + hours(2));
    assert!(kit.awake().is_empty());
    Ok(())
}

#[do_runtime::test]
async fn years_pass_at_once_while_an_asynchronous_handler_waits_for_their_end(kit: TestKit) -> Result {
    let sleeper = kit.objects().get_by_name::<Sleeper>("a");
    let other = kit.objects().get_by_name::<Sleeper>("b");
    let years = days(3 * 365);
    let due = kit.now() + years;
    // Looked at every two seconds, as once it was, this would not end.
    let ((counted, other), ()) = futures::future::join(
        async {
            let idle = async {
                other.count().await?;
                other.count_later(60).await
            };
            futures::future::join(sleeper.count_later(years.as_secs()), idle).await
        },
        kit.set_time(due),
    )
    .await;
    assert_eq!(counted?, (1, 101));
    assert_eq!(other?, (2, 101));
    assert_eq!(kit.awake(), [sleeper.id()], "the other one sleeps since its handler has ended");
    kit.advance("20s").await;
    assert!(kit.awake().is_empty(), "it sleeps once the handler is through");
    Ok(())
}

#[do_runtime::test]
async fn an_asynchronous_handler_keeps_its_object_awake(kit: TestKit) -> Result {
    let sleeper = kit.objects().get_by_name::<Sleeper>("a");
    sleeper.count().await?;
    let (counted, ()) = futures::future::join(sleeper.count_later(3600), kit.advance("2h")).await;
    assert_eq!(counted?, (2, 101), "its ephemeral field was still there after an hour");
    kit.advance("20s").await;
    assert!(kit.awake().is_empty(), "it sleeps once the handler is through");
    Ok(())
}

#[do_runtime::test]
async fn sleeping_loses_nothing_however_often(kit: TestKit) -> Result {
    let sleeper = kit.objects().get_by_name::<Sleeper>("a");
    for n in 1..=50 {
        assert_eq!(sleeper.count().await?.0, n);
        match n % 4 {
            0 => kit.evict(&sleeper).await?,
            1 => kit.crash().await?,
            2 => kit.restart().await?,
            _ => kit.advance("1m").await,
        }
    }
    assert_eq!(sleeper.wakes().await?, 51);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_memory_for_objects_that_are_awake_the_least_used_ones_sleep() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::builder().idle("1h").awake_memory("1MiB").open(folder.path()).await?;
    // Given a first object, and then far more of them than the memory takes
    let first = objects.get_by_name::<Sleeper>("first");
    assert_eq!(first.count().await?, (1, 1));
    let mut rounds = 0;
    let mut lost = false;
    while !lost && rounds < 200 {
        for n in 0..20 {
            let sleeper = objects.get_by_name::<Sleeper>(format!("{rounds} {n}"));
            sleeper.fill(100).await?;
        }
        // Then it is woken afresh although it was called within the hour, and nothing is lost. `wakes` does not lie.
        lost = first.wakes().await? > 1;
        rounds += 1;
    }
    assert!(lost, "4,000 objects of 100 KiB are awake in 1 MiB");
    assert_eq!(objects.get_by_name::<Sleeper>("0 0").filled().await?, 100);
    assert_eq!(first.count().await?.0, 2);
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_time_can_be_chosen() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::builder().idle("1ms").open(folder.path()).await?;
    let sleeper = objects.get_by_name::<Sleeper>("a");
    // Each call wakes it again, sooner or later: nobody waits for a certain time.
    let mut calls = 0;
    while sleeper.wakes().await? < 3 {
        sleeper.count().await?;
        calls += 1;
        tokio::task::yield_now().await;
    }
    assert_eq!(sleeper.count().await?.0, calls + 1);
    objects.close().await
}

#[do_runtime::test]
async fn what_was_written_reaches_the_store_although_nobody_asks_for_a_checkpoint(kit: TestKit) -> Result {
    kit.configure(|builder| builder.checkpoint_every("256KiB"));
    kit.restart().await?;
    let partitions = || kit.disk().list("pages".as_ref()).map_or(0, |files| files.len());
    let before = partitions();
    for number in 0..30 {
        kit.objects().get_by_name::<Sleeper>(format!("{number}")).fill(100).await?;
        kit.settle().await;
    }
    assert!(partitions() > before + 10, "{before} partitions, then {}", partitions());
    Ok(())
}
