//! Receivers that refuse, panic, wait or can't be reached.

use super::*;

#[do_runtime::test]
async fn held_messages_wait_over_crashes_and_go_when_they_are_let_go(kit: TestKit) -> Result {
    kit.hold_deliveries(true);
    ann(&kit).write(to(&["bob"]), "one").await?;
    kit.advance("1h").await;
    assert!(mailbox(&kit, "bob").letters().await?.is_empty());
    kit.crash().await?;
    ann(&kit).write(to(&["bob"]), "two").await?;
    kit.settle().await;
    assert_eq!(ann(&kit).pending().await?.len(), 2);
    kit.hold_deliveries(false);
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["one", "two"]);
    Ok(())
}

#[do_runtime::test]
async fn a_refused_message_is_tried_seven_times_and_then_set_aside(kit: TestKit) -> Result {
    mailbox(&kit, "bob").be_cross(9).await?;
    ann(&kit).write(to(&["bob", "cid"]), "one").await?;
    ann(&kit).write(to(&["bob"]), "two").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "cid").letters().await?, ["one"], "another receiver does not wait");
    let pending = ann(&kit).pending().await?;
    assert_eq!(pending[0], (1, "put_unless_cross".into(), 1, Some("not today".into())));
    assert_eq!(pending[1], (3, "put_unless_cross".into(), 0, None), "the next one waits behind it");

    // After 2, 4, 8, 16, 32 and 64 seconds.
    kit.advance("125s").await;
    assert_eq!(ann(&kit).pending().await?[0].2, 6);
    assert!(ann(&kit).failed().await?.is_empty());
    kit.advance("1s").await;
    assert_eq!(ann(&kit).failed().await?, [(1, "not today".into())]);
    mailbox(&kit, "bob").be_cross(0).await?;
    kit.advance("2s").await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["two"], "the next one goes on");

    assert_eq!(ann(&kit).send_again(1).await?, Some(4));
    assert_eq!(ann(&kit).send_again(1).await?, None);
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["two", "one"]);
    assert!(ann(&kit).failed().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn a_message_says_where_it_goes_when_it_was_sent_and_when_it_is_tried_next(kit: TestKit) -> Result {
    let sent = kit.now();
    mailbox(&kit, "bob").be_cross(9).await?;
    ann(&kit).write(to(&["bob", "bob"]), "one").await?;
    kit.settle().await;
    let bob = |due| Described {
        class: "Mailbox".into(),
        name: Some("bob".into()),
        receiver: mailbox(&kit, "bob").id().to_string(),
        sent,
        due,
    };
    assert_eq!(ann(&kit).described().await?, [bob(Some(sent + secs(2))), bob(None)]);
    // The first one is set aside; then the second one is the next of its receiver.
    kit.advance("130s").await;
    let next = sent + secs(126) + secs(2) + secs(4);
    assert_eq!(ann(&kit).described().await?, [bob(Some(next)), bob(None)]);
    assert_eq!(ann(&kit).failed().await?.len(), 1);
    Ok(())
}

#[do_runtime::test]
async fn a_receiver_that_can_not_be_reached_is_tried_ever_more_rarely_for_seven_days(kit: TestKit) -> Result {
    mailbox(&kit, "bob").go_away(true).await?;
    mailbox(&kit, "cid").go_away(true).await?;
    for name in ["bob", "cid", "bob"] {
        ann(&kit).write_home(name, "one").await?;
    }
    let tried = async || -> Result<u32> { Ok(ann(&kit).pending().await?[0].2) };
    kit.settle().await;
    assert_eq!(ann(&kit).pending().await?[0].3.as_deref(), Some("nobody is at home"));
    // After 1, 2 and 4 seconds, and so on.
    for (attempts, seconds) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16)] {
        assert_eq!(tried().await?, attempts);
        kit.advance(millis(seconds * 1000 - 1)).await;
        assert_eq!(tried().await?, attempts, "not before its time");
        kit.advance(millis(1)).await;
    }
    kit.advance("6d").await;
    kit.advance("21h").await;
    assert!(ann(&kit).failed().await?.is_empty());
    assert!(tried().await? > 100, "each hour at least");
    // Who is back in time gets everything, in order; for the others it was in vain.
    mailbox(&kit, "bob").go_away(false).await?;
    kit.advance("1h").await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["one", "one"]);
    assert!(ann(&kit).failed().await?.is_empty(), "seven days are not over");
    kit.advance("3h").await;
    assert_eq!(ann(&kit).failed().await?, [(2, "nobody is at home".to_owned())]);
    assert!(ann(&kit).pending().await?.is_empty());
    // The next one has seven days of its own.
    ann(&kit).write_home("cid", "two").await?;
    kit.advance("2h").await;
    assert!(tried().await? > 1);
    mailbox(&kit, "cid").go_away(false).await?;
    kit.advance("1h").await;
    assert_eq!(mailbox(&kit, "cid").letters().await?, ["two"]);
    Ok(())
}

