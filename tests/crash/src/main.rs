//! `do-crash FOLDER FIRST [LAST]`: puts accounts under load until it is killed; or until LAST, on a journal of small segments, and
//! closes. Operations are numbered from FIRST on; each that was acknowledged is a line on standard output: `account operation`, or
//! `account -operation` for one that was forgotten again; and `mail operation`, `alarm operation`, `key operation` for what couriers
//! do.

#![allow(clippy::print_stdout)]

use std::io::Write;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use do_runtime::prelude::*;

/// How many call at once.
const CALLERS: i64 = 24;

/// How many call couriers at once.
const MAILERS: i64 = 6;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("the first argument is a folder")?;
    let first: i64 = arguments.next().context("the second argument is a number")?.parse().or_invalid()?;
    let last: Option<i64> = arguments.next().map(|last| last.parse()).transpose().or_invalid()?;
    // Everything that happens now and then happens often: sleeping, checkpoints.
    let builder = Objects::builder().idle("20ms").checkpoint_every("192KiB").awake_memory("1MiB");
    let builder = if last.is_some() { builder.journal("128KiB", "256KiB") } else { builder };
    let objects = builder.open(&folder).await?;
    let last = last.unwrap_or(i64::MAX);
    acknowledge("open");
    let next = AtomicI64::new(first);
    let errand = AtomicI64::new(first);
    let accounts = futures::future::try_join_all((0..CALLERS).map(|_| call(&objects, &next, last)));
    let couriers = futures::future::try_join_all((0..MAILERS).map(|_| mail(&objects, &errand, last)));
    futures::future::try_join(accounts, couriers).await?;
    objects.close().await
}

async fn mail(objects: &Objects, next: &AtomicI64, last: i64) -> Result {
    loop {
        let operation = next.fetch_add(1, Relaxed);
        if operation > last {
            return Ok(());
        }
        acknowledge(do_crash::errand(objects, operation).await?);
    }
}

async fn call(objects: &Objects, next: &AtomicI64, last: i64) -> Result {
    loop {
        let operation = next.fetch_add(1, Relaxed);
        if operation > last {
            return Ok(());
        }
        if let Some(line) = do_crash::entry(objects, operation).await? {
            acknowledge(line);
        }
    }
}

/// One line, in one write: a kill leaves a whole line or none.
fn acknowledge(line: impl std::fmt::Display) {
    let line = format!("{line}\n");
    let mut out = std::io::stdout().lock();
    // A reader that went away is about to kill this process.
    let _ = out.write_all(line.as_bytes());
    let _ = out.flush();
}
