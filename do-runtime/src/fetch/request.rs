//! Requests, as handlers see them.

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
