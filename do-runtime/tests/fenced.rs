//! A handler that does not return is fenced; what its object had committed before stays, whatever the node does next.
#![allow(missing_docs)]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};

use do_runtime::prelude::*;

type Gate = (Sender<()>, Mutex<Receiver<()>>);

/// What keeps stuck handlers stuck, until a test lets one go.
static GATE: LazyLock<Gate> = LazyLock::new(|| {
    let (open, wait) = channel();
    (open, Mutex::new(wait))
});

/// The tests share the gate.
static ONE_TEST: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[durable_object(limits(run = "50ms"))]
struct Tally {
    #[stored]
    count: u64,
}

#[durable_object]
impl Tally {
    #[rpc]
    fn add(&mut self) -> Result<u64> {
        self.count += 1;
        Ok(self.count)
    }

    #[rpc]
    fn count(&self) -> Result<u64> {
        Ok(self.count)
    }

    #[rpc(slow)]
    fn get_stuck(&mut self) -> Result {
        self.count += 100;
        let gate = GATE.1.lock().expect("nobody panics with the gate");
        let _ = gate.recv();
        Ok(())
    }
}

/// Commits three times, gets an object stuck and fenced; the stuck call.
async fn fence(tally: &TallyStub) -> Result<tokio::task::JoinHandle<Result>> {
    for _ in 0..3 {
        tally.add().await?;
    }
    let stuck = tokio::spawn(tally.get_stuck());
    // What waits behind it is told.
    loop {
        match tally.count().await {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
                return Ok(stuck);
            }
            Ok(_) => tokio::task::yield_now().await,
        }
    }
}

async fn let_go(stuck: tokio::task::JoinHandle<Result>) {
    GATE.0.send(()).expect("the gate is there");
    let error = stuck.await.expect("it did not panic").expect_err("a fenced handler commits nothing");
    assert!(matches!(error.kind(), ErrorKind::Deadline | ErrorKind::Unavailable), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_goes_on_from_its_last_commit_after_it_was_fenced() -> Result {
    let _one = ONE_TEST.lock().await;
    let folder = tempfile::tempdir().context("a folder")?;
    let objects = Objects::open(folder.path()).await?;
    let tally = objects.get_by_name::<Tally>("one");
    let stuck = fence(&tally).await?;
    assert_eq!(tally.count().await?, 3);
    assert_eq!(tally.add().await?, 4);
    let_go(stuck).await;
    assert_eq!(tally.count().await?, 4);
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fenced_object_that_nobody_calls_before_a_close_keeps_its_commits() -> Result {
    let _one = ONE_TEST.lock().await;
    let folder = tempfile::tempdir().context("a folder")?;
    let objects = Objects::open(folder.path()).await?;
    let stuck = fence(&objects.get_by_name::<Tally>("one")).await?;
    objects.close().await?;
    let_go(stuck).await;
    let objects = Objects::open(folder.path()).await?;
    assert_eq!(objects.get_by_name::<Tally>("one").count().await?, 3);
    objects.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fenced_object_that_nobody_calls_can_be_deleted() -> Result {
    let _one = ONE_TEST.lock().await;
    let folder = tempfile::tempdir().context("a folder")?;
    let objects = Objects::open(folder.path()).await?;
    let tally = objects.get_by_name::<Tally>("one");
    let stuck = fence(&tally).await?;
    assert!(objects.namespace::<Tally>().delete(tally.id()).await?);
    let_go(stuck).await;
    assert_eq!(tally.add().await?, 1);
    objects.close().await?;
    let objects = Objects::open(folder.path()).await?;
    assert_eq!(objects.get_by_name::<Tally>("one").count().await?, 1);
    objects.close().await
}
