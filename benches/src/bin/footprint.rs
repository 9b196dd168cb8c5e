//! What an object costs: memory awake and asleep, waking, creating, and the bytes of a commit.
//!
//! `cargo run --release -p do-bench --bin footprint [OBJECTS]`; 2,000 objects of 40 KiB if not said otherwise.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use do_bench::{Shelf, ShelfStub, quantile, resident_kib, timed};
use do_runtime::prelude::*;
use futures::stream::{self, StreamExt, TryStreamExt};

/// Calls at once, where many callers are measured.
const CALLERS: usize = 256;

/// Rows that make a database of about 40 KiB.
const ROWS: i64 = 240;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("memory") {
        let folder = arguments.next().context("a folder")?;
        let count = arguments.next().context("a count")?.parse().or_invalid()?;
        return memory(Path::new(&folder), count).await;
    }
    let objects: usize = first.map_or(Ok(2000), |count| count.parse()).or_invalid()?;
    let folder = tempfile::tempdir().context("a temporary folder")?;
    println!("{objects} objects, SQLite image of each about 40 KiB\n");
    create(folder.path(), objects).await?;
    let size = fill(folder.path(), objects).await?;
    // In a process of its own, whose allocator has not been used for anything else.
    let this = std::env::current_exe().context("this program")?;
    let memory = Command::new(this).arg("memory").arg(folder.path()).arg(objects.to_string()).status();
    ensure!(memory.context("the measurement of memory")?.success(), "the measurement of memory failed");
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
    println!(
        "create        {:>9.0} objects/s   (first row of each, {CALLERS} callers, durable)",
        count as f64 / took.as_secs_f64()
    );
    objects.close().await
}

/// Objects of 40 KiB, written and put to sleep; the size of one in bytes.
async fn fill(folder: &Path, count: usize) -> Result<u64> {
    let objects = open(&folder.join("memory")).await?;
    let size = stream::iter(0..count)
        .map(|number| shelf(&objects, number))
        .map(|shelf| async move { shelf.fill(ROWS).await })
        .buffer_unordered(CALLERS)
        .try_fold(0, |_, size| async move { Ok(size) })
        .await?;
    objects.close().await?;
    Ok(size)
}

/// Memory of objects that were filled, awake and asleep.
async fn memory(folder: &Path, count: usize) -> Result {
    let objects = open(&folder.join("memory")).await?;
    // What the first object needs, the others share.
    shelf(&objects, 0).put(7).await?;
    let before = resident_kib();
    let stubs: Vec<_> = (1..count).map(|number| shelf(&objects, number)).collect();
    let asleep = resident_kib().saturating_sub(before);
    for stub in &stubs {
        stub.put(7).await?;
        stub.get(5).await?;
    }
    let awake = resident_kib().saturating_sub(before);
    println!("awake         {:>9.1} KiB an object   (resident, the image included)", awake as f64 / stubs.len() as f64);
    println!(
        "asleep        {:>9.2} KiB an object   (a stub of each is held; nothing without)",
        asleep as f64 / stubs.len() as f64
    );
    objects.close().await
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
    println!(
        "wake          {:>9.1} us p50  {:>7.1} us p99   (first read of a sleeping object, one caller)",
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.99)
    );
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
    for (label, count, callers) in
        [("one object, one caller", 1, 1), ("one object, 64 callers", 1, 64), ("1,000 objects", 1000, 256)]
    {
        let stubs: Vec<_> =
            (0..count).map(|number| objects.get_by_name::<Shelf>(format!("{label}-{number}"))).collect();
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
        println!(
            "commit        {:>9.0} bytes  {:>9.0} /s   ({label}, indexed insert)",
            written as f64 / calls as f64,
            calls as f64 / took.as_secs_f64()
        );
    }
    objects.close().await
}
