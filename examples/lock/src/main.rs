//! `cargo run -p lock` is a tour; with `-- serve` it serves locks over HTTP.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use lock::{Lock, Register};

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("lock-data").await?;
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        None => {
            tour(&objects).await?;
            objects.close().await
        }
        Some("serve") => {
            let address = words.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("POST http://{address}/rpc/Lock/{{name}}/acquire, renew, release, holder");
            objects.server().serve(address).await
        }
        Some(other) => bail!("`{other}` is not known: say `serve`, or nothing for the tour"),
    }
}

async fn tour(objects: &Objects) -> Result {
    let lock = objects.get_by_name::<Lock>("report");
    let report = objects.get_by_name::<Register>("report");
    let ann = lock.acquire("ann", "500ms", "5s").await?;
    println!("ann has the lock, with token {}, for half a second.", ann.token);
    report.write(ann.token, "by ann").await?;
    println!("ben waits, and ann falls asleep …");
    let ben = lock.acquire("ben", "5s", "5s").await?;
    println!("The lease has ended: ben has the lock, with token {}.", ben.token);
    report.write(ben.token, "by ben").await?;
    if let Err(error) = report.write(ann.token, "by ann, who slept").await {
        println!("ann wakes up and writes: {error}. The report is {:?}.", report.read().await?);
    }
    if let Err(error) = lock.release("ann", ann.token).await {
        println!("ann gives back what she does not have: {error}.");
    }
    lock.release("ben", ben.token).await?;
    println!("ben has given it back.");
    Ok(())
}
