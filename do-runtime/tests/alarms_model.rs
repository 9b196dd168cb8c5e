//! Many objects with random schedules over many days, against a model: alarms that repeat, are cancelled, replaced, fail, are tried
//! again and given up, through crashes, restarts and checkpoints.
//!
//! 40 objects and 6 days; `DO_ALARM_OBJECTS=1000 DO_ALARM_DAYS=30` is the long form.
#![cfg(feature = "testing")]
#![allow(missing_docs)]

mod clocks;

use std::collections::BTreeMap;

use clocks::{Clock, Ring, clock};
use do_runtime::env::SeededRandom;
use do_runtime::testing::{self, TestKit, number};
use do_runtime::{Cx, Result, Setting, Timestamp, millis};

const KEYS: [&str; 4] = ["a", "b", "c", "d"];
const HOUR: u64 = 3_600_000;

/// How often a run that failed is tried again.
const RETRIES: u32 = 6;

/// What an alarm is set to.
#[derive(Clone, Copy)]
struct Set {
    /// The time for which this run was set.
    at: Timestamp,
    /// When it is: later after it has failed.
    due: Timestamp,
    attempt: u32,
    /// Every so many milliseconds.
    period: Option<u64>,
    /// Before this it fails; `None` for one that never does.
    ready: Option<Timestamp>,
    /// It was given up.
    failed: bool,
    /// Of those of one time the lowest runs first: it was set, or has moved on, before the others.
    order: u64,
}

impl Set {
    fn new(at: Timestamp, period: Option<u64>, ready: Option<Timestamp>) -> Self {
        Set { at, due: at, attempt: 0, period, ready, failed: false, order: 0 }
    }

    /// Whether `next`, set now, goes on in the phase of this one: the same method, which `ready` says, in the same period.
    fn keeps_phase_in(&self, next: &Set) -> bool {
        self.period.is_some() && self.period == next.period && self.ready.is_some() == next.ready.is_some()
    }

    /// What it is after it has run when it was due, and whether that run has failed.
    fn ran(self) -> (Option<Set>, bool) {
        let fails = self.ready.is_some_and(|ready| self.due < ready);
        let next = || {
            let period = millis(self.period?);
            let mut at = self.at + period;
            while at <= self.due {
                at += period;
            }
            Some(Set::new(at, self.period, self.ready))
        };
        let left = match (fails, self.attempt < RETRIES) {
            (false, _) => next(),
            (true, true) => {
                let attempt = self.attempt + 1;
                Some(Set { attempt, due: self.due + millis(1_000 << attempt), ..self })
            }
            (true, false) => next().or(Some(Set { failed: true, ..self })),
        };
        (left, fails)
    }
}

