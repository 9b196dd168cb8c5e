//! A life of rows, alarms, messages and expiry on a disk in memory is recorded, with checkpoints and new segments in it; then the disk
//! is rebuilt as a power cut at each point may leave it, and opened. What had been acknowledged by then is there once, and nothing in
//! part. The recovery is recorded too, and cut as well.
//!
//! Some points are tried; `DO_POWER_STATES=1000000 cargo test --release -p do-crash --test recorded` is the long form, which goes over
//! all of them again and again; `DO_SEED` repeats the choices.

mod life;
mod states;

use std::time::Instant;

use do_runtime::testing::{number, seed};
use life::Life;

/// How many states the short form looks at, of each life.
const SOME: u64 = 250;

/// The operations of a life.
const OPERATIONS: i64 = 2_000;

fn cut_everywhere(life: &Life) {
    let seed = seed();
    let count = number("DO_POWER_STATES").unwrap_or(SOME);
    eprintln!("{} events, {} lines, DO_SEED={seed}", life.tape.len(), life.said.len());
    assert!(
        life.tape.len() > 2_000 && life.said.len() as i64 > OPERATIONS / 2,
        "the life is too short to mean anything"
    );
    let (begun, looks) = (Instant::now(), states::Looks::new(life, count, seed));
    std::thread::scope(|scope| {
        for share in 0..states::SHARES {
            let looks = &looks;
            scope.spawn(move || looks.look(share));
        }
    });
    let hours = begun.elapsed().as_secs_f64() / 3600.0;
    eprintln!("{count} states, {:.0} an hour", count as f64 / hours);
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_point_of_its_life() {
    cut_everywhere(&Life::record(OPERATIONS, life::Pace::Together));
}

#[test]
fn so_it_does_when_each_commit_is_synced_by_itself() {
    cut_everywhere(&Life::record(OPERATIONS, life::Pace::Each));
}
