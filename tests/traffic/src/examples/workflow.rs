//! Orders that arrive, are refused, and are undone: each ends, each step of it is noted once and undone once, in order; and lamps are neither
//! made nor lost, which shows if a step had its effect twice.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{lines, number, text};
use crate::drive::Traffic;
use crate::user::{Stop, User};

/// How many lamps the program puts on the shelf when it starts, if there are less than half as many.
const DELIVERED: u64 = 10;

/// What it pays into the account then.
const PAID: u64 = 50_000;

#[derive(Default)]
pub(super) struct Workflow {
    /// What was ordered, by the name of the order; whether it was acknowledged.
    orders: Mutex<BTreeMap<String, (Value, bool)>>,
}

impl Workflow {
    async fn place(&self, user: &mut User, name: &str, purchase: Value) -> Result<(), Stop> {
        self.orders.lock().insert(name.to_owned(), (purchase.clone(), false));
        let placed = user.ask("Order", name, "place", json!({"purchase": purchase})).await?;
        user.ensure(placed["purchase"] == purchase, || format!("{purchase} was placed as {placed}"));
        self.orders.lock().insert(name.to_owned(), (purchase, true));
        Ok(())
    }

    /// Waits for the end of an order, and looks at its steps.
    async fn end(user: &mut User, name: &str) -> Result<Value, Stop> {
        let ended = user.until("the end of an order", async |user| {
            let progress = user.ask("Order", name, "progress", json!({})).await?;
            let has_ended = progress["state"] == json!("complete") || progress["state"] == json!("cancelled");
            Ok(has_ended.then_some(progress))
        });
        let progress = ended.await?;
        let log: Vec<String> = lines(&progress["log"]).map(line).collect();
        let fits = match progress["state"].as_str() {
            Some("complete") => log == ["reserve done", "charge done", "ship done"],
            _ => [
                &["reserve failed"][..],
                &["reserve done", "charge failed", "reserve undone"],
                &["reserve done", "charge done", "ship failed", "charge undone", "reserve undone"],
            ]
            .iter()
            .any(|steps| log == *steps),
        };
        user.ensure(fits, || format!("order {name} took the steps {log:?}: {}", progress["state"]));
        Ok(progress)
    }
}

impl Traffic for Workflow {
    const NAME: &'static str = "workflow";
    const USERS: usize = 16;
    type Memory = ();

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        let name = format!("order {}", user.step);
        // Few arrive, as there are few lamps; most are undone when the carrier refuses them.
        let address = if user.random.u8(0..20) == 0 { "Rose Lane 3" } else { "nowhere" };
        let cents = if user.random.u8(0..20) == 0 { 1_000_000 } else { user.random.u64(1..500) };
        let purchase = purchase(user.random.u64(1..=2), cents, address);
        self.place(user, &name, purchase).await?;
        if user.random.bool() {
            Self::end(user, &name).await?;
        }
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let orders = std::mem::take(&mut *self.orders.lock());
        let (mut sold, mut earned) = (0, 0);
        for (name, (purchase, acknowledged)) in orders {
            let Some(_) = user.call("Order", &name, "progress", json!({})).await?.unless(404)? else {
                if acknowledged {
                    user.find(|findings| findings.lose(1, format!("{name} was acknowledged, and is not there")));
                }
                continue;
            };
            let progress = Self::end(user, &name).await?;
            user.ensure(progress["purchase"] == purchase, || format!("{name} is for {}", progress["purchase"]));
            if progress["state"] == json!("complete") {
                sold += number(&purchase, "quantity");
                earned += number(&purchase, "cents");
            }
        }
        // What the shelf has is told to who wants more of it.
        self.place(user, "all", purchase(1_000_000, 1, "nowhere")).await?;
        let refused = Self::end(user, "all").await?;
        let why = text(&refused["log"][0]["outcome"]["failed"], "why");
        let left = why.split(' ').find_map(|word| word.parse::<u64>().ok());
        let sentence = || format!("{left:?} lamps are left, and {sold} are sold: {why}");
        let most = DELIVERED * user.lives();
        let fits = left.is_some_and(|left| (left + sold).is_multiple_of(DELIVERED) && left + sold <= most);
        user.ensure(fits, sentence);
        user.ensure(earned <= PAID * user.lives(), || format!("{earned} cents were taken"));
        Ok(())
    }
}

fn purchase(quantity: u64, cents: u64, address: &str) -> Value {
    json!({"item": "lamp", "quantity": quantity, "cents": cents, "account": "ann", "address": address})
}

/// A line of an order's log: the step, and what became of it.
fn line(entry: &Value) -> String {
    let outcome = &entry["outcome"];
    let became = outcome.as_str().or_else(|| outcome.as_object()?.keys().next().map(String::as_str));
    format!("{} {}", text(entry, "step"), became.unwrap_or("?"))
}
