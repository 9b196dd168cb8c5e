//! Alarms of an object written by hand, as the macros would write it: setting them, their times, failures.
#![cfg(feature = "testing")]
#![allow(missing_docs)]

mod clocks;

use clocks::{Clock, clock};
use do_runtime::testing::{self, TestKit};
use do_runtime::{Error, ErrorKind, Result, Timestamp, days, hours, millis, secs};

fn test<F: Future<Output = Result>>(name: &'static str, body: impl FnOnce(TestKit) -> F) {
    testing::run(name, body).unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn an_alarm_runs_at_its_time_and_once() {
    test("an_alarm_runs", |kit| async move {
        let a = clock(&kit, "a");
        a.ring_after("tea", secs(5)).await?;
        assert_eq!(kit.pending_alarms(&a).await?.len(), 1);
        kit.advance("4999ms").await;
        assert_eq!(a.rung().await?, []);
        kit.advance("1ms").await;
        assert_eq!(a.rung().await?, [(kit.now(), "tea".to_owned())]);
        kit.advance("1d").await;
        assert_eq!(a.rung().await?.len(), 1);
        assert_eq!(kit.pending_alarms(&a).await?, []);
        Ok(())
    });
}

#[test]
fn what_falls_due_on_the_way_runs_in_order_of_time() {
    test("in_order", |kit| async move {
        let begin = kit.now();
        for (name, after) in [("a", 30), ("b", 10), ("c", 20)] {
            clock(&kit, name).ring_after("x", secs(after)).await?;
        }
        let a = clock(&kit, "a");
        a.ring_after("y", secs(5)).await?;
        a.ring_after("again", secs(25)).await?;
        kit.advance("1m").await;
        let words: Vec<_> = a.rung().await?.into_iter().map(|(at, what)| ((at - begin).as_secs(), what)).collect();
        let expected = [(5, "y"), (25, "again"), (30, "x"), (35, "again"), (45, "again"), (55, "again")];
        assert_eq!(words, expected.map(|(at, what)| (at, what.to_owned())));
        assert_eq!(clock(&kit, "b").rung().await?, [(begin + secs(10), "x".to_owned())]);
        assert_eq!(clock(&kit, "c").rung().await?, [(begin + secs(20), "x".to_owned())]);
        Ok(())
    });
}

#[test]
fn alarms_that_set_each_other_without_a_pause_all_run() {
    test("at_once", |kit| async move {
        let a = clock(&kit, "a");
        a.ring_after("at once", secs(1)).await?;
        kit.advance("1s").await;
        assert_eq!(a.words().await?, ["at once"; 5]);
        Ok(())
    });
}

#[test]
fn the_same_payload_is_one_alarm_and_a_key_replaces_whatever_had_it() {
    test("identity", |kit| async move {
        let a = clock(&kit, "a");
        a.set(|_, cx| {
            cx.schedule().ring("x").after(secs(1))?;
            cx.schedule().ring("x").after(secs(3))?;
            cx.schedule().ring("y").after(secs(4))?;
            cx.schedule().ring("first").key("k").after(secs(2))?;
            cx.schedule().ring("second").key("k").after(secs(5))?;
            cx.schedule().ring("x").key("other").after(secs(6))
        })
        .await?;
        let pending = kit.pending_alarms(&a).await?;
        let shown: Vec<_> =
            pending.iter().map(|alarm| ((alarm.at() - kit.now()).as_secs(), alarm.method(), alarm.key())).collect();
        assert_eq!(shown, [(3, "ring", None), (4, "ring", None), (5, "ring", Some("k")), (6, "ring", Some("other"))]);
        a.set(|_, cx| {
            assert_eq!(cx.alarms().next()?.map(|alarm| alarm.due()), Some(cx.now() + secs(3)));
            assert_eq!(cx.alarms().get("k")?.map(|alarm| alarm.at()), Some(cx.now() + secs(5)));
            assert!(cx.schedule().cancel("other")?);
            assert!(!cx.schedule().cancel("other")?, "it was cancelled");
            assert_eq!(cx.alarms().get("other")?, None);
            Ok(())
        })
        .await?;
        kit.advance("10s").await;
        assert_eq!(a.words().await?, ["x", "y", "second"]);
        Ok(())
    });
}

#[test]
fn a_transaction_that_fails_sets_and_cancels_nothing() {
    test("undone", |kit| async move {
        let a = clock(&kit, "a");
        a.set(|_, cx| cx.schedule().ring("kept").key("kept").after(secs(5))).await?;
        let error = a.set(|me, cx| {
            cx.schedule().cancel("kept")?;
            cx.schedule().ring("lost").after(secs(1))?;
            cx.savepoint(me, |_, cx| cx.schedule().ring("in it").after(secs(2)))?;
            Err(Error::invalid("no"))
        });
        assert_eq!(error.await.expect_err("it fails").to_string(), "no");
        a.set(|me, cx| {
            let undone = cx.savepoint(me, |_, cx| {
                cx.schedule().ring("undone").after(secs(1))?;
                Err::<(), _>(Error::invalid("only this"))
            });
            assert!(undone.is_err());
            cx.schedule().ring("also kept").after(secs(6))
        })
        .await?;
        kit.advance("10s").await;
        assert_eq!(a.words().await?, ["kept", "also kept"]);
        Ok(())
    });
}

#[test]
fn a_period_keeps_its_phase_and_runs_once_after_a_pause() {
    test("phase", |kit| async move {
        let (a, begin) = (clock(&kit, "a"), kit.now());
        a.set(|_, cx| cx.schedule().ring("x").every("1h")).await?;
        kit.advance("90m").await;
        // What is set again as it is stays as it is.
        let bytes = kit.objects().journal_bytes()?;
        a.set(|_, cx| cx.schedule().ring("x").every(hours(1))).await?;
        assert_eq!(kit.objects().journal_bytes()?, bytes, "nothing was written");
        kit.advance("45m").await;
        let at = |minutes: u64| (begin + secs(60 * minutes), "x".to_owned());
        assert_eq!(a.rung().await?, [at(60), at(120)]);
        // It sleeps over five of them.
        kit.objects().close().await?;
        kit.set_time(begin + secs(60 * 450)).await;
        kit.restart().await?;
        kit.settle().await;
        assert_eq!(a.rung().await?, [at(60), at(120), at(450)]);
        kit.advance("2h").await;
        assert_eq!(a.rung().await?, [at(60), at(120), at(450), at(480), at(540)]);
        // Another period begins anew.
        a.set(|_, cx| cx.schedule().ring("x").every(hours(10))).await?;
        assert_eq!(kit.pending_alarms(&a).await?[0].at(), begin + secs(60 * 570) + hours(10));
        Ok(())
    });
}

#[test]
fn an_alarm_by_the_calendar_follows_its_zone() {
    test("calendar", |kit| async move {
        let a = clock(&kit, "a");
        let midnight = Timestamp::from_millis(1_774_652_400_000); // 2026-03-28T00:00 in Paris
        kit.set_time(midnight - secs(1)).await;
        a.set(|_, cx| {
            cx.schedule().ring("paris").cron_in("Europe/Paris", "0 0 * * *")?;
            cx.schedule().ring("utc").cron("0 0 * * *")
        })
        .await?;
        kit.advance("49h").await;
        let expected = [(0, "paris"), (1, "utc"), (24, "paris"), (25, "utc"), (47, "paris")];
        assert_eq!(a.rung().await?, expected.map(|(after, what)| (midnight + hours(after), what.to_owned())));
        Ok(())
    });
}

#[test]
fn a_time_that_has_passed_runs_at_once_and_what_makes_no_sense_is_said() {
    test("wrong", |kit| async move {
        let a = clock(&kit, "a");
        let past = kit.now() - days(400);
        a.set(move |_, cx| cx.schedule().ring("late").at(past)).await?;
        kit.settle().await;
        assert_eq!(a.rung().await?, [(kit.now(), "late".to_owned())]);
        let said = |what: &'static str| {
            a.set(move |_, cx| {
                let alarm = cx.schedule().ring("x");
                match what {
                    "after" => alarm.after("-1s"),
                    "every" => alarm.every("0s"),
                    "soon" => alarm.every(std::time::Duration::from_nanos(7)),
                    "zone" => alarm.cron_in("Paris", "0 0 * * *"),
                    "cron" => alarm.cron("often"),
                    "never" => alarm.cron("0 0 31 2 *"),
                    _ => alarm.after("soon"),
                }
            })
        };
        for (what, words) in [
            ("after", "a duration can't be negative, as `-1s` is"),
            ("every", "the alarm `ring` can't run every 0ns: a period has a millisecond at least"),
            ("soon", "can't run every 7ns"),
            ("zone", "alarm `ring`: \"Paris\" is no time zone"),
            ("cron", "\"often\" is no cron expression"),
            ("never", "matches no time any more"),
            ("text", "`soon` is not a duration"),
        ] {
            let error = said(what).await.expect_err(what);
            assert_eq!(error.kind(), ErrorKind::Invalid, "{what}");
            assert!(error.to_string().contains(words), "{what}: {error}");
        }
        assert_eq!(kit.pending_alarms(&a).await?, []);
        Ok(())
    });
}

