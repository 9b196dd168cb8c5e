//! `cargo run -p leader-election` is a tour; with `-- serve` it serves groups over HTTP.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use leader_election::{Group, PATIENCE};

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("leader-election-data").await?;
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        None => {
            tour(&objects).await?;
            objects.close().await
        }
        Some("serve") => {
            let address = words.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("POST http://{address}/rpc/Group/{{name}}/heartbeat, release, leader, members");
            objects.server().serve(address).await
        }
        Some(other) => bail!("`{other}` is not known: say `serve`, or nothing for the tour"),
    }
}

async fn tour(objects: &Objects) -> Result {
    let workers = objects.get_by_name::<Group>("workers");
    let first = workers.heartbeat("ann").await?;
    workers.heartbeat("ben").await?;
    println!("{} leads, in term {}. Members: {}.", first.name, first.term, workers.members().await?.join(", "));
    println!("ann is not heard any more, and ben is …");
    let second = loop {
        tokio::time::sleep(PATIENCE / 5).await;
        let leader = workers.heartbeat("ben").await?;
        println!("  {} leads, in term {}", leader.name, leader.term);
        if leader.name == "ben" {
            break leader;
        }
    };
    let late = workers.heartbeat("ann").await?;
    println!(
        "ann is back, and learns that {} leads in term {}: what she does in term {} is stale.",
        late.name, late.term, first.term
    );
    workers.release("ben", second.term).await?;
    if let Some(third) = workers.leader().await? {
        println!("ben gave it up: {} leads at once, in term {}.", third.name, third.term);
    }
    Ok(())
}
