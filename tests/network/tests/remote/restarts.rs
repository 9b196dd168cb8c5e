//! Servers and connections that go away in the middle of a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use do_runtime::prelude::*;

use crate::desk::Desk;
use crate::server::{Life, Wire};

#[tokio::test(flavor = "multi_thread")]
async fn through_ten_restarts_of_the_server_each_call_is_applied_once() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    let done = Arc::new(AtomicI64::new(0));
    let calling = tokio::spawn({
        let (afar, done) = (afar.clone(), done.clone());
        async move {
            let desk = afar.get_by_name::<Desk>("ann");
            for number in 1..=200 {
                assert_eq!(desk.put(1, None).await?, number, "each once, and in order");
                done.store(number, Ordering::Relaxed);
            }
            Ok::<(), Error>(())
        }
    });
    let address = life.address;
    for restart in 1..=10 {
        while done.load(Ordering::Relaxed) < restart * 17 && !calling.is_finished() {
            tokio::task::yield_now().await;
        }
        // Every other time it is told to end.
        if restart % 2 == 0 {
            life.stop().await?;
        } else {
            life.vanish().await;
        }
        life = Life::at(address, folder.path(), |server| server).await;
    }
    calling.await.expect("no panic")?;
    assert_eq!(life.objects.get_by_name::<Desk>("ann").count().await?, (200, 200));
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_answer_was_lost_is_answered_from_what_was_kept() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let wire = Arc::new(Wire::to(life.address).await);
    let quick = RetryPolicy::default().attempts(u32::MAX).first("1ms").most("5ms");
    let afar = Objects::connector(wire.url()).retry(quick).connect().await?;
    let done = Arc::new(AtomicI64::new(0));
    let cutting = tokio::spawn({
        let (wire, done) = (wire.clone(), done.clone());
        async move {
            let mut before = 0;
            while before < 190 {
                // One connection after the other has answered something, and is cut at another moment of its life.
                if done.load(Ordering::Relaxed) > before {
                    before = done.load(Ordering::Relaxed);
                    for _ in 0..before * 37 % 1_500 {
                        tokio::task::yield_now().await;
                    }
                    wire.cut();
                }
                tokio::task::yield_now().await;
            }
        }
    });
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (afar, done) = (afar.clone(), done.clone());
            tokio::spawn(async move {
                for _ in 0..50 {
                    afar.get_by_name::<Desk>("ann").put(1, None).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<(), Error>(())
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("no panic")?;
    }
    cutting.await.expect("no panic");
    assert!(wire.connections() > 3, "it was never cut: {}", wire.connections());
    assert_eq!(life.objects.get_by_name::<Desk>("ann").count().await?, (200, 200));
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_worth_another_try_is_tried_again_and_nothing_else() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    let desk = |kind: &str| afar.get_by_name::<Desk>(kind);
    for kind in ["unavailable", "overloaded"] {
        let begun = Instant::now();
        assert_eq!(desk(kind).fail_once(kind).await?, 2);
        assert!(begun.elapsed() >= Duration::from_secs(1), "the server wants to be left alone for a second");
    }
    for kind in ["deadline", "interrupted", "conflict", "storage"] {
        assert!(desk(kind).fail_once(kind).await.is_err(), "{kind}");
        assert_eq!(desk(kind).fail_once(kind).await?, 2, "it was asked once: {kind}");
    }
    // As in the process, where its caller says so.
    let policy = RetryPolicy::default().first("1ms");
    assert_eq!(desk("patient").fail_once("deadline").retry(policy.clone()).await?, 2);
    let error = desk("cut off").fail_once("interrupted").retry(policy).await.expect_err("it has a key");
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asynchronous_call_that_a_crash_cut_off_is_interrupted_and_not_repeated() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let address = life.address;
    let afar = Objects::connect(life.url()).await?;
    let desk = afar.get_by_name::<Desk>("ann");
    let sleeping = tokio::spawn(desk.sleep(3_600_000).deadline("20s"));
    // It has begun once it is noted under its key: what is called after it finds a journal that has grown.
    let before = life.objects.journal_bytes()?;
    while life.objects.journal_bytes()? == before {
        tokio::task::yield_now().await;
    }
    desk.nothing().await?;
    life.vanish().await;
    let life = Life::at(address, folder.path(), |server| server).await;
    let error = sleeping.await.expect("no panic").expect_err("it was cut off");
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
    life.stop().await
}
