//! Many objects with random schedules over many days, through crashes, restarts and checkpoints, against a model.
//!
//! 40 objects and 6 days; `DO_ALARM_OBJECTS=1000 DO_ALARM_DAYS=30` is the long form.
#![cfg(feature = "testing")]
#![allow(missing_docs)]

mod clocks;

use std::collections::BTreeMap;

use clocks::{Ring, clock};
use do_runtime::env::SeededRandom;
use do_runtime::testing::{self, TestKit};
use do_runtime::{Result, Timestamp, millis};

const KEYS: [&str; 4] = ["a", "b", "c", "d"];
const HOUR: u64 = 3_600_000;

/// What an alarm is set to: when it runs next, and every so many milliseconds.
#[derive(Clone, Copy)]
struct Set {
    at: Timestamp,
    period: Option<u64>,
}

#[derive(Default)]
struct Model {
    alarms: BTreeMap<(usize, &'static str), Set>,
    rung: BTreeMap<usize, Vec<Ring>>,
}

impl Model {
    fn advance(&mut self, to: Timestamp) {
        while let Some((&(object, key), &set)) =
            self.alarms.iter().filter(|(_, set)| set.at <= to).min_by_key(|(who, set)| (set.at, **who))
        {
            self.rung.entry(object).or_default().push((set.at, key.to_owned()));
            match set.period {
                Some(period) => {
                    self.alarms.insert((object, key), Set { at: set.at + millis(period), ..set });
                }
                None => drop(self.alarms.remove(&(object, key))),
            }
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().expect("a whole number"))
}

async fn change(kit: &TestKit, model: &mut Model, random: &SeededRandom, objects: u64) -> Result {
    let object = random.below(objects) as usize;
    let key = KEYS[random.below(4) as usize];
    let a = clock(kit, &format!("clock-{object}"));
    // None within this very moment, so that nothing depends on how long a call takes.
    let span = 1 + random.below(72 * HOUR);
    match random.below(5) {
        0 => {
            let was_set = model.alarms.remove(&(object, key)).is_some();
            a.set(move |_, cx| {
                assert_eq!(cx.schedule().cancel(key)?, was_set, "{key} of {object}");
                Ok(())
            })
            .await?;
        }
        1 => {
            let period = span.max(HOUR / 4);
            let before = model.alarms.get(&(object, key)).filter(|set| set.period == Some(period));
            let at = before.map_or(kit.now() + millis(period), |set| set.at);
            model.alarms.insert((object, key), Set { at, period: Some(period) });
            a.set(move |_, cx| cx.schedule().ring(key).key(key).every(millis(period))).await?;
        }
        _ => {
            model.alarms.insert((object, key), Set { at: kit.now() + millis(span), period: None });
            a.set(move |_, cx| cx.schedule().ring(key).key(key).after(millis(span))).await?;
        }
    }
    Ok(())
}

#[test]
fn random_schedules_run_as_a_model_says() {
    let (objects, days) = (number("DO_ALARM_OBJECTS", 40), number("DO_ALARM_DAYS", 6));
    let tested: Result = testing::run("random_schedules", |kit: TestKit| async move {
        let random = SeededRandom::new(kit.seed());
        let mut model = Model::default();
        let end = kit.now() + millis(days * 24 * HOUR);
        while kit.now() < end {
            for _ in 0..=objects / 10 {
                change(&kit, &mut model, &random, objects).await?;
            }
            match random.below(12) {
                0 => kit.crash().await?,
                1 => kit.restart().await?,
                2 | 3 => kit.checkpoint().await?,
                4 => kit.evict_all().await?,
                _ => {}
            }
            kit.advance(millis(1 + random.below(4 * HOUR))).await;
            model.advance(kit.now());
        }
        for object in 0..objects as usize {
            let rung = clock(&kit, &format!("clock-{object}")).rung().await?;
            assert_eq!(rung, model.rung.remove(&object).unwrap_or_default(), "object {object}");
            let pending = kit.pending_alarms(&clock(&kit, &format!("clock-{object}"))).await?;
            let of = (object, KEYS[0])..=(object, KEYS[3]);
            assert_eq!(pending.len(), model.alarms.range(of).count(), "object {object}");
        }
        Ok(())
    });
    tested.expect("the calls succeed");
}
