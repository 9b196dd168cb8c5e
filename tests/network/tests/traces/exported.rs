//! What a program exports that has a layer for OpenTelemetry: kept in memory.

use std::sync::{LazyLock, Mutex, Once};
use std::time::Duration;

use do_runtime::TraceParent;
use opentelemetry::trace::{SpanId, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tokio::sync::watch;
use tracing_subscriber::layer::SubscriberExt;

static SPANS: Mutex<Vec<SpanData>> = Mutex::new(Vec::new());
/// Told of each one.
static CAME: LazyLock<watch::Sender<()>> = LazyLock::new(|| watch::Sender::new(()));

#[derive(Debug)]
struct Kept;

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        SPANS.lock().expect("nobody panicked").extend(batch);
        CAME.send_replace(());
        Ok(())
    }
}

/// Sets the program up, once, as `docs/network.md` says.
pub(crate) fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let provider = SdkTracerProvider::builder().with_simple_exporter(Kept).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tests"));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))
            .expect("it is the only one");
    });
}

/// The place of a trace of this number, in a span of another process.
pub(crate) fn place(number: u64, flags: &str) -> TraceParent {
    format!("00-0000000000000000{number:016x}-00f067aa0ba902b7-{flags}").parse().expect("a trace parent")
}

/// The spans that were exported of a trace.
pub(crate) fn of_trace(trace: TraceParent) -> Vec<SpanData> {
    let spans = SPANS.lock().expect("nobody panicked");
    spans.iter().filter(|span| span.span_context.trace_id() == trace.trace_id().into()).cloned().collect()
}

/// The span of this name in a trace, as soon as it is exported.
pub(crate) async fn span(trace: TraceParent, name: &str) -> SpanData {
    let mut came = CAME.subscribe();
    let found = async {
        loop {
            if let Some(span) = of_trace(trace).into_iter().find(|span| span.name == name) {
                return span;
            }
            came.changed().await.expect("it is never dropped");
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), found).await;
    found.unwrap_or_else(|_| panic!("no span {name:?} of {trace} among {:#?}", SPANS.lock()))
}

/// The id of the span that a trace parent names.
pub(crate) fn id_of(trace: TraceParent) -> SpanId {
    trace.parent_id().into()
}

/// An attribute of a span as text.
pub(crate) fn attribute(span: &SpanData, key: &str) -> Option<String> {
    span.attributes.iter().find(|pair| pair.key.as_str() == key).map(|pair| pair.value.to_string())
}
