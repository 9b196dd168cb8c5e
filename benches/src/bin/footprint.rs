//! What an object costs: memory awake and asleep, waking, creating, and the bytes of a commit.
//!
//! `cargo run --release -p do-bench --bin footprint [OBJECTS]`; 2,000 objects of 40 KiB if not said otherwise.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::{Duration, Instant};

use do_bench::{Shelf, ShelfStub, quantile, resident_kib, timed};
use do_runtime::prelude::*;
use futures::stream::{self, StreamExt, TryStreamExt};

/// Calls at once, where many callers are measured.
const CALLERS: usize = 256;

/// Rows that make a database of about 40 KiB.
const ROWS: i64 = 150;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result {
    let objects: usize = std::env::args().nth(1).map_or(Ok(2000), |count| count.parse()).or_invalid()?;
    let folder = tempfile::tempdir().context("a temporary folder")?;
    println!("{objects} objects, SQLite image of each about 40 KiB\n");
    create(folder.path(), objects).await?;
    let size = memory(folder.path(), objects).await?;
    wake(folder.path(), objects).await?;
    bytes(folder.path()).await?;
    println!("\nsize of a database: {size} bytes");
    Ok(())
}

async fn open(folder: &Path) -> Result<Objects> {
    // Nothing falls asleep by itself while it is measured.
    Objects::builder().idle("1h").awake_memory("8GiB").open(folder).await
}

fn shelf(objects: &Objects, number: usize) -> ShelfStub {
    objects.get_by_name::<Shelf>(format!("shelf-{number}"))
}

/// New objects with their first row, each durable.
async fn create(folder: &Path, count: usize) -> Result {
    let objects = open(&folder.join("create")).await?;
    shelf(&objects, count).put(1).await?;
    let (made, took) = timed(
        stream::iter(0..count)
            .map(|number| shelf(&objects, number))
            .map(|shelf| async move { shelf.put(1).await })
            .buffer_unordered(CALLERS)
            .try_for_each(|()| async { Ok(()) }),
    )
    .await;
    made?;
    println!("create        {:>9.0} objects/s   (first row of each, {CALLERS} callers, durable)", count as f64 / took.as_secs_f64());
    objects.close().await
}

/// Memory of objects of 40 KiB, awake and asleep.
async fn memory(folder: &Path, count: usize) -> Result<u64> {
    let folder = folder.join("memory");
    let objects = open(&folder).await?;
    let mut size = 0;
    for number in 0..count {
        size = shelf(&objects, number).fill(ROWS).await?;
    }
    objects.close().await?;
    drop(objects);

    let objects = open(&folder).await?;
    shelf(&objects, 0).get(5).await?;
    let before = resident_kib();
    let stubs: Vec<_> = (0..count).map(|number| shelf(&objects, number)).collect();
    let asleep = resident_kib().saturating_sub(before);
    for stub in &stubs {
        stub.put(7).await?;
        stub.get(5).await?;
    }
    let awake = resident_kib().saturating_sub(before);
    println!("awake         {:>9.1} KiB an object   (resident, 40 KiB of it the image)", awake as f64 / count as f64);
    println!("asleep        {:>9.2} KiB an object   (a stub of each is held; 0 without)", asleep as f64 / count as f64);
    objects.close().await?;
    Ok(size)
}

/// The first call of a sleeping object, one after another.
async fn wake(folder: &Path, count: usize) -> Result {
    let objects = open(&folder.join("memory")).await?;
    let mut times = Vec::with_capacity(count);
    for number in 0..count {
        let shelf = shelf(&objects, number);
        let (row, took) = timed(shelf.get(5)).await;
        row?;
        times.push(took);
    }
    println!("wake          {:>9.1} us p50  {:>7.1} us p99   (first read of a sleeping object, one caller)", quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    objects.close().await?;

    let objects = open(&folder.join("memory")).await?;
    let begin = Instant::now();
    stream::iter(0..count)
        .map(|number| shelf(&objects, number))
        .map(|shelf| async move { shelf.get(5).await.map(drop) })
        .buffer_unordered(CALLERS)
        .try_for_each(|()| async { Ok(()) })
        .await?;
    println!("wakes         {:>9.0} objects/s   ({CALLERS} callers)", count as f64 / begin.elapsed().as_secs_f64());
    objects.close().await
}

/// The bytes that one indexed insert adds to the journal.
async fn bytes(folder: &Path) -> Result {
    let folder = folder.join("bytes");
    let objects = Objects::builder().idle("1h").checkpoint_every("4GiB").open(&folder).await?;
    for (label, count, callers) in [("one object, one caller", 1, 1), ("one object, 64 callers", 1, 64), ("1,000 objects", 1000, 256)] {
        let stubs: Vec<_> = (0..count).map(|number| objects.get_by_name::<Shelf>(format!("{label}-{number}"))).collect();
        for stub in &stubs {
            stub.put(1).await?;
        }
        let (before, calls, begin) = (objects.journal_bytes()?, 5_000_u64, Instant::now());
        stream::iter(0..calls)
            .map(|call| {
                let stub = stubs[call as usize % stubs.len()].clone();
                async move { stub.put(i64::try_from(call * 7919 % 1009).unwrap_or(0)).await }
            })
            .buffer_unordered(callers)
            .try_for_each(|()| async { Ok(()) })
            .await?;
        let took: Duration = begin.elapsed();
        let written = objects.journal_bytes()? - before;
        println!("commit        {:>9.0} bytes  {:>9.0} /s   ({label}, indexed insert)", written as f64 / calls as f64, calls as f64 / took.as_secs_f64());
    }
    objects.close().await
}
