//! A process under load is killed at a random moment, again and again; after each kill everything that it
//! acknowledged is there once, and nothing of what it did not acknowledge is there in part. Messages and alarms have taken effect once
//! and in order when nothing is due any more.
//!
//! `DO_KILLS=500 cargo test --release -p do-crash` is the long form; `DO_SEED` repeats the moments of the kills.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use do_crash::Told;
use do_runtime::prelude::*;
use do_runtime::testing::{number, seed};

#[test]
fn what_was_acknowledged_survives_kills_and_nothing_is_half_done() {
    let kills: u32 = number("DO_KILLS").unwrap_or(12) as u32;
    let mut random = seed() | 1;
    eprintln!("{kills} kills, DO_SEED={random}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut told = Told::default();
    let (mut first, mut acknowledged) = (1_i64, 0_u64);
    for kill in 0..kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let lines = run_and_kill(folder.path(), first, Duration::from_micros(random % 400_000));
        lines.iter().for_each(|line| told.take(line));
        first = first.max(told.highest() + 1);
        acknowledged += lines.len() as u64;
        // More operations were numbered than acknowledged, but at most one a caller.
        first += 1_000;
        runtime
            .block_on(check(folder.path(), &mut told, first))
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
async fn check(folder: &std::path::Path, told: &mut Told, limit: i64) -> Result {
    let objects = Objects::builder().checkpoint_every("192KiB").open(folder).await?;
    told.check(&objects, limit, &pause).await?;
    // A drop, not a close: the next life recovers from the journal too.
    drop(objects);
    Ok(())
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}
