//! Messages that wait until what they tell is durable: in the order of their transactions.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::frame::{CloseCode, Frame};
use super::hall::Hall;
use super::line::Line;
use crate::journal::{Log, LogPosition};
use crate::node::Node;
use crate::planted::{Defect, planted};
use crate::sync::Mutex;

/// A message to some sockets of an object.
pub(super) struct Sending {
    pub(super) frame: Frame,
    pub(super) to: Vec<Arc<Line>>,
}

impl Sending {
    fn go(self) {
        let Some((last, others)) = self.to.split_last() else { return };
        for line in others {
            line.push(self.frame.clone());
        }
        last.push(self.frame);
    }
}

/// What waits for the disk.
#[derive(Default)]
pub(super) struct Gate {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    batches: VecDeque<(LogPosition, Vec<Sending>)>,
    /// A task waits for the first of them.
    attended: bool,
}

/// Sends what a handler has sent, once the log is durable up to the position. If the log fails, nothing of it was ever sent.
pub(super) fn send(node: &Arc<Node>, hall: &Arc<Hall>, position: LogPosition, batch: Vec<Sending>) {
    let mut waiting = hall.gate.waiting.lock();
    if waiting.batches.is_empty() && (is_durable(node, position) || planted(Defect::SocketNotGated)) {
        // Under the lock: what another thread sends after this comes after it.
        batch.into_iter().for_each(Sending::go);
        return;
    }
    waiting.batches.push_back((position, batch));
    if std::mem::replace(&mut waiting.attended, true) {
        return;
    }
    drop(waiting);
    let (attendant, hall) = (node.clone(), hall.clone());
    node.spawn(Box::pin(async move { attend(&attendant, &hall).await }));
}

fn is_durable(node: &Node, position: LogPosition) -> bool {
    node.log().durable() >= position && matches!(node.log().poll_durable(position, Waker::noop()), Poll::Ready(Ok(())))
}

/// Waits for the batches in order.
async fn attend(node: &Node, hall: &Hall) {
    loop {
        let Some(position) = first(hall) else { return };
        let durable = poll_fn(|cx| node.log().poll_durable(position, cx.waker())).await;
        let mut waiting = hall.gate.waiting.lock();
        if durable.is_err() {
            waiting.batches.clear();
            // The node has failed: nothing that its objects say is certain any more.
            node.sockets().close_all(CloseCode::ERROR, "the server failed");
        }
        while let Some((_, batch)) = waiting.batches.pop_front_if(|(position, _)| is_durable(node, *position)) {
            batch.into_iter().for_each(Sending::go);
        }
    }
}

/// The position that the first batch waits for; without one nobody attends any more.
fn first(hall: &Hall) -> Option<LogPosition> {
    let mut waiting = hall.gate.waiting.lock();
    let first = waiting.batches.front().map(|(position, _)| *position);
    waiting.attended = first.is_some();
    first
}
