//! What keeps a stream of an asynchronous handler back until what it shows is durable.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::env::BoxFuture;
use crate::error::Result;
use crate::journal::{Log, LogPosition};
use crate::metadata::Running;
use crate::metadata::ambient::Polling;
use crate::node::Node;

/// The handler that made a stream, and the node in which it did.
pub struct Gate {
    node: Arc<Node>,
    handler: Arc<Running>,
    /// Resolves when the node has ended.
    over: BoxFuture,
}

impl Gate {
    pub(crate) fn new(node: Arc<Node>, handler: Arc<Running>) -> Self {
        // Nobody waits for an answer of its any more: what it calls has no deadline but its own.
        handler.answer();
        let told = node.clone();
        let over = Box::pin(async move { told.over().notified().await });
        Gate { node, handler, over }
    }

    /// That the node goes on; else whoever waits is woken when it ends.
    ///
    /// # Errors
    /// `unavailable` once it has ended: a stream does not outlive it, even if the folder is opened again.
    pub(super) fn check(&mut self, cx: &mut Context<'_>) -> Result {
        // Before the look, so that an end in between is not missed. Once told it is not to be asked again.
        if !self.node.is_over() {
            let _ = self.over.as_mut().poll(cx);
        }
        if self.node.is_over() { self.node.rest().map(drop) } else { Ok(()) }
    }

    /// What the handler has seen of its object.
    pub(super) fn seen(&self) -> LogPosition {
        self.handler.seen()
    }

    /// Resolves once what was seen is durable.
    pub(super) fn poll_durable(&self, seen: LogPosition, cx: &Context<'_>) -> Poll<Result> {
        self.node.log().poll_durable(seen, cx.waker())
    }

    /// While it lives, what is called is called by the handler.
    pub(super) fn enter(&self) -> Polling {
        Polling::enter(&self.handler)
    }
}

/// Polls a stream, as a part of the handler that made it if it is known, and never as one of whoever reads it.
pub(super) fn poll_apart<T>(
    gate: Option<&Gate>,
    stream: Pin<&mut (dyn futures_core::Stream<Item = Result<T>> + Send)>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<T>>> {
    let _polling = gate.map_or_else(Polling::nobody, Gate::enter);
    stream.poll_next(cx)
}
