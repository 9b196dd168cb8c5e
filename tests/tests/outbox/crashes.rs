//! Sleep, restarts and crashes on the way.

use super::*;

#[do_runtime::test]
async fn messages_wake_sleeping_receivers_and_survive_restarts(kit: TestKit) -> Result {
    kit.hold_deliveries(true);
    for number in 0..20 {
        ann(&kit).write(to(&["bob"]), format!("{number}")).await?;
    }
    kit.evict_all().await?;
    kit.restart().await?;
    kit.hold_deliveries(false);
    kit.settle().await;
    let expected: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(mailbox(&kit, "bob").letters().await?, expected);
    Ok(())
}

#[do_runtime::test]
async fn a_crash_at_any_moment_doubles_nothing_and_loses_nothing(kit: TestKit) -> Result {
    let mut expected = Vec::new();
    for number in 0_u32..60 {
        let text = number.to_string();
        ann(&kit).write(to(&["bob", "cid", "dan"]), text.clone()).await?;
        expected.push(text);
        // Somewhere between the sender's record, the receivers' and the sender's next.
        for _ in 0..number {
            tokio::task::yield_now().await;
        }
        kit.crash().await?;
    }
    kit.settle().await;
    for name in ["bob", "cid", "dan"] {
        assert_eq!(mailbox(&kit, name).letters().await?, expected, "{name}");
    }
    assert!(ann(&kit).pending().await?.is_empty());
    Ok(())
}
