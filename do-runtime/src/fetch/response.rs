//! Responses, as handlers make them.

use bytes::Bytes;
use futures_core::Stream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::body::Body;
use crate::error::{Error, ErrorKind, Result};
use crate::stream::{Gate, Streaming};

/// What a `#[fetch]` method answers, if it is more than a value: a method that returns a `String` answers it as text, one that returns nothing as a 204, and one
/// that returns any other value as JSON.
///
/// ```
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Page { #[stored] title: String }
/// # #[durable_object]
/// # impl Page {
/// #[fetch(get, "/")]
/// fn page(&self) -> Result<Response> {
///     Ok(Response::html(format!("<h1>{}</h1>", self.title)).with_header("cache-control", "no-store"))
/// }
///
/// #[fetch(put, "/title")]
/// fn rename(&mut self, request: Request) -> Result {
///     self.title = request.text()?.to_owned();
///     Ok(())
/// }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
}

impl Response {
    /// A status, such as 404, without a body.
    pub fn status(status: u16) -> Self {
        Response { status, headers: Vec::new(), body: Body::Whole(Bytes::new()) }
    }

    /// Bytes of a media type.
    pub fn bytes(media: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Response::status(200).with_body(body).with_header("content-type", media)
    }

    /// Bytes of a media type that come bit by bit, such as a [`Streaming`]: they are sent as fast as the client reads, and are never in memory all at once.
    ///
    /// The stream is no part of the handler's transaction. Nothing of it leaves before that is durable, and before all that is that the handler has seen of
    /// its object later, through its [`This`](crate::This). An error breaks the body off, so that the client sees that it is not whole; the
    /// status and the headers have left by then. A client that goes away drops the stream.
    ///
    /// ```
    /// # use do_runtime::prelude::*;
    /// # #[durable_object]
    /// # struct Diary { #[stored] pages: Vec<String> }
    /// # #[durable_object]
    /// # impl Diary {
    /// #[fetch(get, "/pages")]
    /// async fn pages(this: This<Self>) -> Result<Response> {
    ///     let pages = Streaming::produce(|to| async move {
    ///         let mut next = 0;
    ///         while let Some(page) = this.read(move |me, _| Ok(me.pages.get(next).cloned())).await? {
    ///             to.send(page).await?; // waits until the client has room for it
    ///             next += 1;
    ///         }
    ///         Ok(())
    ///     });
    ///     Ok(Response::stream("text/plain; charset=utf-8", pages))
    /// }
    /// # }
    /// ```
    pub fn stream(media: impl Into<String>, stream: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Response::streamed(stream).with_header("content-type", media)
    }

    /// The same, of a type that is not said.
    pub(crate) fn streamed(stream: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Response { body: Body::of(stream), ..Response::status(200) }
    }

    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Response::bytes("text/plain; charset=utf-8", text.into())
    }

    /// A page.
    pub fn html(html: impl Into<String>) -> Self {
        Response::bytes("text/html; charset=utf-8", html.into())
    }

    /// A value as JSON.
    ///
    /// # Errors
    /// `invalid` if it can't be encoded.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        let body = serde_json::to_vec(value).map_err(|error| {
            let name = std::any::type_name::<T>();
            Error::with_source(ErrorKind::Invalid, format!("a `{name}` can't be encoded: {error}"), error)
        })?;
        Ok(Response::bytes("application/json", body))
    }

    /// Sends the client elsewhere, with a 303: it gets that.
    pub fn see_other(location: impl Into<String>) -> Self {
        Response::status(303).with_header("location", location)
    }

    /// With another status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// With a header. One of the same name stays.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With another body.
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Body::Whole(body.into());
        self
    }

    /// The status.
    pub fn code(&self) -> u16 {
        self.status
    }

    /// The first value of a header. Names are alike in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The body, if all of it is there: of a stream this is empty, see [`Response::whole`].
    pub fn body(&self) -> &Bytes {
        static NOTHING: Bytes = Bytes::new();
        self.body.whole().unwrap_or(&NOTHING)
    }

    /// Whether the body is a stream.
    pub fn is_stream(&self) -> bool {
        self.body.whole().is_none()
    }

    /// The body as a stream, whether it is one or not. A stream is read once: clones of a response share it.
    pub fn into_stream(self) -> Streaming<Bytes> {
        self.body.into_stream()
    }

    /// With all of its body there: a stream is read to its end.
    ///
    /// # Errors
    /// What breaks the stream off.
    pub async fn whole(self) -> Result<Self> {
        if !self.is_stream() {
            return Ok(self);
        }
        let Response { status, headers, body } = self;
        let body = body.into_stream().collect().await?.concat();
        Ok(Response { status, headers, body: Body::Whole(body.into()) })
    }

    /// The body, to be sent.
    #[cfg(feature = "http")]
    pub(crate) fn into_body(self) -> Result<Bytes, Streaming<Bytes>> {
        match self.body {
            Body::Whole(bytes) => Ok(bytes),
            stream @ Body::Stream(_) => Err(stream.into_stream()),
        }
    }

    /// Keeps back what is not durable yet of what the handler sees from now on.
    pub(crate) fn hold_back(&self, gate: impl FnOnce() -> Gate) {
        if self.is_stream() {
            self.body.hold_back(gate());
        }
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(self.body()).into_owned()
    }

    /// The body as a value of JSON.
    ///
    /// # Errors
    /// `invalid` if it can't be read as one.
    pub fn body_json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(self.body())
            .map_err(|error| Error::with_source(ErrorKind::Invalid, format!("the body can't be read: {error}"), error))
    }
}
