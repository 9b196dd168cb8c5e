//! The analytics: a tour, or a server with a page.

#![allow(clippy::print_stdout)]

use analytics::{Analytics, Sample, Span};
use do_runtime::prelude::*;

/// The page of `serve`.
const PAGE: &str = include_str!("../web/index.html");

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("analytics-data").await?;
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => tour(&objects).await?,
        Some("serve") => {
            let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("the chart is at http://{address}/, and for programs: POST /rpc/Analytics/shop/{{method}}");
            return objects.server().page("/", PAGE).javascript("/objects.js").serve(address).await;
        }
        Some(other) => bail!("there is `serve`, or nothing, and not {other:?}"),
    }
    objects.close().await
}

/// Many senders at once, and what became of it.
async fn tour(objects: &Objects) -> Result {
    let shop = objects.get_by_name::<Analytics>("shop");
    let senders = (0..20).map(|sender| {
        let shop = shop.clone();
        tokio::spawn(async move {
            for visit in 0..50 {
                let page = ["/", "/shoes", "/hats", "/about"][(sender * visit) % 4];
                shop.record(vec![Sample { metric: "visits".into(), label: page.into(), value: 1 }]).await?;
            }
            Ok::<(), Error>(())
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.context("a sender ended")??;
    }
    let total = shop.total("visits").await?.context("a thousand visits were sent")?;
    println!("20 senders sent 1000 visits at once. The total, with those of earlier runs: {}.", total.sum);
    println!("The pages that were seen most:");
    for share in shop.top("visits", 3).await? {
        println!("{:>8}  {}", share.sum, share.label);
    }
    println!("The last five minutes, with those in which nothing happened:");
    for minute in shop.latest("visits", Span::Minute, 5).await? {
        println!("{:>8}  {}", minute.count, minute.start);
    }
    Ok(())
}
