//! What a crash, a restart and a checkpoint leave of alarms.
#![cfg(feature = "testing")]
#![allow(missing_docs)]

mod clocks;
#[path = "clocks/daily.rs"]
mod daily;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use clocks::clock;
use daily::daily;
use do_runtime::__private::{AlarmDef, Repeat};
use do_runtime::env::{Disk, SeededRandom};
use do_runtime::testing::{self, TestKit};
use do_runtime::{Error, Result, days, hours, secs};

fn test<F: Future<Output = Result>>(name: &'static str, body: impl FnOnce(TestKit) -> F) {
    testing::run(name, body).unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn alarms_wake_sleeping_objects_after_a_crash_a_restart_and_a_checkpoint() {
    for how in ["crash", "restart", "checkpoint", "checkpoint and crash", "evict", "rebuild"] {
        test("wakes", |kit| async move {
            let begin = kit.now();
            for (name, after) in [("a", 10), ("b", 20)] {
                clock(&kit, name).ring_after("x", days(after)).await?;
            }
            match how {
                "crash" => kit.crash().await?,
                "restart" => kit.restart().await?,
                "checkpoint" => kit.checkpoint().await?,
                "checkpoint and crash" => {
                    kit.checkpoint().await?;
                    // Changed since, in both directions.
                    clock(&kit, "a").set(|_, cx| cx.schedule().ring("early").after(days(5))).await?;
                    clock(&kit, "b").set(|_, cx| cx.schedule().ring("x").after(days(20))).await?;
                    kit.crash().await?;
                }
                "rebuild" => {
                    kit.objects().close().await?;
                    kit.disk().remove(Path::new("registry.db")).expect("the registry is there");
                    kit.restart().await?;
                }
                _ => kit.evict_all().await?,
            }
            kit.evict_all().await?;
            assert!(kit.awake().is_empty());
            kit.advance("30d").await;
            let early = (how == "checkpoint and crash").then(|| (begin + days(5), "early".to_owned()));
            let expected: Vec<_> = early.into_iter().chain([(begin + days(10), "x".to_owned())]).collect();
            assert_eq!(clock(&kit, "a").rung().await?, expected, "{how}");
            assert_eq!(clock(&kit, "b").rung().await?, [(begin + days(20), "x".to_owned())], "{how}");
            Ok(())
        });
    }
}

#[test]
fn an_alarm_that_fell_due_while_nothing_ran_runs_late_and_once() {
    test("late", |kit| async move {
        let a = clock(&kit, "a");
        a.ring_after("x", secs(5)).await?;
        kit.objects().close().await?;
        kit.advance("1d").await;
        kit.restart().await?;
        kit.settle().await;
        assert_eq!(a.rung().await?, [(kit.now(), "x".to_owned())]);
        kit.restart().await?;
        kit.advance("1d").await;
        assert_eq!(a.rung().await?.len(), 1);
        Ok(())
    });
}

#[test]
fn checkpoints_between_lose_and_repeat_nothing() {
    test("checkpoints", |kit| async move {
        let begin = kit.now();
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        for (at, name) in (1_u64..).zip(names) {
            clock(&kit, name).set(move |_, cx| cx.schedule().ring("x").every(hours(at))).await?;
        }
        for step in 0..48 {
            kit.advance("30m").await;
            match step % 5 {
                0 => kit.checkpoint().await?,
                2 => kit.evict_all().await?,
                4 if step % 2 == 0 => kit.crash().await?,
                _ => {}
            }
        }
        for (at, name) in (1_u64..).zip(names) {
            let expected: Vec<_> = (1..=24 / at).map(|n| (begin + hours(n * at), "x".to_owned())).collect();
            assert_eq!(clock(&kit, name).rung().await?, expected, "{name}");
        }
        Ok(())
    });
}

#[test]
fn an_asynchronous_alarm_stays_until_it_has_ended_and_others_run_meanwhile() {
    test("flight", |kit| async move {
        let (a, begin) = (clock(&kit, "a"), kit.now());
        a.set(|_, cx| {
            cx.schedule().of("dawdle", "walk").after(secs(1))?;
            cx.schedule().ring("x").after(secs(2))
        })
        .await?;
        kit.advance("1s").await;
        a.set(|_, cx| cx.schedule().ring("y").after(secs(2))).await?;
        kit.advance("4s").await;
        assert_eq!(a.words().await?, ["walk begins", "x", "y"]);
        assert_eq!(kit.pending_alarms(&a).await?.len(), 1, "it runs");
        kit.advance("1s").await;
        assert_eq!(a.rung().await?.last(), Some(&(begin + secs(6), "walk ends".to_owned())));
        assert_eq!(kit.pending_alarms(&a).await?, []);

        // One that fails is tried again, and then set aside.
        a.set(|me, cx| {
            me.rung.clear();
            cx.schedule().of("dawdle", "fail").after(secs(1))
        })
        .await?;
        kit.advance("1m").await;
        assert_eq!(a.words().await?, ["fail begins"; 2]);
        assert_eq!(kit.pending_alarms(&a).await?[0].failed(), Some("asked to fail"));
        Ok(())
    });
}

#[test]
fn an_asynchronous_alarm_that_a_crash_cuts_off_runs_again() {
    test("cut_off", |kit| async move {
        let (a, begin) = (clock(&kit, "a"), kit.now());
        a.set(|_, cx| cx.schedule().of("dawdle", "walk").after(secs(1))).await?;
        kit.advance("3s").await;
        kit.checkpoint().await?;
        kit.crash().await?;
        kit.advance("10s").await;
        let expected = [(1, "walk begins"), (3, "walk begins"), (8, "walk ends")];
        assert_eq!(a.rung().await?, expected.map(|(at, what)| (begin + secs(at), what.to_owned())));
        assert_eq!(kit.pending_alarms(&a).await?, []);
        Ok(())
    });
}

#[test]
fn one_that_is_set_anew_while_it_runs_runs_again() {
    test("set_anew", |kit| async move {
        let (a, begin) = (clock(&kit, "a"), kit.now());
        a.set(|_, cx| cx.schedule().of("dawdle", "walk").after(secs(1))).await?;
        kit.advance("2s").await;
        a.set(|_, cx| cx.schedule().of("dawdle", "walk").after(secs(1))).await?;
        kit.advance("20s").await;
        // It was due again after 3 seconds, and waits for the one that runs: never twice at once.
        let expected = [(1, "walk begins"), (6, "walk ends"), (6, "walk begins"), (11, "walk ends")];
        assert_eq!(a.rung().await?, expected.map(|(at, what)| (begin + secs(at), what.to_owned())));
        assert_eq!(kit.pending_alarms(&a).await?, []);
        Ok(())
    });
}

static WAKES: AtomicBool = AtomicBool::new(true);
daily!(
    Weary,
    WearyStub,
    [AlarmDef { name: "digest", repeat: Repeat::Every(3_600_000), retries: 6, exhausted: false }],
    wakes: match WAKES.load(SeqCst) {
        true => Ok(()),
        false => Err(Error::invalid("too tired")),
    }
);

#[test]
fn an_object_that_cannot_be_woken_is_tried_again_ever_later() {
    test("weary", |kit| async move {
        let a = kit.objects().get_by_name::<Weary>("a");
        let begin = kit.now();
        a.set(|_, cx| cx.kv_mut().put("x", &1)).await?;
        kit.evict_all().await?;
        WAKES.store(false, SeqCst);
        kit.set_time(begin + hours(1) + secs(2 + 4 + 8 + 16)).await;
        clock(&kit, "b").ring_after("x", secs(1)).await?;
        kit.advance("2s").await;
        assert_eq!(clock(&kit, "b").rung().await?.len(), 1, "others do not wait for it");
        assert!(a.rung().await.is_err());
        WAKES.store(true, SeqCst);
        kit.set_time(begin + hours(1) + secs(2 + 4 + 8 + 16 + 31)).await;
        assert!(!kit.awake().contains(&a.id()), "it is left alone");
        kit.advance("1s").await;
        assert_eq!(a.rung().await?, [kit.now()]);
        Ok(())
    });
}

/// Sets an alarm and lets it run and fail and run, with the power going after so many steps of the disk. Whether it held.
fn cut(steps: u64, seed: u64) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let place = format!("power cut after {steps} steps, seed {seed}");
        let kit = TestKit::open(seed).await.expect("a folder in memory can be opened");
        let a = clock(&kit, "a");
        a.set(|_, _| Ok(())).await.expect("it is there");
        let begin = kit.now();
        kit.settle().await;
        let before = kit.disk().counts().steps();
        kit.disk().cut_power_after(steps);
        let set = a
            .set(|me, cx| {
                me.ready = cx.now() + secs(11);
                cx.schedule().of("flaky", "once").after(secs(10))?;
                cx.schedule().ring("often").every(secs(20))
            })
            .await;
        kit.advance("9s").await;
        let _ = kit.checkpoint().await;
        kit.advance("16s").await;
        let _ = kit.checkpoint().await;
        let held = kit.disk().counts().steps() - before < steps;
        let torn = SeededRandom::new(seed);
        let started = if seed.is_multiple_of(2) { kit.crash().await } else { kit.crash_torn(&torn).await };
        started.unwrap_or_else(|error| panic!("{place}: {error}"));
        kit.set_time(begin + secs(70)).await;
        let rung = a.rung().await.unwrap_or_else(|error| panic!("{place}: {error}"));
        let once = rung.iter().filter(|(_, what)| what == "once").count();
        let often: Vec<u64> =
            rung.iter().filter(|(_, what)| what == "often").map(|(at, _)| (*at - begin).as_secs()).collect();
        match (&set, once) {
            (Ok(()), 1) => {}
            (Err(_), 0) => assert!(often.is_empty(), "{place}: {rung:?}"),
            // The power went after it was written and before anybody was told.
            (Err(_), 1) => {}
            _ => panic!("{place}: {rung:?} after {set:?}"),
        }
        if once == 1 {
            assert!(often == [20, 40, 60] || often == [25, 40, 60], "{place}: {often:?}");
            let pending = kit.pending_alarms(&a).await.expect("it is awake");
            assert_eq!(pending.len(), 1, "{place}");
            assert_eq!(pending[0].at(), begin + secs(80), "{place}");
        }
        held
    })
}

#[test]
fn a_power_cut_at_any_step_neither_loses_nor_repeats_the_effects_of_an_alarm() {
    // What is in flight is lost at every other step, and torn at the others.
    let steps = (0..2_000).find(|&steps| cut(steps, steps)).expect("it ends some time");
    assert!(steps > 20, "{steps} steps are too few to mean anything");
}
