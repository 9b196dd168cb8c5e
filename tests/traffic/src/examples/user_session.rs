//! Carts of sessions, of this life of the server and of those before: adding the same thing adds, what was removed is gone, and a secret that
//! nobody was given opens nothing.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{lines, number, text};
use crate::drive::Traffic;
use crate::findings::Count;
use crate::user::{Stop, User};

const SIGNED_IN: &str = "TOKEN=";

/// How often something of one kind is added, about: a cart has at most 999 pieces of it.
const ADDED: u64 = 100;

#[derive(Default)]
struct Known {
    tokens: BTreeSet<String>,
    /// By session and kind of thing.
    carts: BTreeMap<(String, String), Count>,
}

#[derive(Default)]
pub(super) struct UserSession {
    known: Mutex<Known>,
}

impl UserSession {
    fn with<T>(&self, token: &str, sku: &str, what: impl FnOnce(&mut Count) -> T) -> T {
        what(self.known.lock().carts.entry((token.to_owned(), sku.to_owned())).or_default())
    }

    /// A session of any life of the server, among them the newest one.
    fn token(&self, user: &mut User) -> Option<String> {
        let printed = user.printed(SIGNED_IN)?;
        let (_, token) = printed.rsplit_once(SIGNED_IN)?;
        let mut known = self.known.lock();
        known.tokens.insert(token.trim().to_owned());
        user.random.choice(known.tokens.iter()).cloned()
    }
}

impl Traffic for UserSession {
    const NAME: &'static str = "user-session";
    type Memory = ();

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        let found = user.until("the line with the token", async |user| Ok(self.token(user)));
        let token = found.await?;
        let sku = format!("thing {}", user.step / ADDED);
        if user.random.u8(0..8) == 0 {
            let before = self.with(&token, &sku, |count| count.acknowledged);
            let cart = user.ask("User", "ann", "cart", json!({"token": token})).await?;
            let there = pieces(&cart, &sku);
            user.ensure(there >= before, || format!("{there} pieces of {sku} were seen after {before}"));
            return Ok(());
        }
        if user.random.u8(0..100) == 0 {
            let guess = json!({"token": "00000000-0000-4000-8000-000000000000"});
            let answer = user.call("User", "ann", "cart", guess).await?;
            return if answer.status == 403 { Ok(()) } else { Err(answer.unexpected()) };
        }
        let quantity = user.random.u64(1..=3);
        self.with(&token, &sku, |count| count.tries(quantity));
        let there = user.ask("User", "ann", "add", json!({"token": token, "sku": sku, "quantity": quantity})).await?;
        let acknowledged = self.with(&token, &sku, |count| {
            count.acknowledges(quantity);
            *count
        });
        let is_known = there.as_u64().is_some_and(|there| (quantity..=acknowledged.tried).contains(&there));
        user.ensure(is_known, || format!("there are {there} of {sku}, of {acknowledged:?}"));
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let Known { tokens, carts } = std::mem::take(&mut *self.known.lock());
        for token in &tokens {
            let cart = user.ask("User", "ann", "cart", json!({"token": token})).await?;
            for ((_, sku), count) in carts.iter().filter(|((owner, _), _)| owner == token) {
                user.compare(&format!("pieces of {sku}"), *count, pieces(&cart, sku));
            }
            let devices = user.ask("User", "ann", "devices", json!({"token": token})).await?;
            let ends: Vec<u64> = lines(&devices).map(|device| number(device, "ends")).collect();
            let is_whole = devices.as_array().is_some_and(|devices| devices.len() >= tokens.len());
            user.ensure(is_whole, || format!("{} sessions were begun: {devices}", tokens.len()));
            user.ensure(ends.is_sorted_by(|one, next| one >= next), || format!("devices out of order: {ends:?}"));
        }
        let Some(token) = tokens.first() else { return Ok(()) };
        user.ask("User", "ann", "sign_out", json!({"token": token})).await?;
        let answer = user.call("User", "ann", "cart", json!({"token": token})).await?;
        if answer.status == 403 { Ok(()) } else { Err(answer.unexpected()) }
    }
}

/// How many pieces of something lie in a cart.
fn pieces(cart: &Value, sku: &str) -> u64 {
    lines(cart).filter(|item| text(item, "sku") == sku).map(|item| number(item, "quantity")).sum()
}
