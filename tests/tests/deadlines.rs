//! How long a caller waits.

use std::sync::atomic::{AtomicU32, Ordering};

use do_runtime::prelude::*;
use futures::future::join;
use tokio::sync::{Notify, Semaphore};

/// The slow handler of [`Worker`] has begun.
static BEGUN: Notify = Notify::const_new();
/// It may go on.
static GO_ON: Semaphore = Semaphore::const_new(0);
/// How often [`Worker::count_static`] ran.
static COUNTED: AtomicU32 = AtomicU32::new(0);

#[durable_object]
struct Worker {
    #[stored]
    count: u32,
}

#[durable_object]
impl Worker {
    #[rpc]
    fn add(&mut self) -> Result<u32> {
        self.count += 1;
        Ok(self.count)
    }

    #[rpc]
    fn count_static(&self) -> Result<u32> {
        Ok(COUNTED.fetch_add(1, Ordering::Relaxed))
    }

    #[rpc(slow)]
    fn compute(&mut self) -> Result {
        BEGUN.notify_one();
        while GO_ON.try_acquire().map(|permit| permit.forget()).is_err() {
            std::thread::yield_now();
        }
        self.count += 100;
        Ok(())
    }

    /// Adds one after a while.
    #[rpc]
    async fn add_later(this: This<Self>, seconds: u64) -> Result<u32> {
        this.sleep(secs(seconds)).await?;
        this.update(|me, _| me.add()).await
    }

    /// What a call says that is made after so many seconds, and until when it had time.
    #[rpc]
    async fn call_later(this: This<Self>, other: String, seconds: u64) -> Result<Result<u32, String>> {
        this.sleep(secs(seconds)).await?;
        let answer = this.objects().get_by_name::<Worker>(other).add().deadline("1h").await;
        Ok(answer.map_err(|error| error.to_string()))
    }

    #[rpc(deadline = "5s")]
    fn hasty(&self, cx: &Cx<Self>) -> Result<Option<Timestamp>> {
        Ok(cx.meta().deadline())
    }

    #[rpc(deadline = "5s")]
    async fn hasty_later(this: This<Self>) -> Result {
        this.sleep(secs(10)).await?;
        Ok(())
    }

    #[rpc]
    async fn ask_for_deadline(this: This<Self>, other: String) -> Result<Option<Timestamp>> {
        this.objects().get_by_name::<Worker>(other).deadline_of().deadline(hours(1)).await
    }

    #[rpc]
    fn deadline_of(&self, cx: &Cx<Self>) -> Result<Option<Timestamp>> {
        Ok(cx.meta().deadline())
    }
}

#[do_runtime::test]
async fn an_asynchronous_handler_goes_on_after_its_caller_has_given_up(kit: TestKit) -> Result {
    let worker = kit.objects().get_by_name::<Worker>("a");
    let (answer, ()) = join(worker.add_later(10).deadline(secs(2)), kit.advance("3s")).await;
    let error = answer.expect_err("it takes ten seconds");
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(error.is_retryable());
    assert!(error.to_string().contains("had begun"), "{error}");
    kit.advance("10s").await;
    assert_eq!(worker.add().await?, 2, "it ran to its end");
    Ok(())
}

#[do_runtime::test]
async fn an_answer_in_time_is_the_answer(kit: TestKit) -> Result {
    let worker = kit.objects().get_by_name::<Worker>("a");
    let (answer, ()) = join(worker.add_later(2).deadline(secs(3)), kit.advance("10s")).await;
    assert_eq!(answer?, 1);
    assert_eq!(worker.add().deadline("1ms").await?, 2, "nothing waits here");
    Ok(())
}

#[do_runtime::test]
async fn a_deadline_of_nothing_has_passed_already(kit: TestKit) -> Result {
    let worker = kit.objects().get_by_name::<Worker>("a");
    let error = worker.add().deadline("0s").await.expect_err("no time at all");
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(error.to_string().contains("it was not run"), "{error}");
    assert_eq!(worker.add().await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn a_handler_hands_its_deadline_on(kit: TestKit) -> Result {
    let a = kit.objects().get_by_name::<Worker>("a");
    let deadline = a.ask_for_deadline("b".to_owned()).deadline(secs(5)).await?;
    assert_eq!(deadline, Some(kit.now() + secs(5)), "the earlier of both holds");
    let deadline = a.ask_for_deadline("b".to_owned()).deadline("2h").await?;
    assert_eq!(deadline, Some(kit.now() + hours(1)));
    Ok(())
}

#[do_runtime::test]
async fn what_a_handler_calls_after_its_deadline_is_not_run(kit: TestKit) -> Result {
    let a = kit.objects().get_by_name::<Worker>("a");
    let b = kit.objects().get_by_name::<Worker>("b");
    let late = a.call_later("b".to_owned(), 3).deadline(secs(2));
    let (answer, ()) = join(late, kit.advance("1m")).await;
    assert_eq!(answer.expect_err("too late").kind(), ErrorKind::Deadline);
    assert_eq!(b.add().await?, 1, "its own call was not run");
    let (answer, ()) = join(a.call_later("b".to_owned(), 3).deadline("4s"), kit.advance("1m")).await;
    assert_eq!(answer?, Ok(2));
    Ok(())
}

#[do_runtime::test]
async fn a_caller_can_shorten_the_deadline_of_a_method_and_not_lengthen_it(kit: TestKit) -> Result {
    let worker = kit.objects().get_by_name::<Worker>("a");
    assert_eq!(worker.hasty().await?, Some(kit.now() + secs(5)));
    assert_eq!(worker.hasty().deadline("1s").await?, Some(kit.now() + secs(1)));
    assert_eq!(worker.hasty().deadline("1h").await?, Some(kit.now() + secs(5)));
    let (answer, ()) = join(worker.hasty_later(), kit.advance("1m")).await;
    assert_eq!(answer.expect_err("it sleeps too long").kind(), ErrorKind::Deadline);
    Ok(())
}

#[tokio::test]
async fn a_caller_in_the_queue_gives_up_and_its_call_is_not_run() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::open(folder.path()).await?;
    let worker = objects.get_by_name::<Worker>("a");
    let computing = tokio::spawn({
        let worker = worker.clone();
        async move { worker.compute().await }
    });
    BEGUN.notified().await;
    // The queue does not move on: the callers are answered all the same.
    for _ in 0..3 {
        let error = worker.count_static().deadline("20ms").await.expect_err("its turn does not come");
        assert_eq!(error.kind(), ErrorKind::Deadline);
        assert!(error.to_string().contains("it was not run"), "{error}");
    }
    GO_ON.add_permits(1);
    computing.await.context("the caller")??;
    assert_eq!(worker.count_static().deadline("1h").await?, 0, "those who gave up were not run");
    assert_eq!(worker.add().await?, 101);
    objects.close().await
}
