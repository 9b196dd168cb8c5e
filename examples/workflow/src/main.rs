//! A tour of the orders, or a server of them.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use workflow::partners::{BANK, Bank, Warehouse};
use workflow::{Order, Purchase, State};

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("workflow-data").await?;
    let (shelf, bank) = (objects.get_by_name::<Warehouse>("lamp"), objects.get_by_name::<Bank>(BANK));
    if shelf.left().await? < 5 {
        shelf.deliver(10).await?;
        bank.deposit("ann", 50_000).await?;
    }
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("serve") {
        let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        println!("POST http://{address}/rpc/Order/{{name}}/place, and …/progress");
        return objects.server().serve(address).await;
    }
    for address in ["Rose Lane 3", "nowhere"] {
        println!("ann has {} cents, and {} lamps are on the shelf.", bank.balance("ann").await?, shelf.left().await?);
        order(&objects, address).await?;
    }
    println!("ann has {} cents, and {} lamps are on the shelf.", bank.balance("ann").await?, shelf.left().await?);
    objects.close().await
}

/// Orders two lamps, and watches what becomes of it.
async fn order(objects: &Objects, address: &str) -> Result {
    let purchase =
        Purchase { item: "lamp".into(), quantity: 2, cents: 4_000, account: "ann".into(), address: address.to_owned() };
    let order = objects.get_by_name::<Order>(format!("lamps-{}", objects.namespace::<Order>().list().all()?.len()));
    println!("Order {} goes to {address}.", order.name().unwrap_or_default());
    order.place(purchase).await?;
    let mut progress = order.progress().live()?;
    let mut told = 0;
    loop {
        let now = progress.next().await?;
        for entry in &now.log[told..] {
            println!("  {}  {:?}: {:?}", entry.at, entry.step, entry.outcome);
        }
        told = now.log.len();
        if matches!(now.state, State::Complete | State::Cancelled | State::Stuck(_)) {
            println!("  {:?}", now.state);
            return Ok(());
        }
    }
}
