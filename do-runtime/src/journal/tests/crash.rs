use std::sync::Arc;

use super::fixture::{Kept, World, after, outcome};
use crate::env::{SeededRandom, SimDisk};
use crate::journal::{Journal, Log, LogPosition, Prepare};

/// What the callers know when the power goes.
#[derive(Default)]
struct Known {
    appended: Vec<Kept>,
    durable: LogPosition,
    /// Up to where somebody else has kept everything, durably.
    checkpointed: LogPosition,
}

/// A short life: groups of commits, a checkpoint now and then; until the power goes.
fn live(world: &mut World, known: &mut Known) {
    let Ok((_, journal)) = world.open(known.checkpointed) else { return };
    for round in 0..6 {
        for _ in 0..=world.random.below(3) {
            match world.append(&journal) {
                Ok(commit) => known.appended.push(commit),
                Err(_) => return,
            }
        }
        world.settle();
        note_durable(&journal, known);
        if round == 3 {
            known.checkpointed = known.durable;
            let _ = journal.recycle(known.checkpointed);
        }
    }
    let _ = journal.close();
    note_durable(&journal, known);
}

fn note_durable(journal: &Journal, known: &mut Known) {
    let acknowledged = |commit: &&Kept| outcome(journal, commit.end) == Some(Ok(()));
    if let Some(last) = known.appended.iter().rfind(acknowledged) {
        known.durable = last.end;
    }
}

/// Everything that was acknowledged is there, and only whole commits, in their order.
fn check(world: &World, known: &mut Known, place: &str) {
    let (commits, replayed) = world.recover(known.checkpointed).unwrap_or_else(|error| panic!("{place}: {error}"));
    let expected = after(&known.appended, known.checkpointed);
    assert!(commits.len() <= expected.len(), "{place}: more than was appended");
    assert_eq!(commits, expected[..commits.len()], "{place}: a prefix of what was appended");
    let end = commits.last().map_or(known.checkpointed, |commit| commit.end);
    assert!(end >= known.durable, "{place}: {} was acknowledged, recovered up to {}", known.durable.0, end.0);
    assert!(replayed.end() >= end);
    known.appended.retain(|commit| commit.end <= end);
}

type Left = fn(&SimDisk, &SeededRandom) -> Arc<SimDisk>;

fn run(seed: u64, segment: u64, left: Left) {
    let steps = {
        let mut world = World::new(seed, segment);
        live(&mut world, &mut Known::default());
        world.sim.disk.counts().steps()
    };
    let fate = SeededRandom::new(seed + 100);
    for step in 0..=steps {
        let mut world = World::new(seed, segment);
        let mut known = Known::default();
        world.sim.disk.cut_power_after(step);
        live(&mut world, &mut known);
        // The first crash, and two more in the lives after it.
        for again in 0..3 {
            world.on(left(&world.sim.disk, &fate));
            check(&world, &mut known, &format!("seed {seed}, segment {segment}, step {step}, crash {again}"));
            world.sim.disk.cut_power_after(fate.below(40));
            live(&mut world, &mut known);
        }
    }
}

#[test]
fn a_power_cut_at_any_step_keeps_what_was_acknowledged() {
    for seed in 0..4 {
        run(seed, [128, 300, 64, 1000][seed as usize], |disk, _| disk.crash());
    }
}

#[test]
fn a_power_cut_that_tears_writes_keeps_what_was_acknowledged() {
    for seed in 10..18 {
        run(seed, [128, 300, 700, 1000][seed as usize % 4], |disk, random| disk.crash_torn(random));
    }
}

#[test]
fn a_kill_at_any_step_followed_by_a_power_cut_keeps_what_was_acknowledged() {
    for seed in 20..23 {
        run(seed, 200, |disk, random| if random.below(2) == 0 { disk.kill() } else { disk.crash_torn(random) });
    }
}

#[test]
fn a_file_that_a_killed_process_left_is_made_durable_before_it_is_relied_on() {
    for step in 0..40 {
        // given: a process killed while it prepares, and no room for other files than those it left
        let mut world = World::new(40, 256);
        world.sim.disk.cut_power_after(step);
        live(&mut world, &mut Known::default());
        world.on(world.sim.disk.kill());
        world.sim.disk.set_capacity(Some(world.sim.disk.used()));
        let (before, replayed) = world.recover(LogPosition(0)).unwrap();
        let Ok(journal) = Journal::start(replayed, LogPosition(0)) else { continue };
        // when: a commit is acknowledged, then: a power cut leaves it
        let mut known = Known { appended: before, ..Known::default() };
        known.appended.extend(world.append(&journal));
        world.settle();
        note_durable(&journal, &mut known);
        world.on(world.sim.disk.crash());
        check(&world, &mut known, &format!("step {step}"));
    }
}

#[test]
fn zeros_are_written_ahead_and_never_over_records() {
    let mut world = World::new(30, 512);
    world.options.prepare = Prepare::Zeros;
    let (_, journal) = world.open(LogPosition(0)).unwrap();
    let all = world.append_groups(&journal, 30);
    let written = world.sim.disk.counts().written;
    assert!(written > 2 * journal.end().0, "the log and zeros before it: {written}");
    world.on(world.sim.disk.crash());
    assert_eq!(world.recover(LogPosition(0)).unwrap().0, all);
}
