//! HTTP without a network.

use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::TestKit;
use crate::Bytes;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::Response;

impl TestKit {
    /// Sends a request to the paths that `objects.router()` serves, such as `kit.fetch("GET", "/objects/ChatRoom/lobby/page", "")`, and gives the response,
    /// whatever its status. A body is sent as JSON. It needs the feature `http`.
    ///
    /// # Errors
    /// `invalid` for a method or path that is none.
    pub async fn fetch(&self, method: &str, path: &str, body: impl Into<Bytes>) -> Result<Response> {
        let request = HttpRequest::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Body::from(body.into()))
            .map_err(|error| Error::with_source(ErrorKind::Invalid, format!("this is no request: {error}"), error))?;
        let router = TowerToHyperService::new(self.objects().router());
        let answered = match router.call(request).await {
            Ok(answered) => answered,
            Err(never) => match never {},
        };
        let (head, body) = answered.into_parts();
        let body = to_bytes(body, usize::MAX).await.map_err(|error| {
            Error::with_source(ErrorKind::Internal, format!("the response was cut off: {error}"), error)
        })?;
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Ok(headers.fold(Response::status(head.status.as_u16()).with_body(body), |response, (name, value)| {
            response.with_header(name, value)
        }))
    }
}
