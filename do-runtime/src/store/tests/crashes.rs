//! Commits, flushes and checkpoints in any order, with the power cut at any step.

use super::model::{Model, put_template};
use super::world::*;
use crate::env::SeededRandom;
use crate::journal::LogPosition;
use crate::store::{Replay, WriteBehind, checkpoint};

/// Works until the power goes; the log survives, from the last checkpoint on that freed some of it.
fn live(world: &World, model: &mut Model) -> Option<LogPosition> {
    let store = world.try_open().ok()?;
    store.registry().register_class(CLASS, "Room").ok()?;
    let mut recycled = store.registry().checkpoint();
    let behind = WriteBehind::new(store.clone(), recycled);
    let mut replay = Replay::new(&behind, &store, at(9)).with_memory(40_000);
    model.replay(&mut replay, recycled, model.end());
    let Ok(kept) = replay.finish() else { return Some(recycled) };
    if !kept.failed.is_empty() {
        return Some(recycled);
    }
    model.recovered();
    model.check(&behind, &store);
    recycled = kept.position;
    for _ in 0..60 {
        match model.below(12) {
            0..8 => model.commit(&behind, &store),
            8 | 9 => {
                let ids = model.ids();
                let id = ids[model.below(ids.len() as u64) as usize];
                model.hand_over(&behind, id);
            }
            10 => {
                // Anything up to the end of the log may be durable.
                let durable = LogPosition(model.below(model.end().0 + 1));
                if behind.flush(durable).is_ok_and(|flushed| flushed.failed.is_empty()) {
                    continue;
                }
                return Some(recycled);
            }
            _ => {
                let start = model.end();
                for id in model.ids() {
                    model.hand_over(&behind, id);
                }
                let needed = behind.seal(start);
                assert!(needed <= start);
                match checkpoint(&behind, &store, start, start) {
                    Ok(kept) if kept.failed.is_empty() => recycled = kept.position,
                    _ => return Some(recycled),
                }
            }
        }
    }
    Some(recycled)
}

#[test]
fn nothing_is_lost_wherever_the_power_is_cut() {
    for seed in 0..40 {
        let (random, mut model) = (SeededRandom::new(1_000 + seed), Model::new(seed));
        let mut world = World::new();
        let store = world.open();
        put_template(&store);
        drop(store);
        for _ in 0..6 {
            world.disk.cut_power_after(random.below(400));
            if let Some(recycled) = live(&world, &mut model) {
                let end = model.end();
                model.log.retain(|record| record.position > recycled || record.position == end);
            }
            let left = if random.below(2) == 0 { world.disk.crash() } else { world.disk.crash_torn(&random) };
            world = World::on(left);
        }
        // The last time with power.
        let store = world.open();
        let from = store.registry().checkpoint();
        let behind = WriteBehind::new(store.clone(), from);
        let mut replay = Replay::new(&behind, &store, at(9));
        model.replay(&mut replay, from, model.end());
        assert_eq!(replay.finish().unwrap().failed, [], "seed {seed}");
        model.check(&behind, &store);
    }
}
