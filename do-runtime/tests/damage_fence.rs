//! A handler that does not return: its object is fenced, those who wait are told, and the object goes on at once from its
//! last commit, in another slot, whatever the stuck thread still does.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// One number for each test: whether its handler has begun, and whether it may end.
const GATES: usize = 9;
static ENTERED: [AtomicBool; GATES] = [const { AtomicBool::new(false) }; GATES];
static OPEN: [AtomicBool; GATES] = [const { AtomicBool::new(false) }; GATES];

#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    #[key]
    id: Id<Note>,
    text: String,
}

#[durable_object(tables(Note), limits(run = "100ms"))]
pub struct Clerk {
    #[stored]
    count: i64,
}

#[durable_object]
impl Clerk {
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, text: String) -> Result<i64> {
        cx.insert(Note::new(text))?;
        self.count += 1;
        cx.kv_mut().put("count", &self.count)?;
        Ok(self.count)
    }

    #[rpc]
    fn contents(&self, cx: &Cx<Self>) -> Result<Contents> {
        Ok(Contents {
            texts: cx.sql_unchecked("SELECT text FROM note ORDER BY id", ()).all()?,
            stored: self.count,
            key: cx.kv().get("count")?.unwrap_or(0),
        })
    }

    /// Writes, and then does not return until the gate is opened.
    #[rpc]
    fn stick(&mut self, cx: &mut Cx<Self>, gate: usize) -> Result<i64> {
        let count = self.add(cx, "never".to_owned())?;
        wait_at(gate);
        Ok(count)
    }

    #[rpc(slow)]
    fn stick_apart(&mut self, cx: &mut Cx<Self>, gate: usize) -> Result<i64> {
        self.stick(cx, gate)
    }

    /// SQL that never ends.
    #[rpc]
    fn count_for_ever(&mut self, cx: &mut Cx<Self>, gate: usize) -> Result<i64> {
        self.add(cx, "never".to_owned())?;
        ENTERED[gate].store(true, SeqCst);
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
        cx.sql_unchecked(sql, ()).one()
    }
}

fn wait_at(gate: usize) {
    ENTERED[gate].store(true, SeqCst);
    while !OPEN[gate].load(SeqCst) {
        std::thread::yield_now();
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    texts: Vec<String>,
    stored: i64,
    key: i64,
}

/// What an object holds after `count` additions by [`fill`].
fn filled(count: i64) -> Contents {
    Contents { texts: (0..count).map(text).collect(), stored: count, key: count }
}

/// Long enough for several pages, so that not all of it is in one record.
fn text(number: i64) -> String {
    format!("{number} {}", "x".repeat(900))
}

async fn fill(clerk: &ClerkStub, numbers: std::ops::Range<i64>) -> Result {
    for number in numbers {
        clerk.add(text(number)).await?;
    }
    Ok(())
}

/// Opens the gate however a test ends: else a failed test would not end.
struct Opens(usize);

impl Drop for Opens {
    fn drop(&mut self) {
        OPEN[self.0].store(true, SeqCst);
    }
}

fn run<F: Future<Output = Result>>(gate: usize, test: impl FnOnce(std::path::PathBuf) -> F) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
    let _opens = Opens(gate);
    runtime.block_on(test(folder.path().to_owned())).expect("the test's calls succeed");
}

async fn entered(gate: usize) {
    within(async || ENTERED[gate].load(SeqCst).then_some(())).await;
}

/// Asks again and again until there is an answer, for half a minute at most.
async fn within<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "there was no answer in half a minute");
        tokio::task::yield_now().await;
    }
}

/// Calls until the object answers again.
async fn until_it_answers(clerk: &ClerkStub) -> Contents {
    within(async || match clerk.contents().await {
        Ok(contents) => Some(contents),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
            None
        }
    })
    .await
}

