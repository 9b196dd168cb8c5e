//! Keys that one user writes and all read: a read that begins after a write was acknowledged, or after its value was seen, sees it or a later one.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::text;
use crate::drive::Traffic;
use crate::user::{Stop, User};

/// How many keys are written, each by one user: a write takes 400 ms in this example.
const KEYS: usize = 12;

#[derive(Default, Clone, Copy)]
struct Key {
    /// The newest value that was acknowledged, or seen by anybody.
    known: u64,
    /// The newest one that was sent.
    sent: u64,
}

#[derive(Default)]
pub(super) struct Cache {
    keys: Mutex<BTreeMap<usize, Key>>,
}

impl Cache {
    fn judge(&self, user: &User, key: usize, before: u64, read: &Value) {
        let value = text(read, "value");
        let seen = if value.is_empty() { Some(0) } else { value.parse::<u64>().ok() };
        let sent = {
            let mut keys = self.keys.lock();
            let key = keys.entry(key).or_default();
            key.known = key.known.max(seen.unwrap_or(0));
            key.sent
        };
        let fits = seen.is_some_and(|seen| seen <= sent) && read["is_stale"] == json!(false);
        user.ensure(fits, || format!("key {key} reads {read}, and {sent} is the newest that was written"));
        if seen.is_some_and(|seen| seen < before) {
            user.find(|findings| findings.lose(1, format!("key {key} reads {value} after {before}")));
        }
    }
}

impl Traffic for Cache {
    const NAME: &'static str = "cache";
    type Memory = u64;

    async fn step(&self, user: &mut User, steps: &mut u64) -> Result<(), Stop> {
        *steps += 1;
        if user.number < KEYS && *steps % 16 == 1 {
            let value = {
                let mut keys = self.keys.lock();
                let key = keys.entry(user.number).or_default();
                key.sent += 1;
                key.sent
            };
            user.ask("Cached", &format!("key-{}", user.number), "put", json!({"value": value.to_string()})).await?;
            let mut keys = self.keys.lock();
            let key = keys.entry(user.number).or_default();
            key.known = key.known.max(value);
            return Ok(());
        }
        let key = user.random.usize(0..KEYS);
        let name = format!("key-{key}");
        if user.random.u8(0..64) == 0 {
            return user.ask("Cached", &name, "invalidate", json!({})).await.map(drop);
        }
        let before = self.keys.lock().entry(key).or_default().known;
        let read = user.ask("Cached", &name, "get", json!({})).await?;
        self.judge(user, key, before, &read);
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        for key in 0..KEYS {
            let before = self.keys.lock().entry(key).or_default().known;
            let read = user.ask("Cached", &format!("key-{key}"), "get", json!({})).await?;
            self.judge(user, key, before, &read);
        }
        Ok(())
    }
}
