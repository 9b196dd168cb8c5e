//! The operations of the load: what each does follows from its number. What is given is the line that acknowledges it.

use do_runtime::prelude::*;

use crate::{Account, Courier, account_of, courier_of, dice, fails, forgets};

/// Adds to an account, or takes an earlier operation back; nothing is to be acknowledged of one that fails, or had nothing to do.
///
/// # Errors
/// Whatever the account answers, unless it was to fail.
pub async fn entry(objects: &Objects, operation: i64) -> Result<Option<String>> {
    let dice = dice(operation);
    let account = account_of(dice);
    let stub = objects.get_by_name::<Account>(format!("account-{account}"));
    if fails(dice) {
        drop(stub.fail(operation).await);
        return Ok(None);
    }
    if forgets(dice) {
        let earlier = operation - 500;
        let forgotten = earlier > 0 && stub.forget(earlier).await?;
        return Ok(forgotten.then(|| format!("{account} -{earlier}")));
    }
    stub.add(operation, operation % 1000).await?;
    Ok(Some(format!("{account} {operation}")))
}

/// Sends a courier: with messages, to be reminded, or under a key.
///
/// # Errors
/// Whatever the courier answers.
pub async fn errand(objects: &Objects, operation: i64) -> Result<String> {
    let courier = objects.get_by_name::<Courier>(courier_of(operation));
    match operation % 4 {
        0 | 1 => {
            courier.mail(operation).await?;
            Ok(format!("mail {operation}"))
        }
        2 => {
            courier.remind(operation).await?;
            Ok(format!("alarm {operation}"))
        }
        _ => {
            // Twice at once, under one key.
            let key = operation.to_string();
            let (first, second) = futures::future::join(
                courier.apply(operation).idempotency_key(key.clone()),
                courier.apply(operation).idempotency_key(key),
            )
            .await;
            ensure!(first? == operation && second? == operation, "another call's reply");
            Ok(format!("key {operation}"))
        }
    }
}
