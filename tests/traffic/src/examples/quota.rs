//! One tenant's requests and tokens, spent and refunded by many at once: never more than there are, what was acknowledged is counted once, and
//! no charge is refunded twice.

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{lines, number, text};
use crate::drive::Traffic;
use crate::findings::Count;
use crate::user::{Stop, User};

const TENANT: &str = "acme";

/// How much the program gives this tenant.
const MOST: [(&str, u64); 2] = [("requests", 100), ("tokens", 10_000)];

#[derive(Default, Clone, Copy)]
struct Used {
    spent: Count,
    refunded: Count,
}

#[derive(Default)]
pub(super) struct Quota {
    /// Of requests, and of tokens.
    used: Mutex<[Used; 2]>,
    resets_at: Mutex<Option<Value>>,
}

impl Quota {
    fn each(&self, amounts: [u64; 2], what: impl Fn(&mut Used, u64)) {
        self.used.lock().iter_mut().zip(amounts).for_each(|(used, amount)| what(used, amount));
    }

    async fn usage(&self, user: &mut User) -> Result<Value, Stop> {
        let usage = user.ask("Quota", TENANT, "usage", json!({})).await?;
        for ((name, most), line) in MOST.into_iter().zip(lines(&usage["dimensions"])) {
            let used = number(line, "used");
            let is_its_own = text(line, "name") == name && number(line, "most") == most && used <= most;
            user.ensure(is_its_own, || format!("overdrawn, or another one: {line}"));
        }
        Ok(usage)
    }
}

impl Traffic for Quota {
    const NAME: &'static str = "quota";
    // Each that a kill leaves without an answer may have spent something that nobody can give back.
    const USERS: usize = 6;
    type Memory = Option<(Value, [u64; 2])>;

    async fn step(&self, user: &mut User, charge: &mut Self::Memory) -> Result<(), Stop> {
        if user.random.u8(0..10) == 0 {
            let usage = self.usage(user).await?;
            self.resets_at.lock().get_or_insert(usage["resets_at"].clone());
            return Ok(());
        }
        if let Some((charge, amounts)) = charge.take() {
            self.each(amounts, |used, amount| used.refunded.tries(amount));
            user.ask("Quota", TENANT, "refund", json!({"charge": charge})).await?;
            self.each(amounts, |used, amount| used.refunded.acknowledges(amount));
            let again = user.call("Quota", TENANT, "refund", json!({"charge": charge})).await?;
            return if again.status == 404 { Ok(()) } else { Err(again.unexpected()) };
        }
        let amounts = [user.random.u64(1..=3), user.random.u64(0..=400)];
        self.each(amounts, |used, amount| used.spent.tries(amount));
        let wish = json!({"amounts": {"requests": amounts[0], "tokens": amounts[1]}});
        match user.call("Quota", TENANT, "spend", wish).await?.unless(429)? {
            // One in sixteen is never refunded.
            Some(number) => {
                self.each(amounts, |used, amount| used.spent.acknowledges(amount));
                *charge = Some((number, amounts)).filter(|_| user.random.u8(0..16) > 0);
            }
            None => self.each(amounts, |used, amount| used.spent.refuses(amount)),
        }
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let usage = self.usage(user).await?;
        let began = self.resets_at.lock().take();
        if began.is_some_and(|resets_at| resets_at != usage["resets_at"]) {
            return Ok(()); // a month has begun meanwhile, where the tenant is
        }
        let all = *self.used.lock();
        for (Used { spent, refunded }, line) in all.into_iter().zip(lines(&usage["dimensions"])) {
            let bounds = Count {
                acknowledged: spent.acknowledged.saturating_sub(refunded.tried),
                tried: spent.tried.saturating_sub(refunded.acknowledged),
            };
            user.compare(&format!("spent {}", text(line, "name")), bounds, number(line, "used"));
        }
        Ok(())
    }
}