#[test]
fn those_who_wait_behind_a_stuck_handler_are_told_and_the_object_goes_on() {
    const GATE: usize = 0;
    run(GATE, |folder| async move {
        let objects = Objects::open(&folder).await?;
        let clerk = objects.get_by_name::<Clerk>("ann");
        let other = objects.get_by_name::<Clerk>("bob");
        fill(&clerk, 0..20).await?;
        fill(&other, 0..3).await?;

        let stuck = tokio::spawn({
            let clerk = clerk.clone();
            async move { clerk.stick(GATE).await }
        });
        entered(GATE).await;
        let waiting: Vec<_> = (0..8)
            .map(|_| {
                let clerk = clerk.clone();
                tokio::spawn(async move { clerk.add("waited".to_owned()).await })
            })
            .collect();
        for call in waiting {
            let error = within_task(call).await.expect_err("a call that waits behind a stuck handler is not run");
            assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
            assert!(error.to_string().contains("Clerk") && error.to_string().contains("ann"), "{error}");
        }

        // Through the same stub, from the last commit.
        assert_eq!(until_it_answers(&clerk).await, filled(20));
        fill(&clerk, 20..25).await?;
        assert_eq!(clerk.contents().await?, filled(25));
        assert_eq!(other.contents().await?, filled(3), "others are not touched");

        // Its late commit is refused; whoever ran it in place is told when it returns.
        OPEN[GATE].store(true, SeqCst);
        let error = within_task(stuck).await.expect_err("a late commit is refused");
        assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
        assert!(error.to_string().contains("nothing of it was kept"), "{error}");
        assert_eq!(clerk.contents().await?, filled(25));
        fill(&clerk, 25..30).await?;
        objects.close().await?;

        let objects = Objects::open(&folder).await?;
        assert_eq!(objects.get_by_name::<Clerk>("ann").contents().await?, filled(30));
        objects.close().await
    });
}

/// Waits for a task, for half a minute at most.
async fn within_task<T>(task: tokio::task::JoinHandle<Result<T>>) -> Result<T> {
    tokio::time::timeout(Duration::from_secs(30), task)
        .await
        .expect("an answer within half a minute")
        .expect("no panic")
}

#[test]
fn the_caller_of_a_slow_method_that_sticks_is_told_at_once() {
    const GATE: usize = 1;
    run(GATE, |folder| async move {
        let objects = Objects::open(&folder).await?;
        let clerk = objects.get_by_name::<Clerk>("ann");
        fill(&clerk, 0..5).await?;
        let stuck = tokio::spawn({
            let clerk = clerk.clone();
            async move { clerk.stick_apart(GATE).await }
        });
        let error = within_task(stuck).await.expect_err("it does not return");
        assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
        assert_eq!(until_it_answers(&clerk).await, filled(5));
        OPEN[GATE].store(true, SeqCst);
        objects.close().await
    });
}

#[test]
fn what_a_fenced_object_committed_survives_a_close_before_anybody_calls_it_again() {
    const GATE: usize = 2;
    run(GATE, |folder| async move {
        let objects = Objects::open(&folder).await?;
        let clerk = objects.get_by_name::<Clerk>("ann");
        fill(&clerk, 0..20).await?;
        let stuck = tokio::spawn({
            let clerk = clerk.clone();
            async move { clerk.stick(GATE).await }
        });
        entered(GATE).await;
        let waiting = clerk.add("waited".to_owned()).await.expect_err("it waits behind a stuck handler");
        assert_eq!(waiting.kind(), ErrorKind::Deadline);

        // Fenced, and not called again: what it never handed over is in the log alone.
        objects.close().await?;
        OPEN[GATE].store(true, SeqCst);
        let late = within_task(stuck).await.expect_err("nothing commits after the close");
        assert!(matches!(late.kind(), ErrorKind::Deadline | ErrorKind::Unavailable), "{late}");

        let objects = Objects::open(&folder).await?;
        assert_eq!(objects.get_by_name::<Clerk>("ann").contents().await?, filled(20));
        objects.close().await
    });
}

