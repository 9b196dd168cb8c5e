//! The steps: what each asks of a partner, and how it is undone.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Purchase;
use crate::partners::{BANK, Bank, CARRIER, Carrier, Refused, Warehouse};

/// A step of an order. They are taken in this order, and undone in the reverse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The warehouse puts the goods aside.
    Reserve,
    /// The bank takes the money.
    Charge,
    /// The carrier takes the parcel.
    Ship,
}

impl Step {
    /// In which order they are taken.
    pub const ALL: [Step; 3] = [Step::Reserve, Step::Charge, Step::Ship];

    /// The one after it.
    pub fn next(self) -> Option<Step> {
        Step::ALL.into_iter().skip_while(|&step| step != self).nth(1)
    }

    /// The one before it.
    pub fn before(self) -> Option<Step> {
        Step::ALL.into_iter().rev().skip_while(|&step| step != self).nth(1)
    }

    /// Takes the step and gives its receipt. Partners know an order by its name: asked again, they do nothing and say the same.
    pub(crate) async fn take(
        self,
        objects: &Objects,
        order: &str,
        purchase: Purchase,
    ) -> Result<String, CallError<Refused>> {
        let Purchase { item, quantity, cents, account, address } = purchase;
        match self {
            Step::Reserve => objects.get_by_name::<Warehouse>(item).reserve(order, quantity).await,
            Step::Charge => objects.get_by_name::<Bank>(BANK).charge(order, account, cents).await,
            Step::Ship => objects.get_by_name::<Carrier>(CARRIER).collect(order, address).await,
        }
    }

    /// Undoes the step, also if it was never taken: then it never will be.
    pub(crate) async fn undo(self, objects: &Objects, order: &str, purchase: Purchase) -> Result {
        match self {
            Step::Reserve => objects.get_by_name::<Warehouse>(purchase.item).release(order).await,
            Step::Charge => objects.get_by_name::<Bank>(BANK).refund(order).await,
            Step::Ship => objects.get_by_name::<Carrier>(CARRIER).return_parcel(order).await,
        }
    }
}
