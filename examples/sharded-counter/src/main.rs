//! `cargo run -p sharded-counter` is a tour; with `-- serve` it serves counters over HTTP.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use do_runtime::prelude::*;
use sharded_counter::{Gate, Shard, Total};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("sharded-counter-data").await?;
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        None => {
            tour(&objects).await?;
            objects.close().await
        }
        Some("serve") => {
            let address = words.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("POST http://{address}/rpc/Gate/{{region}}/hit, http://{address}/rpc/Total/{{counter}}/sum");
            objects.server().serve(address).await
        }
        Some(other) => bail!("`{other}` is not known: say `serve`, or nothing for the tour"),
    }
}

async fn tour(objects: &Objects) -> Result {
    let london = objects.get_by_name::<Gate>("LHR");
    for _ in 0..5 {
        println!("a hit in London is counted by {}", london.hit("likes").await?.shard);
    }
    println!("one from nowhere by {}", objects.get_by_name::<Gate>("").hit("likes").await?.shard);
    println!("{} likes in all", objects.get_by_name::<Total>("likes").sum().await?);
    for shards in [1, 2, 4, 8] {
        println!("{shards} shards: {:.0} durable hits a second, without the gate", throughput(objects, shards).await?);
    }
    Ok(())
}

/// Hits a second of 256 callers on so many shards.
async fn throughput(objects: &Objects, shards: usize) -> Result<f64> {
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..256 {
        let shard = objects.get_by_name::<Shard>(format!("measured/{}", caller % shards));
        callers.spawn(async move {
            for _ in 0..40 {
                shard.add().await?;
            }
            Ok(40)
        });
    }
    let hits: u32 = callers.join_all().await.into_iter().sum::<Result<u32>>()?;
    Ok(f64::from(hits) / begun.elapsed().as_secs_f64())
}