#[test]
fn a_failed_run_is_undone_and_tried_again_ever_later_until_it_is_given_up() {
    for what in ["fail", "panic"] {
        test("retries", |kit| async move {
            let (a, begin) = (clock(&kit, "a"), kit.now());
            a.ring_after(what, secs(1)).await?;
            let mut due = begin + secs(1);
            for (attempt, pause) in [2, 4, 8, 16, 32, 64].into_iter().enumerate() {
                kit.set_time(due - millis(1)).await;
                assert_eq!(kit.pending_alarms(&a).await?[0].attempt() as usize, attempt);
                kit.advance("1ms").await;
                let alarm = kit.pending_alarms(&a).await?.remove(0);
                due += secs(pause);
                assert_eq!((alarm.attempt() as usize, alarm.at(), alarm.due()), (attempt + 1, begin + secs(1), due));
                assert_eq!(alarm.failed(), None);
            }
            kit.set_time(due).await;
            let alarm = kit.pending_alarms(&a).await?.remove(0);
            assert_eq!(alarm.attempt(), 7);
            assert!(alarm.failed().is_some_and(|failed| failed.contains(&format!("asked to {what}"))), "{alarm:?}");
            kit.advance("30d").await;
            assert!(kit.awake().is_empty(), "it wakes nobody");
            assert_eq!(a.rung().await?, [], "nothing of it was kept");
            assert_eq!(kit.pending_alarms(&a).await?, [alarm]);
            Ok(())
        });
    }
}

