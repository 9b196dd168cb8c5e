//! Live queries: the answer now, and each one that is different.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Score {
    #[key]
    player: String,
    points: i64,
}

/// Nothing that happens here is written.
#[durable_object]
struct Hall;

#[durable_object]
impl Hall {
    #[websocket(open)]
    fn joined(&self, socket: &Socket, request: &Upgrade) -> Result {
        let name = request.required("name")?;
        socket.set_attachment(name)?;
        ensure!(name != "mallory", "not you");
        Ok(())
    }

    #[websocket(message)]
    fn said(&self, socket: &Socket, text: &str) -> Result {
        socket.set_attachment(text)?;
        ensure!(text != "nobody", "this is no name");
        Ok(())
    }

    #[websocket(error)]
    fn failed(&self) -> Result {
        Ok(())
    }

    #[rpc]
    async fn rename_all(this: This<Self>, name: String) -> Result {
        let sockets = this.read(|_, cx| Ok(cx.sockets())).await?;
        sockets.iter().try_for_each(|socket| socket.set_attachment(&name))
    }

    #[rpc(live)]
    fn present(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        cx.sockets().iter().map(|socket| socket.attachment()).collect()
    }
}

#[durable_object(tables(Score))]
struct Board {
    #[stored]
    closed: bool,
    #[stored]
    season: u32,
}

#[durable_object]
impl Board {
    #[rpc]
    fn set(&mut self, cx: &mut Cx<Self>, player: String, points: i64) -> Result {
        cx.upsert(Score { player, points }).map(drop)
    }

    #[rpc]
    fn close(&mut self, closed: bool) -> Result {
        self.closed = closed;
        Ok(())
    }

    #[rpc]
    fn next_season(&mut self) -> Result {
        self.season += 1;
        Ok(())
    }

    #[rpc(live)]
    fn best(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<(String, i64)>> {
        ensure!(!self.closed, "the board is closed");
        sql!(
            cx,
            (String, i64),
            "SELECT player, points FROM score ORDER BY points DESC LIMIT :limit",
            allow(scan, "few")
        )
        .all()
    }
}

/// Whether nothing new comes, however often it is looked.
async fn is_quiet<T>(next: impl Future<Output = T>) -> bool {
    let mut next = pin!(next);
    for _ in 0..100 {
        if poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_ready())).await {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}

#[do_runtime::test]
async fn an_answer_comes_at_once_and_whenever_it_has_changed(kit: TestKit) -> Result {
    let board = kit.objects().get_by_name::<Board>("chess");
    board.set("ann", 3).await?;
    let mut best = board.best(1).live()?;
    assert_eq!(best.next().await?, [("ann".into(), 3)]);
    assert!(is_quiet(best.next()).await);
    board.set("bob", 5).await?;
    assert_eq!(best.next().await?, [("bob".into(), 5)]);
    // Another answer to another question.
    board.set("cid", 1).await?;
    board.next_season().await?;
    assert!(is_quiet(best.next()).await);
    board.set("cid", 9).await?;
    assert_eq!(best.next().await?, [("cid".into(), 9)]);
    Ok(())
}

#[do_runtime::test]
async fn it_is_given_across_hibernation_and_to_everybody(kit: TestKit) -> Result {
    let board = kit.objects().get_by_name::<Board>("chess");
    let (mut one, mut two) = (board.best(1).live()?, board.best(2).live()?);
    assert!(one.next().await?.is_empty() && two.next().await?.is_empty());
    kit.evict(&board).await?;
    board.set("ann", 1).await?;
    assert_eq!(one.next().await?, two.next().await?);
    drop(one);
    board.set("bob", 2).await?;
    assert_eq!(two.next().await?.len(), 2);
    Ok(())
}

#[do_runtime::test]
async fn an_error_is_given_once_and_what_comes_after_it(kit: TestKit) -> Result {
    let board = kit.objects().get_by_name::<Board>("chess");
    let mut best = board.best(1).live()?;
    best.next().await?;
    board.close(true).await?;
    assert_eq!(best.next().await.unwrap_err().to_string(), "the board is closed");
    board.set("ann", 1).await?;
    assert!(is_quiet(best.next()).await);
    board.close(false).await?;
    assert_eq!(best.next().await?, [("ann".into(), 1)]);
    Ok(())
}

#[do_runtime::test]
async fn it_ends_with_the_node(kit: TestKit) -> Result {
    let board = kit.objects().get_by_name::<Board>("chess");
    let mut best = board.best(1).live()?;
    best.next().await?;
    kit.restart().await?;
    assert_eq!(best.next().await.unwrap_err().kind(), ErrorKind::Unavailable);
    Ok(())
}

#[do_runtime::test]
async fn what_is_not_live_is_refused(kit: TestKit) -> Result {
    let board = kit.objects().get_by_name::<Board>("chess");
    let error = board.next_season().live().unwrap_err();
    assert!(error.to_string().contains("`next_season` can't be watched"), "{error}");
    Ok(())
}

#[do_runtime::test]
async fn sockets_that_come_go_and_change_are_told_though_nothing_is_written(kit: TestKit) -> Result {
    let hall = kit.objects().get_by_name::<Hall>("hall");
    let mut present = hall.present().live()?;
    assert!(present.next().await?.is_empty());
    let ann = kit.connect(&hall, "/?name=ann").await?;
    assert_eq!(present.next().await?, ["ann"]);
    let ben = kit.connect(&hall, "/?name=ben").await?;
    assert_eq!(present.next().await?, ["ann", "ben"]);
    kit.evict(&hall).await?;
    ann.send_text("anna").await?;
    assert_eq!(present.next().await?, ["anna", "ben"]);
    hall.rename_all("x").await?;
    assert_eq!(present.next().await?, ["x", "x"]);
    drop(ann);
    assert_eq!(present.next().await?, ["x"], "whose connection broke is gone");
    ben.close(1000, "").await;
    assert!(present.next().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn what_is_undone_of_sockets_is_told_to_nobody(kit: TestKit) -> Result {
    let hall = kit.objects().get_by_name::<Hall>("hall");
    let ann = kit.connect(&hall, "/?name=ann").await?;
    let mut present = hall.present().live()?;
    assert_eq!(present.next().await?, ["ann"]);
    assert!(kit.connect(&hall, "/?name=mallory").await.is_err());
    ann.send_text("nobody").await?;
    assert!(is_quiet(present.next()).await);
    ann.send_text("anna").await?;
    assert_eq!(present.next().await?, ["anna"]);
    Ok(())
}
