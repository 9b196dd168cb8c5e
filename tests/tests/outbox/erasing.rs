//! Senders that were erased with messages on their way.

use super::*;

#[do_runtime::test]
async fn an_erased_object_goes_when_its_last_message_has_arrived(kit: TestKit) -> Result {
    ann(&kit).write(to(&["bob"]), "hello").await?;
    kit.settle().await;
    kit.hold_deliveries(true);
    ann(&kit).say_goodbye("bob").await?;
    kit.settle().await;
    assert_eq!(kit.list::<Author>().await?.len(), 1);
    kit.hold_deliveries(false);
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["hello", "goodbye"]);
    assert!(kit.list::<Author>().await?.is_empty());

    // Another life counts from one again, and is another sender.
    ann(&kit).write(to(&["bob"]), "hello again").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["hello", "goodbye", "hello again"]);
    Ok(())
}

#[do_runtime::test]
async fn an_object_that_keeps_nothing_does_not_go_with_its_last_message_unless_it_was_erased(kit: TestKit) -> Result {
    ann(&kit).write_for(to(&["bob"]), 0).await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["slow"]);
    assert!(ann(&kit).pending().await?.is_empty());
    assert_eq!(kit.list::<Author>().await?.len(), 1);
    Ok(())
}

#[do_runtime::test]
async fn an_erased_object_goes_when_its_last_message_is_discarded(kit: TestKit) -> Result {
    mailbox(&kit, "bob").be_cross(1).await?;
    ann(&kit).write(to(&["bob"]), "one").await?;
    kit.inside(&ann(&kit), |ann, cx| {
        ann.written = 0;
        cx.delete_all()
    })
    .await?;
    kit.advance("10m").await;
    assert_eq!(kit.list::<Author>().await?.len(), 1, "its message was set aside");
    assert!(ann(&kit).discard(1).await?);
    assert!(kit.list::<Author>().await?.is_empty());
    Ok(())
}
