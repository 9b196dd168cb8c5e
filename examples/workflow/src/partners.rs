//! Whom the steps are asked of: a warehouse, a bank, a carrier.
//!
//! Each knows an order by its name, and remembers it: what it is asked again it does not do again, and what was undone before it
//! was done is never done. A service that you do not run takes an idempotency key for this.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// The name of the one bank.
pub const BANK: &str = "bank";

/// The name of the one carrier.
pub const CARRIER: &str = "carrier";

/// Why a partner does not do what it is asked. It is no use to ask again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
pub enum Refused {
    /// There is not enough of the item.
    #[error("only {left} of them are left")]
    OutOfStock {
        /// How many there are.
        left: u32,
    },
    /// There is not enough money.
    #[error("there is not enough money in the account")]
    NoMoney,
    /// The carrier does not go there.
    #[error("the carrier does not go there")]
    NowhereNear,
    /// The order was undone before.
    #[error("this was undone before")]
    Undone,
}

/// What was put aside for an order.
#[table]
#[derive(Debug, Clone)]
pub struct Reservation {
    /// The order's name.
    #[key]
    pub order: String,
    /// How many; none once it is released.
    pub quantity: u32,
}

/// The shelf of one item, which is its name.
#[durable_object(tables(Reservation))]
pub struct Warehouse {
    #[stored]
    left: u32,
}

#[durable_object]
impl Warehouse {
    /// More of the item came in; how many there are.
    #[rpc]
    fn deliver(&mut self, quantity: u32) -> Result<u32> {
        self.left = self.left.checked_add(quantity).context("the shelf is full")?;
        Ok(self.left)
    }

    /// Puts some of the item aside.
    #[rpc]
    fn reserve(&mut self, cx: &mut Cx<Self>, order: String, quantity: u32) -> Result<String, CallError<Refused>> {
        let receipt = format!("{quantity} put aside for {order}");
        if let Some(reservation) = cx.get::<Reservation>(&order)? {
            ensure!(reservation.quantity > 0, Refused::Undone);
            return Ok(receipt);
        }
        self.left = self.left.checked_sub(quantity).ok_or(Refused::OutOfStock { left: self.left })?;
        cx.insert(Reservation::new(order, quantity))?;
        Ok(receipt)
    }

    /// Puts it back.
    #[rpc]
    fn release(&mut self, cx: &mut Cx<Self>, order: String) -> Result {
        if let Some(reservation) = cx.get::<Reservation>(&order)? {
            self.left += reservation.quantity;
        }
        cx.upsert(Reservation::new(order, 0))?;
        Ok(())
    }

    /// How many are left.
    #[rpc]
    fn left(&self) -> Result<u32> {
        Ok(self.left)
    }
}

/// An account.
#[table]
#[derive(Debug, Clone)]
pub struct Account {
    /// Whose it is.
    #[key]
    pub owner: String,
    /// What is in it.
    #[column(check = "cents >= 0")]
    pub cents: i64,
}

/// What was charged for an order.
#[table]
#[derive(Debug, Clone)]
pub struct Charge {
    /// The order's name.
    #[key]
    pub order: String,
    /// From which account; none if it was undone before it was done.
    pub owner: Option<String>,
    /// How much; nothing once it is refunded.
    pub cents: u32,
}

/// A bank.
#[durable_object(tables(Account, Charge))]
pub struct Bank;

#[durable_object]
impl Bank {
    /// Pays into an account, which it opens if there is none; what is in it.
    #[rpc]
    fn deposit(&mut self, cx: &mut Cx<Self>, owner: String, cents: u32) -> Result<i64> {
        let balance = self.balance(cx, &owner)? + i64::from(cents);
        Ok(cx.upsert(Account::new(owner, balance))?.cents)
    }

    /// Takes money for an order.
    #[rpc]
    fn charge(
        &mut self,
        cx: &mut Cx<Self>,
        order: String,
        owner: String,
        cents: u32,
    ) -> Result<String, CallError<Refused>> {
        let receipt = format!("{cents} cents taken from {owner} for {order}");
        if let Some(charge) = cx.get::<Charge>(&order)? {
            ensure!(charge.cents > 0, Refused::Undone);
            return Ok(receipt);
        }
        let left = self.balance(cx, &owner)? - i64::from(cents);
        ensure!(left >= 0, Refused::NoMoney);
        cx.update(&Account { owner: owner.clone(), cents: left })?;
        cx.insert(Charge::new(order, Some(owner), cents))?;
        Ok(receipt)
    }

    /// Gives it back.
    #[rpc]
    fn refund(&mut self, cx: &mut Cx<Self>, order: String) -> Result {
        let charge = cx.get::<Charge>(&order)?;
        if let Some(Charge { owner: Some(owner), cents, .. }) = charge {
            self.deposit(cx, owner, cents)?;
        }
        cx.upsert(Charge::new(order, None, 0))?;
        Ok(())
    }

    /// What is in an account.
    #[rpc]
    fn balance(&self, cx: &Cx<Self>, owner: &str) -> Result<i64> {
        Ok(cx.get::<Account>(owner)?.map_or(0, |account| account.cents))
    }
}

/// A parcel that the carrier knows of.
#[table(index = underway)]
#[derive(Debug, Clone)]
pub struct Parcel {
    /// The order's name.
    #[key]
    pub order: String,
    /// Whether it goes to the customer. If not it came back, or never went.
    pub underway: bool,
}

/// A carrier, who has an office that closes.
#[durable_object(tables(Parcel))]
pub struct Carrier {
    #[stored]
    closed: bool,
}

#[durable_object]
impl Carrier {
    /// Collects a parcel, if it is for a place where the carrier goes.
    #[rpc]
    fn collect(&mut self, cx: &mut Cx<Self>, order: String, address: String) -> Result<String, CallError<Refused>> {
        self.ensure_open()?;
        ensure!(address != "nowhere", Refused::NowhereNear);
        let receipt = format!("parcel {order} to {address}");
        if let Some(parcel) = cx.get::<Parcel>(&order)? {
            ensure!(parcel.underway, Refused::Undone);
            return Ok(receipt);
        }
        cx.insert(Parcel::new(order, true))?;
        Ok(receipt)
    }

    /// Brings a parcel back.
    #[rpc]
    fn return_parcel(&mut self, cx: &mut Cx<Self>, order: String) -> Result {
        self.ensure_open()?;
        cx.upsert(Parcel::new(order, false))?;
        Ok(())
    }

    /// How many parcels go to customers.
    #[rpc]
    fn underway(&self, cx: &Cx<Self>) -> Result<i64> {
        Parcel::by_underway(cx, true).count()
    }

    /// Opens or closes the office. While it is closed everything is `unavailable`.
    #[rpc]
    fn set_closed(&mut self, closed: bool) -> Result {
        self.closed = closed;
        Ok(())
    }

    fn ensure_open(&self) -> Result {
        ensure!(!self.closed, Error::new(ErrorKind::Unavailable, "the carrier's office is closed"));
        Ok(())
    }
}
