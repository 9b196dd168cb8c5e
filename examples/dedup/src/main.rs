//! `cargo run -p dedup` is a tour; with `-- serve` it serves lookups over HTTP.

#![allow(clippy::print_stdout)]

use dedup::{Lookup, Upstream};
use do_runtime::prelude::*;
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("dedup-data").await?;
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        None => {
            tour(&objects).await?;
            objects.close().await
        }
        Some("serve") => {
            let address = words.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("POST http://{address}/rpc/Lookup/{{question}}/get");
            objects.server().serve(address).await
        }
        Some(other) => bail!("`{other}` is not known: say `serve`, or nothing for the tour"),
    }
}

async fn tour(objects: &Objects) -> Result {
    let upstream = objects.get_by_name::<Upstream>("upstream");
    let lookup = objects.get_by_name::<Lookup>("what is the time");
    lookup.forget().await?;
    upstream.set_broken(false).await?; // a tour that was cut off may have left it so
    let before = upstream.calls().await?;
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let lookup = lookup.clone();
        callers.spawn(async move { lookup.get().await });
    }
    let answers = callers.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    println!("100 callers have {:?}, and upstream was asked {} time.", answers[0], upstream.calls().await? - before);
    println!("The next caller has {:?}, which was kept.", lookup.get().await?);

    lookup.forget().await?;
    upstream.set_broken(true).await?;
    if let (Err(one), Err(other)) = tokio::join!(lookup.get(), lookup.get()) {
        println!("Two callers share a failure: {one}, {other}.");
    }
    upstream.set_broken(false).await?;
    println!("It is not kept: the next caller has {:?}.", lookup.get().await?);
    Ok(())
}
