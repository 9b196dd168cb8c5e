//! The rules of a twin.

use do_runtime::prelude::*;
use iot_device::{Alert, Command, Device, DeviceStub, FromDevice, Property, Reading, Sample, Summary, ToDevice};

fn pump(kit: &TestKit) -> DeviceStub {
    kit.objects().get_by_name::<Device>("pump-7")
}

fn sample(value: f64) -> Sample {
    Sample { sensor: "bar".into(), value, at: None }
}

fn done(command: Id<Command>) -> FromDevice {
    FromDevice::Done { command, outcome: "done".into() }
}

fn values(readings: &[Reading]) -> Vec<f64> {
    readings.iter().map(|reading| reading.value).collect()
}

/// The commands that a device is told next, by name; anything else is a failure.
async fn commands(device: &mut TestSocket, count: usize) -> Result<Vec<(Id<Command>, String)>> {
    let mut commands = Vec::new();
    while commands.len() < count {
        match device.receive::<ToDevice>().await? {
            ToDevice::Command(command) => commands.push((command.id, command.name)),
            other => bail!("it was told {other:?}"),
        }
    }
    Ok(commands)
}

#[do_runtime::test]
async fn an_offline_device_gets_its_commands_on_reconnect(kit: TestKit) -> Result {
    let pump = pump(&kit);
    let (flush, stop) = (pump.command("flush", "30 s").await?, pump.command("stop", "").await?);
    kit.crash().await?;
    let mut device = kit.connect(&pump, "/").await?;
    assert_eq!(commands(&mut device, 2).await?, [(flush, "flush".into()), (stop, "stop".into())], "in their order");
    assert!(device.is_quiet());

    // One is done. The connection breaks; what is not done comes again, and what was asked for meanwhile.
    device.send(&done(flush)).await?;
    assert_eq!(pump.outcome(flush).await?.as_deref(), Some("done"));
    drop(device);
    kit.settle().await;
    let start = pump.command("start", "").await?;
    kit.evict_all().await?;
    let mut device = kit.connect(&pump, "/").await?;
    assert_eq!(commands(&mut device, 2).await?, [(stop, "stop".into()), (start, "start".into())]);
    device.send(&done(stop)).await?;
    device.send(&done(start)).await?;
    drop(device);
    assert!(kit.connect(&pump, "/").await?.is_quiet(), "nothing is left");
    Ok(())
}

#[do_runtime::test]
async fn a_connected_device_gets_its_commands_at_once(kit: TestKit) -> Result {
    let pump = pump(&kit);
    let mut device = kit.connect(&pump, "/").await?;
    kit.evict_all().await?; // its twin sleeps; the socket does not
    let flush = pump.command("flush", "").await?;
    assert_eq!(commands(&mut device, 1).await?, [(flush, "flush".into())]);
    assert_eq!(pump.outcome(flush).await?, None);
    device.send(&done(flush)).await?;
    device.send(&FromDevice::Done { command: flush, outcome: "done again".into() }).await?;
    assert_eq!(pump.outcome(flush).await?.as_deref(), Some("done"), "the first answer counts");
    Ok(())
}

#[do_runtime::test]
async fn a_command_is_told_even_if_a_crash_falls_between(kit: TestKit) -> Result {
    let pump = pump(&kit);
    let device = kit.connect(&pump, "/").await?;
    let flush = pump.command("flush", "").await?;
    kit.crash().await?; // the connection is gone, whether the device has heard it or not
    let mut again = kit.connect(&pump, "/").await?;
    assert_eq!(commands(&mut again, 1).await?, [(flush, "flush".into())], "its number says that it is the same one");
    drop(device);
    Ok(())
}

