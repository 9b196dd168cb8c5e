//! The rules of the scheduler.

use do_runtime::prelude::*;
use scheduler::{Event, Notice, Scheduler, SchedulerStub, When};

fn team(kit: &TestKit) -> SchedulerStub {
    kit.objects().get_by_name::<Scheduler>("team")
}

fn event(name: impl Into<String>) -> Event {
    let name = name.into();
    Event { channel: "general".into(), text: format!("this is {name}"), name }
}

async fn opened(kit: &TestKit) -> Result<SchedulerStub> {
    let team = team(kit);
    team.open("general").await?;
    Ok(team)
}

async fn notices(team: &SchedulerStub) -> Result<Vec<Notice>> {
    team.notices("general", None, 1_000).await
}

/// The events that came, and the seconds from a time to each.
async fn came(team: &SchedulerStub, begun: Timestamp) -> Result<Vec<(String, f64)>> {
    let seconds = |at: Timestamp| (at.as_millis() - begun.as_millis()) as f64 / 1000.0;
    Ok(notices(team).await?.into_iter().map(|notice| (notice.event, seconds(notice.at))).collect())
}

fn names(came: &[(String, f64)]) -> Vec<&str> {
    came.iter().map(|(name, _)| name.as_str()).collect()
}

#[do_runtime::test]
async fn events_come_in_the_order_of_their_times(kit: TestKit) -> Result {
    let (team, begun) = (opened(&kit).await?, kit.now());
    for (name, seconds) in [("third", 30), ("first", 10), ("fourth", 40), ("second", 20)] {
        team.set(event(name), When::After(seconds)).await?;
    }
    for name in ["a", "b", "c"] {
        team.set(event(name), When::At(begun + secs(50))).await?; // of one time: as they were set
    }
    team.set(event("overdue"), When::At(begun - days(1))).await?;
    kit.settle().await;
    assert_eq!(names(&came(&team, begun).await?), ["overdue"], "at once");
    kit.advance("1m").await;
    let expected = ["overdue", "first", "second", "third", "fourth", "a", "b", "c"];
    let came = came(&team, begun).await?;
    assert_eq!(names(&came), expected);
    assert_eq!(came.iter().map(|(_, at)| *at).collect::<Vec<_>>(), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 50.0, 50.0]);
    assert_eq!(team.pending().await?, []);
    Ok(())
}

#[do_runtime::test]
async fn repetition_does_not_drift(kit: TestKit) -> Result {
    let (team, begun) = (opened(&kit).await?, kit.now());
    team.set(event("tick"), When::Every(60)).await?;
    for step in 0..100 {
        kit.advance(secs(37)).await;
        if step % 7 == 0 {
            kit.evict_all().await?;
        }
        if step % 10 == 0 {
            team.set(event("tick"), When::Every(60)).await?; // again, as a program does that starts
        }
    }
    let came = came(&team, begun).await?;
    assert_eq!(came.len(), 61);
    assert!(came.iter().zip(1..).all(|((_, at), minute)| *at == f64::from(minute) * 60.0), "{came:?}");
    Ok(())
}

#[do_runtime::test]
async fn a_failure_delays_one_time_and_not_those_that_follow(kit: TestKit) -> Result {
    let (team, begun) = (team(&kit), kit.now());
    team.set(event("tick"), When::Every(60)).await?;
    kit.advance("63s").await;
    assert_eq!(team.pending().await?[0].failures, 2, "at 60 and at 62");
    team.open("general").await?;
    kit.advance("2m").await;
    let came = came(&team, begun).await?;
    assert_eq!(came.iter().map(|(_, at)| *at).collect::<Vec<_>>(), [66.0, 120.0, 180.0]);
    Ok(())
}

