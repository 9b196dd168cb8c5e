//! Handlers that fail by themselves, and calls that find no place.

use std::future::poll_fn;
use std::path::PathBuf;
use std::task::Poll;
use std::time::Duration;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::apart::{Confined, Lines, apart, nothing};

/// An error of a handler's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
#[error("only {have} are left")]
struct SoldOut {
    have: u32,
}

#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sale {
    #[key]
    id: Id<Sale>,
    count: u32,
}

#[durable_object(tables(Sale), limits(queue = 3))]
struct Shop {
    #[stored]
    stock: u32,
    /// In memory alone: gone with the instance.
    #[ephemeral]
    served: u32,
}

#[durable_object]
impl Shop {
    #[rpc]
    fn fill(&mut self, by: u32) -> Result {
        self.stock += by;
        Ok(())
    }

    /// Writes everywhere first, and finds out then.
    #[rpc]
    fn sell(&mut self, cx: &mut Cx<Self>, count: u32) -> Result<u32, CallError<SoldOut>> {
        self.write_everywhere(cx, count)?;
        ensure!(count <= 5, SoldOut { have: 5 });
        Ok(self.stock)
    }

    #[rpc]
    fn stumble(&mut self, cx: &mut Cx<Self>) -> Result {
        self.write_everywhere(cx, 1)?;
        panic!("a stone on the way")
    }

    fn write_everywhere(&mut self, cx: &mut Cx<Self>, count: u32) -> Result {
        self.served += 1;
        self.stock = self.stock.wrapping_sub(count);
        cx.insert(Sale::new(count))?;
        cx.kv_mut().put("last", &count)
    }

    /// Stock, number of sales, last sale, and who was served since it woke.
    #[rpc]
    fn look(&self, cx: &Cx<Self>) -> Result<(u32, i64, Option<u32>, u32)> {
        Ok((self.stock, cx.count::<Sale>()?, cx.kv().get("last")?, self.served))
    }
}

#[test]
fn an_error_of_a_handler_comes_back_typed_and_keeps_nothing_of_the_call() {
    apart(
        "handlers::an_error_of_a_handler_comes_back_typed_and_keeps_nothing_of_the_call",
        Confined::Alone,
        nothing,
        async |folder: PathBuf| {
            let objects = Objects::open(&folder).await?;
            let shop = objects.get_by_name::<Shop>("corner");
            shop.fill(10).await?;
            match shop.sell(7).await {
                Err(CallError::User(error)) => assert_eq!(error, SoldOut { have: 5 }),
                other => panic!("the handler's own error was expected: {other:?}"),
            }
            let (stock, sales, last, _) = shop.look().await?;
            assert_eq!((stock, sales, last), (10, 0, None));
            objects.close().await
        },
        async |folder| {
            let objects = Objects::open(&folder).await?;
            assert_eq!(objects.get_by_name::<Shop>("corner").look().await?, (10, 0, None, 0));
            objects.close().await
        },
    );
}

#[test]
fn a_panic_is_an_error_and_a_line_and_the_object_is_woken_afresh_without_anything_of_the_call() {
    apart(
        "handlers::a_panic_is_an_error_and_a_line_and_the_object_is_woken_afresh_without_anything_of_the_call",
        Confined::Alone,
        nothing,
        async |folder: PathBuf| {
            let lines = Lines::listen();
            let objects = Objects::open(&folder).await?;
            let shop = objects.get_by_name::<Shop>("corner");
            shop.fill(10).await?;
            shop.sell(2).await?;
            assert_eq!(shop.look().await?, (8, 1, Some(2), 1));
            let error = shop.stumble().caller("ann").await.expect_err("it panics");
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Handler, false), "{error}");
            let line = lines.with("a handler panicked").expect("the panic is logged");
            let id = shop.id().to_string();
            let parts = ["a stone on the way", "Shop", "corner", &id, "stumble", "request_id=", "caller=ann"];
            assert!(parts.iter().all(|part| line.contains(part)), "{line}");
            // What was in memory alone is gone with the instance, the transaction before is there.
            assert_eq!(shop.look().await?, (8, 1, Some(2), 0));
            shop.sell(1).await?;
            objects.close().await
        },
        async |folder| {
            let objects = Objects::open(&folder).await?;
            assert_eq!(objects.get_by_name::<Shop>("corner").look().await?, (7, 2, Some(1), 0));
            objects.close().await
        },
    );
}

#[tokio::test]
async fn a_full_queue_is_told_at_once_with_how_long_to_wait_and_loses_nothing() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::open(folder.path()).await?;
    let shop = objects.get_by_name::<Shop>("corner");
    // It sleeps: calls wait until it is awake, and this thread does not give way to that.
    let mut calls: Vec<_> = (0..5).map(|_| Box::pin(shop.fill(1))).collect();
    let answers: Vec<_> =
        poll_fn(|cx| Poll::Ready(calls.iter_mut().map(|call| call.as_mut().poll(cx)).collect())).await;
    let refused: Vec<&Error> = answers
        .iter()
        .filter_map(|answer| if let Poll::Ready(Err(error)) = answer { Some(error) } else { None })
        .collect();
    assert_eq!(refused.len(), 2, "{answers:?}");
    for error in refused {
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Overloaded, false));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
        assert!(error.to_string().contains("corner") && error.to_string().contains("in a second"), "{error}");
    }
    for call in calls.into_iter().take(3) {
        call.await?;
    }
    assert_eq!(shop.look().await?.0, 3, "those who waited were served, the others were not");
    shop.fill(1).await?;
    objects.close().await
}