#[do_runtime::test]
async fn a_command_vanishes_after_thirty_days_and_its_number_is_not_given_again(kit: TestKit) -> Result {
    let pump = pump(&kit);
    let old = pump.command("flush", "").await?;
    kit.advance("31d").await;
    assert_eq!(kit.physical_rows::<Command>(&pump).await?, 0);
    let new = pump.command("stop", "").await?;
    assert_ne!(new, old);
    let mut device = kit.connect(&pump, "/").await?;
    assert_eq!(commands(&mut device, 1).await?, [(new, "stop".into())]);
    device.send(&done(old)).await?; // so late that nobody waits for it
    assert_eq!(pump.twin().await?.waiting, 1);
    Ok(())
}

#[do_runtime::test]
async fn a_device_is_told_what_it_should_be_until_it_says_that_it_is(kit: TestKit) -> Result {
    let pump = pump(&kit);
    let speed = |value: &str| ToDevice::Desired { name: "speed".into(), value: value.into() };
    let reported = |value: &str| FromDevice::Reported { name: "speed".into(), value: value.into() };
    pump.desire("speed", "low").await?;
    for _ in 0..2 {
        let mut device = kit.connect(&pump, "/").await?;
        assert_eq!(device.receive::<ToDevice>().await?, speed("low"));
        device.send(&reported("high")).await?;
    }
    let mut device = kit.connect(&pump, "/").await?;
    assert_eq!(device.receive::<ToDevice>().await?, speed("low"));
    device.send(&reported("low")).await?;
    pump.desire("speed", "low").await?;
    assert!(device.is_quiet(), "it is so already");
    pump.desire("speed", "high").await?;
    assert_eq!(device.receive::<ToDevice>().await?, speed("high"));
    kit.crash().await?;
    let twin = pump.twin().await?;
    let property = Property { name: "speed".into(), desired: Some("high".into()), reported: Some("low".into()) };
    assert_eq!((twin.online, twin.seen, twin.properties), (false, Some(kit.now()), vec![property]));
    Ok(())
}

#[do_runtime::test]
async fn a_device_has_one_connection(kit: TestKit) -> Result {
    let pump = pump(&kit);
    let mut stale = kit.connect(&pump, "/").await?;
    let mut device = kit.connect(&pump, "/").await?;
    assert_eq!(stale.closed().await?, (4001, "the device has connected again".into()));
    assert!(pump.twin().await?.online);
    let flush = pump.command("flush", "").await?;
    assert_eq!(commands(&mut device, 1).await?, [(flush, "flush".into())]);
    drop(device);
    kit.settle().await;
    assert!(!pump.twin().await?.online);
    Ok(())
}

#[do_runtime::test]
async fn telemetry_vanishes_after_a_day_and_its_summary_after_ninety(kit: TestKit) -> Result {
    let (pump, begun) = (pump(&kit), kit.now());
    let device = kit.connect(&pump, "/").await?;
    device.send(&FromDevice::Telemetry(vec![sample(1.0), sample(2.0)])).await?;
    kit.set_time(begun + days(1) - millis(1)).await;
    assert_eq!(pump.readings("bar", 10).await?.len(), 2);
    kit.set_time(begun + days(1)).await;
    assert_eq!(pump.readings("bar", 10).await?, []);
    kit.advance("2h").await;
    assert_eq!(kit.physical_rows::<Reading>(&pump).await?, 0);
    assert_eq!(pump.history("bar", begun, kit.now()).await?.len(), 1);
    kit.set_time(begun + days(90)).await;
    assert_eq!(pump.history("bar", begun, kit.now()).await?, []);
    kit.advance("2h").await;
    assert_eq!(kit.physical_rows::<Summary>(&pump).await?, 0);
    Ok(())
}

#[do_runtime::test]
async fn history_is_down_sampled_to_five_minutes(kit: TestKit) -> Result {
    let (pump, begun) = (pump(&kit), kit.now());
    for (at, value) in [(0, 4.0), (299, 2.0), (300, -1.0), (1_000, 8.0), (1_001, 10.0)] {
        kit.set_time(begun + secs(at)).await;
        pump.measured(vec![sample(value)]).await?;
    }
    let part = |seconds, count, sum, low, high| Summary {
        sensor: "bar".into(),
        start: begun + secs(seconds),
        count,
        sum,
        low,
        high,
    };
    let whole = [part(0, 2, 6.0, 2.0, 4.0), part(300, 1, -1.0, -1.0, -1.0), part(900, 2, 18.0, 8.0, 10.0)];
    assert_eq!(pump.history("bar", begun, begun + hours(1)).await?, whole);
    assert_eq!(pump.history("bar", begun + secs(1), begun + secs(900)).await?, whole[1..2]);
    assert_eq!(pump.history("volt", begun, begun + hours(1)).await?, []);
    Ok(())
}

