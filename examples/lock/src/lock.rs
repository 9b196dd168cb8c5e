//! The lock.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// Who holds a lock, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who holds it.
    pub owner: String,
    /// Greater than that of every grant before. What the lock protects refuses a lower one than it has seen.
    pub token: u64,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// Why a lock says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, RpcError)]
pub enum Refused {
    /// Somebody else held it, for as long as the caller wanted to wait.
    Busy,
    /// This is not the grant that holds now: it was given back, or its lease ended.
    NotHeld,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Busy => "somebody else holds the lock",
            Refused::NotHeld => "you do not hold the lock any more",
        })
    }
}

/// The place of a call in the queue. Calls end with the process, so its tickets need not outlive it.
type Ticket = u64;
static NEXT_TICKET: AtomicU64 = AtomicU64::new(0);

/// The alarm that ends a lease.
const LEASE: &str = "lease";

/// A lock, named after what it protects.
#[durable_object]
pub struct Lock {
    /// The last grant, which may have ended. It survives sleep and crashes: nothing is granted twice.
    #[stored]
    granted: Option<Grant>,
    /// The token of the last grant.
    #[stored]
    last_token: u64,
    /// Who waits, each to be told once that it is worth another look. Whoever is told, or finds that the queue was lost with the memory
    /// of the object, takes the same place again.
    #[ephemeral]
    queue: BTreeMap<Ticket, Option<oneshot::Sender<()>>>,
}

#[durable_object]
impl Lock {
    /// Takes the lock for as long as the lease says (`"30s"`), once all who came before have had it; `Busy` if that takes longer than `patience`.
    #[rpc(public)]
    async fn acquire(
        this: This<Self>,
        owner: String,
        lease: String,
        patience: String,
    ) -> Result<Grant, CallError<Refused>> {
        let lease = lease.into_duration()?;
        ensure!(lease >= millis(1), "a lease is at least a millisecond long");
        let patience = patience_within_deadline(&this, patience.into_duration()?)?;
        let ticket = NEXT_TICKET.fetch_add(1, Ordering::Relaxed);
        let outcome = Self::wait(&this, ticket, &owner, lease, patience).await;
        this.update(|me, _| {
            me.queue.remove(&ticket);
            me.wake_first(); // if this one was told and failed, the next one has to look
            Ok(())
        })
        .await?;
        outcome
    }

    /// Lets the lease of a grant begin anew.
    #[rpc(public)]
    fn renew(
        &mut self,
        cx: &mut Cx<Self>,
        owner: String,
        token: u64,
        lease: &str,
    ) -> Result<Grant, CallError<Refused>> {
        let lease = lease.into_duration()?;
        self.check_held(cx, &owner, token)?;
        Ok(self.grant(cx, owner, token, lease)?)
    }

    /// Gives the lock back. Only who holds it can.
    #[rpc(public)]
    fn release(&mut self, cx: &mut Cx<Self>, owner: &str, token: u64) -> Result<(), CallError<Refused>> {
        self.check_held(cx, owner, token)?;
        cx.schedule().cancel(LEASE)?;
        self.granted = None;
        self.wake_first();
        Ok(())
    }

    /// Who holds it now.
    #[rpc(public)]
    fn holder(&self, cx: &Cx<Self>) -> Result<Option<Grant>> {
        Ok(self.granted.clone().filter(|grant| grant.until > cx.now()))
    }

    /// A lease has ended.
    #[alarm]
    fn lease_ends(&mut self) -> Result {
        self.granted = None;
        self.wake_first();
        Ok(())
    }

    async fn wait(
        this: &This<Self>,
        ticket: Ticket,
        owner: &str,
        lease: Duration,
        patience: Duration,
    ) -> Result<Grant, CallError<Refused>> {
        let out_of_patience = this.sleep(patience);
        tokio::pin!(out_of_patience);
        loop {
            let woken = match this.update(|me, cx| me.look(cx, ticket, owner, lease)).await? {
                Look::Granted(grant) => return Ok(grant),
                Look::Wait(woken) => woken,
            };
            tokio::select! {
                biased;
                _ = woken => {}
                over = &mut out_of_patience => {
                    over?;
                    bail!(Refused::Busy);
                }
            }
        }
    }

    /// Takes the lock for who is first in the queue if nobody holds it, else a place in the queue.
    fn look(&mut self, cx: &mut Cx<Self>, ticket: Ticket, owner: &str, lease: Duration) -> Result<Look> {
        let (wake, woken) = oneshot::channel();
        self.queue.insert(ticket, Some(wake));
        let is_first = self.queue.keys().next() == Some(&ticket);
        if !is_first || self.holder(cx)?.is_some() {
            return Ok(Look::Wait(woken));
        }
        self.last_token += 1;
        self.grant(cx, owner.to_owned(), self.last_token, lease).map(Look::Granted)
    }

    fn grant(&mut self, cx: &mut Cx<Self>, owner: String, token: u64, lease: Duration) -> Result<Grant> {
        let grant = Grant { owner, token, until: cx.now() + lease };
        cx.schedule().lease_ends().key(LEASE).at(grant.until)?;
        self.granted = Some(grant.clone());
        Ok(grant)
    }

    fn check_held(&self, cx: &Cx<Self>, owner: &str, token: u64) -> Result<(), CallError<Refused>> {
        let holds = self.holder(cx)?.is_some_and(|grant| grant.owner == owner && grant.token == token);
        ensure!(holds, Refused::NotHeld);
        Ok(())
    }

    fn wake_first(&mut self) {
        if let Some(wake) = self.queue.values_mut().next().and_then(Option::take) {
            let _ = wake.send(()); // one who is not there any more leaves the queue by itself
        }
    }
}

/// What a caller finds.
enum Look {
    Granted(Grant),
    Wait(oneshot::Receiver<()>),
}

/// Nobody waits beyond the deadline of the call: the lock would go to a caller who has left.
fn patience_within_deadline(this: &This<Lock>, patience: Duration) -> Result<Duration> {
    let Some(deadline) = this.meta().deadline() else { return Ok(patience) };
    Ok(patience.min(deadline - this.now()?))
}
