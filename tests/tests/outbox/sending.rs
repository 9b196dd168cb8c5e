//! What is sent, and arrives.

use super::*;

#[do_runtime::test]
async fn what_a_transaction_sends_arrives_once_and_in_order(kit: TestKit) -> Result {
    for text in ["one", "two", "three"] {
        ann(&kit).write(to(&["bob", "cid"]), text).await?;
    }
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["one", "two", "three"]);
    assert_eq!(mailbox(&kit, "cid").letters().await?, ["one", "two", "three"]);
    assert_eq!(mailbox(&kit, "bob").senders().await?, ["Author \"ann\""]);
    assert!(ann(&kit).pending().await?.is_empty());
    assert!(kit.pending_alarms(&ann(&kit)).await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn what_a_transaction_that_failed_has_sent_was_never_sent(kit: TestKit) -> Result {
    assert!(ann(&kit).write_and_fail("bob").await.is_err());
    kit.settle().await;
    assert!(mailbox(&kit, "bob").letters().await?.is_empty());
    assert!(ann(&kit).pending().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn a_receiver_may_send_on(kit: TestKit) -> Result {
    mailbox(&kit, "bob").forward("cid", "hello").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "cid").letters().await?, ["hello, forwarded"]);
    Ok(())
}

#[do_runtime::test]
async fn a_letter_to_oneself_arrives(kit: TestKit) -> Result {
    mailbox(&kit, "bob").forward("bob", "note").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["note", "note, forwarded"]);
    Ok(())
}

#[do_runtime::test]
async fn what_a_wake_sends_goes_once_the_object_exists(kit: TestKit) -> Result {
    let greeter = kit.objects().get_by_name::<Greeter>("greeter");
    assert_eq!(greeter.asked().await?, 0);
    kit.settle().await;
    assert!(mailbox(&kit, "bob").letters().await?.is_empty());
    greeter.ask().await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["hello"]);
    kit.evict(&greeter).await?;
    greeter.asked().await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["hello", "hello"]);
    Ok(())
}

#[do_runtime::test]
async fn a_message_that_is_too_large_is_refused_where_it_is_sent(kit: TestKit) -> Result {
    let error = ann(&kit).write(to(&["bob"]), "x".repeat(3 << 20)).await.err().context("it was sent")?;
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(ann(&kit).pending().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn many_receivers_get_what_one_sender_sends_at_once(kit: TestKit) -> Result {
    let names: Vec<String> = (0..100).map(|number| format!("box {number}")).collect();
    ann(&kit).write(names.clone(), "to all").await?;
    kit.settle().await;
    for name in &names {
        assert_eq!(mailbox(&kit, name).letters().await?, ["to all"], "{name}");
    }
    Ok(())
}

#[do_runtime::test]
async fn a_settled_kit_has_delivered_all_that_can_be_delivered(kit: TestKit) -> Result {
    let names: Vec<String> = (0..200).map(|number| format!("box {number}")).collect();
    for round in 1..=4 {
        kit.hold_deliveries(true);
        ann(&kit).write(names.clone(), "to all").await?;
        kit.restart().await?;
        kit.hold_deliveries(false);
        kit.settle().await;
        assert_eq!(ann(&kit).pending().await?.len(), 0, "round {round}");
    }
    // A receiver that waits for time to pass doesn't hold it up.
    ann(&kit).write_slowly("bob").await?;
    kit.settle().await;
    assert!(!ann(&kit).pending().await?.is_empty());
    kit.advance("1m").await;
    assert!(ann(&kit).pending().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn what_is_set_for_a_call_and_means_nothing_for_a_message_is_refused(kit: TestKit) -> Result {
    for what in ["a caller", "a deadline", "an idempotency key", "a retry policy"] {
        let error = ann(&kit).write_with(what).await.expect_err("it would be dropped in silence");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(what.split_once(' ').context("two words")?.1), "{error}");
    }
    assert!(ann(&kit).write_with("a trace that is none").await.is_err());
    ann(&kit).write_with("a trace").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, [TRACE]);
    Ok(())
}
