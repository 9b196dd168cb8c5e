//! What the killed process does: accounts that note every operation in four places of one transaction, and couriers; and what it was
//! told, to be compared with what is there afterwards.

mod courier;
mod errands;
mod load;
mod told;

pub use courier::{BOXES, COURIERS, Courier, CourierStub, Log, Postbox, courier_of};
pub use load::{entry, errand};
pub use told::Told;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// One operation. Its number is not unique on purpose: one that was applied twice shows.
#[table(index = operation)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The row.
    #[key]
    pub id: Id<Note>,
    /// The number that the caller gave the operation.
    pub operation: i64,
    /// What it added.
    pub amount: i64,
    /// Something to make records of different sizes, and pages that fill.
    pub padding: String,
}

/// An account: its notes, their sum in a stored field, and their count under a key.
#[durable_object(tables(Note))]
pub struct Account {
    #[stored]
    sum: i64,
}

/// What an account holds, for a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    /// The operations, in order, as often as they are there.
    pub operations: Vec<i64>,
    /// The sum of what they added, by the rows.
    pub rows_sum: i64,
    /// The same by the stored field.
    pub stored_sum: i64,
    /// How many there are, by the key.
    pub key_count: i64,
}

#[durable_object]
impl Account {
    /// Adds an amount: a row, a stored field and a key in one transaction.
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, operation: i64, amount: i64) -> Result {
        let padding = "x".repeat((operation.unsigned_abs() % 700) as usize);
        cx.insert(Note::new(operation, amount, padding))?;
        self.sum += amount;
        let count: i64 = cx.kv().get("count")?.unwrap_or(0);
        cx.kv_mut().put("count", &(count + 1))
    }

    /// Takes notes away again, so that pages become free: those of a number modulo another.
    #[rpc]
    fn forget(&mut self, cx: &mut Cx<Self>, operation: i64) -> Result<bool> {
        let Some(note) = Note::by_operation(cx, operation).first()? else { return Ok(false) };
        cx.delete::<Note>(note.id)?;
        self.sum -= note.amount;
        let count: i64 = cx.kv().get("count")?.unwrap_or(0);
        cx.kv_mut().put("count", &(count - 1))?;
        Ok(true)
    }

    /// Writes as `add` does, and then fails: nothing of it may be found.
    #[rpc]
    fn fail(&mut self, cx: &mut Cx<Self>, operation: i64) -> Result {
        self.add(cx, operation, 1_000_000)?;
        bail!("as it was asked to");
    }

    /// Everything that is there.
    #[rpc]
    fn contents(&self, cx: &Cx<Self>) -> Result<Contents> {
        let operations = cx.sql_unchecked("SELECT operation FROM note ORDER BY operation", ()).all()?;
        let rows_sum: Option<i64> = cx.sql_unchecked("SELECT sum(amount) FROM note", ()).one()?;
        Ok(Contents {
            operations,
            rows_sum: rows_sum.unwrap_or(0),
            stored_sum: self.sum,
            key_count: cx.kv().get("count")?.unwrap_or(0),
        })
    }
}

/// How many accounts there are.
const ACCOUNTS: u64 = 40;

/// What an operation does follows from this: a mixture that looks random, and is the same every time.
pub fn dice(operation: i64) -> u64 {
    operation.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33
}

/// The account that an operation is about.
pub fn account_of(dice: u64) -> i64 {
    (dice % ACCOUNTS).cast_signed()
}

/// Whether an operation takes an earlier one back, the one 500 before.
pub fn forgets(dice: u64) -> bool {
    matches!(dice % 97, 1..8)
}

/// Whether an operation writes and then fails.
pub fn fails(dice: u64) -> bool {
    dice.is_multiple_of(97)
}
