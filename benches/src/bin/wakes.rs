//! Wakes objects again and again, for a profiler: `wakes FOLDER OBJECTS ROUNDS`.

#![allow(clippy::print_stdout)]

use do_bench::{Shelf, timed};
use do_runtime::prelude::*;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count, rounds] = &arguments[..] else { bail!("wakes FOLDER OBJECTS ROUNDS") };
    let (count, rounds): (usize, usize) = (count.parse().or_invalid()?, rounds.parse().or_invalid()?);
    let objects = Objects::builder().idle("1h").awake_memory(2_000_000).open(folder).await?;
    for number in 0..count {
        objects.get_by_name::<Shelf>(format!("shelf-{number}")).fill(240).await?;
    }
    let (all, took) = timed(async {
        for round in 0..rounds {
            for number in 0..count {
                objects.get_by_name::<Shelf>(format!("shelf-{number}")).get(5 + round as i64 % 7).await?;
            }
        }
        Ok::<_, Error>(())
    })
    .await;
    all?;
    println!("{:.1} us a wake", took.as_secs_f64() * 1e6 / (count * rounds) as f64);
    objects.close().await
}
