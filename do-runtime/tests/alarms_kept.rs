//! Alarms that a class sets itself: `#[alarm(every = "…")]`, `#[alarm(cron = "…")]`.
#![cfg(feature = "testing")]
#![allow(missing_docs)]

mod clocks;
#[path = "clocks/daily.rs"]
mod daily;

use daily::daily;
use do_runtime::__private::{AlarmDef, Repeat};
use do_runtime::testing::{self, TestKit};
use do_runtime::{Result, hours, secs};

const fn digest(repeat: Repeat) -> AlarmDef {
    AlarmDef { name: "digest", repeat, retries: 6, exhausted: false }
}

const HOUR: u64 = 3_600_000;

daily!(None_, NoneStub, [digest(Repeat::No)]);
daily!(Hourly, HourlyStub, [digest(Repeat::Every(HOUR))]);
daily!(Often, OftenStub, [digest(Repeat::Every(HOUR / 2))]);
daily!(Night, NightStub, [digest(Repeat::Cron { expression: "0 3 * * *", zone: Some("Europe/Paris") })]);
daily!(Other, OtherStub, [AlarmDef { name: "other", repeat: Repeat::Every(1 << 40), retries: 6, exhausted: false }]);

fn test<F: Future<Output = Result>>(name: &'static str, body: impl FnOnce(TestKit) -> F) {
    testing::run(name, body).unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn an_object_has_them_from_its_first_commit_on() {
    test("first_commit", |kit| async move {
        let (a, begin) = (kit.objects().get_by_name::<Hourly>("a"), kit.now());
        assert_eq!(a.rung().await?, []);
        kit.advance("3h").await;
        assert_eq!(kit.list::<Hourly>().await?, [], "to read it doesn't bring it into being");
        a.set(|_, cx| cx.kv_mut().put("x", &1)).await?;
        kit.advance("150m").await;
        let at = |halves: u32| begin + hours(3) + secs(1800) * halves;
        assert_eq!(a.rung().await?, [at(2), at(4)]);
        kit.crash().await?;
        // The class is known to the node as soon as somebody asks for it.
        assert_eq!(a.rung().await?.len(), 2);
        kit.advance("30m").await;
        assert_eq!(a.rung().await?, [at(2), at(4), at(6)]);
        Ok(())
    });
}

#[test]
fn an_object_that_is_there_gets_them_when_it_wakes_and_follows_when_the_class_changes_its_mind() {
    test("follows", |kit| async move {
        let old = kit.objects().get_by_name::<None_>("a");
        old.set(|_, cx| cx.kv_mut().put("x", &1)).await?;
        kit.restart().await?;
        let begin = kit.now();
        let a = kit.objects().get_by_name::<Hourly>("a");
        assert_eq!(a.rung().await?, []);
        let bytes = kit.objects().journal_bytes()?;
        kit.evict_all().await?;
        kit.advance("59m").await;
        assert_eq!(a.rung().await?, []);
        assert_eq!(kit.objects().journal_bytes()?, bytes, "a wake that misses nothing writes nothing");
        kit.advance("1m").await;
        assert_eq!(a.rung().await?, [begin + hours(1)]);
        // A program that runs it more often.
        kit.restart().await?;
        let a = kit.objects().get_by_name::<Often>("a");
        assert_eq!(a.rung().await?.len(), 1);
        kit.advance("1h").await;
        assert_eq!(a.rung().await?.len(), 3);
        // One that has it no more, and another alarm instead.
        kit.restart().await?;
        let a = kit.objects().get_by_name::<Other>("a");
        kit.advance("5h").await;
        assert_eq!(a.rung().await?.len(), 3, "the class doesn't set it any more");
        let pending = kit.pending_alarms(&a).await?;
        assert_eq!(pending.iter().map(|alarm| alarm.method()).collect::<Vec<_>>(), ["other"]);
        Ok(())
    });
}

#[test]
fn one_by_the_calendar_runs_at_its_hour_every_day() {
    test("night", |kit| async move {
        let (a, begin) = (kit.objects().get_by_name::<Night>("a"), kit.now()); // midnight in UTC on New Year
        a.set(|_, cx| cx.kv_mut().put("x", &1)).await?;
        kit.advance("3d").await;
        assert_eq!(a.rung().await?, [2, 26, 50].map(|after| begin + hours(after)));
        Ok(())
    });
}

#[test]
fn they_are_set_again_where_all_is_erased_and_gone_where_nothing_is_left() {
    test("erased", |kit| async move {
        let a = kit.objects().get_by_name::<Hourly>("a");
        a.set(|_, cx| cx.kv_mut().put("x", &1)).await?;
        kit.advance("30m").await;
        a.set(|_, cx| {
            cx.delete_all()?;
            cx.kv_mut().put("y", &1)
        })
        .await?;
        assert_eq!(kit.pending_alarms(&a).await?[0].at(), kit.now() + hours(1));
        a.set(|_, cx| cx.delete_all()).await?;
        assert_eq!(kit.list::<Hourly>().await?, []);
        kit.evict_all().await?;
        kit.advance("3h").await;
        assert!(kit.awake().is_empty());
        Ok(())
    });
}
