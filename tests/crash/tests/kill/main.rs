//! A process under load is killed at a random moment, again and again; after each kill everything that it
//! acknowledged is there once, and nothing of what it did not acknowledge is there in part. Messages and alarms have taken effect once
//! and in order when nothing is due any more.
//!
//! `DO_KILLS=500 cargo test --release -p do-crash` is the long form; `DO_SEED` repeats the moments of the kills.

mod couriers;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use couriers::Errands;
use do_crash::{Account, Contents};
use do_runtime::prelude::*;

/// What is known of one account: acknowledged operations, and those that may have happened.
#[derive(Default)]
struct Known {
    acknowledged: BTreeSet<i64>,
    forgotten: BTreeSet<i64>,
}

#[test]
fn what_was_acknowledged_survives_kills_and_nothing_is_half_done() {
    let kills: u32 = number("DO_KILLS").unwrap_or(12) as u32;
    let mut random = number("DO_SEED").unwrap_or_else(seed) | 1;
    eprintln!("{kills} kills, DO_SEED={random}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut known: BTreeMap<i64, Known> = BTreeMap::new();
    let mut errands = Errands::default();
    let (mut first, mut acknowledged) = (1_i64, 0_u64);
    for kill in 0..kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let lines = run_and_kill(folder.path(), first, Duration::from_micros(random % 400_000));
        for line in &lines {
            let (account, operation) = line.split_once(' ').expect("who and what");
            let operation: i64 = operation.parse().expect("number");
            if errands.take(account, operation) {
                first = first.max(operation + 1);
                continue;
            }
            let account: i64 = account.parse().expect("number");
            let known = known.entry(account).or_default();
            match operation {
                1.. => known.acknowledged.insert(operation),
                _ => known.forgotten.insert(-operation),
            };
            first = first.max(operation.abs() + 1);
        }
        acknowledged += lines.len() as u64;
        // More operations were numbered than acknowledged, but at most one a caller.
        first += 1_000;
        runtime
            .block_on(check(folder.path(), &mut known, &mut errands, first))
            .unwrap_or_else(|error| panic!("after kill {kill}: {error}"));
    }
    eprintln!("{acknowledged} operations acknowledged");
    assert!(acknowledged > 0, "nothing was ever acknowledged: the kills came too early to show anything");
}

/// Runs the load until it has opened and a time has passed, kills it, and gives what it acknowledged.
fn run_and_kill(folder: &std::path::Path, first: i64, after: Duration) -> Vec<String> {
    let mut load = Command::new(env!("CARGO_BIN_EXE_do-crash"))
        .arg(folder)
        .arg(first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the load can be started");
    let out = load.stdout.take().expect("its output is piped");
    // One kill in four comes while the folder is being opened, into recovery itself.
    let early = after.as_micros().is_multiple_of(4);
    let (opened, wait) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut lines = Vec::new();
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if line == "open" {
                let _ = opened.send(());
            } else {
                lines.push(line);
            }
        }
        lines
    });
    if !early {
        // An answer, or the end of the process, whose sender then is gone.
        let _ = wait.recv();
    }
    std::thread::sleep(if early { after / 8 } else { after });
    load.kill().expect("it can be killed");
    let status = load.wait().expect("it has ended");
    let lines = reader.join().expect("its output was read");
    assert_eq!(status.code(), None, "the load ended by itself, after {} acknowledgements", lines.len());
    lines
}

/// Opens the folder and compares.
async fn check(
    folder: &std::path::Path,
    known: &mut BTreeMap<i64, Known>,
    errands: &mut Errands,
    limit: i64,
) -> Result {
    let objects = Objects::builder().checkpoint_every("192KiB").open(folder).await?;
    for (account, known) in known.iter_mut() {
        let contents = objects.get_by_name::<Account>(format!("account-{account}")).contents().await?;
        compare(*account, known, &contents, limit)?;
        // What is there is durable: it counts as acknowledged from here on. What is gone stays gone.
        known.acknowledged = contents.operations.iter().copied().collect();
        known.forgotten.clear();
    }
    errands.check(&objects).await?;
    // A drop, not a close: the next life recovers from the journal too.
    drop(objects);
    Ok(())
}

fn compare(account: i64, known: &Known, contents: &Contents, limit: i64) -> Result {
    let name = format!("account-{account}");
    let mut there = BTreeSet::new();
    for &operation in &contents.operations {
        ensure!(there.insert(operation), "{name}: operation {operation} was applied twice");
        ensure!(operation < limit, "{name}: operation {operation} was never asked for");
    }
    for operation in &known.acknowledged {
        let forgotten = known.forgotten.contains(operation);
        // An operation may be forgotten without the acknowledgement having come through.
        let may_be_gone =
            forgotten || operation + 500 < limit && !there.contains(operation) && forgettable(account, *operation);
        ensure!(there.contains(operation) || may_be_gone, "{name}: operation {operation} was acknowledged and is gone");
    }
    for operation in &known.forgotten {
        ensure!(!there.contains(operation), "{name}: operation {operation} was forgotten and is back");
    }
    let count = contents.operations.len() as i64;
    ensure!(contents.key_count == count, "{name}: {count} rows, and {} by the key", contents.key_count);
    ensure!(
        contents.rows_sum == contents.stored_sum,
        "{name}: the rows add up to {}, the stored field says {}",
        contents.rows_sum,
        contents.stored_sum
    );
    Ok(())
}

/// Whether the load tries to forget an operation of an account: the one 500 later decides.
fn forgettable(account: i64, operation: i64) -> bool {
    let dice = do_crash::dice(operation + 500);
    do_crash::account_of(dice) == account && do_crash::forgets(dice)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is {text:?}, and should be a whole number")))
}

fn seed() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("random bytes");
    u64::from_le_bytes(bytes)
}
