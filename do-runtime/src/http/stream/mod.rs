//! Bodies that come bit by bit.
//!
//! `flow` moves a stream to its connection, and breaks it off when its reader stalls or the objects are closed; `lines` writes the items of an `#[rpc]` as such a
//! stream.

mod flow;
mod lines;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Version};
use axum::response::Response;
use bytes::Bytes;

use super::failure::AskedFor;
use super::serve::Peer;
use super::shared::Shared;
use crate::error::Result;
use crate::node::Node;
use crate::object::Wire;
use crate::stream::{Streaming, frames};

/// Where the stream of a request goes.
pub(super) struct Way {
    node: Arc<Node>,
    /// How long its reader may take nothing.
    idle: Duration,
    /// The connection, if it carries this answer alone: it is cut if its reader stalls.
    alone: Option<Arc<Peer>>,
}

impl Way {
    /// The way of the answer to a request.
    ///
    /// # Errors
    /// `unavailable` if the objects were closed.
    pub(super) fn of(shared: &Shared, head: &Parts) -> Result<Self> {
        let alone = head.extensions.get::<Arc<Peer>>().filter(|_| head.version < Version::HTTP_2).cloned();
        Ok(Way { node: shared.objects.home().node()?, idle: shared.limits.stream_idle, alone })
    }

    /// A stream as a body.
    pub(super) fn body(self, stream: Streaming<Bytes>) -> Body {
        Body::from_stream(flow::Flow::new(stream, self))
    }

    /// The items of a method's stream as an answer.
    pub(super) fn items(self, items: Streaming<Bytes>, wire: Wire, asked_for: AskedFor<'static>) -> Response {
        let body = self.body(Streaming::new(lines::Lines::new(items, wire, asked_for)));
        let mut response = Response::new(body);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(frames::media(wire)));
        response
    }
}
