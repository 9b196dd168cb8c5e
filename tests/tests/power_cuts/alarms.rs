//! Alarms that run, fail, are tried again and given up, repeat, set others and call other objects.

use do_runtime::prelude::*;
use do_runtime::testing::TestKit;

use crate::life::{Life, cut_everywhere};

#[durable_object]
struct Clockwork {
    #[stored]
    log: Vec<String>,
    /// Until then its flaky alarm fails.
    #[stored]
    ready: Timestamp,
    /// When it was wound up.
    #[stored]
    wound: Timestamp,
}

#[durable_object]
impl Clockwork {
    #[rpc]
    fn wind(&mut self, cx: &mut Cx<Self>) -> Result {
        self.wound = cx.now();
        self.ready = cx.now() + secs(11);
        cx.schedule().strike("once").after("5s")?;
        cx.schedule().strike("cancelled").key("cancelled").after("30s")?;
        cx.schedule().strike("replaced").key("replaced").after("15s")?;
        cx.schedule().flaky().after("6s")?;
        cx.schedule().doomed().after("7s")?;
        cx.schedule().hopeless().after("7s")?;
        cx.schedule().fetch(7).after("8s")?;
        cx.schedule().tick().every("20s")
    }

    /// Changes what is set while others are in their pauses.
    #[rpc]
    fn change(&mut self, cx: &mut Cx<Self>) -> Result {
        ensure!(cx.schedule().cancel("cancelled")?, "it was set");
        cx.schedule().strike("replacement").key("replaced").after("25s")?;
        self.log.push("changed".into());
        Ok(())
    }

    #[rpc]
    fn log(&self) -> Result<Vec<String>> {
        Ok(self.log.clone())
    }

    #[rpc]
    fn wound(&self) -> Result<Timestamp> {
        Ok(self.wound)
    }

    #[alarm]
    fn strike(&mut self, cx: &mut Cx<Self>, what: String) -> Result {
        if what == "once" {
            cx.schedule().strike("echo").after("1s")?;
        }
        self.log.push(what);
        Ok(())
    }

    /// Runs after 6, 8 and 12 seconds.
    #[alarm]
    fn flaky(&mut self, cx: &mut Cx<Self>) -> Result {
        self.log.push("flaky".into());
        cx.schedule().strike("after flaky").after("1s")?;
        ensure!(cx.now() >= self.ready, "not ready");
        Ok(())
    }

    #[alarm(retries = 2, exhausted = gave_up)]
    fn doomed(&mut self, cx: &mut Cx<Self>) -> Result {
        self.log.push("undone".into());
        cx.schedule().strike("undone").after("1s")?;
        bail!("as always")
    }

    fn gave_up(&mut self, cx: &mut Cx<Self>, _error: &Error) -> Result {
        self.log.push("gave up".into());
        cx.schedule().strike("after giving up").after("1s")
    }

    #[alarm(retries = 1)]
    fn hopeless(&mut self) -> Result {
        self.log.push("undone".into());
        bail!("as always")
    }

    #[alarm]
    async fn fetch(this: This<Self>, number: u32) -> Result {
        this.objects().get_by_name::<Ledger>("ledger").add(number).await?;
        this.sleep(secs(2)).await?;
        this.objects().get_by_name::<Ledger>("ledger").add(number + 1).await?;
        this.update(|me, _| {
            me.log.push("fetched".into());
            Ok(())
        })
        .await
    }

    #[alarm]
    fn tick(&mut self, cx: &mut Cx<Self>) -> Result {
        self.log.push(format!("tick {}", (cx.now() - self.wound).as_secs()));
        Ok(())
    }
}

/// Notes what it is given, as often as it is.
#[durable_object]
struct Ledger {
    #[stored]
    numbers: Vec<u32>,
}

#[durable_object]
impl Ledger {
    #[rpc]
    fn add(&mut self, number: u32) -> Result {
        self.numbers.push(number);
        Ok(())
    }

    #[rpc]
    fn numbers(&self) -> Result<Vec<u32>> {
        Ok(self.numbers.clone())
    }
}

struct Told {
    wound: bool,
    changed: bool,
    /// The longest log that anybody was shown.
    log: Vec<String>,
    /// When the power came back for the first time, and for the last one.
    back: Timestamp,
    last_back: Timestamp,
}

struct Alarms;

fn clockwork(kit: &TestKit) -> ClockworkStub {
    kit.objects().get_by_name::<Clockwork>("a")
}

fn count(log: &[String], what: &str) -> usize {
    log.iter().filter(|line| *line == what).count()
}

