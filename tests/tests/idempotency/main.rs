//! Calls that are sent more than once, and applied once.

mod replies;
mod retries;

use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use do_runtime::Call;
use do_runtime::prelude::*;
use futures::future::{join, poll_fn};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RpcError)]
enum Refusal {
    TooMuch { most: i64 },
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too much")
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Receipt {
    balance: i64,
    note: Option<String>,
}

#[durable_object(limits(queue = 1))]
struct Account {
    #[stored]
    balance: i64,
    #[stored]
    runs: u32,
}

#[durable_object]
impl Account {
    #[rpc]
    fn pay(&mut self, amount: i64, note: String) -> Result<Receipt> {
        self.balance += amount;
        Ok(Receipt { balance: self.balance, note: Some(note) })
    }

    #[rpc]
    fn withdraw(&mut self, amount: i64) -> Result<i64> {
        ensure!(amount <= self.balance, "there is not enough");
        self.balance -= amount;
        Ok(self.balance)
    }

    #[rpc]
    fn limited(&mut self, amount: i64) -> Result<i64, CallError<Refusal>> {
        if amount > 10 {
            return Err(CallError::User(Refusal::TooMuch { most: 10 }));
        }
        self.balance += amount;
        Ok(self.balance)
    }

    #[rpc]
    fn balance(&self) -> Result<i64> {
        Ok(self.balance)
    }

    #[rpc]
    fn runs(&self) -> Result<u32> {
        Ok(self.runs)
    }

    /// Pays in two steps, an hour apart.
    #[rpc]
    async fn pay_slowly(this: This<Self>, amount: i64) -> Result<i64> {
        pay_slowly(this, amount).await
    }

    #[rpc(idempotent)]
    async fn pay_slowly_again(this: This<Self>, amount: i64) -> Result<i64> {
        pay_slowly(this, amount).await
    }

    /// Fails the first time.
    #[rpc]
    async fn stumble(this: This<Self>) -> Result<u32> {
        let runs = this.update(|me, _| me.run()).await?;
        ensure!(runs > 1, "it failed");
        Ok(runs)
    }

    fn run(&mut self) -> Result<u32> {
        self.runs += 1;
        Ok(self.runs)
    }
}

async fn pay_slowly(this: This<Account>, amount: i64) -> Result<i64> {
    this.update(|me, _| me.run()).await?;
    this.sleep(hours(1)).await?;
    this.update(|me, _| {
        me.balance += amount;
        Ok(me.balance)
    })
    .await
}

/// Polls a call once; its handler has run then if its object is awake and idle.
async fn send<T>(call: &mut Call<Account, T>) -> Poll<Result<T>>
where
    Call<Account, T>: Future<Output = Result<T>>,
{
    poll_fn(|cx| Poll::Ready(std::pin::Pin::new(&mut *call).poll(cx))).await
}
