//! Objects over HTTP: `#[rpc(public)]` methods as `POST /rpc/{class}/{name}/{method}`.
//!
//! ```no_run
//! # use do_runtime::prelude::*;
//! # use do_runtime::http::BearerTokens;
//! # async fn example(objects: Objects) -> Result {
//! objects
//!     .server()
//!     .authenticate(BearerTokens::new([("s3cret", "ann")]))
//!     .serve("0.0.0.0:8080")
//!     .await
//! # }
//! ```
//!
//! | path | what it does |
//! |---|---|
//! | `POST /rpc/{class}/{name}/{method}` | calls a method of the object with a name, which is percent-encoded |
//! | `POST /rpc/{class}/by-id/{id}/{method}` | the same of the object with an id, 64 hexadecimal digits |
//! | `GET /rpc` | opens a WebSocket for many calls, and for live queries (`#[rpc(public, live)]`) |
//! | any `/objects/{class}/{name}/…` | what a `#[fetch]` method of the object says; also `by-id/{id}` |
//! | `GET /objects/{class}/{name}/…` | opens a WebSocket at an object whose class has `#[websocket]` methods; also `by-id/{id}` |
//!
//! The body is an object with a member for each parameter, as `application/json` or `application/msgpack`; the answer is the result in the
//! same encoding, or an `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)). See `docs/network.md` for all
//! headers and statuses.
//!
//! `request` has what all requests have in common, `page` what browsers ask; `route` reads a path, `call` makes the call and its answer, `connection` many of
//! them over one WebSocket, `fetch` hands
//! plain requests to an object, `socket` opens a WebSocket and moves its messages, `problem` the answer of one that failed, `failure` what the log has of it, `stream` an answer
//! that comes bit by bit; `authenticate` says who calls, `jwt` by signed tokens; `callers` tells apart those who call, and `allowance` how often each may; `serve` listens. `documents`
//! are pages, what these need, and what tells others how to call, `scrape` the metrics, both at `paths` that the program chooses.

mod allowance;
mod authenticate;
mod call;
mod callers;
mod connection;
mod documents;
mod failure;
mod fetch;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
#[cfg(feature = "jwt")]
mod jwt;
mod limits;
mod page;
mod paths;
mod problem;
mod prompt;
mod request;
mod route;
#[cfg(feature = "prometheus")]
mod scrape;
mod serve;
mod server;
mod shared;
mod socket;
mod stream;

pub use authenticate::{Authenticate, Authenticating, BearerTokens};
#[cfg(feature = "jwt")]
pub use jwt::{JsonWebAlgorithm, JsonWebKeys, JsonWebTokens};
pub use server::Server;
