//! The disk after a power cut, and whether what was acknowledged is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use do_crash::Told;
use do_runtime::env::{Keep, Player, SeededRandom, Tape};
use do_runtime::prelude::*;
use do_runtime::testing::{SimDisk, TestKit};

use crate::life::Life;

/// Operations have numbers below this.
const LIMIT: i64 = 100_000;

/// How many threads share the states.
pub(crate) const SHARES: u64 = 2;

/// One state in so many is cut again while it recovers.
const AGAIN: u64 = 8;

/// The states of a life that are to be looked at.
pub(crate) struct Looks<'a> {
    life: &'a Life,
    count: u64,
    seed: u64,
    /// A state is not as it should be: the others need not be looked at.
    over: AtomicBool,
}

impl<'a> Looks<'a> {
    pub(crate) fn new(life: &'a Life, count: u64, seed: u64) -> Self {
        Looks { life, count, seed, over: AtomicBool::new(false) }
    }

    /// Looks at a share of them. Each round goes over all points; where there is less than one, over some of them.
    pub(crate) fn look(&self, share: u64) {
        let points = self.life.tape.len() + 1;
        let stride = (points / self.count).max(1);
        let mut player = self.life.tape.player();
        let mut last = 0;
        for state in (share..self.count).step_by(SHARES as usize) {
            if self.over.load(Relaxed) {
                return;
            }
            let random = SeededRandom::new(self.seed.wrapping_mul(1_000_003).wrapping_add(state));
            let (round, place) = (state * stride / points, state * stride % points);
            let point = (place + random.below(stride)).min(points - 1);
            if point < last {
                player = self.life.tape.player();
            }
            last = point;
            player.advance_to(point);
            let looked = look_at(self.life, point, &player, round, &random);
            looked.unwrap_or_else(|error| {
                self.over.store(true, Relaxed);
                panic!("state {state}, event {point} of {}: {error}", points - 1);
            });
        }
    }
}

/// One state, and now and then some that come of it.
fn look_at(life: &Life, point: u64, player: &Player<'_>, round: u64, random: &SeededRandom) -> Result {
    let told = life.told(point);
    // A process that is killed leaves things unsynced to the next one.
    let killed = random.below(AGAIN) == 0;
    let keep = any(random, player, round);
    let left = if killed { player.killed() } else { player.left(keep, random) };
    let how = if killed { "a kill".to_owned() } else { format!("{keep:?}") };
    let recovery = check(left, life.time(point), told.clone(), random).context(&how)?;
    if killed || random.below(AGAIN) == 0 {
        cut_again(life, point, &recovery, &told, random).context(how)?;
    }
    Ok(())
}

fn cut_again(life: &Life, point: u64, recovery: &Tape, told: &Told, random: &SeededRandom) -> Result {
    let mut player = recovery.player();
    let mut again = 0;
    // The first steps are the recovery itself; those after them are what it leads to.
    for most in [20, 60, recovery.len()] {
        again += random.below(most.saturating_sub(again) + 1);
        player.advance_to(again);
        let keep = any(random, &player, 0);
        check(player.left(keep, random), life.time(point), told.clone(), random)
            .context(format!("and event {again} of {} after it, {keep:?}", recovery.len()))?;
    }
    Ok(())
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
