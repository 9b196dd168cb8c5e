//! Alarms of an object written by hand, as the macros would write it.
#![cfg(feature = "testing")]
#![allow(missing_docs)]

mod clocks;

use clocks::{Clock, ClockStub, clock};
use do_runtime::testing::{self, TestKit};
use do_runtime::{Error, ErrorKind, Result, Timestamp, hours, secs};

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