#[do_runtime::test]
async fn what_was_measured_offline_is_filed_under_its_own_time(kit: TestKit) -> Result {
    kit.advance("100d").await;
    let (pump, now) = (pump(&kit), kit.now());
    let at = |value, at| Sample { at: Some(at), ..sample(value) };
    let late = vec![
        at(1.0, now - days(99)), // so late that nothing of it is kept
        at(2.0, now - days(2)),  // its summary alone
        at(3.0, now - hours(2)),
        at(4.0, now + hours(2)), // by a clock that is ahead
    ];
    pump.measured(late).await?;
    let readings = pump.readings("bar", 10).await?;
    assert_eq!((values(&readings), readings[0].at), (vec![4.0, 3.0], now));
    let history = pump.history("bar", Timestamp::from_millis(0), now + days(1)).await?;
    assert_eq!(history.iter().map(|part| part.sum).collect::<Vec<_>>(), [2.0, 3.0, 4.0]);
    Ok(())
}

#[do_runtime::test]
async fn an_alert_begins_beyond_the_threshold_and_ends_within(kit: TestKit) -> Result {
    let (pump, begun) = (pump(&kit), kit.now());
    pump.measured(vec![sample(99.0)]).await?; // there is no threshold yet
    pump.set_threshold("bar", Some(1.5), Some(6.0)).await?;
    for value in [6.0, 6.1, 7.0, 8.0, 6.0, 1.5, 1.4] {
        kit.advance("1m").await;
        pump.measured(vec![sample(value)]).await?;
    }
    let alert = |id, value, began, ended: Option<u64>| Alert {
        id: Id::from_raw(id),
        sensor: "bar".into(),
        value,
        began: begun + minutes(began),
        ended: ended.map(|ended| begun + minutes(ended)),
    };
    assert_eq!(
        pump.alerts(10).await?,
        [alert(2, 1.4, 7, None), alert(1, 6.1, 2, Some(5))],
        "one each, not one a value"
    );
    kit.crash().await?;
    pump.measured(vec![sample(1.0)]).await?;
    assert_eq!(pump.alerts(10).await?.len(), 2, "it still lasts");
    pump.set_threshold("bar", None, None).await?;
    pump.measured(vec![sample(1.0)]).await?;
    assert!(pump.alerts(1).await?[0].ended.is_some());
    Ok(())
}

#[do_runtime::test]
async fn what_is_wrong_in_a_message_keeps_nothing_of_it(kit: TestKit) -> Result {
    let pump = pump(&kit);
    let mut device = kit.connect(&pump, "/").await?;
    let nameless = Sample { sensor: String::new(), ..sample(2.0) };
    let _ = device.send(&FromDevice::Telemetry(vec![sample(1.0), nameless])).await;
    assert_eq!(device.closed().await?, (1008, "a sensor has a name of 1 to 100 characters".into()));
    assert_eq!(pump.readings("bar", 10).await?, []);
    let mut device = kit.connect(&pump, "/").await?;
    let _ = device.send_text("{\"explode\": true}").await;
    assert_eq!(device.closed().await?.0, 1008);
    Ok(())
}

#[do_runtime::test]
async fn a_thousand_commands_may_wait_and_no_more(kit: TestKit) -> Result {
    let pump = pump(&kit);
    for number in 0..1_000 {
        pump.command("blink", format!("{number}")).await?;
    }
    let error = pump.command("blink", "once more").await.expect_err("it is too many");
    assert_eq!(error.to_string(), "1000 commands wait already");
    Ok(())
}
