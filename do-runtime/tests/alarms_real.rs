//! Alarms on a real folder, with threads, in real time.
#![cfg(feature = "testing")]
#![allow(missing_docs)]

mod clocks;

use std::time::{Duration, Instant};

use clocks::{Clock, ClockStub};
use do_runtime::{Objects, Result, millis};

const OBJECTS: usize = 150;

fn clocks(objects: &Objects) -> Vec<ClockStub> {
    (0..OBJECTS).map(|number| objects.get_by_name::<Clock>(format!("clock-{number}"))).collect()
}

/// Waits until each has rung so often, for half a minute at most.
async fn rung(clocks: &[ClockStub], times: usize) -> Result {
    let begun = Instant::now();
    for clock in clocks {
        while clock.words().await?.len() < times {
            assert!(begun.elapsed() < Duration::from_secs(30), "an alarm did not run in half a minute");
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

#[test]
fn alarms_of_many_objects_that_fall_due_together_each_run_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
    let tested: Result = runtime.block_on(async {
        let objects = Objects::builder().idle("20ms").open(folder.path()).await?;
        for clock in clocks(&objects) {
            clock.ring_after("first", millis(20)).await?;
        }
        rung(&clocks(&objects), 1).await?;
        for clock in clocks(&objects) {
            clock
                .set(|_, cx| {
                    cx.schedule().ring("second").after("0s")?;
                    cx.schedule().of("careful", "third").after("0s")
                })
                .await?;
        }
        // Some have run, some run, some wait.
        objects.close().await?;
        let objects = Objects::open(folder.path()).await?;
        rung(&clocks(&objects), 3).await?;
        for clock in clocks(&objects) {
            let mut words = clock.words().await?;
            words.sort();
            assert_eq!(words, ["first", "second", "third"], "each once");
            clock
                .set(|_, cx| {
                    assert_eq!(cx.alarms().pending()?, []);
                    Ok(())
                })
                .await?;
        }
        objects.close().await
    });
    tested.expect("the calls succeed");
}