#[test]
fn a_run_that_succeeds_at_last_leaves_nothing() {
    test("at_last", |kit| async move {
        let (a, begin) = (clock(&kit, "a"), kit.now());
        a.ring_after("fail", secs(1)).await?;
        kit.advance("2s").await;
        // Set anew it begins anew.
        a.ring_after("fail", secs(1)).await?;
        assert_eq!(kit.pending_alarms(&a).await?[0].attempt(), 0);
        a.set(|_, cx| cx.schedule().ring("fine").key("k").after(secs(1))).await?;
        kit.advance("1s").await;
        assert_eq!(a.rung().await?, [(begin + secs(3), "fine".to_owned())]);
        Ok(())
    });
}

#[test]
fn an_alarm_that_is_given_up_goes_to_its_exhausted_method() {
    test("exhausted", |kit| async move {
        let (a, begin) = (clock(&kit, "a"), kit.now());
        a.set(|_, cx| cx.schedule().of("careful", "fail").after(secs(1))).await?;
        kit.advance("10s").await;
        assert_eq!(a.rung().await?, [(begin + secs(3), "gave up: asked to fail".to_owned())]);
        assert_eq!(kit.pending_alarms(&a).await?, []);

        a.set(|_, cx| cx.schedule().of("careful", "panic").after(secs(1))).await?;
        kit.advance("10s").await;
        assert_eq!(a.rung().await?.len(), 1, "it failed too, and nothing of it was kept");
        let alarm = kit.pending_alarms(&a).await?.remove(0);
        assert!(alarm.failed().is_some_and(|failed| failed.ends_with("asked to panic")), "{alarm:?}");

        a.set(|_, cx| cx.schedule().of("careful", "fail").every(hours(1))).await?;
        kit.advance("3h 10s").await;
        assert_eq!(a.rung().await?.len(), 4, "one that repeats goes on");
        assert_eq!(kit.pending_alarms(&a).await?.len(), 2);
        Ok(())
    });
}

