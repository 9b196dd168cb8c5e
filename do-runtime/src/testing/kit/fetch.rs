//! HTTP without a network.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream};
use axum::http::Request as HttpRequest;
use futures_core::Stream;
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
    /// `invalid` for a method or path that is none; `interrupted` if the response is a stream that is broken off.
    pub async fn fetch(&self, method: &str, path: &str, body: impl Into<Bytes>) -> Result<Response> {
        self.fetch_stream(method, path, body).await?.whole().await
    }

    /// The same, but the body of the response is still a stream, to be read as it comes: [`Response::into_stream`]. Dropped, it is as if the client had gone
    /// away.
    ///
    /// # Errors
    /// `invalid` for a method or path that is none.
    pub async fn fetch_stream(&self, method: &str, path: &str, body: impl Into<Bytes>) -> Result<Response> {
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
        let body = Received(body.into_data_stream());
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let response = Response::streamed(body).with_status(head.status.as_u16());
        Ok(headers.fold(response, |response, (name, value)| response.with_header(name, value)))
    }
}

/// A body as it comes.
struct Received(BodyDataStream);

impl Stream for Received {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        Pin::new(&mut self.0).poll_next(cx).map(|came| {
            came.map(|came| {
                came.map_err(|error| {
                    let sentence = format!("the response was broken off: {error}");
                    Error::with_source(ErrorKind::Interrupted, sentence, error)
                })
            })
        })
    }
}
