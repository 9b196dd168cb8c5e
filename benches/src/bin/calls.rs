//! What a call costs that finds its object awake and idle, and so runs in place: `calls [CALLS]`; a million if not said
//! otherwise. Each figure is the best of twenty rounds, so that it says little of the machine's other work. With the feature `metrics`,
//! `calls CALLS recorded` has a recorder for Prometheus.

#![allow(clippy::print_stdout)]

use std::future::Future;
use std::time::Duration;

use do_bench::timed;
use do_runtime::prelude::*;

/// Does nothing, in three ways.
#[durable_object]
struct Idle {
    #[ephemeral]
    calls: u64,
}

#[durable_object]
impl Idle {
    #[rpc]
    fn read(&self) -> Result<u64> {
        Ok(self.calls)
    }

    #[rpc]
    fn write_nothing(&mut self) -> Result<u64> {
        self.calls += 1;
        Ok(self.calls)
    }

    #[rpc]
    async fn await_nothing(this: This<Self>) -> Result {
        let _ = this.id();
        Ok(())
    }
}

const ROUNDS: usize = 20;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result {
    let calls: usize = std::env::args().nth(1).map_or(Ok(1_000_000), |count| count.parse()).or_invalid()?;
    let folder = tempfile::tempdir().context("there is no room for temporary files")?;
    let objects = Objects::builder().idle("1h").open(folder.path()).await?;
    if std::env::args().nth(2).is_some_and(|mode| mode == "recorded") {
        record(&objects)?;
    }
    let idle = objects.get_by_name::<Idle>("idle");
    idle.read().await?;
    let each = calls / ROUNDS;
    println!("read           {:>7.1} ns", best(each, || async { idle.read().await.map(drop) }).await?);
    println!("write nothing  {:>7.1} ns", best(each, || async { idle.write_nothing().await.map(drop) }).await?);
    println!("await nothing  {:>7.1} ns", best(each, || idle.await_nothing()).await?);
    objects.close().await
}

/// Installs the recorder that a server with `.metrics(…)` has.
#[cfg(feature = "metrics")]
fn record(objects: &Objects) -> Result {
    objects.server().metrics("/metrics").router().map(drop)
}

#[cfg(not(feature = "metrics"))]
fn record(_: &Objects) -> Result {
    bail!(
        "there is a recorder with the feature `metrics`: cargo run --release -p do-bench --features metrics --bin calls"
    )
}

/// Nanoseconds of a call in the best round.
async fn best<F: Future<Output = Result>>(calls: usize, call: impl Fn() -> F) -> Result<f64> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let (all, took) = timed(async {
            for _ in 0..calls {
                call().await?;
            }
            Ok::<_, Error>(())
        })
        .await;
        all?;
        best = best.min(took);
    }
    Ok(best.as_secs_f64() * 1e9 / calls as f64)
}
