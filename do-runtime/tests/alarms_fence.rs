//! The handler of an alarm that does not return, on a real folder in real time.
#![cfg(feature = "testing")]
#![allow(missing_docs)]

mod clocks;
#[path = "clocks/daily.rs"]
mod daily;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use daily::daily;
use do_runtime::__private::{AlarmDef, ArgumentsWriter, Repeat};
use do_runtime::{Objects, Result, hours};

/// Runs that have begun, and whether they may end.
static BEGUN: AtomicU32 = AtomicU32::new(0);
static OPEN: AtomicBool = AtomicBool::new(false);

daily!(
    Stuck,
    StuckStub,
    [AlarmDef { name: "digest", repeat: Repeat::No, retries: 6, exhausted: false }],
    runs: {
        BEGUN.fetch_add(1, SeqCst);
        while !OPEN.load(SeqCst) {
            std::thread::yield_now();
        }
    }
);

/// Opens the gate however the test ends: else a failed test would not end.
struct Opens;

impl Drop for Opens {
    fn drop(&mut self) {
        OPEN.store(true, SeqCst);
    }
}

#[test]
fn an_alarm_whose_handler_does_not_return_counts_as_failed_and_its_late_commit_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
    let _opens = Opens;
    let tested: Result = runtime.block_on(async {
        let objects = Objects::open(folder.path()).await?;
        let a = objects.get_by_name::<Stuck>("a");
        a.set(|_, cx| cx.schedule().alarm("digest", Ok(ArgumentsWriter::new().finish())).after("0s")).await?;
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < Duration::from_secs(30), "it was not fenced in half a minute");
            // Who comes while it is stuck is told; afterwards the object goes on, and the failure is noted.
            let noted = a.set(|me, cx| {
                let alarm = cx.alarms().next()?.expect("it is still set");
                assert!(me.rung.is_empty(), "nothing of it was kept");
                assert!(alarm.attempt() < 2, "it is not tried again at once");
                do_runtime::ensure!(alarm.attempt() == 1, "not yet");
                assert!(alarm.due() > alarm.at());
                // Far away, so that this test has it alone.
                cx.schedule().alarm("digest", Ok(ArgumentsWriter::new().finish())).after(hours(1))
            });
            if noted.await.is_ok() {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(BEGUN.load(SeqCst), 1);
        OPEN.store(true, SeqCst);
        objects.close().await?;
        let objects = Objects::open(folder.path()).await?;
        assert_eq!(objects.get_by_name::<Stuck>("a").rung().await?, [], "its late commit was refused");
        objects.close().await
    });
    tested.expect("the test's calls succeed");
}
