//! What a server tells of its interface: an OpenAPI document, and the client as a page loads it.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::interface::Interface;

/// A document, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Document {
    path: String,
    pub(super) kind: Kind,
}

/// What is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    OpenApi,
    JavaScript,
}

impl Document {
    /// One at this path.
    pub(super) fn at(path: String, kind: Kind) -> Self {
        Document { path, kind }
    }

    /// Adds its path to a router.
    pub(super) fn served(&self, router: Router, interface: &Interface) -> Router {
        let (media, text) = match self.kind {
            Kind::OpenApi => ("application/json", interface.openapi().to_string()),
            Kind::JavaScript => ("text/javascript; charset=utf-8", interface.javascript()),
        };
        let body = axum::body::Bytes::from(text);
        // It is another one as soon as the program is.
        let headers =
            [(CONTENT_TYPE, HeaderValue::from_static(media)), (CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
        router.route(&self.path, get(move || async move { (headers, body).into_response() }))
    }
}
