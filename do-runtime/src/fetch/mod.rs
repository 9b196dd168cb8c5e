//! Plain HTTP to an object: `#[fetch]`.
//!
//! `message` has the request and the response as a handler sees them, `route` which method a request is for. Nothing here knows of a server.

mod message;
mod route;

pub use message::{Request, Response};
pub use route::FetchDef;
#[cfg(feature = "http")]
pub(crate) use route::{Astray, find};