#[do_runtime::test]
async fn the_calendar_is_that_of_the_zone(kit: TestKit) -> Result {
    let (team, begun) = (opened(&kit).await?, kit.now()); // Thursday, 2026-01-01
    let cron =
        |expression: &str, zone: Option<&str>| When::Cron { expression: expression.into(), zone: zone.map(Into::into) };
    team.set(event("paris"), cron("0 9 * * MON-FRI", Some("Europe/Paris"))).await?;
    team.set(event("utc"), cron("0 12 1 * *", None)).await?;
    kit.advance("5d").await;
    let came_by = |hours: &[f64]| hours.iter().map(|hour| hour * 3600.0).collect::<Vec<_>>();
    let at = came(&team, begun).await?;
    assert_eq!(names(&at), ["paris", "utc", "paris", "paris"]);
    assert_eq!(at.iter().map(|(_, at)| *at).collect::<Vec<_>>(), came_by(&[8.0, 12.0, 32.0, 104.0]));
    // In summer it is nine o'clock too, an hour earlier for the rest of the world.
    let monday = Timestamp::from_millis(1_774_828_800_000); // 2026-03-30, the day after the clocks are changed
    kit.set_time(monday).await;
    let last = notices(&team).await?.last().context("there are some")?.id;
    kit.advance("1d").await;
    let summer = team.notices("general", Some(last), 10).await?;
    assert_eq!(summer.iter().map(|notice| notice.at).collect::<Vec<_>>(), [monday + hours(7)]);
    Ok(())
}

#[do_runtime::test]
async fn what_is_cancelled_or_replaced_does_not_come(kit: TestKit) -> Result {
    let (team, begun) = (opened(&kit).await?, kit.now());
    team.set(event("once"), When::After(10)).await?;
    team.set(event("tick"), When::Every(10)).await?;
    team.set(event("moved"), When::After(10)).await?;
    team.set(event("moved"), When::After(25)).await?;
    assert!(team.cancel("once").await?);
    assert!(!team.cancel("once").await?, "it is not there any more");
    kit.advance("15s").await;
    kit.crash().await?;
    assert!(team.cancel("tick").await?);
    kit.advance("1h").await;
    assert_eq!(came(&team, begun).await?, [("tick".into(), 10.0), ("moved".into(), 25.0)]);
    assert!(!team.cancel("moved").await?, "it has come");
    Ok(())
}

#[do_runtime::test]
async fn a_restart_in_the_middle_loses_none_and_doubles_none(kit: TestKit) -> Result {
    let (team, begun) = (opened(&kit).await?, kit.now());
    for number in 0..200_u64 {
        team.set(event(format!("event {number}")), When::At(begun + secs(1 + number / 2))).await?;
    }
    team.set(event("tick"), When::Every(10)).await?;
    for step in 0..40 {
        kit.advance(millis(2_750)).await;
        if step % 2 == 0 { kit.crash().await? } else { kit.restart().await? }
    }
    let came = came(&team, begun).await?;
    let (ticks, events): (Vec<_>, Vec<_>) = came.into_iter().partition(|(name, _)| name == "tick");
    let expected: Vec<_> = (0..200).map(|n| (format!("event {n}"), f64::from(1 + n / 2))).collect();
    assert_eq!(events, expected);
    assert_eq!(ticks.len(), 11);
    assert_eq!(team.pending().await?.len(), 1, "the tick goes on");
    Ok(())
}

#[do_runtime::test]
async fn a_crash_right_after_an_event_does_not_bring_it_again(kit: TestKit) -> Result {
    let (team, begun) = (opened(&kit).await?, kit.now());
    team.set(event("once"), When::After(10)).await?;
    kit.set_time(begun + secs(10)).await;
    kit.crash().await?; // whatever was not on the disk is lost: the notice and that it came, or neither
    kit.advance("1h").await;
    assert_eq!(names(&came(&team, begun).await?), ["once"]);
    Ok(())
}

