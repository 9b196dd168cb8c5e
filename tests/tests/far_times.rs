//! Times and durations of absurd size: refused in words, or a time that never comes. Nothing overflows, and nothing that lies far
//! ahead comes out in the past.

use std::time::Duration;

use do_runtime::prelude::*;
use futures::future::join;

/// The last time that there is.
const END: Timestamp = Timestamp::from_millis(i64::MAX);

/// Before anything.
const BEGINNING: Timestamp = Timestamp::from_millis(i64::MIN);

/// Lives for about as long as a duration in text can say.
#[table(ttl = "7000000d")]
#[derive(Debug, Clone, PartialEq)]
struct Stone {
    #[key]
    id: Id<Stone>,
    name: String,
}

#[table]
#[derive(Debug, Clone, PartialEq)]
struct Offer {
    #[key]
    name: String,
    #[expires_at]
    until: Timestamp,
}

#[table(ttl = "7000000d", ttl_from = used)]
#[derive(Debug, Clone, PartialEq)]
struct Ticket {
    #[key]
    name: String,
    used: Timestamp,
}

#[durable_object(tables(Stone, Offer, Ticket), limits(run = "7000000d"))]
struct Sphinx {
    #[stored]
    log: Vec<String>,
}

#[durable_object]
impl Sphinx {
    #[rpc]
    fn set(&mut self, cx: &mut Cx<Self>, how: String) -> Result {
        let alarm = cx.schedule().speak(how.as_str()).key(how.as_str());
        match how.as_str() {
            "after" => alarm.after(Duration::MAX),
            "at" => alarm.at(END),
            "every" => alarm.every(Duration::MAX),
            "past" => alarm.at(BEGINNING),
            text => alarm.after(text),
        }
    }

    #[rpc]
    fn set_failing(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().choke().at(BEGINNING)
    }

    /// When the alarm with this key runs.
    #[rpc]
    fn due(&self, cx: &Cx<Self>, key: &str) -> Result<Option<Timestamp>> {
        Ok(cx.alarms().get(key)?.map(|alarm| alarm.due()))
    }

    #[alarm]
    fn speak(&mut self, how: String) -> Result {
        self.log.push(how);
        Ok(())
    }

    #[alarm(retries = 1)]
    fn choke(&mut self, cx: &mut Cx<Self>) -> Result {
        bail!("at {}", cx.now())
    }

    #[rpc]
    fn log(&self) -> Result<Vec<String>> {
        Ok(self.log.clone())
    }

    #[rpc]
    async fn sleep(this: This<Self>, how_long: String) -> Result {
        this.sleep(how_long).await
    }

    #[rpc]
    async fn sleep_for_ever(this: This<Self>) -> Result {
        this.sleep(Duration::MAX).await
    }

    #[rpc(deadline = "7000000d")]
    fn count(&mut self) -> Result<usize> {
        self.log.push("counted".into());
        Ok(self.log.len())
    }

    #[rpc]
    fn keep(&mut self, cx: &mut Cx<Self>, name: &str, time: Timestamp) -> Result {
        cx.insert(Stone::new(name))?;
        cx.insert(Offer { name: name.to_owned(), until: time })?;
        cx.insert(Ticket { name: name.to_owned(), used: time }).map(drop)
    }

    #[rpc]
    fn use_ticket(&mut self, cx: &mut Cx<Self>, used: Timestamp) -> Result {
        cx.insert(Ticket { name: "used".into(), used }).map(drop)
    }

    #[rpc]
    fn rows(&self, cx: &Cx<Self>) -> Result<(i64, i64, i64)> {
        Ok((cx.count::<Stone>()?, cx.count::<Offer>()?, cx.count::<Ticket>()?))
    }
}

/// Its class sets an alarm for a time that nobody will see.
#[durable_object]
struct Pyramid {
    #[stored]
    stones: u32,
}

#[durable_object]
impl Pyramid {
    #[rpc]
    fn build(&mut self) -> Result {
        self.stones += 1;
        Ok(())
    }

    #[alarm(every = "7000000d")]
    fn crumble(&mut self) -> Result {
        self.stones -= 1;
        Ok(())
    }
}

fn sphinx(kit: &TestKit) -> SphinxStub {
    kit.objects().get_by_name::<Sphinx>("giza")
}

#[do_runtime::test]
async fn a_sleep_takes_text(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    let before = kit.now();
    let asleep = async {
        let slept = sphinx.sleep("1h 30m").await;
        slept.map(|()| kit.now() - before)
    };
    let (slept, ()) = join(asleep, kit.advance("2h")).await;
    assert_eq!(slept?, minutes(90));
    Ok(())
}

#[do_runtime::test]
async fn a_sleep_for_what_is_no_duration_is_refused_and_waits_for_nothing(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    for wrong in ["a while", "-1s", "", "3 months", "99999999999999999999s"] {
        let error = sphinx.sleep(wrong).await.expect_err(wrong);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{wrong}");
        assert!(error.to_string().contains("duration"), "{error}");
    }
    Ok(())
}

