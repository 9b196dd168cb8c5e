//! A crate that is strict with itself, and uses all that there is.
#![deny(missing_docs, unreachable_pub, warnings)]
#![forbid(unsafe_code)]

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// Where an order is on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Column)]
enum Status {
    Open,
    #[column(name = "on its way")]
    Sent,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Column)]
struct Email(String);

#[table(index = (status, at desc), unique = (email, number), index(number, where = "number > 3"))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    #[key]
    id: Id<Order>,
    email: Email,
    #[column(check = "number > 0")]
    number: u32,
    #[default(Status::Open)]
    status: Status,
    #[default("none")]
    note: String,
    #[default(1.5)]
    weight: f64,
    #[column(json)]
    lines: Vec<Line>,
    #[references(on_delete = set_null)]
    replaces: Option<Id<Order>>,
    #[default(now)]
    at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    article: String,
}

#[derive(Debug, Row)]
struct Totals {
    orders: i64,
}

#[durable_object(tables(Order), name = "Orders", limits(value = "1MiB", queue = 5, run = "1m 30s"))]
struct Shop {
    #[stored(default = 3)]
    seats: u32,
    #[stored]
    last: Option<Line>,
    #[ephemeral(default = Vec::with_capacity(3))]
    recent: Vec<Line>,
}

#[durable_object]
impl Shop {
    #[init]
    fn wake(&mut self) -> Result {
        self.recent.clear();
        Ok(())
    }

    #[rpc]
    fn order(&mut self, cx: &mut Cx<Self>, email: Email, lines: Vec<Line>) -> Result<Order> {
        self.last = lines.last().cloned();
        cx.insert(Order::new(email, self.seats, lines, None).note("quick".to_owned()).weight(2.0))
    }

    #[rpc(slow)]
    fn of(&self, cx: &Cx<Self>, email: Email) -> Result<Vec<Order>> {
        Order::by_email(cx, &email).between(1..5).all()
    }

    #[rpc]
    fn open(&self, cx: &Cx<Self>) -> Result<Option<Order>> {
        Order::by_status(cx, Status::Open).between(..Timestamp::from_millis(5)).rev().first()
    }

    #[rpc]
    fn one(&self, cx: &Cx<Self>, email: Email, number: u32) -> Result<Option<Order>> {
        Order::by_email_and_number(cx, &email, number)
    }

    #[rpc]
    fn totals(&self, cx: &Cx<Self>) -> Result<i64> {
        let totals: Totals = cx.sql_unchecked("SELECT count(*) AS orders FROM \"order\"", ()).one()?;
        Ok(totals.orders)
    }
}

fn main() {}
