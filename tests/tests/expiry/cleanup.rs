//! When the rows that are over are deleted.

use super::*;

#[do_runtime::test]
async fn the_cleanup_comes_with_the_first_expiry_and_then_hourly(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    assert_eq!(cleanup_in(&kit, &shop).await?, None);
    shop.offer("ink", 1, None).await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, None);
    shop.log_in("t").await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(1)));
    shop.say("ann", "hello").await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(secs(30)));
    kit.advance("30s").await;
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 0);
    // The session ends half a minute later, and stays on disk for the rest of the hour.
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(hours(1)));
    kit.advance("59m 59s").await;
    assert_eq!(shop.seen().await?, (0, 0, 0, 1, 0));
    assert_eq!(on_disk(&kit, &shop).await?, (1, 1, 1, 1));
    kit.advance("1s").await;
    assert_eq!(on_disk(&kit, &shop).await?, (0, 0, 0, 1));
    assert_eq!(cleanup_in(&kit, &shop).await?, None);
    // After a pause the next one comes at once again.
    kit.advance("3h").await;
    shop.log_in("t").await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(1)));
    Ok(())
}

#[do_runtime::test]
async fn the_hour_between_two_cleanups_outlives_sleep_and_crash(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.say("ann", "hello").await?;
    kit.advance("30s").await;
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 0);
    kit.crash().await?;
    kit.advance("10m").await;
    shop.say("ann", "hello").await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(50)));
    kit.evict(&shop).await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(50)));
    kit.restart().await?;
    kit.advance("49m 59s").await;
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 1);
    kit.advance("1s").await;
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 0);
    Ok(())
}

#[do_runtime::test]
async fn a_cleanup_of_many_rows_is_finished_at_once(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.fill(3_500).await?;
    kit.evict(&shop).await?;
    kit.advance("1m").await;
    assert_eq!(on_disk(&kit, &shop).await?.0, 0);
    assert_eq!(cleanup_in(&kit, &shop).await?, None);
    kit.crash().await?;
    assert_eq!(on_disk(&kit, &shop).await?.0, 0);
    Ok(())
}

#[do_runtime::test]
async fn a_cleanup_that_is_held_back_stays_so_over_crash_and_restart(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.log_in("t").await?;
    kit.hold_cleanup(true);
    kit.advance("1h").await;
    kit.crash().await?;
    kit.advance("1h").await;
    kit.restart().await?;
    kit.advance("1h").await;
    assert_eq!(shop.seen().await?, (0, 0, 0, 1, 0));
    assert_eq!(on_disk(&kit, &shop).await?, (1, 1, 1, 1));
    kit.hold_cleanup(false);
    kit.advance("1m").await;
    assert_eq!(on_disk(&kit, &shop).await?, (0, 0, 0, 1));
    Ok(())
}

#[do_runtime::test]
async fn a_cleanup_that_fails_comes_again_after_five_minutes(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.log_in("t").await?;
    shop.keep_until(kit.now() + minutes(7)).await?;
    kit.advance("1m").await;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(5)));
    // Nobody sees the row, and who writes is told.
    assert_eq!(shop.seen().await?, (0, 0, 0, 1, 0));
    let error = shop.log_in("u").await.expect_err("it can't be deleted");
    assert_eq!(error.to_string(), "what has expired could not be deleted: they are kept");
    kit.advance("5m").await;
    assert_eq!(on_disk(&kit, &shop).await?.0, 1);
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(5)));
    kit.advance("5m").await;
    assert_eq!(on_disk(&kit, &shop).await?, (0, 0, 0, 1));
    Ok(())
}

#[do_runtime::test]
async fn a_cleanup_is_no_use_that_keeps_an_object_awake(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.log_in("t").await?;
    kit.advance("30s").await;
    assert_eq!(kit.awake(), []);
    kit.advance("33s").await;
    assert_eq!(kit.awake(), []);
    assert_eq!(on_disk(&kit, &shop).await?, (0, 0, 0, 1));
    Ok(())
}

#[do_runtime::test]
async fn what_is_deleted_leaves_room(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.fill(20_000).await?;
    let full = kit.inside(&shop, |_, cx| cx.storage_size()).await?;
    kit.advance("2m").await;
    assert_eq!(on_disk(&kit, &shop).await?.0, 0);
    let left = kit.inside(&shop, |_, cx| cx.storage_size()).await?;
    assert!(left < full / 2, "{full} bytes became {left}");
    Ok(())
}
