//! A kit whose order the seed draws: of tasks, and of threads.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use do_runtime::env::Disk;
use do_runtime::prelude::*;
use futures::future::{join_all, try_join_all};

#[durable_object]
struct Ledger {
    #[stored]
    lines: Vec<String>,
}

#[durable_object]
impl Ledger {
    #[rpc]
    fn write(&mut self, line: String) -> Result<usize> {
        self.lines.push(line);
        Ok(self.lines.len())
    }

    #[rpc]
    fn read(&self) -> Result<Vec<String>> {
        Ok(self.lines.clone())
    }

    #[rpc(slow)]
    fn write_slowly(&mut self, cx: &mut Cx<Self>, line: String) -> Result<usize> {
        self.lines.push(format!("{line} {:x}", cx.random()));
        Ok(self.lines.len())
    }

    /// Writes here and there, with pauses.
    #[rpc]
    async fn travel(this: This<Self>, rounds: u32) -> Result {
        for round in 0..rounds {
            let drawn = this.update(|_, cx| Ok(cx.random())).await?;
            this.sleep(millis(drawn % 500)).await;
            this.objects().get_by_name::<Ledger>(format!("{}", drawn % 5)).write(format!("round {round}")).await?;
        }
        Ok(())
    }
}

/// Runs a test under a shuffled kit; a failure says how to repeat it.
fn shuffled<T, F: Future<Output = Result<T>>>(seed: u64, test: impl FnOnce(TestKit) -> F) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let outcome =
        catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { test(TestKit::shuffled(seed).await?).await })));
    match outcome {
        Ok(Ok(result)) => result,
        other => {
            eprintln!("failed with seed {seed}");
            other.unwrap_or_else(|panic| std::panic::resume_unwind(panic)).expect("the test succeeds")
        }
    }
}

/// The files of the journal.
fn journal(kit: &TestKit) -> BTreeMap<PathBuf, Vec<u8>> {
    let disk = kit.disk();
    let names = disk.list(Path::new("journal")).expect("the journal is a folder");
    let read = |name| {
        let path = Path::new("journal").join(name);
        let content = disk.content(&path).expect("the file can be read");
        (path, content)
    };
    names.into_iter().map(read).collect()
}

