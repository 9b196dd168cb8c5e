//! What a server has besides objects: pages with their scripts and styles, and what tells of its interface, an OpenAPI document and the client as a page loads it.

use std::future::ready;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
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
    /// Anything else, of this media type.
    Asset(HeaderValue, Bytes),
}

impl Document {
    /// One at this path.
    pub(super) fn at(path: String, kind: Kind) -> Self {
        Document { path, kind }
    }

    /// Adds its path to a router, with what is to be answered.
    pub(super) fn served(&self, router: Router, body: Bytes) -> Router {
        let media = match &self.kind {
            #[cfg(feature = "interface")]
            Kind::OpenApi => HeaderValue::from_static("application/json"),
            #[cfg(feature = "interface")]
            Kind::JavaScript => HeaderValue::from_static("text/javascript; charset=utf-8"),
            Kind::Page(_) => HeaderValue::from_static("text/html; charset=utf-8"),
            Kind::Asset(media, _) => media.clone(),
        };
        let tag = tag(&body);
        let handler = move |asked: HeaderMap| {
            // It is another one as soon as the program is: a browser keeps it, and asks each time whether it still is the same.
            let kept = [(CACHE_CONTROL, HeaderValue::from_static("no-cache")), (ETAG, tag.clone())];
            let answer = match is_known(&asked, &tag) {
                true => (StatusCode::NOT_MODIFIED, kept).into_response(),
                false => (kept, [(CONTENT_TYPE, media.clone())], body.clone()).into_response(),
            };
            ready(answer)
        };
        router.route(&self.path, get(handler))
    }
}

/// What tells a content from any other.
fn tag(body: &[u8]) -> HeaderValue {
    let tag = format!("\"{}\"", &blake3::hash(body).to_hex()[..32]);
    // It is made of digits.
    HeaderValue::try_from(tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Whether who asks has it already. A proxy that compresses makes a weak tag of it.
fn is_known(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let known =
        asked.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok()).flat_map(|tags| tags.split(','));
    let mut known = known.map(|tag| tag.trim().trim_start_matches("W/"));
    known.any(|known| known == "*" || known.as_bytes() == tag.as_bytes())
}
