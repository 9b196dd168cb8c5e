//! `cargo run -p cache` is a tour; with `-- serve` it serves the cache over HTTP.

#![allow(clippy::print_stdout)]

use cache::{Cached, Origin};
use do_runtime::prelude::*;
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("cache-data").await?;
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        None => {
            tour(&objects).await?;
            objects.close().await
        }
        Some("serve") => {
            let address = words.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("POST http://{address}/rpc/Cached/{{key}}/get, put, invalidate");
            objects.server().serve(address).await
        }
        Some(other) => bail!("`{other}` is not known: say `serve`, or nothing for the tour"),
    }
}

async fn tour(objects: &Objects) -> Result {
    let (price, origin) = (objects.get_by_name::<Cached>("price"), objects.get_by_name::<Origin>("price"));
    origin.store("10").await?;
    price.invalidate().await?;
    let before = origin.loads().await?;
    let mut readers = JoinSet::new();
    for _ in 0..100 {
        let price = price.clone();
        readers.spawn(async move { price.get(None).await });
    }
    readers.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    println!("100 readers, {} load.", origin.loads().await? - before);
    price.put("12").await?;
    println!("12 was written through, and is read without a load: {:?}.", price.get(None).await?.value);
    origin.set_broken(true).await?;
    price.invalidate().await?;
    if let Err(error) = price.get(None).await {
        println!("Then the origin fails: {error}.");
    }
    println!("Who takes an old value has {:?}.", price.get(Some(true)).await?);
    origin.set_broken(false).await
}
