//! A disk that fails under a running node: it is full, refuses writes or syncs, or loses its power at any step. What was
//! acknowledged is there afterwards, once, and nothing that was not is there in part.
#![cfg(feature = "testing")]

mod damage;

use std::io;

use damage::accounts::{Account, Contents, Model, text};
use do_runtime::env::{SeededRandom, SimDisk};
use do_runtime::prelude::*;
use do_runtime::testing::{self, number};

/// How many operations the runs with a power cut have.
const OPERATIONS: i64 = 260;

#[test]
fn a_full_disk_refuses_writes_before_they_run_and_takes_them_again_when_there_is_room() {
    testing::run("a_full_disk", |kit| async move {
        let mut model = Model::default();
        let objects = kit.objects().clone();
        model.add(&objects, "ann", 1, 100).await?;
        kit.settle().await;
        let disk = kit.disk();
        disk.set_capacity(Some(disk.used()));
        // Large enough that the room that is prepared ends soon.
        let mut operation = 1;
        let refused = loop {
            operation += 1;
            match model.add(&objects, "ann", operation, 1_000_000).await {
                Ok(()) => assert!(operation < 2_000, "the disk never gets full"),
                Err(error) => break error,
            }
        };
        assert_eq!(refused.kind(), ErrorKind::Storage, "{refused}");
        assert!(refused.to_string().contains("writes go on by themselves when there is room"), "{refused}");
        let found = model.compare(&objects).await;
        assert!(found.is_right(), "reads go on: {found:?}");

        disk.set_capacity(None);
        kit.advance("1m").await;
        model.add(&objects, "ann", operation + 1, 500).await?;
        kit.crash().await?;
        let found = model.compare(&objects).await;
        assert!(found.is_right(), "{found:?}");
        Ok::<_, Error>(())
    })
    .expect("the calls succeed");
}

#[test]
fn a_failed_write_or_sync_of_the_journal_ends_the_node_and_opening_it_again_recovers() {
    for fault in [
        (|disk: &SimDisk| disk.fail_writes(1, io::ErrorKind::Other)) as fn(&SimDisk),
        |disk| disk.fail_syncs(1, io::ErrorKind::Other),
        |disk| disk.set_read_only(),
    ] {
        testing::run("a_failed_journal", |kit| async move {
            let objects = kit.objects().clone();
            let mut model = Model::default();
            for operation in 1..20 {
                model.add(&objects, ["ann", "bob"][operation as usize % 2], operation, 300).await?;
            }
            kit.settle().await;
            let (ann, bob) = (objects.get_by_name::<Account>("ann"), objects.get_by_name::<Account>("bob"));
            let failed = tokio::spawn({
                let objects = objects.clone();
                async move { objects.failed().await }
            });
            kit.settle().await;
            assert!(!failed.is_finished());

            fault(&kit.disk());
            let error = ann.add(100, 300).await.expect_err("it can't be made durable");
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            assert!(error.to_string().contains("journal/") && error.is_retryable(), "{error}");
            let reason = failed.await.expect("no panic");
            assert_eq!(reason.kind(), ErrorKind::Unavailable, "{reason}");
            // Reads too: they may have seen what was never durable.
            for answer in [ann.contents().await.map(drop), bob.contents().await.map(drop), bob.add(101, 5).await] {
                assert_eq!(answer.expect_err("the node has failed").kind(), ErrorKind::Unavailable);
            }

            kit.crash().await?;
            let contents = ann.contents().await?;
            let mut also = model.clone();
            also.accounts.get_mut("ann").expect("she is there").insert(100, 300);
            // What nobody was told of is there wholly or not at all.
            assert!(contents == model.contents("ann") || contents == also.contents("ann"), "{contents:?}");
            assert_eq!(bob.contents().await?, model.contents("bob"));
            ann.add(102, 10).await?;
            Ok::<_, Error>(())
        })
        .expect("the calls succeed");
    }
}

#[test]
fn a_checkpoint_that_can_not_write_loses_nothing_and_the_next_one_does_it() {
    let faults = (1..40).flat_map(|step| [(step, true), (step, false)]);
    for (step, writes) in faults {
        testing::run("a_failed_checkpoint", |kit| async move {
            let objects = kit.objects().clone();
            let mut model = Model::default();
            for operation in 0..24 {
                model.add(&objects, &format!("account-{}", operation % 4), operation, 2_000).await?;
            }
            kit.settle().await;
            // A write fails, or all of them for a while: each checkpoint gets as far as it gets.
            let disk = kit.disk();
            match writes {
                true => disk.fail_writes(step, io::ErrorKind::Other),
                false => disk.fail_writes(step, io::ErrorKind::StorageFull),
            }
            let failed = kit.checkpoint().await;
            disk.fail_writes(0, io::ErrorKind::Other);
            if objects.get_by_name::<Account>("account-0").contents().await.is_err() {
                // It was the journal that could not be written, which is another test.
                return Ok(());
            }
            for operation in 24..30 {
                model.add(&objects, &format!("account-{}", operation % 4), operation, 900).await?;
            }
            kit.checkpoint().await.map_err(|error| error.context(format!("after {failed:?}")))?;
            kit.evict_all().await?;
            let found = model.compare(&objects).await;
            assert!(found.is_right(), "{step}: {found:?}");
            kit.crash().await?;
            let found = model.compare(&objects).await;
            assert!(found.is_right(), "{step}: {found:?}");
            Ok::<_, Error>(())
        })
        .expect("the calls succeed");
    }
}

