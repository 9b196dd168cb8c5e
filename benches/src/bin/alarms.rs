//! What pending alarms cost: memory on sleeping objects, opening a folder with them, running those that fall due at once.
//!
//! `cargo run --release -p do-bench --bin alarms [OBJECTS]`; a million if not said otherwise. Each has one alarm.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use do_bench::{resident_kib, timed};
use do_runtime::prelude::*;
use futures::stream::{self, StreamExt, TryStreamExt};

/// Calls at once.
const CALLERS: usize = 256;

/// Alarms that have run.
static RUNG: AtomicU64 = AtomicU64::new(0);

/// An object with an alarm.
#[durable_object]
struct Bell;

#[durable_object]
impl Bell {
    #[rpc]
    fn ring_at(&mut self, cx: &mut Cx<Self>, at: Timestamp) -> Result {
        cx.schedule().ring().at(at)
    }

    #[alarm]
    fn ring(&mut self, cx: &mut Cx<Self>) -> Result {
        RUNG.fetch_add(1, Relaxed);
        cx.kv_mut().put("rung", &true)
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("memory") {
        return memory(Path::new(&arguments.next().context("a folder")?)).await;
    }
    let count: usize = first.map_or(Ok(1_000_000), |count| count.parse()).or_invalid()?;
    let folder = tempfile::tempdir().context("a temporary folder")?;
    println!("{count} sleeping objects, each with an alarm in a year\n");
    let in_a_year = Timestamp::from(SystemTime::now()) + days(365);
    set(&folder.path().join("one"), 1, in_a_year).await?;
    let took = set(&folder.path().join("many"), count, in_a_year).await?;
    println!("set       {:>10.0} alarms/s   (new objects, {CALLERS} callers, durable)", count as f64 / took);
    for name in ["one", "many"] {
        // In a process of its own, whose allocator has not been used for anything else.
        let this = std::env::current_exe().context("this program")?;
        let memory = Command::new(this).arg("memory").arg(folder.path().join(name)).status();
        ensure!(memory.context("the measurement of memory")?.success(), "the measurement of memory failed");
    }
    due(&folder.path().join("due"), (count / 10).max(1), Duration::from_secs_f64(took / 2.0)).await
}

/// Sets an alarm on each of so many new objects; how many seconds that took.
async fn set(folder: &Path, count: usize, at: Timestamp) -> Result<f64> {
    let objects = Objects::builder().idle("100ms").open(folder).await?;
    let (made, took) = timed(ring_all(&objects, count, at)).await;
    made?;
    objects.close().await?;
    Ok(took.as_secs_f64())
}

async fn ring_all(objects: &Objects, count: usize, at: Timestamp) -> Result {
    stream::iter(0..count)
        .map(|number| objects.get_by_name::<Bell>(format!("bell-{number}")))
        .map(|bell| async move { bell.ring_at(at).await })
        .buffer_unordered(CALLERS)
        .try_for_each(|()| async { Ok(()) })
        .await
}

/// Memory and time of opening a folder and reading what is due.
async fn memory(folder: &Path) -> Result {
    let before = resident_kib();
    let (objects, took) = timed(Objects::open(folder)).await;
    let objects = objects?;
    let opened = resident_kib().saturating_sub(before);
    // The scheduler has read what it reads by then.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let settled = resident_kib().saturating_sub(before);
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    println!(
        "open      {:>10.1} ms   {opened} KiB, and {settled} KiB half a second later   ({name})",
        took.as_secs_f64() * 1e3
    );
    objects.close().await
}

/// Alarms of sleeping objects that all fall due at one time, which is when they are set for certain.
async fn due(folder: &Path, count: usize, set_within: Duration) -> Result {
    let objects = Objects::builder().idle("100ms").open(folder).await?;
    let at = SystemTime::now() + Duration::from_secs(1) + set_within;
    ring_all(&objects, count, at.into()).await?;
    let left = at.duration_since(SystemTime::now());
    ensure!(left.is_ok(), "setting them took so long that they were due before");
    tokio::time::sleep(left.unwrap_or_default()).await;
    let begin = Instant::now();
    while RUNG.load(Relaxed) < count as u64 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!(
        "run       {:>10.0} alarms/s   ({count} sleeping objects, all due at once)",
        count as f64 / begin.elapsed().as_secs_f64()
    );
    objects.close().await
}
