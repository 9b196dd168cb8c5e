//! The scheduler: a tour, or a server.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use scheduler::{Event, Scheduler, When};

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("scheduler-data").await?;
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => tour(&objects).await?,
        Some("serve") => {
            let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("the scheduler is at http://{address}/rpc/Scheduler/team/{{method}}");
            return objects.serve(address).await;
        }
        Some(other) => bail!("there is `serve`, or nothing, and not {other:?}"),
    }
    objects.close().await
}

/// One event of each kind, and what comes within a few seconds.
async fn tour(objects: &Objects) -> Result {
    let team = objects.get_by_name::<Scheduler>("team");
    team.open("general").await?;
    let event = |name: &str, text: &str| Event { name: name.into(), channel: "general".into(), text: text.into() };
    let read = team.notices("general", None, 1_000).await?.last().map(|notice| notice.id);

    team.set(event("tick", "a second has passed"), When::Every(1)).await?;
    team.set(event("soon", "two seconds have passed"), When::After(2)).await?;
    let stand_up = When::Cron { expression: "30 9 * * MON-FRI".into(), zone: Some("Europe/Paris".into()) };
    let due = team.set(event("stand-up", "good morning"), stand_up).await?;
    println!("The stand-up of the team comes at {due}, every weekday at half past nine in Paris.");

    tokio::time::sleep(millis(3_500)).await;
    println!("Within three seconds there came:");
    for notice in team.notices("general", read, 1_000).await? {
        println!("  {:>3}  {}  {:<5} {}", notice.id, notice.at, notice.event, notice.text);
    }
    println!("The tick is taken back: {}. Still to come:", team.cancel("tick").await?);
    for pending in team.pending().await? {
        println!("  {} at {}", pending.name, pending.due);
    }
    Ok(())
}
