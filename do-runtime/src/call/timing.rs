//! How long a call waited, ran and was on its way to the disk: one line for each that was slow.
//!
//! The times are the node's coarse ones, which cost nothing to read and are right to about 50 ms.

use tracing::Span;

use crate::node::Node;
use crate::object::{Identity, Method};
use crate::observe::{self, Moment};

/// When things happened to a call whose handler has run, in coarse milliseconds of the node.
pub(crate) struct Timing {
    pub(crate) method: &'static Method,
    pub(crate) sent: u64,
    pub(crate) began: u64,
    pub(crate) ended: u64,
    /// The same, as metrics have it.
    pub(crate) ended_at: Moment,
    /// The handler's span, if anybody listens.
    pub(crate) span: Option<Box<Span>>,
}

impl Timing {
    /// The answer is given: a line if it took too long.
    #[inline]
    pub(crate) fn answered(&self, node: &Node, object: &Identity) {
        observe::answered(object.class(), self.method, self.ended_at, node);
        let now = node.coarse_now();
        if now.saturating_sub(self.sent) >= node.options().slow_call {
            self.report(now, object);
        }
    }

    #[cold]
    fn report(&self, now: u64, object: &Identity) {
        let _within = self.span.as_ref().map(|span| span.enter());
        tracing::warn!(
            class = object.class(),
            name = object.name(),
            id = %object.id(),
            method = self.method.name,
            queue_ms = self.began.saturating_sub(self.sent),
            run_ms = self.ended.saturating_sub(self.began),
            commit_ms = now.saturating_sub(self.ended),
            "a slow call"
        );
    }
}
