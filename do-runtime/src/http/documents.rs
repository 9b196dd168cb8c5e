//! What a server has besides objects: a page, and what tells of its interface, an OpenAPI document and the client as a page loads it.

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

/// A document, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Document {
    path: String,
    pub(super) kind: Kind,
}

/// What is in it.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    #[cfg(feature = "interface")]
    OpenApi,
    #[cfg(feature = "interface")]
    JavaScript,
    Page(Bytes),
}

impl Document {
    /// One at this path.
    pub(super) fn at(path: String, kind: Kind) -> Self {
        Document { path, kind }
    }

    /// Adds its path to a router, with what is to be answered.
    pub(super) fn served(&self, router: Router, body: Bytes) -> Router {
        let media = match self.kind {
            #[cfg(feature = "interface")]
            Kind::OpenApi => "application/json",
            #[cfg(feature = "interface")]
            Kind::JavaScript => "text/javascript; charset=utf-8",
            Kind::Page(_) => "text/html; charset=utf-8",
        };
        // It is another one as soon as the program is.
        let headers =
            [(CONTENT_TYPE, HeaderValue::from_static(media)), (CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
        router.route(&self.path, get(move || async move { (headers, body).into_response() }))
    }
}
