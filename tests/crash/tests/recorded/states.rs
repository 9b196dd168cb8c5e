//! The disk after a power cut, and whether what was acknowledged is there.

use std::sync::Arc;

use do_crash::Told;
use do_runtime::env::{Keep, Player, SeededRandom, Tape};
use do_runtime::prelude::*;
use do_runtime::testing::{SimDisk, TestKit};

use crate::life::Life;

/// Operations have numbers below this.
const LIMIT: i64 = 100_000;

/// How many threads share the states.
const SHARES: u64 = 2;

/// One state in so many is cut again while it recovers.
const AGAIN: u64 = 8;

/// Looks at `count` states of a life, of which this thread has a share.
pub(crate) fn look(life: &Life, count: u64, seed: u64, share: u64) {
    // Each round goes over all points; where there is less than one, over some of them.
    let points = life.tape.len() + 1;
    let stride = (points / count).max(1);
    let mut player = life.tape.player();
    for state in (share..count).step_by(SHARES as usize) {
        let random = SeededRandom::new(seed.wrapping_mul(1_000_003).wrapping_add(state));
        let (round, place) = (state * stride / points, state * stride % points);
        if place < stride * SHARES {
            player = life.tape.player();
        }
        let point = if stride > 1 { (place + random.below(stride)).min(points - 1) } else { place };
        player.advance_to(point);
        let told = life.told(point);
        // A process that is killed leaves things unsynced to the next one.
        let killed = random.below(AGAIN) == 0;
        let keep = any(&random, &player, round);
        let left = if killed { player.killed() } else { player.left(keep, &random) };
        let how = if killed { "a kill".to_owned() } else { format!("{keep:?}") };
        let what = format!("state {state}: event {point} of {}, {how}", points - 1);
        let recovery =
            check(left, life.time(point), told.clone(), &random).unwrap_or_else(|error| panic!("{what}: {error}"));
        if killed || random.below(AGAIN) == 0 {
            cut_again(life, point, &recovery, &told, &random, &what);
        }
    }
}

fn cut_again(life: &Life, point: u64, recovery: &Tape, told: &Told, random: &SeededRandom, what: &str) {
    let mut player = recovery.player();
    let mut again = 0;
    // The first steps are the recovery itself; those after them are what it leads to.
    for most in [20, 60, recovery.len()] {
        again += random.below(most.saturating_sub(again) + 1);
        player.advance_to(again);
        let keep = any(random, &player, 0);
        check(player.left(keep, random), life.time(point), told.clone(), random).unwrap_or_else(|error| {
            panic!("{what}, and event {again} of {} after it, {keep:?}: {error}", recovery.len())
        });
    }
}

/// What may be left: each in turn, as chance has it.
fn any(random: &SeededRandom, player: &Player<'_>, round: u64) -> Keep {
    match (random.below(12) + round) % 12 {
        0 | 1 => Keep::Nothing,
        2 => Keep::Everything,
        3 => Keep::Newest,
        4 => Keep::Names,
        5 => Keep::Lengths,
        6 => Keep::Contents,
        7 | 8 => Keep::AllBut(random.below(player.unsynced())),
        9 => Keep::Only(random.below(player.unsynced())),
        _ => Keep::Some,
    }
}

/// Opens the disk, compares, and gives what was done to it meanwhile.
fn check(disk: Arc<SimDisk>, now: Timestamp, mut told: Told, random: &SeededRandom) -> Result<Tape> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    disk.record();
    runtime.block_on(async {
        let kit = TestKit::open_on(disk.clone(), now, random.next_u64()).await?;
        told.check(kit.objects(), LIMIT, &async || kit.advance("10ms").await).await
    })?;
    Ok(disk.take_tape())
}
