//! Replies that are kept under a key.

use super::*;

#[do_runtime::test]
async fn a_call_under_a_key_is_applied_once(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    let first = account.pay(5, "rent").idempotency_key("1").await?;
    for round in 0..4 {
        match round {
            1 => kit.evict(&account).await?,
            2 => kit.restart().await?,
            3 => kit.crash().await?,
            _ => {}
        }
        assert_eq!(account.pay(5, "rent").idempotency_key("1").await?, first);
    }
    assert_eq!(account.balance().await?, 5);
    assert_eq!(account.pay(5, "rent").idempotency_key("2").await?.balance, 10, "another key is another call");
    assert_eq!(account.pay(5, "rent").await?.balance, 15, "and so is a call without one");
    Ok(())
}

#[do_runtime::test]
async fn a_reply_that_is_kept_is_answered_on_a_full_disk_too(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    let paid = account.pay(5, "rent").idempotency_key("1").await?;
    let (slowly, ()) = join(account.pay_slowly(2).idempotency_key("2"), kit.advance("2h")).await;
    assert_eq!(slowly?, 7);
    // A life with a journal that has no room for the largest transaction.
    kit.configure(|builder| builder.journal("128KiB", "128KiB"));
    kit.restart().await?;
    kit.disk().set_capacity(Some(kit.disk().used()));
    for key in ["3", "4"] {
        let error = account.pay(1, "rent").idempotency_key(key).await.expect_err("there is no room");
        assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
        assert_eq!(account.pay(5, "rent").idempotency_key("1").await?, paid);
        assert_eq!(account.pay_slowly(2).idempotency_key("2").await?, 7);
    }
    let error = account.pay(6, "rent").idempotency_key("1").await.expect_err("other arguments");
    assert_eq!(error.kind(), ErrorKind::Storage, "nothing is said of a call that would not have run: {error}");
    assert_eq!((account.balance().await?, account.runs().await?), (7, 1));
    Ok(())
}

#[do_runtime::test]
async fn a_key_belongs_to_its_caller_its_object_and_its_method(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    let other = kit.objects().get_by_name::<Account>("bob");
    assert_eq!(account.limited(5).idempotency_key("1").await.map_err(Error::from)?, 5);
    assert_eq!(account.limited(5).idempotency_key("1").caller("ann").await.map_err(Error::from)?, 10);
    assert_eq!(account.withdraw(5).idempotency_key("1").await?, 5);
    assert_eq!(other.limited(5).idempotency_key("1").await.map_err(Error::from)?, 5);
    assert_eq!(account.limited(5).idempotency_key("1").caller("ann").await.map_err(Error::from)?, 10);
    assert_eq!(account.balance().idempotency_key("1").await?, 5, "a handler that reads runs each time");
    account.pay(1, "").await?;
    assert_eq!(account.balance().idempotency_key("1").await?, 6);
    Ok(())
}

#[do_runtime::test]
async fn other_arguments_under_a_used_key_are_a_conflict(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    account.pay(5, "rent").idempotency_key("1").await?;
    for call in [account.pay(6, "rent"), account.pay(5, "food")] {
        let error = call.idempotency_key("1").await.expect_err("another call");
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains("\"1\" was used before, with other arguments"), "{error}");
    }
    assert_eq!(account.balance().await?, 5);
    Ok(())
}

#[do_runtime::test]
async fn a_call_that_failed_is_not_kept(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    account.withdraw(5).idempotency_key("1").await.expect_err("there is not enough");
    account.pay(5, "").await?;
    assert_eq!(account.withdraw(5).idempotency_key("1").await?, 0);
    assert_eq!(account.withdraw(5).idempotency_key("1").await?, 0);
    let refused = account.limited(11).idempotency_key("2").await.expect_err("too much");
    assert_eq!(refused, CallError::User(Refusal::TooMuch { most: 10 }));
    Ok(())
}

#[do_runtime::test]
async fn a_crash_between_the_effect_and_its_answer_does_not_double_it(kit: TestKit) -> Result {
    for (name, durable) in [("lost", false), ("kept", true)] {
        // Given a call whose handler has run, and whose caller never got the answer
        let account = kit.objects().get_by_name::<Account>(name);
        account.pay(1, "").await?;
        let mut call = account.pay(5, "rent").idempotency_key("1");
        assert!(send(&mut call).await.is_pending(), "it waits for the disk");
        if durable {
            kit.settle().await;
        }
        drop(call);
        // When the process dies, and the caller sends it again
        kit.crash().await?;
        assert_eq!(account.balance().await?, if durable { 6 } else { 1 });
        let receipt = account.pay(5, "rent").idempotency_key("1").await?;
        // Then it is there once
        assert_eq!(receipt.balance, 6);
        assert_eq!(account.balance().await?, 6);
    }
    Ok(())
}