#[derive(Default)]
struct Model {
    alarms: BTreeMap<(usize, &'static str), Set>,
    rung: BTreeMap<usize, Vec<Ring>>,
    /// How many runs have failed, and how many alarms were given up.
    failures: u32,
    given_up: u32,
    /// How many runs came at the time of another one of the object.
    tied: u32,
    /// How often one was set, or has moved on.
    written: u64,
}

impl Model {
    fn write(&mut self, who: (usize, &'static str), set: Set) {
        self.written += 1;
        self.alarms.insert(who, Set { order: self.written, ..set });
    }

    /// What a handler sets.
    fn set(&mut self, who: (usize, &'static str), next: Set) {
        match self.alarms.get(&who).copied().filter(|before| before.keeps_phase_in(&next)) {
            // In the same way: nothing changes.
            Some(before) if before.ready == next.ready => {}
            Some(before) => self.write(who, Set { ready: next.ready, ..before }),
            None => self.write(who, next),
        }
    }

    fn advance(&mut self, to: Timestamp) {
        let next = |alarms: &BTreeMap<(usize, &'static str), Set>| {
            let due = alarms.iter().filter(|(_, set)| !set.failed && set.due <= to);
            due.min_by_key(|(_, set)| (set.due, set.order)).map(|(who, set)| (*who, *set))
        };
        while let Some((who, set)) = next(&self.alarms) {
            let (object, key) = who;
            let of_it = self.alarms.range((object, KEYS[0])..=(object, KEYS[3]));
            self.tied += u32::from(of_it.filter(|(_, other)| !other.failed && other.due == set.due).count() > 1);
            let (left, fails) = set.ran();
            match fails {
                true => self.failures += 1,
                false => self.rung.entry(object).or_default().push((set.due, key.to_owned())),
            }
            self.given_up += u32::from(left.is_some_and(|left| left.failed));
            match left {
                Some(left) => self.write(who, left),
                None => drop(self.alarms.remove(&who)),
            }
        }
    }
}

async fn change(kit: &TestKit, model: &mut Model, random: &SeededRandom, objects: u64) -> Result {
    let object = random.below(objects) as usize;
    let key = KEYS[random.below(4) as usize];
    let a = clock(kit, &format!("clock-{object}"));
    // Some are set with another one, for the same time.
    let keys = [Some(key), (random.below(3) == 0).then(|| KEYS[random.below(4) as usize])].into_iter().flatten();
    // None within this very moment, so that nothing depends on how long a call takes. Some come again: the same period once more.
    let span = if random.below(3) == 0 { 6 * HOUR * (1 + random.below(3)) } else { 1 + random.below(72 * HOUR) };
    // Some fail for a while: a few runs of one that repeats, some tries of one that doesn't.
    let ready = |at| (random.below(3) == 0).then(|| at + millis(random.below(4 * 60_000)));
    match random.below(6) {
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
            for key in keys {
                let (at, ready) = (kit.now() + millis(period), ready(kit.now() + millis(period)));
                model.set((object, key), Set::new(at, Some(period), ready));
                a.set(move |_, cx| setting(cx, key, ready).every(millis(period))).await?;
                // Set again in the same way it keeps its phase.
                a.set(move |_, cx| setting(cx, key, ready).every(millis(period))).await?;
            }
        }
        2 => {
            // Once more what is set, if it repeats: wherever it is in its tries, nothing changes.
            if let Some(&Set { period: Some(period), ready, .. }) = model.alarms.get(&(object, key)) {
                a.set(move |_, cx| setting(cx, key, ready).every(millis(period))).await?;
            }
        }
        3 => {
            // A write that has nothing to do with alarms.
            a.set(|me, cx| {
                me.ready = cx.now();
                Ok(())
            })
            .await?;
        }
        _ => {
            for key in keys {
                let at = kit.now() + millis(span);
                let ready = ready(at);
                model.set((object, key), Set::new(at, None, ready));
                a.set(move |_, cx| setting(cx, key, ready).after(millis(span))).await?;
            }
        }
    }
    Ok(())
}

fn setting<'a>(cx: &'a mut Cx<Clock>, key: &str, ready: Option<Timestamp>) -> Setting<'a> {
    match ready {
        Some(ready) => cx.schedule().picky(key, ready),
        None => cx.schedule().ring(key),
    }
    .key(key)
}

#[test]
fn random_schedules_run_as_a_model_says() {
    let (objects, days) = (number("DO_ALARM_OBJECTS").unwrap_or(40), number("DO_ALARM_DAYS").unwrap_or(6));
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
            // Some steps are short: what follows comes while failed runs wait for their next try.
            let most = if random.below(3) == 0 { 60_000 } else { 4 * HOUR };
            kit.advance(millis(1 + random.below(most))).await;
            model.advance(kit.now());
        }
        for object in 0..objects as usize {
            let rung = clock(&kit, &format!("clock-{object}")).rung().await?;
            assert_eq!(rung, model.rung.remove(&object).unwrap_or_default(), "object {object}");
            let pending = kit.pending_alarms(&clock(&kit, &format!("clock-{object}"))).await?;
            let of = (object, KEYS[0])..=(object, KEYS[3]);
            assert_eq!(pending.len(), model.alarms.range(of.clone()).count(), "object {object}");
            let failed = pending.iter().filter(|alarm| alarm.failed().is_some()).count();
            assert_eq!(failed, model.alarms.range(of).filter(|(_, set)| set.failed).count(), "object {object}");
        }
        let Model { failures, given_up, tied, .. } = model;
        assert!(
            failures > 0 && given_up > 0 && tied > 0,
            "{failures} failed, {given_up} given up, {tied} at the time of another one"
        );
        Ok(())
    });
    tested.expect("the calls succeed");
}
