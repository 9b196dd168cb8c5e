//! The twin of a pump: a tour, or a server.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use iot_device::{Device, Sample};

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("iot-device-data").await?;
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => tour(&objects).await?,
        Some("serve") => {
            let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("a device connects to ws://{address}/objects/Device/pump-7/");
            println!("programs call http://{address}/rpc/Device/pump-7/{{method}}");
            return objects.serve(address).await;
        }
        Some(other) => bail!("there is `serve`, or nothing, and not {other:?}"),
    }
    objects.close().await
}

/// A pump that is not connected: what was measured before, and what waits for it.
async fn tour(objects: &Objects) -> Result {
    let pump = objects.get_by_name::<Device>("pump-7");
    pump.set_threshold("bar", Some(1.5), Some(6.0)).await?;
    let now = Timestamp::from(std::time::SystemTime::now());
    let samples = (0..60_u32).rev().map(|minutes_ago| Sample {
        sensor: "bar".into(),
        value: 3.0 + f64::from(minutes_ago % 20) / 5.0,
        at: Some(now - minutes(minutes_ago.into())),
    });
    pump.measured(samples.collect::<Vec<_>>()).await?;
    println!("The last hour of its pressure, by five minutes:");
    for part in pump.history("bar", now - hours(1), now).await? {
        println!(
            "  {}  {:.2} to {:.2}, {:.2} in the mean",
            part.start,
            part.low,
            part.high,
            part.sum / part.count as f64
        );
    }
    for alert in pump.alerts(2).await? {
        let end = alert.ended.map_or("and lasts".to_owned(), |ended| format!("and ended {ended}"));
        println!("Alert {}: {:.2} bar. It began {} {end}.", alert.id, alert.value, alert.began);
    }
    pump.desire("speed", "low").await?;
    pump.command("flush", "30 seconds").await?;
    let twin = pump.twin().await?;
    println!("It is {}. Commands that wait for it: {}.", if twin.online { "online" } else { "offline" }, twin.waiting);
    Ok(())
}