#[do_runtime::test]
async fn a_sleep_without_end_ends_with_its_caller_s_patience_or_the_node(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    let (answer, ()) = join(sphinx.sleep_for_ever().deadline("1h"), kit.advance("2h")).await;
    assert_eq!(answer.expect_err("it does not end").kind(), ErrorKind::Deadline);
    let (answer, restarted) = join(sphinx.sleep_for_ever(), kit.restart()).await;
    restarted?;
    assert_eq!(answer.expect_err("its node has ended").kind(), ErrorKind::Unavailable);
    Ok(())
}

#[do_runtime::test]
async fn an_alarm_beyond_the_end_of_time_is_set_for_the_end_and_does_not_run(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    let far = ["after", "at", "every"];
    for how in far {
        sphinx.set(how).await?;
        // Another alarm of the object comes in its time.
        sphinx.set("1h").await?;
        assert_eq!(sphinx.due(how).await?, Some(END), "{how}");
    }
    kit.advance("2h").await;
    kit.restart().await?;
    kit.advance("36500d").await;
    kit.crash().await?;
    assert_eq!(sphinx.log().await?, ["1h"]);
    for how in far {
        assert_eq!(sphinx.due(how).await?, Some(END), "{how}");
    }
    Ok(())
}

#[do_runtime::test]
async fn a_run_ahead_of_an_endless_period_is_followed_by_none_in_the_past(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    sphinx.set("every").await?;
    assert!(kit.run_alarm(&sphinx).await?);
    assert_eq!(sphinx.log().await?, ["every"]);
    assert_eq!(sphinx.due("every").await?, Some(END));

    let pyramid = kit.objects().get_by_name::<Pyramid>("cheops");
    pyramid.build().await?;
    let first = kit.now() + days(7_000_000);
    for due in [first, first + days(7_000_000)] {
        assert_eq!(kit.pending_alarms(&pyramid).await?.first().map(|alarm| alarm.due()), Some(due));
        kit.run_alarm(&pyramid).await?;
        pyramid.build().await?;
    }
    Ok(())
}

#[do_runtime::test]
async fn an_alarm_for_a_time_before_all_times_runs_at_once_and_once(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    sphinx.set("past").await?;
    kit.settle().await;
    assert_eq!(sphinx.log().await?, ["past"]);
    assert_eq!(sphinx.due("past").await?, None);
    Ok(())
}

#[do_runtime::test]
async fn a_run_that_failed_is_tried_again_after_now_whenever_it_was_set_for(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    sphinx.set_failing().await?;
    kit.settle().await;
    let pending = kit.pending_alarms(&sphinx).await?;
    let choking = pending.iter().find(|alarm| alarm.method() == "choke").context("it is tried again")?;
    assert_eq!((choking.at(), choking.attempt(), choking.due()), (BEGINNING, 1, kit.now() + secs(2)));
    Ok(())
}

#[do_runtime::test]
async fn an_alarm_after_what_is_no_duration_is_refused(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    for wrong in ["soon", "-1h", "99999999999999999999h"] {
        let error = sphinx.set(wrong).await.expect_err(wrong);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    Ok(())
}

#[do_runtime::test]
async fn a_deadline_or_pause_without_end_is_none(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    let endless = RetryPolicy::default().first(Duration::MAX).most(Duration::MAX).factor(f64::MAX);
    assert_eq!(sphinx.count().deadline(Duration::MAX).retry(endless).await?, 1);
    assert_eq!(sphinx.count().await?, 2, "the method has a deadline of its own");
    let (answer, ()) = join(sphinx.sleep("1h").deadline(Duration::MAX), kit.advance("2h")).await;
    answer
}

#[do_runtime::test]
async fn a_row_that_ends_with_the_end_of_time_stays(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    sphinx.keep("a", END).await?;
    for _ in 0..3 {
        kit.advance("12000d").await;
        kit.restart().await?;
        sphinx.count().await?;
        assert_eq!(sphinx.rows().await?, (1, 1, 1));
    }
    assert_eq!(kit.physical_rows::<Offer>(&sphinx).await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn a_row_that_ended_before_all_times_is_refused(kit: TestKit) -> Result {
    let sphinx = sphinx(&kit);
    for refused in [sphinx.keep("a", BEGINNING).await, sphinx.use_ticket(BEGINNING).await] {
        let error = refused.expect_err("it has expired already");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains("expired already"), "{error}");
    }
    // Long ago, and still it lives on.
    sphinx.use_ticket(Timestamp::UNIX_EPOCH).await?;
    assert_eq!(sphinx.rows().await?, (0, 0, 1));
    Ok(())
}

#[tokio::test]
async fn options_without_end_are_taken() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let builder = Objects::builder().idle(Duration::MAX).keep_replies(Duration::MAX).slow_call(Duration::MAX);
    let objects = builder.open(folder.path()).await?;
    let sphinx = objects.get_by_name::<Sphinx>("giza");
    for _ in 0..2 {
        assert_eq!(sphinx.count().idempotency_key("once").await?, 1);
    }
    objects.close().await
}
