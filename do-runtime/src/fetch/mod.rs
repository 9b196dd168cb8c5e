//! Plain HTTP to an object: `#[fetch]`.
//!
//! `request` and `response` are what a handler sees, `body` what a response carries, `route` which method a request is for. Nothing here knows of a server.

mod body;
mod request;
mod response;
mod route;

pub use request::Request;
pub use response::Response;
pub use route::FetchDef;
#[cfg(feature = "http")]
pub(crate) use route::{Astray, find};
