//! The power is cut beneath a real process: every call of the system that concerns its folder is recorded, with the bytes and in order;
//! folders are made as a power cut at any point may leave them, and opened. What had been acknowledged by then is there once, and
//! nothing in part; the power goes in the recovery too, and after a kill, and after a sync that failed.
//!
//! `DO_POWER_STATES=100000 cargo test --release -p do-crash --test power` is the long form; `DO_SEED` repeats the choices.

#![cfg(target_os = "linux")]

mod calls;
mod recorder;
mod states;

use std::process::Command;
use std::time::Instant;

use do_runtime::env::{Event, Keep, SeededRandom, Step, Tape};
use do_runtime::testing::{number, seed};
use recorder::{Ended, Recording};
use states::{Checker, State, folder};

/// How many states the short form of the first test looks at.
const SOME: u64 = 240;

/// The operations of a recorded life.
const OPERATIONS: i64 = 500;

/// The load, in a folder that is to be made with the one above it.
fn load(root: &std::path::Path, first: i64, last: i64) -> Command {
    let mut load = Command::new(env!("CARGO_BIN_EXE_do-crash"));
    load.arg(root.join("above/data")).arg(first.to_string()).arg(last.to_string());
    load
}

/// Whether there is a recorder; if not, says so: nothing can be shown then.
fn is_recordable() -> bool {
    let possible = recorder::is_possible();
    if !possible {
        eprintln!("strace is not there, or may not trace: no power was cut beneath a process");
    }
    possible
}

fn random() -> SeededRandom {
    let seed = seed();
    eprintln!("DO_SEED={seed}");
    SeededRandom::new(seed)
}

/// What may be left, of which one is chosen where not all are looked at.
fn any_keep(random: &SeededRandom, unsynced: u64) -> Keep {
    match random.below(12) {
        0 => Keep::Nothing,
        1 => Keep::Everything,
        2 => Keep::Newest,
        3 => Keep::Names,
        4 => Keep::Lengths,
        5 => Keep::Contents,
        6 | 7 => Keep::AllBut(random.below(unsynced)),
        8 => Keep::Only(random.below(unsynced)),
        _ => Keep::Some,
    }
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_call_and_another_in_the_recovery() {
    if !is_recordable() {
        return;
    }
    let (random, begun) = (random(), Instant::now());
    let count = number("DO_POWER_STATES").unwrap_or(SOME);
    let root = folder();
    let mut life = Recording::on(Tape::default());
    assert_eq!(life.run(root.path(), &mut load(root.path(), 1, OPERATIONS), None), Ended::Well);
    assert!(life.said.len() as i64 > OPERATIONS, "the load said only {} lines", life.said.len());
    let events = life.tape.len();
    eprintln!("{events} events, {} lines", life.said.len());

    let mut checker = Checker::default();
    let mut player = life.tape.player();
    // Points in ascending order, and each of the first ones: there is much to lose while a folder is made.
    let mut points: Vec<u64> =
        (0..count).map(|at| if at < count / 4 { at } else { random.below(events + 1) }).collect();
    points.sort_unstable();
    for (place, point) in points.into_iter().enumerate() {
        player.advance_to(point);
        let keep = any_keep(&random, player.unsynced());
        let left = player.left(keep, &random);
        checker.check(State::of(&life, point, keep, left.clone()));
        // Now and then the recovery is recorded, a few operations more, and cut as well.
        if place.is_multiple_of(40) {
            let root = folder();
            left.copy_to(root.path()).expect("the folder is copied");
            let mut next = Recording::on(Tape::on(&left));
            let first = 10 * OPERATIONS;
            assert_eq!(next.run(root.path(), &mut load(root.path(), first, first + 5), None), Ended::Well);
            let mut player = next.tape.player();
            for step in 1..=8 {
                let again = next.tape.len() * step / 8;
                player.advance_to(again);
                let keep = any_keep(&random, player.unsynced());
                let state = State::of(&next, again, keep, player.left(keep, &random));
                checker.check(state.after(&life, point));
            }
        }
    }
    checker.finish(begun);
}

#[test]
fn what_a_killed_process_has_left_unsynced_is_not_taken_for_durable_by_the_next() {
    if !is_recordable() {
        return;
    }
    let (random, begun) = (random(), Instant::now());
    let root = folder();
    let mut life = Recording::on(Tape::default());
    assert_eq!(life.run(root.path(), &mut load(root.path(), 1, 5), None), Ended::Well);
    let mut checker = Checker::default();
    // A name that was just made or changed is what the next process may rely on.
    let names =
        |event: &Event| matches!(event.step, Step::Make(_) | Step::MakeFolder(_) | Step::Remove(_) | Step::Rename(..));
    let kills: Vec<u64> =
        (0..).zip(life.tape.events()).filter(|(_, event)| names(event)).map(|(at, _)| at + 1).collect();
    let stride = if number("DO_POWER_STATES").is_some() { 1 } else { kills.len().div_ceil(3) };
    for kill in kills.into_iter().enumerate().filter(|(at, _)| at % stride == 0 || *at < 8).map(|(_, kill)| kill) {
        let mut killed = life.up_to(kill);
        let mut player = killed.tape.player();
        player.advance_to(kill);
        let root = folder();
        player.left(Keep::Everything, &random).copy_to(root.path()).expect("the folder is copied");
        assert_eq!(killed.run(root.path(), &mut load(root.path(), 100, 103), None), Ended::Well, "kill {kill}");
        let mut player = killed.tape.player();
        player.advance_to(kill);
        // Whatever the next process does first, alone.
        for point in kill + 1..=killed.tape.len().min(kill + 12) {
            player.advance_to(point);
            checker.check(State::of(&killed, point, Keep::Newest, player.left(Keep::Newest, &random)));
        }
        let after = killed.tape.len() - kill;
        for step in 1..=3 {
            let point = kill + 12 + after.saturating_sub(12) * step / 3;
            player.advance_to(point);
            for keep in [Keep::Nothing, any_keep(&random, player.unsynced())] {
                checker.check(State::of(&killed, point, keep, player.left(keep, &random)));
            }
        }
    }
    checker.finish(begun);
}

#[test]
fn what_a_failed_sync_should_have_covered_is_never_acknowledged() {
    if !is_recordable() {
        return;
    }
    let (random, begun) = (random(), Instant::now());
    let mut checker = Checker::default();
    let faults = [
        "inject=fdatasync:error=EIO:when=4",
        "inject=fdatasync:error=EIO:when=20",
        "inject=fdatasync:error=EIO:when=50",
        "inject=fdatasync:error=EIO:when=12+3",
        "inject=fsync:error=EIO:when=3",
        "inject=fsync:error=EIO:when=5",
        "inject=fsync:error=EIO:when=2+2",
    ];
    for fault in faults {
        let root = folder();
        let mut life = Recording::on(Tape::default());
        life.run(root.path(), &mut load(root.path(), 1, 200), Some(fault));
        let mut player = life.tape.player();
        player.advance_to(life.tape.len());
        for keep in [Keep::Nothing, Keep::Names, Keep::Lengths, Keep::Some, Keep::Some] {
            checker.check(State::of(&life, life.tape.len(), keep, player.left(keep, &random)).named(fault));
        }
    }
    checker.finish(begun);
}