#[test]
fn what_a_fenced_object_committed_survives_checkpoints_before_anybody_calls_it_again() {
    const GATE: usize = 3;
    run(GATE, |folder| async move {
        let objects = Objects::builder().checkpoint_every("64KiB").open(&folder).await?;
        let clerk = objects.get_by_name::<Clerk>("ann");
        fill(&clerk, 0..20).await?;
        let stuck = tokio::spawn({
            let clerk = clerk.clone();
            async move { clerk.stick(GATE).await }
        });
        entered(GATE).await;
        let waiting = clerk.add("waited".to_owned()).await.expect_err("it waits behind a stuck handler");
        assert_eq!(waiting.kind(), ErrorKind::Deadline);

        // Others go on, and the log is recycled over and over.
        let other = objects.get_by_name::<Clerk>("bob");
        fill(&other, 0..400).await?;
        assert_eq!(clerk.contents().await?, filled(20));
        fill(&clerk, 20..22).await?;
        drop(objects);
        OPEN[GATE].store(true, SeqCst);
        assert!(within_task(stuck).await.is_err());

        let objects = Objects::open(&folder).await?;
        assert_eq!(objects.get_by_name::<Clerk>("ann").contents().await?, filled(22));
        assert_eq!(objects.get_by_name::<Clerk>("bob").contents().await?, filled(400));
        objects.close().await
    });
}

#[test]
fn sql_that_runs_for_ever_is_interrupted() {
    const GATE: usize = 4;
    run(GATE, |folder| async move {
        let objects = Objects::open(&folder).await?;
        let clerk = objects.get_by_name::<Clerk>("ann");
        fill(&clerk, 0..5).await?;
        let endless = tokio::spawn({
            let clerk = clerk.clone();
            async move { clerk.count_for_ever(GATE).await }
        });
        entered(GATE).await;
        let waiting = tokio::spawn({
            let clerk = clerk.clone();
            async move { clerk.contents().await }
        });
        let error = within_task(endless).await.expect_err("it is interrupted");
        assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
        match within_task(waiting).await {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Deadline, "{error}"),
            Ok(contents) => assert_eq!(contents, filled(5)),
        }
        assert_eq!(until_it_answers(&clerk).await, filled(5));
        objects.close().await
    });
}

#[test]
fn an_object_that_sticks_again_and_again_loses_nothing() {
    const GATES: std::ops::Range<usize> = 5..8;
    run(GATES.start, |folder| async move {
        let _opens = GATES.map(Opens).collect::<Vec<_>>();
        let objects = Objects::builder().checkpoint_every("32KiB").open(&folder).await?;
        let clerk = objects.get_by_name::<Clerk>("ann");
        let mut count = 0;
        let mut stuck = Vec::new();
        for gate in GATES {
            fill(&clerk, count..count + 10).await?;
            count += 10;
            let held = clerk.clone();
            stuck.push(tokio::spawn(async move { held.stick(gate).await }));
            entered(gate).await;
            assert_eq!(until_it_answers(&clerk).await, filled(count));
        }
        GATES.for_each(|gate| OPEN[gate].store(true, SeqCst));
        for late in stuck {
            assert_eq!(within_task(late).await.expect_err("its commit is refused").kind(), ErrorKind::Deadline);
        }
        fill(&clerk, count..count + 3).await?;
        assert_eq!(clerk.contents().await?, filled(count + 3));
        drop(objects);
        let objects = Objects::open(&folder).await?;
        assert_eq!(objects.get_by_name::<Clerk>("ann").contents().await?, filled(count + 3));
        objects.close().await
    });
}

#[test]
fn a_fenced_object_can_be_deleted_before_anybody_calls_it_again() {
    const GATE: usize = 8;
    run(GATE, |folder| async move {
        let objects = Objects::open(&folder).await?;
        let clerks = objects.namespace::<Clerk>();
        let clerk = clerks.get_by_name("ann");
        fill(&clerk, 0..5).await?;
        let held = clerk.clone();
        let stuck = tokio::spawn(async move { held.stick(GATE).await });
        entered(GATE).await;
        assert!(clerk.add("waited".to_owned()).await.is_err());

        assert!(clerks.delete(clerk.id()).await?, "it was there");
        assert_eq!(clerk.contents().await?, filled(0));
        fill(&clerk, 0..2).await?;
        OPEN[GATE].store(true, SeqCst);
        assert!(within_task(stuck).await.is_err());
        drop(objects);
        let objects = Objects::open(&folder).await?;
        assert_eq!(objects.get_by_name::<Clerk>("ann").contents().await?, filled(2));
        objects.close().await
    });
}
