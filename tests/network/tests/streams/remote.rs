//! Items of an `#[rpc]` in another process.

use do_network::Served;
use do_runtime::prelude::*;
use tokio::net::TcpListener;

use super::classes::{Item, Source, seen};

#[tokio::test]
async fn a_stub_of_another_process_gives_the_same_items() -> Result {
    let served = Served::new(|server| server).await;
    let objects = Objects::connect(&served.url()).await?;
    let source = objects.get_by_name::<Source>("far");
    let expected: Vec<Item> = (0..50_000).map(Item::new).collect();
    assert_eq!(source.items(50_000, None).await?.collect().await?, expected);
    assert_eq!(source.counted(3).await?.collect().await?, expected[..3]);
    assert_eq!(source.add().await?, 2, "`counted` has counted once");
    let mut items = source.items(1, Some("taken".into())).await?;
    assert_eq!(items.next().await, Some(Ok(Item::new(0))));
    assert_eq!(items.next().await, Some(Err(Error::new(ErrorKind::Conflict, "taken"))));
    assert_eq!(items.next().await, None);
    let refused = source.items(7, None).await.expect_err("it is refused");
    assert_eq!(refused, Error::invalid("not seven"));
    objects.close().await
}

#[tokio::test]
async fn streams_that_nobody_reads_hold_up_neither_their_server_nor_other_calls() -> Result {
    let served = Served::new(|server| server).await;
    let objects = Objects::connect(&served.url()).await?;
    let (source, seen) = (objects.get_by_name::<Source>("unread"), seen("unread"));
    let mut unread = Vec::new();
    for _ in 0..40 {
        let mut items = source.items(1_000_000, None).await?;
        assert_eq!(items.next().await, Some(Ok(Item::new(0))));
        unread.push(items);
    }
    for count in 1..=100 {
        assert_eq!(source.add().await?, count);
    }
    assert!(seen.made() < 40 * 100_000, "{} items were made", seen.made());
    drop(unread);
    seen.ended(40).await;
    objects.close().await
}

#[tokio::test]
async fn a_caller_that_stalls_ends_its_stream_and_no_other() -> Result {
    let served = Served::new(|server| server.stream_idle("300ms")).await;
    let objects = Objects::connect(&served.url()).await?;
    let source = objects.get_by_name::<Source>("idle");
    let mut stalled = source.items(10_000_000, None).await?;
    seen("idle").ended(1).await;
    let mut read = source.items(20_000, None).await?;
    let mut count = 0;
    while let Some(item) = read.next().await {
        assert_eq!(item?, Item::new(count));
        count += 1;
    }
    assert_eq!((count, source.add().await?), (20_000, 1));
    let told = loop {
        match stalled.next().await.expect("it never ends well") {
            Ok(_) => {}
            Err(told) => break told,
        }
    };
    assert_eq!(told.kind(), ErrorKind::Unavailable, "{told}");
    objects.close().await
}

#[tokio::test]
async fn a_stream_that_is_cut_is_told_from_one_that_has_ended() -> Result {
    let served = Served::new(|server| server.drain("100ms")).await;
    let objects = Objects::connect(&served.url()).await?;
    let mut items = objects.get_by_name::<Source>("cut").one_and_silence().await?;
    assert_eq!(items.next().await, Some(Ok(Item::new(0))));
    served.stop().await?;
    let told = items.next().await.expect("it is told").expect_err("it was cut");
    assert_eq!(told.kind(), ErrorKind::Unavailable, "{told}");
    assert_eq!(items.next().await, None);
    objects.close().await
}

#[tokio::test]
async fn closing_a_connection_cuts_its_streams() -> Result {
    let served = Served::new(|server| server).await;
    let objects = Objects::connect(&served.url()).await?;
    let mut items = objects.get_by_name::<Source>("closed").one_and_silence().await?;
    assert_eq!(items.next().await, Some(Ok(Item::new(0))));
    objects.close().await?;
    let told = items.next().await.expect("it is told").expect_err("it was cut");
    assert_eq!(told.kind(), ErrorKind::Unavailable, "{told}");
    drop(items);
    seen("closed").ended(1).await;
    Ok(())
}

#[tokio::test]
async fn what_a_stream_can_not_have_is_told_before_anything_is_sent() -> Result {
    let unserved = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", unserved.local_addr().expect("it has an address"));
    let objects = Objects::connector(url).connect_lazily()?;
    let source = objects.get_by_name::<Source>("none");
    for (call, words) in [
        (source.items(1, None).idempotency_key("k"), "`.idempotency_key(…)`"),
        (source.items(1, None).retry(RetryPolicy::default()), "`.retry(…)`"),
    ] {
        let told = call.await.expect_err("it is refused");
        assert!(told.kind() == ErrorKind::Invalid && told.to_string().contains(words), "{told}");
    }
    Ok(())
}