/// Tasks, threads, slow methods, sleep, a checkpoint and a crash, all at the same time.
async fn busy(kit: TestKit) -> Result<(Vec<String>, BTreeMap<PathBuf, Vec<u8>>)> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tasks = (0..4).map(|n| {
        let (ledger, seen) = (kit.objects().get_by_name::<Ledger>(format!("{}", n % 3)), seen.clone());
        kit.spawn(async move {
            for line in 0..5 {
                let count = ledger.write(format!("task {n} line {line}")).await;
                seen.lock().expect("nobody panicked").push(format!("task {n}: {count:?}"));
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let threads = (0..3).map(|n| {
        let (mine, seen) = (kit.clone(), seen.clone());
        kit.thread(move || {
            let ledger = mine.objects().get_by_name::<Ledger>(format!("{}", n % 2));
            for line in 0..5 {
                let count = mine.block_on(ledger.write_slowly(format!("thread {n} line {line}")));
                seen.lock().expect("nobody panicked").push(format!("thread {n}: {count:?}"));
            }
        })
    });
    let threads: Vec<_> = threads.collect();
    let traveller = kit.objects().get_by_name::<Ledger>("traveller");
    let (travelled, ()) = futures::future::join(traveller.travel(4), kit.advance("5s")).await;
    travelled?;
    kit.evict_all().await?;
    kit.checkpoint().await?;
    join_all(tasks).await;
    join_all(threads).await;
    kit.settle().await;
    kit.crash().await?;
    let mut answers = std::mem::take(&mut *seen.lock().expect("nobody panicked"));
    for name in 0..5 {
        answers.extend(kit.objects().get_by_name::<Ledger>(format!("{name}")).read().await?);
    }
    kit.settle().await;
    let files = journal(&kit);
    Ok((answers, files))
}

#[test]
fn one_seed_is_one_run() {
    for seed in [1, 2, 3] {
        let first = shuffled(seed, busy);
        assert!(first.1.values().any(|content| content.iter().any(|byte| *byte != 0)), "something was written");
        for _ in 1..10 {
            let again = shuffled(seed, busy);
            assert_eq!(again.0, first.0, "seed {seed}");
            assert!(again.1 == first.1, "another journal with seed {seed}");
        }
    }
}

#[test]
fn seeds_draw_different_orders() {
    let order = |seed| {
        shuffled(seed, |kit| async move {
            let order = Arc::new(Mutex::new(Vec::new()));
            let tasks: Vec<_> = (0..8)
                .map(|n| {
                    let order = order.clone();
                    kit.spawn(async move { order.lock().expect("nobody panicked").push(n) })
                })
                .collect();
            join_all(tasks).await;
            Ok(Arc::into_inner(order).and_then(|order| order.into_inner().ok()).unwrap_or_default())
        })
    };
    let mut orders: Vec<Vec<u32>> = (0..20).map(order).collect();
    orders.sort();
    orders.dedup();
    assert!(orders.len() > 15, "20 seeds had {} orders", orders.len());
    assert!(orders.iter().all(|order| order.len() == 8));
}

#[test]
fn tasks_and_threads_outlive_a_crash() {
    for seed in 0..20 {
        shuffled(seed, |kit| async move {
            let ledger = kit.objects().get_by_name::<Ledger>("one");
            ledger.write("before".to_owned()).await?;
            let (tell, told) = tokio::sync::oneshot::channel::<()>();
            let (task, thread) = (ledger.clone(), ledger.clone());
            let task = kit.spawn(async move {
                let _ = told.await;
                task.read().await
            });
            let (theirs, gate) = (kit.clone(), Arc::new(tokio::sync::Semaphore::new(0)));
            let opened = gate.clone();
            let thread = kit.thread(move || {
                let _open = theirs.block_on(opened.acquire());
                theirs.block_on(thread.read())
            });
            kit.crash().await?;
            drop(tell);
            gate.add_permits(1);
            assert_eq!(task.await?, ["before"]);
            assert_eq!(thread.await?, ["before"]);
            Ok(())
        });
    }
}

#[test]
fn a_panic_reaches_whoever_awaits() {
    for seed in 0..5 {
        shuffled(seed, |kit| async move {
            let task = kit.spawn(async { panic!("in the task") });
            let thread = kit.thread(|| panic!("in the thread"));
            let words = |panicked: std::thread::Result<()>| {
                *panicked.expect_err("it panicked").downcast::<&'static str>().expect("words")
            };
            use futures::FutureExt;
            assert_eq!(words(AssertUnwindSafe(task).catch_unwind().await), "in the task");
            assert_eq!(words(AssertUnwindSafe(thread).catch_unwind().await), "in the thread");
            Ok(())
        });
    }
}

#[test]
fn settle_waits_for_tasks_and_threads() {
    for seed in 0..20 {
        shuffled(seed, |kit| async move {
            let done = Arc::new(AtomicUsize::new(0));
            let ledger = kit.objects().get_by_name::<Ledger>("one");
            for n in 0..3 {
                let (ledger, counted) = (ledger.clone(), done.clone());
                drop(kit.spawn(async move {
                    for line in 0..10 {
                        ledger.write(format!("{n} {line}")).await.expect("the node is open");
                        tokio::task::yield_now().await;
                    }
                    counted.fetch_add(1, SeqCst);
                }));
            }
            let (theirs, counted) = (kit.clone(), done.clone());
            drop(kit.thread(move || {
                for line in 0..10 {
                    theirs.block_on(ledger.write(format!("thread {line}"))).expect("the node is open");
                }
                counted.fetch_add(1, SeqCst);
            }));
            kit.settle().await;
            assert_eq!(done.load(SeqCst), 4);
            Ok(())
        });
    }
}

#[test]
fn a_task_can_move_time() {
    for seed in 0..10 {
        shuffled(seed, |kit| async move {
            let (before, mover) = (kit.now(), kit.clone());
            kit.spawn(async move { mover.advance("3s").await }).await;
            assert_eq!(kit.now(), before + secs(3));
            Ok(())
        });
    }
}

#[test]
fn no_thread_is_left_when_a_test_ends_in_the_middle() {
    struct Here(Arc<AtomicUsize>);

    impl Drop for Here {
        fn drop(&mut self) {
            self.0.fetch_sub(1, SeqCst);
        }
    }

    let threads = Arc::new(AtomicUsize::new(0));
    for seed in 0..20 {
        let threads = threads.clone();
        shuffled(seed, |kit| async move {
            for n in 0..4 {
                let (theirs, counted) = (kit.clone(), threads.clone());
                drop(kit.thread(move || {
                    counted.fetch_add(1, SeqCst);
                    let _here = Here(counted);
                    let ledger = theirs.objects().get_by_name::<Ledger>(format!("{n}"));
                    loop {
                        // A crash refuses calls, and the end of the kit ends the thread.
                        let _ = theirs.block_on(ledger.write_slowly("on and on".to_owned()));
                        theirs.block_on(tokio::task::yield_now());
                    }
                }));
            }
            let ledger = kit.objects().get_by_name::<Ledger>("1");
            try_join_all((0..5).map(|n| ledger.write(format!("{n}")))).await?;
            kit.crash().await?;
            ledger.write("after".to_owned()).await.map(drop)
        });
    }
    assert_eq!(threads.load(SeqCst), 0);
}

#[test]
fn a_second_shuffled_kit_on_the_same_thread_is_refused() {
    shuffled(1, |kit| async move {
        let error = TestKit::shuffled(2).await.expect_err("there is one already");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        drop(kit);
        TestKit::shuffled(2).await.map(drop)
    });
}

#[do_runtime::test]
async fn without_a_shuffle_a_thread_runs_until_it_waits(kit: TestKit) -> Result {
    let theirs = kit.clone();
    let thread = kit.thread(move || {
        let ledger = theirs.objects().get_by_name::<Ledger>("one");
        theirs.block_on(ledger.write("from a thread".to_owned()))
    });
    assert_eq!(thread.await?, 1);
    assert_eq!(kit.spawn(async { 7 }).await, 7);
    Ok(())
}

#[test]
fn calls_of_the_test_itself_go_on_while_nothing_else_runs() {
    for seed in 0..60 {
        shuffled(seed, |kit| async move {
            let ledger = kit.objects().get_by_name::<Ledger>("one");
            for line in 1..10 {
                assert_eq!(ledger.write(format!("{line}")).await?, line);
            }
            Ok(())
        });
    }
}
