//! Objects that are wrong on purpose: the checker finds what they do.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use do_runtime::prelude::*;

use crate::Dice;
use crate::history::{Call, History, Op, Place};

/// What reads are served from, by object.
static COPIES: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

#[durable_object]
struct Faulty {
    #[stored]
    value: u64,
}

#[durable_object]
impl Faulty {
    #[rpc]
    fn set(&mut self, cx: &mut Cx<Self>, value: u64) -> Result<u64> {
        // All writes but the first one forget the copy.
        COPIES.lock().expect("no panic").entry(cx.name().unwrap_or_default().to_owned()).or_insert(value);
        Ok(std::mem::replace(&mut self.value, value))
    }

    /// Served from a copy.
    #[rpc]
    fn copy(&self, cx: &Cx<Self>) -> Result<u64> {
        Ok(COPIES.lock().expect("no panic").get(cx.name().unwrap_or_default()).copied().unwrap_or(0))
    }

    #[rpc]
    fn get(&self) -> Result<u64> {
        Ok(self.value)
    }

    /// Compares in one turn and sets in another: somebody else is let in between.
    #[rpc]
    async fn swap(this: This<Self>, expected: u64, new: u64) -> Result<u64> {
        let found = this.read(|me, _| Ok(me.value)).await?;
        if found == expected {
            tokio::task::yield_now().await;
            this.update(move |me, _| {
                me.value = new;
                Ok(())
            })
            .await?;
        }
        Ok(found)
    }
}

/// What some callers of one object do and see; `swaps`, whether they compare and set too.
async fn play(
    swaps: bool,
    call: impl AsyncFn(FaultyStub, Op) -> Result<u64> + Clone + Send + Sync + 'static,
    name: &str,
) -> History
where
{
    let folder = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::open(folder.path()).await.expect("it opens");
    let clock = Arc::new(AtomicU64::new(0));
    let mut history = History::default();
    let callers = (0..8_u64).map(|caller| {
        let (stub, clock, call) = (objects.get_by_name::<Faulty>(name), clock.clone(), call.clone());
        async move {
            let (mut dice, mut last, mut calls) = (Dice::new(caller + 1), 0, Vec::new());
            for number in 0..30 {
                let value = caller * 30 + number + 1;
                let op = match dice.below(3) {
                    0 => Op::Read,
                    2 if swaps => Op::Swap { expected: last, new: value },
                    _ => Op::Write(value),
                };
                let begun = clock.fetch_add(1, SeqCst);
                let found = call(stub.clone(), op).await.expect("it succeeds");
                let ended = clock.fetch_add(1, SeqCst);
                last = found;
                calls.push(Call { object: 0, place: Place::Field, op, begun, ended, found: Some(found) });
            }
            calls
        }
    });
    for calls in futures::future::join_all(callers).await {
        history.add(calls);
    }
    objects.close().await.expect("it closes");
    history
}

#[tokio::test]
async fn a_read_that_is_served_from_a_copy_is_found() {
    let history = play(
        false,
        async |stub: FaultyStub, op| match op {
            Op::Read => stub.copy().await,
            Op::Write(value) | Op::Swap { new: value, .. } => stub.set(value).await,
        },
        "copied",
    );
    let told = history.await.check().expect_err("old values were read");
    assert!(told.contains("Read"), "{told}");
}

#[tokio::test]
async fn a_second_caller_who_is_let_in_is_found() {
    let history = play(
        true,
        async |stub: FaultyStub, op| match op {
            Op::Read => stub.get().await,
            Op::Write(value) => stub.set(value).await,
            Op::Swap { expected, new } => stub.swap(expected, new).await,
        },
        "shared",
    );
    let told = history.await.check().expect_err("writes were lost");
    assert!(told.contains("Swap"), "{told}");
}
