//! What is too large, and loses nothing.

use super::*;

#[do_runtime::test]
async fn stored_fields_take_at_most_256_kib(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    book.store(250 * 1024).await?;
    let error = book.store(257 * 1024).await.expect_err("too much");
    assert!(error.to_string().contains("`stored`"), "the largest field is named: {error}");
    assert_eq!(book.seen().await?.stored.len(), 250 * 1024, "nothing of it was kept");
    kit.crash().await?;
    assert_eq!(book.seen().await?.stored.len(), 250 * 1024);
    Ok(())
}

#[durable_object(limits(value = "1KiB", argument = "2KiB", queue = 3, transaction = "64KiB"))]
struct Small;

#[durable_object]
impl Small {
    #[rpc]
    fn put(&mut self, cx: &mut Cx<Self>, key: &str, bytes: usize) -> Result {
        cx.kv_mut().put(key, "x".repeat(bytes).as_str())
    }

    #[rpc]
    fn put_many(&mut self, cx: &mut Cx<Self>, count: usize) -> Result {
        for n in 0..count {
            cx.kv_mut().put(&format!("key {n}"), "x".repeat(900).as_str())?;
        }
        Ok(())
    }

    #[rpc]
    fn keys(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        cx.kv().list().keys()
    }

    #[rpc]
    fn take(&self, text: String) -> Result<usize> {
        Ok(text.len())
    }
}

#[do_runtime::test]
async fn a_value_that_is_too_long_is_refused_and_loses_nothing(kit: TestKit) -> Result {
    let small = kit.objects().get_by_name::<Small>("a");
    small.put("fits", 900).await?;
    let error = small.put("long", 1100).await.expect_err("too long");
    assert!(error.to_string().contains("limits(value"), "the limit is in the sentence: {error}");
    assert_eq!(small.keys().await?, ["fits"]);
    small.put("again", 900).await?;
    Ok(())
}

#[do_runtime::test]
async fn arguments_that_are_too_long_are_refused(kit: TestKit) -> Result {
    let small = kit.objects().get_by_name::<Small>("a");
    assert_eq!(small.take("x".repeat(2000)).await?, 2000);
    let error = small.take("x".repeat(3000)).await.expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("`take`") && error.to_string().contains("2048"), "{error}");
    Ok(())
}

#[do_runtime::test]
async fn a_transaction_that_is_too_large_is_refused_and_loses_nothing(kit: TestKit) -> Result {
    let small = kit.objects().get_by_name::<Small>("a");
    small.put_many(10).await?;
    small.put_many(500).await.expect_err("too large");
    assert_eq!(small.keys().await?.len(), 10);
    small.put("again", 10).await?;
    kit.crash().await?;
    assert_eq!(small.keys().await?.len(), 11);
    Ok(())
}

#[do_runtime::test]
async fn a_full_queue_is_overloaded_at_once(kit: TestKit) -> Result {
    // Given an object that sleeps, so that calls wait until it is awake
    let small = kit.objects().get_by_name::<Small>("a");
    let mut calls: Vec<_> = (0..5).map(|_| Box::pin(small.keys())).collect();
    // When more calls come than may wait
    let answers: Vec<_> =
        poll_fn(|cx| Poll::Ready(calls.iter_mut().map(|call| call.as_mut().poll(cx)).collect())).await;
    let refused: Vec<&Error> = answers
        .iter()
        .filter_map(|answer| match answer {
            Poll::Ready(Err(error)) => Some(error),
            _ => None,
        })
        .collect();
    // Then the first three wait, and the others are told at once
    assert_eq!(refused.len(), 2, "{answers:?}");
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Overloaded);
        assert!(!error.is_retryable());
    }
    for call in calls.into_iter().take(3) {
        call.await?;
    }
    assert!(small.keys().await.is_ok(), "there is room again");
    Ok(())
}
