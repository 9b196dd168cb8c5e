//! Many callers at once, on many threads and a real folder.

mod calls;
mod turns;

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use do_runtime::prelude::*;
use futures::future::{join_all, select, try_join_all};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::sync::{Notify, Semaphore};

/// How often `#[init]` of a [`Counter`] by the name of "wakes" ran.
static WAKES: AtomicU32 = AtomicU32::new(0);

/// How many updates of [`Counter::hurry`] ran.
static HURRIED: AtomicU32 = AtomicU32::new(0);

#[durable_object]
struct Counter {
    #[stored]
    count: i64,
    #[ephemeral]
    under_way: u32,
}

#[durable_object]
impl Counter {
    #[init]
    fn wake(&mut self, cx: &mut Cx<Self>) -> Result {
        if cx.name() == Some("wakes") {
            WAKES.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    #[rpc]
    fn add(&mut self, by: i64) -> Result<i64> {
        self.count += by;
        Ok(self.count)
    }

    #[rpc]
    fn count(&self) -> Result<i64> {
        Ok(self.count)
    }

    #[rpc]
    fn stumble(&mut self) -> Result<i64> {
        self.count += 1_000_000;
        panic!("stumbled")
    }

    /// Reads, lets others run, and writes what it read: updates in between are lost, as a user must know.
    #[rpc]
    async fn add_slowly(this: This<Self>, by: i64) -> Result<i64> {
        let before = this.read(|me, _| Ok(me.count)).await?;
        tokio::task::yield_now().await;
        let seen = this.read(|me, _| Ok(me.count)).await?;
        assert!(seen >= before);
        this.update(|me, _| {
            me.count += by;
            Ok(me.count)
        })
        .await
    }

    /// Begins an update and drops it after so many polls.
    #[rpc]
    async fn hurry(this: This<Self>, polls: u32) -> Result {
        let mut update = Box::pin(this.update(|me, _| {
            HURRIED.fetch_add(1, Ordering::Relaxed);
            me.count += 1;
            Ok(())
        }));
        for _ in 0..polls {
            match poll_once(update).await {
                Ok(done) => return done,
                Err(waiting) => update = waiting,
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// How many of it run at once.
    #[rpc]
    async fn meet(this: This<Self>, others: u32) -> Result<u32> {
        this.update(|me, _| {
            me.under_way += 1;
            Ok(())
        })
        .await?;
        loop {
            let met = this.read(|me, _| Ok(me.under_way)).await?;
            if met >= others {
                return Ok(met);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Calls `next`, which calls this object back.
    #[rpc]
    async fn ping(this: This<Self>, next: String, rounds: u32) -> Result<u32> {
        this.update(|me, _| {
            me.count += 1;
            Ok(())
        })
        .await?;
        if rounds == 0 {
            return Ok(0);
        }
        let me = this.name().unwrap_or_default().to_owned();
        Ok(1 + this.objects().get_by_name::<Counter>(next).ping(me, rounds - 1).await?)
    }

    /// A chain of calls, each from another object.
    #[rpc]
    async fn descend(this: This<Self>, levels: u32) -> Result<u32> {
        if levels == 0 {
            return Ok(0);
        }
        let next = this.objects().get_by_name::<Counter>(format!("level {levels}"));
        let below = next.descend(levels - 1).await?;
        this.update(|me, _| {
            me.count += 1;
            Ok(())
        })
        .await?;
        Ok(1 + below)
    }

    /// Calls itself.
    #[rpc]
    async fn itself(this: This<Self>, levels: u32) -> Result<u32> {
        match levels {
            0 => Ok(0),
            _ => {
                let me = this.objects().get::<Counter>(this.id());
                Ok(1 + me.itself(levels - 1).await?)
            }
        }
    }
}

async fn open() -> Result<(TempDir, Objects)> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::open(folder.path()).await?;
    Ok((folder, objects))
}

/// Polls once, and gives the future back if it is not ready.
async fn poll_once<F: Future + Unpin>(mut future: F) -> Result<F::Output, F> {
    let polled = poll_fn(|cx| Poll::Ready(std::pin::Pin::new(&mut future).poll(cx))).await;
    match polled {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(future),
    }
}