impl Life for Alarms {
    type Told = Told;

    const REST: &'static str = "3m";

    async fn live(kit: &TestKit) -> Told {
        let now = kit.now();
        let mut told = Told { wound: false, changed: false, log: Vec::new(), back: now, last_back: now };
        told.wound = clockwork(kit).wind().await.is_ok();
        for step in 0..9 {
            kit.advance("3s").await;
            match step {
                1 | 6 => drop(kit.checkpoint().await),
                3 => told.changed = clockwork(kit).change().await.is_ok(),
                4 => drop(kit.evict_all().await),
                _ => {}
            }
            Self::look(kit, &mut told).await;
        }
        told.back = kit.now();
        told
    }

    async fn look(kit: &TestKit, told: &mut Told) {
        if let Ok(log) = clockwork(kit).log().await {
            told.log = log;
        }
        told.last_back = kit.now();
    }

    async fn at_rest(kit: &TestKit, told: &Told) -> Result {
        let log = clockwork(kit).log().await?;
        let numbers = kit.objects().get_by_name::<Ledger>("ledger").numbers().await?;
        ensure!(log.starts_with(&told.log), "shown was {:?}, there is {log:?}", told.log);
        let wound = clockwork(kit).wound().await?;
        if wound == Timestamp::default() {
            ensure!(!told.wound && log.is_empty() && numbers.is_empty(), "nothing was set, and {log:?} ran");
            ensure!(kit.pending_alarms(&clockwork(kit)).await?.is_empty(), "nothing was set");
            return Ok(());
        }
        for what in ["once", "echo", "flaky", "after flaky", "gave up", "after giving up"] {
            ensure!(count(&log, what) == 1, "{what} ran not once: {log:?}");
        }
        ensure!(count(&log, "undone") == 0, "a run that failed left its effects: {log:?}");
        let changed = count(&log, "changed") == 1;
        ensure!(changed || !told.changed, "the change is lost: {log:?}");
        ensure!(count(&log, "cancelled") == usize::from(!changed), "changed: {changed}, {log:?}");
        // One that is due before the change has come may have run.
        ensure!(count(&log, "replacement") == usize::from(changed), "changed: {changed}, {log:?}");
        ensure!(count(&log, "replaced") == usize::from(!changed), "changed: {changed}, {log:?}");
        ensure!(count(&log, "fetched") >= 1, "the asynchronous one is lost: {log:?}");
        ensure!(numbers == [7, 8], "its calls ran not once: {numbers:?}");
        let after = |time: Timestamp| (time - wound).as_secs();
        Self::check_ticks(&log, after(told.back), after(told.last_back), after(kit.now()))?;
        let pending = kit.pending_alarms(&clockwork(kit)).await?;
        let [tick, hopeless] = &pending[..] else { bail!("what is left is {pending:?}") };
        ensure!(tick.method() == "tick" && tick.failed().is_none(), "what is left is {pending:?}");
        ensure!(
            hopeless.method() == "hopeless" && hopeless.failed() == Some("as always"),
            "what is left is {pending:?}"
        );
        Ok(())
    }
}

impl Alarms {
    /// Each period once, but for those in which there was no power.
    fn check_ticks(log: &[String], back: u64, last_back: u64, now: u64) -> Result {
        let ticks: Vec<u64> = log.iter().filter_map(|line| line.strip_prefix("tick ")?.parse().ok()).collect();
        let mut periods: Vec<u64> = ticks.iter().map(|tick| tick / 20).collect();
        let ran = periods.len();
        periods.dedup();
        ensure!(periods.len() == ran && periods.is_sorted(), "a period ran twice: {ticks:?}");
        // After a second cut, what fell due while the power was away runs once, as soon as it is back.
        ensure!(
            periods.first() == Some(&1) || ticks.first() == Some(&last_back),
            "the first one is missing: {ticks:?}"
        );
        let after: Vec<u64> = ticks.into_iter().filter(|tick| *tick > back).collect();
        let on_time: Vec<u64> = (back / 20 + 1..=now / 20).map(|period| period * 20).collect();
        let mut late: Vec<u64> = on_time.iter().map(|tick| *tick.max(&last_back)).collect();
        late.dedup();
        ensure!(after == on_time || after == late, "back after {back} and {last_back} seconds, it ticked at {after:?}");
        Ok(())
    }
}

#[test]
fn a_power_cut_in_the_run_of_an_alarm_neither_loses_nor_doubles_its_effects() {
    cut_everywhere::<Alarms>(40);
}
