//! Alarms as users write them: every kind of payload, what repeats by itself, what is done when one is given up.

use do_runtime::prelude::*;
use do_runtime::{Schedule, Setting};
use serde::{Deserialize, Serialize};

/// What somebody is to be reminded of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    lines: Vec<String>,
    at: Option<Timestamp>,
}

#[durable_object]
struct Desk {
    #[stored]
    log: Vec<String>,
}

#[durable_object]
impl Desk {
    #[init]
    fn wake(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().tidy().key("tidy").every("20h")
    }

    #[rpc]
    fn log(&self) -> Result<Vec<String>> {
        Ok(self.log.clone())
    }

    #[rpc]
    fn open(&mut self) -> Result {
        self.say("opened")
    }

    #[rpc]
    fn plan(&mut self, cx: &mut Cx<Self>, who: String, note: Note) -> Result {
        let now = cx.now();
        cx.schedule().remind_later(who, "of", &[1, 2], note, Some(now)).after("10s")
    }

    #[rpc]
    fn plan_in_vain(&mut self, cx: &mut Cx<Self>, what: String, times: u32) -> Result {
        cx.schedule().fail(&what, times).key("in vain").after("1s")
    }

    #[rpc]
    fn line_up(&mut self, cx: &mut Cx<Self>, who: &[u8]) -> Result {
        who.iter().try_for_each(|who| cx.schedule().step_up(*who).after("1s"))
    }

    #[alarm]
    fn step_up(&mut self, who: u8) -> Result {
        self.say(who.to_string())
    }

    /// Counts once more, besides what the class has set.
    #[rpc]
    fn count_once(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().count().key("once").after("1h")
    }

    #[rpc]
    fn forget(&mut self, cx: &mut Cx<Self>, key: &str) -> Result<bool> {
        cx.schedule().cancel(key)
    }

    #[rpc]
    fn fetch_later(&mut self, cx: &mut Cx<Self>, what: &str) -> Result {
        cx.schedule().fetch(what).after("1s")
    }

    /// Reminds somebody of something.
    #[alarm(rename = "remind_later")]
    fn remind(
        &mut self,
        cx: &mut Cx<Self>,
        who: String,
        text: &str,
        picture: &[u8],
        note: Note,
        r#when: Option<Timestamp>,
    ) -> Result {
        let since = r#when.map(|when| (cx.now() - when).as_secs());
        self.say(format!("{who} {text} {picture:?} {note:?} {since:?}"))
    }

    #[alarm]
    async fn fetch(this: This<Self>, what: &str) -> Result {
        this.update(|me, _| me.say(format!("fetched {what}"))).await
    }

    #[alarm(retries = 2, exhausted = give_up)]
    fn fail(&mut self, what: &str, _times: u32) -> Result {
        self.say("this is undone")?;
        bail!("{what} is broken")
    }

    fn give_up(&mut self, what: String, times: u32, error: &Error) -> Result {
        self.say(format!("{what} {times}: {error}"))
    }

    #[alarm]
    fn tidy(&mut self, _cx: &mut Cx<Self>) -> Result {
        self.say("tidied")
    }

    #[alarm(every = "12h")]
    fn count(&mut self) -> Result {
        let count = self.log.len();
        self.say(format!("{count} lines"))
    }

    #[alarm(cron = "30 3 * * *", zone = "Asia/Tokyo")]
    fn wind_up(&mut self, cx: &mut Cx<Self>) -> Result {
        self.say(format!("wound up at {}", cx.now()))
    }
}

#[durable_object(helpers)]
impl Desk {
    fn say(&mut self, line: impl Into<String>) -> Result {
        self.log.push(line.into());
        Ok(())
    }
}

/// Shows something at intervals, for a minute each time.
#[durable_object]
struct Beacon {
    #[stored]
    shown: Vec<String>,
}

#[durable_object]
impl Beacon {
    #[rpc]
    fn show_hourly(&mut self, cx: &mut Cx<Self>, what: &str) -> Result {
        cx.schedule().show(what).key("lamp").every("1h")
    }

    #[rpc]
    fn blink_soon(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().blink().after("10s")
    }

    #[alarm]
    fn blink(&mut self) -> Result {
        self.shown.push("blinked".into());
        Ok(())
    }

    /// Once, in so many hours.
    #[rpc]
    fn show_late(&mut self, cx: &mut Cx<Self>, what: &str, after: u64) -> Result {
        cx.schedule().show(what).after(hours(after))
    }

    #[rpc]
    fn shown(&self) -> Result<Vec<String>> {
        Ok(self.shown.clone())
    }