#[test]
fn one_that_repeats_goes_on_with_its_next_period_after_it_was_given_up() {
    test("goes_on", |kit| async move {
        let (a, begin) = (clock(&kit, "a"), kit.now());
        a.set(|_, cx| cx.schedule().ring("fail").every("1h")).await?;
        kit.advance("59m").await;
        kit.advance("5m").await;
        let alarm = kit.pending_alarms(&a).await?.remove(0);
        assert_eq!((alarm.at(), alarm.attempt(), alarm.failed()), (begin + hours(2), 0, None));
        Ok(())
    });
}

#[test]
fn what_can_never_run_is_set_aside_at_once() {
    test("in_vain", |kit| async move {
        let a = clock(&kit, "a");
        a.set(|_, cx| {
            cx.schedule().garbled().after(secs(1))?;
            cx.schedule().of("gone", "x").after(secs(2))?;
            cx.schedule().ring("fine").after(secs(3))
        })
        .await?;
        kit.advance("3s").await;
        assert_eq!(a.words().await?, ["fine"]);
        let failed: Vec<_> = kit.pending_alarms(&a).await?;
        let said = |n: usize| failed[n].failed().unwrap_or_default();
        assert!(said(0).contains("alarm `ring`: the argument `what` can't be read as"), "{failed:?}");
        assert!(said(1).contains("Clock has no alarm `gone`"), "{failed:?}");
        assert_eq!(failed.len(), 2);
        Ok(())
    });
}

#[test]
fn erasing_and_deleting_an_object_clears_its_alarms() {
    test("erased", |kit| async move {
        let (a, b) = (clock(&kit, "a"), clock(&kit, "b"));
        for clock in [&a, &b] {
            clock.ring_after("x", secs(10)).await?;
            clock.set(|_, cx| cx.schedule().ring("y").every(secs(20))).await?;
        }
        a.set(|_, cx| cx.delete_all()).await?;
        assert!(kit.objects().namespace::<Clock>().delete(b.0.id()).await?);
        assert_eq!(kit.list::<Clock>().await?, []);
        kit.evict_all().await?;
        kit.advance("1m").await;
        assert!(kit.awake().is_empty(), "nobody was woken");
        kit.checkpoint().await?;
        kit.crash().await?;
        kit.advance("1m").await;
        assert!(kit.awake().is_empty());

        a.ring_after("forget", secs(10)).await?;
        a.set(|_, cx| cx.schedule().ring("y").after(secs(20))).await?;
        kit.advance("1m").await;
        assert_eq!(kit.list::<Clock>().await?, [], "an alarm may erase its object");
        assert_eq!(a.rung().await?, []);
        Ok(())
    });
}

#[test]
fn the_kit_runs_the_next_alarm_ahead_of_its_time() {
    test("run_alarm", |kit| async move {
        let (a, begin) = (clock(&kit, "a"), kit.now());
        assert!(!kit.run_alarm(&a).await?);
        a.ring_after("later", days(30)).await?;
        a.set(|_, cx| cx.schedule().ring("often").every(days(1))).await?;
        assert!(kit.run_alarm(&a).await?);
        assert_eq!(kit.pending_alarms(&a).await?[0].at(), begin + days(2), "this period is done");
        a.set(|_, cx| cx.schedule().ring("fail").after(secs(1))).await?;
        assert!(kit.run_alarm(&a).await?, "there was one");
        assert_eq!(kit.pending_alarms(&a).await?[0].attempt(), 1);
        assert_eq!(kit.now(), begin);
        assert_eq!(a.words().await?, ["often"]);
        Ok(())
    });
}

#[test]
fn a_jump_back_runs_nothing() {
    test("jump_back", |kit| async move {
        let (a, begin) = (clock(&kit, "a"), kit.now());
        a.ring_after("x", secs(10)).await?;
        kit.set_time(begin - days(1)).await;
        a.ring_after("y", secs(10)).await?;
        kit.advance("1m").await;
        assert_eq!(a.words().await?, ["y"]);
        kit.set_time(begin + secs(9)).await;
        assert_eq!(a.words().await?, ["y"]);
        kit.advance("1s").await;
        assert_eq!(a.words().await?, ["y", "x"]);
        Ok(())
    });
}
