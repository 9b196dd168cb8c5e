//! `cargo run -p rate-limiter` is a tour; with `-- serve` it serves limits over HTTP.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use rate_limiter::{Limit, RateLimiter};

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("rate-limiter-data").await?;
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        None => {
            tour(&objects).await?;
            objects.close().await
        }
        Some("serve") => {
            let address = words.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            objects
                .get_by_name::<RateLimiter>("ann")
                .set_limit("search", Limit { most: 3, window: secs(10).into() })
                .await?;
            println!("POST http://{address}/rpc/RateLimiter/{{client}}/hit hits the endpoint that its body names.");
            println!("ann may hit `search` 3 times in 10 seconds, everybody else everything 60 times in a minute.");
            objects.server().serve(address).await
        }
        Some(other) => bail!("`{other}` is not known: say `serve`, or nothing for the tour"),
    }
}

async fn tour(objects: &Objects) -> Result {
    let ann = objects.get_by_name::<RateLimiter>("ann");
    ann.set_limit("search", Limit { most: 3, window: secs(1).into() }).await?;
    println!("ann may hit `search` 3 times in any second. 5 at once:");
    for number in 1..=5 {
        match ann.hit("search").await {
            Ok(allowed) => println!("  {number}: allowed, {} left", allowed.remaining),
            Err(CallError::User(refused)) => println!("  {number}: refused, {refused}"),
            Err(CallError::Runtime(error)) => return Err(error),
        }
    }
    if let Err(CallError::User(refused)) = ann.hit("search").await {
        tokio::time::sleep(*refused.retry_after).await;
        ann.hit("search").await?;
        println!("Waited for exactly {}: allowed.", refused.retry_after);
    }
    objects.get_by_name::<RateLimiter>("ben").hit("search").await?;
    println!("ben was never in the way: he has an object of his own.");
    Ok(())
}
