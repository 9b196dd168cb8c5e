//! `cargo run -p quota` is a tour; with `-- serve` it serves quotas over HTTP.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use quota::{Quota, QuotaStub};

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("quota-data").await?;
    let acme = objects.get_by_name::<Quota>("acme");
    acme.allow("requests", 100).await?;
    acme.allow("tokens", 10_000).await?;
    acme.move_to("Pacific/Auckland").await?;
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        None => {
            tour(&acme).await?;
            objects.close().await
        }
        Some("serve") => {
            let address = words.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("POST http://{address}/rpc/Quota/acme/spend, refund, usage");
            objects.server().serve(address).await
        }
        Some(other) => bail!("`{other}` is not known: say `serve`, or nothing for the tour"),
    }
}

async fn tour(acme: &QuotaStub) -> Result {
    print_usage(acme).await?;
    let amounts =
        |requests: u64, tokens: u64| BTreeMap::from([("requests".to_owned(), requests), ("tokens".to_owned(), tokens)]);
    let charge = acme.spend(amounts(1, 2_500)).await?;
    println!("One request of 2500 tokens, charge {charge}:");
    print_usage(acme).await?;
    if let Err(error) = acme.spend(amounts(1, 9_000)).await {
        println!("Another one of 9000: {error}. The request is not counted either.");
    }
    acme.refund(charge).await?;
    println!("The first one failed, and is refunded:");
    print_usage(acme).await?;
    if let Err(error) = acme.refund(charge).await {
        println!("Twice? No: {error}.");
    }
    Ok(())
}

async fn print_usage(acme: &QuotaStub) -> Result {
    let usage = acme.usage().await?;
    let spent: Vec<_> = usage.dimensions.iter().map(|it| format!("{} of {} {}", it.used, it.most, it.name)).collect();
    println!("  {} until {}", spent.join(", "), usage.resets_at);
    Ok(())
}
