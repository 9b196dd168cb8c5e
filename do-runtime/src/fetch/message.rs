//! Requests and responses, as handlers see them.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// A request over HTTP, as a `#[fetch]` method takes it: `request: Request`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Request {
    /// A request of a method, such as `GET`, to a path behind the object's name, such as `/messages?limit=5`.
    pub fn new(method: impl Into<String>, path: impl AsRef<str>, body: impl Into<Bytes>) -> Self {
        let (path, query) = path.as_ref().split_once('?').unwrap_or((path.as_ref(), ""));
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Request { method: method.into(), path: path.to_owned(), query, headers: Vec::new(), body: body.into() }
    }

    /// One that came over a network, with its path decoded.
    #[cfg(feature = "http")]
    pub(crate) fn received(
        method: &str,
        path: String,
        query: &str,
        headers: Vec<(String, String)>,
        body: Bytes,
    ) -> Self {
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Request { method: method.to_owned(), path, query, headers, body }
    }

    /// With a header. One of the same name stays.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The method: `GET`, `POST`, ….
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path behind the object's name, decoded: `/` if there is none.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The first value of a name in the query, decoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All names in the query with their values, decoded, in order.
    pub fn queries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value of a header, if it is text. Names are alike in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as text.
    ///
    /// # Errors
    /// `invalid` if it is no UTF-8.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.body)
            .map_err(|error| Error::with_source(ErrorKind::Invalid, "the body is no UTF-8", error))
    }

    /// The body as a value of JSON.
    ///
    /// # Errors
    /// `invalid` if it can't be read as one.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::with_source(ErrorKind::Invalid, format!("the body can't be read: {error}"), error))
    }
}

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
    body: Bytes,
}

impl Response {
    /// A status, such as 404, without a body.
    pub fn status(status: u16) -> Self {
        Response { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// Bytes of a media type.
    pub fn bytes(media: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Response { body: body.into(), ..Response::status(200) }.with_header("content-type", media)
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
        self.body = body.into();
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

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    #[cfg(feature = "http")]
    pub(crate) fn into_body(self) -> Bytes {
        self.body
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as a value of JSON.
    ///
    /// # Errors
    /// `invalid` if it can't be read as one.
    pub fn body_json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::with_source(ErrorKind::Invalid, format!("the body can't be read: {error}"), error))
    }
}
