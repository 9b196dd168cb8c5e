//! `do-crash FOLDER FIRST [LAST]`: puts accounts under load until it is killed; or until LAST, on a journal of small segments, and
//! closes. Operations are numbered from FIRST on; each that was acknowledged is a line on standard output: `account operation`, or
//! `account -operation` for one that was forgotten again; and `mail operation`, `alarm operation`, `key operation` for what couriers
//! do.

#![allow(clippy::print_stdout)]

use std::io::Write;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use do_crash::{Account, Courier};
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
    let builder = if last.is_some() { builder.small_journal() } else { builder };
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
        let courier = objects.get_by_name::<Courier>(do_crash::courier_of(operation));
        match operation % 4 {
            0 | 1 => {
                courier.mail(operation).await?;
                acknowledge(format_args!("mail {operation}"));
            }
            2 => {
                courier.remind(operation).await?;
                acknowledge(format_args!("alarm {operation}"));
            }
            _ => {
                // Twice at once, under one key.
                let key = operation.to_string();
                let (first, second) = futures::future::join(
                    courier.apply(operation).idempotency_key(key.clone()),
                    courier.apply(operation).idempotency_key(key),
                )
                .await;
                ensure!(first? == operation && second? == operation, "another call's reply");
                acknowledge(format_args!("key {operation}"));
            }
        }
    }
}

async fn call(objects: &Objects, next: &AtomicI64, last: i64) -> Result {
    loop {
        let operation = next.fetch_add(1, Relaxed);
        if operation > last {
            return Ok(());
        }
        let dice = do_crash::dice(operation);
        let account = do_crash::account_of(dice);
        let stub = objects.get_by_name::<Account>(format!("account-{account}"));
        if do_crash::fails(dice) {
            drop(stub.fail(operation).await);
        } else if do_crash::forgets(dice) {
            let earlier = operation - 500;
            if earlier > 0 && stub.forget(earlier).await? {
                acknowledge(format_args!("{account} -{earlier}"));
            }
        } else {
            stub.add(operation, operation % 1000).await?;
            acknowledge(format_args!("{account} {operation}"));
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
