//! Single flight: identical requests that come at once share one call of what is behind, and its result is kept for a while.

mod lookup;
mod upstream;

pub use lookup::{KEPT, Lookup, LookupStub};
pub use upstream::{Upstream, UpstreamStub};
