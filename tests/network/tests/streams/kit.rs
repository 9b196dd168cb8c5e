//! Streams without a network.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use do_runtime::prelude::*;

use super::classes::{CHUNK, Item, Seen, Source, seen};

fn once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Reads until an item was made of what the second `add` did, which is not durable yet.
fn made_of_the_second(counts: &mut Streaming<u64>, seen: &Seen) {
    while let Poll::Ready(item) = once(pin!(counts.next())) {
        assert_eq!(item, Some(Ok(1)));
    }
    assert_eq!(seen.made(), 2, "the stream has seen it");
}

fn at(name: &str, path: &str) -> String {
    format!("/objects/StreamedSource/{name}{path}")
}

#[do_runtime::test]
async fn a_response_is_collected_or_read_as_it_comes(kit: TestKit) -> Result {
    let whole = kit.fetch("GET", &at("kit", "/chunks/3"), "").await?;
    assert_eq!((whole.code(), whole.body().len(), whole.is_stream()), (200, 3 * CHUNK, false));
    let response = kit.fetch_stream("GET", &at("kit", "/silent"), "").await?;
    assert_eq!(response.header("x-kind"), Some("silent"));
    let mut body = response.into_stream();
    assert_eq!(body.next().await, Some(Ok(Bytes::from_static(b"here"))));
    drop(body);
    seen("kit").ended(2).await;
    let broken = kit.fetch("GET", &at("kit", "/broken/error"), "").await.expect_err("it is broken off");
    assert_eq!(broken.kind(), ErrorKind::Interrupted);
    assert!(broken.to_string().contains("there is no three"), "{broken}");
    Ok(())
}

#[do_runtime::test]
async fn a_stub_gives_items_and_bodies_too(kit: TestKit) -> Result {
    let source = kit.objects().get_by_name::<Source>("stub");
    assert_eq!(source.items(2, None).await?.collect().await?, [Item::new(0), Item::new(1)]);
    let response = source.slow(1_000).await?;
    assert!(response.is_stream() && response.body().is_empty());
    let reading = kit.spawn(response.clone().whole());
    kit.advance("5s").await;
    assert_eq!(reading.await?.body_text(), "0;1;2;");
    let told = response.whole().await.expect_err("there is one stream, whoever reads it");
    assert_eq!(told.kind(), ErrorKind::Invalid);
    Ok(())
}

#[do_runtime::test]
async fn nothing_is_made_before_it_is_asked_for(kit: TestKit) -> Result {
    let (source, seen) = (kit.objects().get_by_name::<Source>("lazy"), seen("lazy"));
    let mut items = source.items(1_000, None).await?;
    assert_eq!(seen.made(), 0);
    assert_eq!(items.next().await, Some(Ok(Item::new(0))));
    assert!(seen.made() < 20, "{}", seen.made());
    drop(items);
    seen.ended(1).await;
    Ok(())
}

#[do_runtime::test]
async fn an_item_waits_until_what_it_shows_is_durable(kit: TestKit) -> Result {
    let (source, seen) = (kit.objects().get_by_name::<Source>("gate"), seen("gate"));
    source.add_in_place().await?;
    let mut counts = source.counts().await?;
    kit.settle().await;
    let mut add = pin!(source.add_in_place());
    assert!(once(add.as_mut()).is_pending(), "its commit is on its way to the disk");
    made_of_the_second(&mut counts, &seen);
    assert_eq!(counts.next().await, Some(Ok(2)));
    assert!(once(add.as_mut()).is_ready(), "it is durable by now");
    Ok(())
}

#[do_runtime::test]
async fn a_stream_that_is_handed_on_waits_for_what_it_shows_as_well(kit: TestKit) -> Result {
    let (source, seen) = (kit.objects().get_by_name::<Source>("handed"), seen("handed"));
    source.add_in_place().await?;
    let mut counts = kit.objects().get_by_name::<Source>("hands on").counts_of("handed").await?;
    kit.settle().await;
    let mut add = pin!(source.add_in_place());
    assert!(once(add.as_mut()).is_pending());
    made_of_the_second(&mut counts, &seen);
    kit.crash().await?;
    let told = counts.next().await.expect("it is told").expect_err("it was never durable");
    assert_eq!(told.kind(), ErrorKind::Unavailable, "{told}");
    Ok(())
}

#[do_runtime::test]
async fn an_item_that_a_crash_undoes_is_never_given(kit: TestKit) -> Result {
    let (source, seen) = (kit.objects().get_by_name::<Source>("undone"), seen("undone"));
    source.add_in_place().await?;
    let mut counts = source.counts().await?;
    kit.settle().await;
    let mut add = pin!(source.add_in_place());
    assert!(once(add.as_mut()).is_pending());
    made_of_the_second(&mut counts, &seen);
    kit.crash().await?;
    let told = counts.next().await.expect("it is told").expect_err("it was never durable");
    assert_eq!(told.kind(), ErrorKind::Unavailable, "{told}");
    assert_eq!(counts.next().await, None);
    assert_eq!(source.add_in_place().await?, 2);
    Ok(())
}

#[do_runtime::test]
async fn a_stream_does_not_outlive_its_node(kit: TestKit) -> Result {
    let source = kit.objects().get_by_name::<Source>("over");
    let mut items = source.one_and_silence().await?;
    assert_eq!(items.next().await, Some(Ok(Item::new(0))));
    let waiting = kit.spawn(async move { items.next().await });
    kit.crash().await?;
    let told = waiting.await.expect("it is told").expect_err("it was cut");
    assert_eq!(told.kind(), ErrorKind::Unavailable, "{told}");
    Ok(())
}

#[do_runtime::test]
async fn what_a_stream_calls_is_called_by_its_own_object_whoever_reads_it(kit: TestKit) -> Result {
    let reader = kit.objects().get_by_name::<Source>("reader");
    let told = reader.reads("maker").deadline("5s").await?;
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("maker") && told[0].ends_with(", None"), "{told:?}");
    Ok(())
}

#[do_runtime::test]
async fn a_stream_is_neither_kept_under_a_key_nor_asked_for_again(kit: TestKit) -> Result {
    let source = kit.objects().get_by_name::<Source>("kept");
    for (call, words) in [
        (source.items(1, None).idempotency_key("k"), "`.idempotency_key(…)`"),
        (source.items(1, None).retry(RetryPolicy::default()), "`.retry(…)`"),
    ] {
        let told = call.await.expect_err("it is refused");
        assert!(told.kind() == ErrorKind::Invalid && told.to_string().contains(words), "{told}");
    }
    let told = source.slow(1).idempotency_key("k").await.expect_err("it is refused");
    assert!(told.to_string().contains("its body is a stream"), "{told}");
    let told = source.items(1, None).live().expect_err("it can't be watched");
    assert_eq!(told.kind(), ErrorKind::Invalid);
    Ok(())
}
