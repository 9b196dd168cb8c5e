//! The lock.

use std::time::Duration;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
#[rpc_error(status = 409)]
pub enum Refused {
    /// Somebody else held it, for as long as the caller wanted to wait.
    #[error("somebody else holds the lock")]
    Busy,
    /// This is not the grant that holds now: it was given back, or its lease ended.
    #[error("you do not hold the lock any more")]
    NotHeld,
}

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
        let end = this.now()? + patience.into_duration()?;
        let first = this.first_in_line("acquire").until(end).await?;
        ensure!(first.is_some(), Refused::Busy);
        let granted = this.wait_for(|me, cx| me.take(cx, &owner, lease)).until(end).await?;
        granted.ok_or(CallError::User(Refused::Busy))
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
        Ok(())
    }

    /// Takes the lock, if nobody holds it.
    fn take(&mut self, cx: &mut Cx<Self>, owner: &str, lease: Duration) -> Result<Option<Grant>> {
        if self.holder(cx)?.is_some() {
            return Ok(None);
        }
        self.last_token += 1;
        self.grant(cx, owner.to_owned(), self.last_token, lease).map(Some)
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
}
