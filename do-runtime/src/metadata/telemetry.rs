//! Spans of handlers in the traces of OpenTelemetry, with the feature of that name.
//!
//! Which spans are kept and where they go is the program's: it has a layer of `tracing_opentelemetry` in its subscriber. Where there is none,
//! nothing here has an effect, and traces pass through as they came.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{Metadata, TraceParent};

/// What the conventions call the system by which methods are called.
const SYSTEM: &str = "do-runtime";

/// What a call that leaves the process is part of: the innermost span around it.
#[cold]
pub(crate) fn trace_here() -> Option<TraceParent> {
    if LevelFilter::current() == LevelFilter::OFF {
        return None;
    }
    let inner = context_of(&Span::current());
    // The layer may have been told to leave that span out.
    let known = if inner.is_valid() { inner } else { Context::current().span().span_context().clone() };
    known.is_valid().then(|| TraceParent {
        trace_id: u128::from_be_bytes(known.trace_id().to_bytes()),
        parent_id: u64::from_be_bytes(known.span_id().to_bytes()),
        flags: known.trace_flags().to_u8(),
    })
}

fn context_of(span: &Span) -> SpanContext {
    span.context().span().span_context().clone()
}

impl TraceParent {
    /// The place as that of a span in another process.
    fn remote(self) -> Context {
        let (trace, span) = (TraceId::from(self.trace_id), self.parent_id.into());
        let flags = TraceFlags::new(self.flags);
        Context::new().with_remote_span_context(SpanContext::new(trace, span, flags, true, TraceState::NONE))
    }
}

impl Metadata {
    /// The kind of the handler's span, if it is not `internal`.
    pub(super) fn kind(&self) -> Option<&'static str> {
        self.origin().is_some_and(|origin| origin.outside).then_some("server")
    }

    /// Puts a handler's span, which was not entered yet, into the trace that its call belongs to; `around` is the span in which it was called.
    pub(super) fn place(&self, span: &Span, around: &Span) {
        if let Some(origin) = self.origin()
            && let Some(trace) = origin.trace
        {
            let around = context_of(around);
            // Whoever called is nearer than what its own call came with. So is a span that the program has made for the request.
            let within = origin.from.is_some() || around.trace_id() == TraceId::from(trace.trace_id);
            // Where there is no layer nobody wants to know.
            if !(around.is_valid() && within) && span.set_parent(trace.remote()).is_ok() {
                span.add_link(around);
            }
        }
        let context = span.context();
        let told = context.span();
        if told.is_recording() {
            let name = format!("{}/{}", self.object().class(), self.method().unwrap_or_default());
            if self.kind().is_some() {
                span.set_attribute("rpc.system.name", SYSTEM);
                span.set_attribute("rpc.method", name.clone());
            }
            told.update_name(name);
        }
    }
}
