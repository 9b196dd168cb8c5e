//! Locks that many want: one holder at a time, also across a kill, tokens that only grow, and a register that nobody writes who was followed
//! by another holder.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::json;

use super::number;
use super::terms::Terms;
use crate::drive::Traffic;
use crate::findings::Count;
use crate::user::{Stop, User};

/// How many locks there are.
const LOCKS: u64 = 12;

#[derive(Default)]
struct One {
    terms: Terms,
    /// The greatest token that wrote into the register.
    written: Count,
}

#[derive(Default)]
pub(super) struct Lock {
    locks: Mutex<BTreeMap<u64, One>>,
}

impl Lock {
    fn with<T>(&self, lock: u64, what: impl FnOnce(&mut One) -> T) -> T {
        what(self.locks.lock().entry(lock).or_default())
    }

    /// Takes a lock, for a second: one that is granted while the server is killed ends by itself.
    async fn acquire(&self, user: &mut User, lock: u64) -> Result<Option<u64>, Stop> {
        let (name, owner) = (format!("lock-{lock}"), format!("owner {}", user.step));
        let before = self.with(lock, |one| one.terms.greatest());
        let wish = json!({"owner": owner, "lease": "1s", "patience": "3s"});
        let Some(grant) = user.call("Lock", &name, "acquire", wish).await?.unless(409)? else { return Ok(None) };
        let (token, until) = (number(&grant, "token"), grant["until"].as_i64().unwrap_or(0));
        self.with(lock, |one| one.terms.told(user, &name, before + 1, token, &owner, until));
        let wish = json!({"token": token, "value": token.to_string()});
        self.with(lock, |one| one.written.tried = one.written.tried.max(token));
        // Whose lease has ended meanwhile is refused.
        if user.call("Register", &name, "write", wish).await?.unless(409)?.is_some() {
            self.with(lock, |one| one.written.acknowledged = one.written.acknowledged.max(token));
        }
        if user.random.u8(0..50) == 0 {
            return Ok(Some(token)); // it falls asleep: the lease ends by itself
        }
        self.with(lock, |one| one.terms.gives_back(token));
        user.call("Lock", &name, "release", json!({"owner": owner, "token": token})).await?.unless(409)?;
        Ok(Some(token))
    }
}

impl Traffic for Lock {
    const NAME: &'static str = "lock";
    type Memory = ();

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        let lock = user.random.u64(0..LOCKS);
        self.acquire(user, lock).await.map(drop)
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        for lock in 0..LOCKS {
            let value = user.ask("Register", &format!("lock-{lock}"), "read", json!({})).await?;
            let written = value.as_str().and_then(|value| value.parse().ok()).unwrap_or(0);
            let bounds = self.with(lock, |one| one.written);
            let Count { acknowledged, tried } = bounds;
            if written < acknowledged {
                user.find(|findings| {
                    findings.lose(1, format!("token {acknowledged} has written, and {written} is there"))
                });
            }
            user.ensure(written <= tried, || format!("{written} was written, and {tried} is the greatest token"));
            let granted = self.acquire(user, lock).await?;
            user.ensure(granted.is_some(), || format!("lock-{lock} is not free when all leases have ended"));
            self.with(lock, |one| one.terms.check(user, &format!("lock-{lock}")));
        }
        Ok(())
    }
}