/// What is known of a run that a power cut ended.
#[derive(Default)]
struct Run {
    acknowledged: Model,
    /// The operation that nobody was told about.
    unknown: Option<(i64, Model)>,
}

/// Does operations until one fails: additions large and small, removals, deletions, the same name again, hibernation and
/// checkpoints between. The same every time.
async fn run(kit: &TestKit) -> Run {
    let objects = kit.objects().clone();
    let mut run = Run::default();
    for operation in 1..=OPERATIONS {
        let dice = operation.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let account = format!("account-{}", dice % 5);
        let mut next = run.acknowledged.clone();
        let known = next.accounts.get(&account).and_then(|notes| notes.keys().next().copied());
        let done = match (dice / 5 % 12, known) {
            (0, Some(_)) => next.delete(&objects, &account).await,
            (1 | 2, Some(first)) => next.forget(&objects, &account, first).await,
            (3, _) => next.add(&objects, &account, operation, 30_000).await,
            _ => next.add(&objects, &account, operation, 40 + (dice % 600) as usize).await,
        };
        match done {
            Ok(()) => run.acknowledged = next,
            Err(_) => {
                // The model is only changed by what succeeds: what it would be is worked out here.
                run.unknown = Some((operation, after(&run.acknowledged, dice, &account, known, operation)));
                return run;
            }
        }
        if dice % 9 == 0 {
            let _ = kit.evict_all().await;
        }
        if dice % 13 == 0 {
            // With the power gone it fails, and the next call says so.
            let _ = kit.checkpoint().await;
        }
    }
    run
}

fn after(model: &Model, dice: u64, account: &str, known: Option<i64>, operation: i64) -> Model {
    let mut model = model.clone();
    let notes = model.accounts.entry(account.to_owned()).or_default();
    match (dice / 5 % 12, known) {
        (0, Some(_)) => drop(model.accounts.remove(account)),
        (1 | 2, Some(first)) => drop(notes.remove(&first)),
        (3, _) => drop(notes.insert(operation, 30_000)),
        _ => drop(notes.insert(operation, 40 + (dice % 600) as usize)),
    }
    model
}

/// Every object is as after the last acknowledged operation, or as after the one that nobody was told about.
async fn check(kit: &TestKit, run: &Run, place: &str) {
    let found = run.acknowledged.compare(kit.objects()).await;
    if found.is_right() {
        return;
    }
    let Some((operation, unknown)) = &run.unknown else { panic!("{place}: {found:?}") };
    let other = unknown.compare(kit.objects()).await;
    assert!(other.is_right(), "{place}: neither without operation {operation}: {found:?}, nor with it: {other:?}");
}

/// The steps of the disk that a whole run takes.
fn steps_of_a_run() -> u64 {
    let mut steps = 0;
    testing::run("the whole run", |kit| {
        let steps = &mut steps;
        async move {
            let begun = kit.disk().counts().steps();
            let run = run(&kit).await;
            assert!(run.unknown.is_none(), "nothing fails without a fault");
            *steps = kit.disk().counts().steps() - begun;
        }
    });
    steps
}

/// The power goes after so many steps, in one of three ways.
fn cut(steps: u64, seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let kit = TestKit::open(seed).await.expect("a folder in memory can be opened");
        let disk = kit.disk();
        disk.cut_power_after(steps);
        let run = run(&kit).await;
        let place = format!("power cut after {steps} steps, seed {seed}");
        match seed % 2 {
            0 => kit.crash().await,
            _ => kit.crash_torn(&SeededRandom::new(seed)).await,
        }
        .unwrap_or_else(|error| panic!("{place}: {error}"));
        check(&kit, &run, &place).await;
        // And it goes on from there.
        let account = kit.objects().get_by_name::<Account>("after");
        account.add(1, 5).await.unwrap_or_else(|error| panic!("{place}: {error}"));
        kit.crash().await.unwrap_or_else(|error| panic!("{place}: {error}"));
        let expected = Contents { notes: vec![(1, text(1, 5))], stored_sum: 1, key_count: 1 };
        assert_eq!(account.contents().await.expect("it is there"), expected, "{place}");
    });
}

#[test]
fn a_power_cut_at_any_step_takes_nothing_that_was_acknowledged_and_leaves_nothing_half_done() {
    let steps = steps_of_a_run();
    assert!(steps > 500, "{steps} steps are too few to mean anything");
    let rounds = number("DO_DAMAGE").unwrap_or(60);
    for round in 0..rounds {
        // Spread evenly, and in the long form every step.
        let at = if rounds >= steps { round % steps } else { round * steps / rounds };
        cut(at, round);
    }
}
