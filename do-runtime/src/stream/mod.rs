//! Replies that come bit by bit: `Result<Streaming<T>>` of an `#[rpc]`, and the body of a `Response`.
//!
//! `streaming` is what the reader has, `produce` what a handler makes one of, `answer` makes it a result, `gate` is what keeps back what is not durable yet, `frames` how items are
//! written between processes. Nothing here knows of a server.

mod answer;
#[cfg(any(feature = "http", feature = "connect"))]
pub(crate) mod frames;
mod gate;
mod produce;
mod streaming;

pub use gate::Gate;
pub use produce::StreamSender;
pub use streaming::Streaming;