    #[alarm]
    async fn show(this: This<Self>, what: String) -> Result {
        this.sleep(secs(60)).await?;
        this.update(|me, _| {
            me.shown.push(what);
            Ok(())
        })
        .await
    }
}

/// The schedule of a class, by its name.
#[allow(dead_code)]
fn remind(schedule: DeskSchedule<'_>, note: Note) -> Setting<'_> {
    let _base: &Schedule<'_> = &schedule;
    schedule.remind_later("ann", "of", &[], note, None)
}

fn note() -> Note {
    Note { lines: vec!["tea".into(), "milk".into()], at: Some(Timestamp::from_millis(7)) }
}

#[do_runtime::test]
async fn a_payload_of_any_kind_reaches_its_method(kit: TestKit) -> Result {
    let desk = kit.objects().get_by_name::<Desk>("a");
    desk.plan("ann", note()).await?;
    kit.advance("10s").await;
    let note = format!("{:?}", note());
    assert_eq!(desk.log().await?, [format!("ann of [1, 2] {note} Some(10)")]);
    Ok(())
}

#[do_runtime::test]
async fn an_asynchronous_alarm_gets_what_it_borrows(kit: TestKit) -> Result {
    let desk = kit.objects().get_by_name::<Desk>("a");
    desk.fetch_later("the mail").await?;
    kit.advance("1s").await;
    assert_eq!(desk.log().await?, ["fetched the mail"]);
    Ok(())
}

#[do_runtime::test]
async fn what_is_given_up_is_handed_on_with_its_payload_and_error(kit: TestKit) -> Result {
    let desk = kit.objects().get_by_name::<Desk>("a");
    desk.plan_in_vain("the press", 3).await?;
    kit.advance("10s").await;
    assert_eq!(desk.log().await?, ["the press 3: the press is broken"]);
    assert!(kit.pending_alarms(&desk).await?.iter().all(|alarm| alarm.method() != "fail"));
    Ok(())
}

#[do_runtime::test]
async fn a_key_cancels_what_was_set_under_it(kit: TestKit) -> Result {
    let desk = kit.objects().get_by_name::<Desk>("a");
    desk.plan_in_vain("the press", 3).await?;
    assert!(desk.forget("in vain").await?);
    assert!(!desk.forget("in vain").await?);
    kit.advance("1m").await;
    assert!(desk.log().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn a_key_cancels_what_has_failed_and_would_be_tried_again(kit: TestKit) -> Result {
    let desk = kit.objects().get_by_name::<Desk>("a");
    desk.plan_in_vain("the press", 3).await?;
    kit.advance("1s").await;
    assert!(kit.pending_alarms(&desk).await?.iter().any(|alarm| alarm.method() == "fail"));
    assert!(desk.forget("in vain").await?);
    assert!(!desk.forget("in vain").await?);
    kit.advance("1m").await;
    assert!(desk.log().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn alarms_that_repeat_are_set_by_themselves(kit: TestKit) -> Result {
    let desk = kit.objects().get_by_name::<Desk>("a");
    desk.open().await?;
    let methods: Vec<String> = kit.pending_alarms(&desk).await?.iter().map(|alarm| alarm.method().to_owned()).collect();
    // The kit begins at midnight UTC, which is nine in Tokyo.
    assert_eq!(methods, ["count", "wind_up", "tidy"]);
    kit.advance("1d").await;
    assert_eq!(desk.log().await?, ["opened", "1 lines", "wound up at 2026-01-01T18:30:00Z", "tidied", "4 lines"]);
    Ok(())
}

#[test]
fn requests_are_read_back_as_they_were_written() {
    use do_runtime::__private::{ArgumentsReader, ArgumentsWriter};
    use do_runtime::Dispatch;

    let bytes = ArgumentsWriter::written(|to| {
        to.put("who", "ann")?;
        to.put("note", &note())
    })
    .expect("these can be encoded");
    let read = |method: &str, bytes: &[u8]| {
        let mut from = ArgumentsReader::new(bytes)?;
        Desk::decode(method, &mut from)
    };
    let (method, request) = read("plan", &bytes).expect("these are its arguments");
    assert_eq!(method.name, "plan");
    let again = ArgumentsWriter::written(|to| Desk::encode(&request, to)).expect("they can be encoded");
    assert_eq!(again, bytes);

    let nothing = ArgumentsWriter::written(|_| Ok(())).expect("this can be encoded");
    assert_eq!(read("log", &nothing).expect("it takes none").0.name, "log");
    let error = read("plan", &nothing).err().expect("it takes two");
    assert_eq!(error.to_string(), "the argument `who` is missing, and a `alloc::string::String` can't be left out");
    let error = read("plane", &nothing).err().expect("there is no such method");
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::NotFound, "there is no method `plane` that can be called".into())
    );
    let error = read("tidy", &nothing).err().expect("an alarm is no method that can be called");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[do_runtime::test]
async fn alarms_of_one_time_run_in_the_order_in_which_they_were_set(kit: TestKit) -> Result {
    let desk = kit.objects().get_by_name::<Desk>("first come");
    desk.line_up(&[5, 3, 9, 1]).await?;
    kit.evict_all().await?;
    // One that is set again is the last.
    desk.line_up(&[7, 3]).await?;
    kit.crash().await?;
    desk.line_up(&[2]).await?;
    kit.advance("1s").await;
    assert_eq!(desk.log().await?, ["5", "9", "1", "7", "3", "2"]);
    Ok(())
}

#[do_runtime::test]
async fn what_repeats_and_is_set_anew_with_another_payload_keeps_its_phase(kit: TestKit) -> Result {
    let (beacon, begin) = (kit.objects().get_by_name::<Beacon>("a"), kit.now());
    beacon.show_hourly("white").await?;
    kit.advance("20m").await;
    beacon.show_hourly("red").await?;
    assert_eq!(kit.pending_alarms(&beacon).await?[0].at(), begin + hours(1));
    kit.advance("41m").await;
    assert_eq!(beacon.shown().await?, ["red"]);
    Ok(())
}

#[do_runtime::test]
async fn what_is_set_anew_while_it_runs_runs_once_more(kit: TestKit) -> Result {
    let beacon = kit.objects().get_by_name::<Beacon>("a");
    beacon.show_hourly("white").await?;
    kit.advance("1h").await;
    beacon.show_hourly("red").await?;
    kit.advance("1m").await;
    assert_eq!(beacon.shown().await?, ["white"]);
    kit.advance("1m").await;
    assert_eq!(beacon.shown().await?, ["white", "red"], "it was not the run of this payload that ended");
    kit.advance("1h").await;
    assert_eq!(beacon.shown().await?, ["white", "red", "red"]);
    Ok(())
}

#[do_runtime::test]
async fn an_alarm_under_a_key_does_not_repeat_because_its_method_does(kit: TestKit) -> Result {
    let desk = kit.objects().get_by_name::<Desk>("a");
    desk.count_once().await?;
    kit.advance("2h").await;
    assert_eq!(desk.log().await?, ["0 lines"]);
    assert!(kit.pending_alarms(&desk).await?.iter().all(|alarm| alarm.key() != Some("once")));
    Ok(())
}

#[do_runtime::test]
async fn an_object_that_is_woken_for_something_else_leaves_its_alarms_alone(kit: TestKit) -> Result {
    let beacon = kit.objects().get_by_name::<Beacon>("a");
    // A kept reply is removed after a day, and an asynchronous alarm ends in between.
    beacon.show_late("white", 48).idempotency_key("1").await?;
    beacon.show_late("red", 1).await?;
    kit.advance("47h").await;
    assert_eq!(beacon.shown().await?, ["red"]);
    kit.advance("62m").await;
    assert_eq!(beacon.shown().await?, ["red", "white"]);
    Ok(())
}

#[do_runtime::test]
async fn an_alarm_that_is_set_while_another_one_runs_does_not_wait_for_its_end(kit: TestKit) -> Result {
    let beacon = kit.objects().get_by_name::<Beacon>("a");
    beacon.show_hourly("white").await?;
    kit.advance("1h").await;
    beacon.blink_soon().await?;
    kit.advance("10s").await;
    assert_eq!(beacon.shown().await?, ["blinked"]);
    kit.advance("50s").await;
    assert_eq!(beacon.shown().await?, ["blinked", "white"]);
    Ok(())
}

#[do_runtime::test]
async fn a_late_run_that_fails_is_tried_again_after_a_pause_and_not_at_once(kit: TestKit) -> Result {
    let desk = kit.objects().get_by_name::<Desk>("a");
    desk.plan_in_vain("the press", 3).await?;
    // Nobody was there when it was due.
    kit.objects().close().await?;
    let kit = TestKit::open_on(kit.disk(), kit.now() + hours(1), 1).await?;
    let desk = kit.objects().get_by_name::<Desk>("a");
    kit.settle().await;
    let pending = kit.pending_alarms(&desk).await?;
    let failed = pending.iter().find(|alarm| alarm.method() == "fail").context("it is tried again")?;
    assert_eq!((failed.attempt(), failed.due()), (1, kit.now() + secs(2)));
    Ok(())
}
