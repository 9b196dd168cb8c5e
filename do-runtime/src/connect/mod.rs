//! Objects in another process: the same typed stubs, over a connection to a server of [`Objects::serve`](crate::Objects::serve).
//!
//! ```no_run
//! # use do_runtime::prelude::*;
//! #[durable_object]
//! struct Counter {
//!     #[stored]
//!     count: u64,
//! }
//!
//! #[durable_object]
//! impl Counter {
//!     #[rpc(public)]
//!     fn add(&mut self) -> Result<u64> {
//!         self.count += 1;
//!         Ok(self.count)
//!     }
//! }
//!
//! # async fn example() -> Result {
//! let objects = Objects::connector("http://counters.internal:8080").bearer("s3cret").connect().await?;
//! let visits = objects.get_by_name::<Counter>("visits");
//! // Added once, however often it had to be sent.
//! println!("{}", visits.add().deadline("5s").await?);
//! objects.close().await
//! # }
//! ```
//!
//! What works, and what does not, is said in `docs/network.md`. The calling program has the class too, so that both know the same types; of
//! its methods those can be called that are `#[rpc(public)]`.
//!
//! `connector` has the options, `connection` is the pool, `request` one call as it is sent and sent again, `answer` what came back, `stream` what comes bit by bit.

mod answer;
mod connection;
mod connector;
mod request;
mod stream;

pub(crate) use answer::Told;
pub(crate) use connection::Connection;
pub use connector::Connector;
pub(crate) use request::{Again, Awaited, Came, Outgoing, Seen, Sending};