#[do_runtime::test]
async fn poison_events_are_tried_again_then_set_aside_and_listed(kit: TestKit) -> Result {
    let (team, begun) = (opened(&kit).await?, kit.now());
    let poison = Event { channel: "nowhere".into(), ..event("poison") };
    team.set(poison.clone(), When::After(10)).await?;
    team.set(event("behind"), When::After(11)).await?;
    kit.set_time(begun + secs(20)).await;
    assert_eq!(names(&came(&team, begun).await?), ["behind"], "it holds up nobody");
    let pending = team.pending().await?;
    assert_eq!((pending[0].name.as_str(), pending[0].failures, pending[0].due), ("poison", 3, begun + secs(24)));
    assert_eq!(team.set_aside(10).await?, []);
    kit.crash().await?;
    kit.set_time(begun + secs(24)).await;
    assert_eq!(team.pending().await?, []);
    let set_aside = team.set_aside(10).await?;
    assert_eq!((set_aside.len(), &set_aside[0].event, set_aside[0].at), (1, &poison, begun + secs(24)));
    assert_eq!(set_aside[0].error, "there is no channel \"nowhere\"");

    // It is kept until somebody decides.
    let id = set_aside[0].id;
    kit.advance("365d").await;
    assert!(team.post_again(id).await.is_err());
    assert_eq!(team.set_aside(10).await?, set_aside);
    team.open("nowhere").await?;
    team.post_again(id).await?;
    assert_eq!(team.set_aside(10).await?, []);
    assert_eq!(team.notices("nowhere", None, 10).await?.len(), 1);
    assert_eq!(team.post_again(id).await.expect_err("it was posted").kind(), ErrorKind::NotFound);
    Ok(())
}

#[do_runtime::test]
async fn a_poison_event_that_repeats_is_listed_each_time_and_goes_on(kit: TestKit) -> Result {
    let team = team(&kit);
    team.set(event("tick"), When::Every(60)).await?;
    kit.advance("3m 30s").await;
    let set_aside = team.set_aside(10).await?;
    assert_eq!(set_aside.len(), 3);
    assert!(team.discard(set_aside[0].id).await?);
    assert_eq!(team.set_aside(10).await?, set_aside[1..]);
    team.open("general").await?;
    kit.advance("1m").await;
    assert_eq!(notices(&team).await?.len(), 1);
    Ok(())
}

#[do_runtime::test]
async fn who_reads_on_misses_nothing_when_old_notices_vanish(kit: TestKit) -> Result {
    let team = opened(&kit).await?;
    team.set(event("first"), When::After(1)).await?;
    team.set(event("second"), When::After(2)).await?;
    kit.advance("1m").await;
    let read = notices(&team).await?.last().context("two came")?.id;
    kit.advance("31d").await;
    assert_eq!(notices(&team).await?, []);
    assert_eq!(kit.physical_rows::<Notice>(&team).await?, 0);
    team.set(event("third"), When::After(1)).await?;
    kit.advance("1m").await;
    let new = team.notices("general", Some(read), 10).await?;
    assert_eq!(new.iter().map(|notice| notice.event.as_str()).collect::<Vec<_>>(), ["third"]);
    Ok(())
}

#[do_runtime::test]
async fn what_makes_no_sense_is_refused_in_words(kit: TestKit) -> Result {
    let team = opened(&kit).await?;
    let cron = |expression: &str, zone: &str| When::Cron { expression: expression.into(), zone: Some(zone.into()) };
    for when in [When::Every(0), cron("every day", "UTC"), cron("0 25 * * *", "UTC"), cron("@daily", "Mars/Olympus")] {
        let error = team.set(event("odd"), when.clone()).await.expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{when:?}: {error}");
    }
    team.set(event("far"), When::After(u64::MAX)).await?; // it is set, and never comes
    assert!(team.set(event(""), When::After(1)).await.is_err());
    assert_eq!(team.pending().await?.len(), 1);
    Ok(())
}

#[do_runtime::test]
async fn other_programs_set_events_over_http(kit: TestKit) -> Result {
    let call = async |method: &str, body: &str| {
        kit.fetch("POST", &format!("/rpc/Scheduler/team/{method}"), body.to_owned()).await
    };
    assert!(call("open", r#"{"channel": "general"}"#).await?.code() < 300);
    let event = r#"{"name": "tea", "channel": "general", "text": "it is ready"}"#;
    for when in [
        r#"{"after": 180}"#,
        r#"{"every": 60}"#,
        r#"{"cron": {"expression": "0 9 * * *"}}"#,
        r#"{"at": 1767229200000}"#,
    ] {
        let set = call("set", &format!(r#"{{"event": {event}, "when": {when}}}"#)).await?;
        assert_eq!(set.code(), 200, "{when}");
    }
    kit.advance("1d").await;
    let notices: Vec<Notice> = call("notices", r#"{"channel": "general", "limit": 10}"#).await?.body_json()?;
    assert_eq!(notices.len(), 1, "the last one has replaced the others");
    Ok(())
}
