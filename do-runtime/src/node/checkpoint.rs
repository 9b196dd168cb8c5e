//! Checkpoints: pages go to the store, and the journal's segments become free.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Node, durable};
use crate::error::Result;
use crate::journal::Log;
use crate::store;
use crate::sync::point;

/// Hands the pages of all changed objects over, writes them to the store, and recycles the journal up to where it
/// is not needed any more. Does nothing if one is under way.
pub(crate) async fn checkpoint(node: &Arc<Node>) -> Result {
    if node.checkpointing.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    let _running = Running(node);
    run(node).await
}

/// One checkpoint at a time; one that is dropped in the middle has ended too.
struct Running<'a>(&'a Node);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.checkpointing.store(false, Ordering::Release);
    }
}

async fn run(node: &Arc<Node>) -> Result {
    let begin = node.log().end();
    point();
    for host in node.hosts() {
        host.hand_over().await?;
        point();
    }
    // The store never holds a page whose record is not durable.
    // Nothing of the store is held while this waits: whoever abandons the node waits for those who do.
    let needed = node.rest()?.behind.seal(begin);
    durable(node.log(), needed).await?;
    let rest = node.rest()?;
    let (answer, answered) = tokio::sync::oneshot::channel();
    let worker = node.clone();
    node.spawn_blocking(Box::new(move || {
        let kept = store::checkpoint(&rest.behind, &rest.pages, begin, worker.log().durable())
            .and_then(|kept| worker.log().recycle(kept.position));
        drop(rest);
        // Nobody listens any more if the runtime went away: then the next open does the rest.
        let _ = answer.send(kept);
    }));
    answered.await.unwrap_or(Ok(()))
}

/// Takes no new call, waits for those that run, puts all objects to sleep, writes everything to the store, and
/// releases the folder.
pub(super) async fn close(node: &Arc<Node>) -> Result {
    if !node.begin_closing() {
        return Ok(());
    }
    let mut result = Ok(());
    for host in node.hosts() {
        result = result.and(host.put_to_sleep(None).await);
    }
    while node.checkpointing.load(Ordering::Acquire) {
        tokio::task::yield_now().await;
    }
    result = result.and(checkpoint(node).await);
    let (done, ended) = tokio::sync::oneshot::channel();
    let ending = node.clone();
    node.spawn_blocking(Box::new(move || {
        ending.abandon();
        // Nobody waits any more if whoever closed was dropped.
        let _ = done.send(());
    }));
    // A runtime that went away in the middle leaves it to the drop of the last handle.
    let _ = ended.await;
    result
}
