//! What the load was told, and whether it is so.

use std::collections::{BTreeMap, BTreeSet};

use do_runtime::prelude::*;

use crate::errands::Errands;
use crate::{Account, Contents, account_of, dice, forgets};

/// What is known of one account: acknowledged operations, and those that were taken back.
#[derive(Debug, Clone, Default)]
struct Known {
    acknowledged: BTreeSet<i64>,
    forgotten: BTreeSet<i64>,
}

/// What the load was told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    accounts: BTreeMap<i64, Known>,
    errands: Errands,
    highest: i64,
}

impl Told {
    /// Takes a line of the load's output: who and what.
    ///
    /// # Panics
    /// If it is none, or the operation was acknowledged before.
    pub fn take(&mut self, line: &str) {
        let (who, operation) = line.split_once(' ').expect("who and what");
        let operation: i64 = operation.parse().expect("a number");
        self.highest = self.highest.max(operation.abs());
        if self.errands.take(who, operation) {
            return;
        }
        let known = self.accounts.entry(who.parse().expect("a number")).or_default();
        match operation {
            1.. => known.acknowledged.insert(operation),
            _ => known.forgotten.insert(-operation),
        };
    }

    /// The highest number of an operation that was acknowledged.
    pub fn highest(&self) -> i64 {
        self.highest
    }

    /// Compares with what is there, when nothing is due any more; `pause` lets a little time pass. Operations have numbers below
    /// `limit`. What is there now is what is expected from then on.
    ///
    /// # Errors
    /// What is lost, doubled or half done, or why an object does not answer.
    pub async fn check(&mut self, objects: &Objects, limit: i64, pause: &impl AsyncFn()) -> Result {
        for (account, known) in &mut self.accounts {
            let contents = objects.get_by_name::<Account>(format!("account-{account}")).contents().await?;
            compare(*account, known, &contents, limit)?;
            // What is there is durable: it counts as acknowledged from here on. What is gone stays gone.
            known.acknowledged = contents.operations.iter().copied().collect();
            known.forgotten.clear();
        }
        self.errands.check(objects, pause).await
    }
}

fn compare(account: i64, known: &Known, contents: &Contents, limit: i64) -> Result {
    let name = format!("account-{account}");
    let mut there = BTreeSet::new();
    for &operation in &contents.operations {
        ensure!(there.insert(operation), "{name}: operation {operation} was applied twice");
        ensure!(operation < limit, "{name}: operation {operation} was never asked for");
    }
    for operation in &known.acknowledged {
        let forgotten = known.forgotten.contains(operation);
        // An operation may be forgotten without the acknowledgement having come through.
        let may_be_gone =
            forgotten || operation + 500 < limit && !there.contains(operation) && forgettable(account, *operation);
        ensure!(there.contains(operation) || may_be_gone, "{name}: operation {operation} was acknowledged and is gone");
    }
    for operation in &known.forgotten {
        ensure!(!there.contains(operation), "{name}: operation {operation} was forgotten and is back");
    }
    let count = contents.operations.len() as i64;
    ensure!(contents.key_count == count, "{name}: {count} rows, and {} by the key", contents.key_count);
    ensure!(
        contents.rows_sum == contents.stored_sum,
        "{name}: the rows add up to {}, the stored field says {}",
        contents.rows_sum,
        contents.stored_sum
    );
    Ok(())
}

/// Whether the load tries to forget an operation of an account: the one 500 later decides.
fn forgettable(account: i64, operation: i64) -> bool {
    let dice = dice(operation + 500);
    account_of(dice) == account && forgets(dice)
}