#[do_runtime::test]
async fn a_key_is_forgotten_after_a_day(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    assert_eq!(account.limited(5).idempotency_key("1").await.map_err(Error::from)?, 5);
    kit.advance("23h 59m 59s").await;
    account.pay(1, "rent").idempotency_key("2").await?;
    assert_eq!(account.limited(5).idempotency_key("1").await.map_err(Error::from)?, 5, "nor removed before");
    kit.advance("1s").await;
    account.pay(1, "rent").idempotency_key("3").await?;
    assert_eq!(replies(&kit, &account).await?, 2, "and it is removed");
    let paid = account.limited(6).idempotency_key("1").await.map_err(Error::from)?;
    assert_eq!(paid, 13, "it is a new call, of other arguments");
    Ok(())
}

#[do_runtime::test]
async fn replies_are_removed_by_themselves_an_hour_after_they_have_expired(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    account.pay(1, "rent").idempotency_key("1").await?;
    kit.advance("30m").await;
    account.pay(1, "rent").idempotency_key("2").await?;
    assert_eq!(replies(&kit, &account).await?, 2);
    kit.crash().await?;
    kit.advance("24h 29m").await;
    assert_eq!(replies(&kit, &account).await?, 2);
    kit.advance("1m").await;
    assert_eq!(replies(&kit, &account).await?, 0, "both, at once");
    assert_eq!(account.balance().await?, 2);
    Ok(())
}

/// How many replies an object keeps.
async fn replies(kit: &TestKit, account: &AccountStub) -> Result<i64> {
    kit.inside(account, |_, cx| cx.sql_unchecked::<i64>("SELECT count(*) FROM __do_replies", ()).one()).await
}

#[do_runtime::test]
async fn an_asynchronous_call_under_a_key_runs_once(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    let (paid, ()) = join(account.pay_slowly(5).idempotency_key("1"), kit.advance("2h")).await;
    assert_eq!(paid?, 5);
    kit.crash().await?;
    assert_eq!(account.pay_slowly(5).idempotency_key("1").await?, 5, "at once: it is kept");
    let error = account.pay_slowly(6).idempotency_key("1").await.expect_err("other arguments");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!((account.balance().await?, account.runs().await?), (5, 1));
    Ok(())
}

#[do_runtime::test]
async fn a_second_call_under_the_key_waits_for_the_first(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    account.balance().await?;
    let both = join(account.pay_slowly(5).idempotency_key("1"), account.pay_slowly(5).idempotency_key("1"));
    let ((first, second), ()) = join(both, kit.advance("2h")).await;
    assert_eq!((first?, second?), (5, 5));
    assert_eq!(account.runs().await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn an_asynchronous_call_that_a_crash_cut_off_is_interrupted(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    let cut_off = tokio::spawn(account.pay_slowly(5).idempotency_key("1"));
    kit.settle().await;
    assert_eq!(account.runs().await?, 1, "it has begun");
    kit.crash().await?;
    for _ in 0..2 {
        let error = account.pay_slowly(5).idempotency_key("1").await.expect_err("it may have happened in part");
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert!(error.to_string().contains("\"1\" was cut off"), "{error}");
    }
    assert_eq!((account.balance().await?, account.runs().await?), (0, 1));
    let (fresh, ()) = join(account.pay_slowly(5).idempotency_key("2"), kit.advance("2h")).await;
    assert_eq!(fresh?, 5, "under another key it is another call");
    assert!(cut_off.await.context("the caller")?.is_err(), "its first caller was told too");
    Ok(())
}

#[do_runtime::test]
async fn the_caller_of_a_handler_that_sleeps_is_told_at_once_that_a_crash_cut_it_off(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    account.balance().await?;
    for key in [Some("1"), None] {
        let call = account.pay_slowly(5);
        let cut_off = tokio::spawn(match key {
            Some(key) => call.idempotency_key(key),
            None => call,
        });
        kit.settle().await;
        let before = kit.now();
        kit.crash().await?;
        let error = cut_off.await.context("the caller")?.expect_err("its object has ended");
        assert_eq!((error.kind(), kit.now()), (ErrorKind::Unavailable, before));
    }
    Ok(())
}

#[do_runtime::test]
async fn an_idempotent_asynchronous_call_runs_again_after_a_crash(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    let cut_off = tokio::spawn(account.pay_slowly_again(5).idempotency_key("1"));
    kit.settle().await;
    kit.crash().await?;
    let (paid, ()) = join(account.pay_slowly_again(5).idempotency_key("1"), kit.advance("2h")).await;
    assert_eq!((paid?, account.runs().await?), (5, 2));
    assert!(cut_off.await.context("the caller")?.is_err());
    Ok(())
}

#[do_runtime::test]
async fn an_asynchronous_call_that_failed_runs_again(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    account.stumble().idempotency_key("1").await.expect_err("it failed");
    assert_eq!(account.stumble().idempotency_key("1").await?, 2);
    assert_eq!(account.stumble().idempotency_key("1").await?, 2);
    Ok(())
}
