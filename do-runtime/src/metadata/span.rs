//! The span around a handler: whatever it logs names its object.

use tracing::level_filters::LevelFilter;
use tracing::{Level, Span, error_span};

use super::Metadata;

impl Metadata {
    /// The span of what begins, if anybody listens. It is of the level ERROR so that every line has it, whatever level is shown.
    #[inline]
    pub(crate) fn span(&self) -> Option<Box<Span>> {
        if LevelFilter::current() < Level::ERROR { None } else { self.make_span() }
    }

    #[cold]
    fn make_span(&self) -> Option<Box<Span>> {
        let object = self.object();
        let here;
        let parent = match self.origin().and_then(|origin| origin.surroundings.as_ref()) {
            // It waited in a queue: whoever runs it is a stranger.
            Some(sender) => sender,
            None => {
                here = Span::current();
                &here
            }
        };
        let span = error_span!(
            parent: parent,
            "handler",
            class = object.class(),
            name = object.name(),
            id = %object.id(),
            method = self.method(),
            request_id = %self.request_id(),
            caller = self.caller().ok().map(tracing::field::display),
            otel.kind = self.kind(),
        );
        if span.is_disabled() {
            return None;
        }
        self.place(&span, parent);
        Some(Box::new(span))
    }
}

/// Where a call that is about to wait comes from, if anybody listens.
#[inline]
pub(crate) fn surroundings() -> Option<Span> {
    if LevelFilter::current() < Level::ERROR { None } else { Some(Span::current()) }
}