#[do_runtime::test]
async fn a_receiver_that_can_not_be_woken_has_not_refused_anything(kit: TestKit) -> Result {
    let vault = kit.objects().get_by_name::<Vault>("the vault");
    vault.shut().await?;
    kit.evict(&vault).await?;
    ann(&kit).write_to_vault().await?;
    kit.advance("1h").await;
    assert!(ann(&kit).failed().await?.is_empty(), "seven refusals take two minutes");
    let (_, _, attempts, error) = ann(&kit).pending().await?.remove(0);
    assert!(attempts > 7 && error.is_some_and(|error| error.contains("it is shut")), "{attempts} attempts");
    Ok(())
}

#[do_runtime::test]
async fn no_receiver_waits_for_another_one_as_long_as_there_are_places(kit: TestKit) -> Result {
    ann(&kit).write_for(to(&["bob"]), 3600).await?;
    ann(&kit).write(to(&["cid"]), "one").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "cid").letters().await?, ["one"], "bob is reading");
    // With those who read all day there are sixteen; then the next one waits until anybody has read.
    let slow: Vec<String> = (0..15).map(|number| format!("reader {number}")).collect();
    ann(&kit).write_for(slow, 36_000).await?;
    kit.settle().await;
    ann(&kit).write(to(&["dan"]), "two").await?;
    kit.advance("59m").await;
    assert!(mailbox(&kit, "dan").letters().await?.is_empty());
    kit.advance("1m").await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["slow"]);
    assert_eq!(mailbox(&kit, "dan").letters().await?, ["two"]);
    Ok(())
}

#[do_runtime::test]
async fn what_was_set_aside_can_be_discarded(kit: TestKit) -> Result {
    mailbox(&kit, "bob").be_cross(1).await?;
    ann(&kit).write(to(&["bob"]), "one").await?;
    kit.advance("10m").await;
    assert!(ann(&kit).discard(1).await?);
    assert!(!ann(&kit).discard(1).await?);
    assert!(ann(&kit).failed().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn a_handler_that_panics_holds_its_message_up_and_not_those_after_it(kit: TestKit) -> Result {
    ann(&kit).bother("bob").await?;
    kit.settle().await;
    assert!(mailbox(&kit, "bob").letters().await?.is_empty());
    assert!(ann(&kit).pending().await?[0].3.as_deref().is_some_and(|error| error.contains("nobody opens this box")));
    kit.advance("3m").await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["after the panic"]);
    assert_eq!(ann(&kit).failed().await?.len(), 1);
    Ok(())
}

#[do_runtime::test]
async fn an_asynchronous_receiver_is_waited_for(kit: TestKit) -> Result {
    ann(&kit).write_slowly("bob").await?;
    kit.settle().await;
    assert!(mailbox(&kit, "bob").letters().await?.is_empty());
    kit.advance("5s").await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["slow", "after the slow one"]);
    assert!(ann(&kit).pending().await?.is_empty());
    Ok(())
}
