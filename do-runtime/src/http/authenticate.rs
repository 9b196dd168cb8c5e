//! Who calls.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;

use axum::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use axum::http::request::Parts;

use crate::Timestamp;
use crate::error::{Error, Result};

/// What an authenticator gives: the name of the principal, or nothing where nobody says who they are.
pub type Authenticating<'a> = Pin<Box<dyn Future<Output = Result<Option<String>>> + Send + 'a>>;

/// Says who makes a request. A closure that takes the request's head and answers at once is one too.
///
/// Credentials that are wrong are an error, best of kind `denied`: the answer is a 401. No credentials are `None`: what that means is
/// said by [`Server::allow_anonymous`](super::Server::allow_anonymous).
pub trait Authenticate: Send + Sync + 'static {
    /// Looks at a request's head.
    fn authenticate<'a>(&'a self, request: &'a Parts) -> Authenticating<'a>;

    /// The same, by the clock of the objects, which the test kit sets: this is what the server asks. For credentials that expire; others need only
    /// [`Authenticate::authenticate`].
    fn authenticate_at<'a>(&'a self, request: &'a Parts, now: Timestamp) -> Authenticating<'a> {
        let _ = now;
        self.authenticate(request)
    }
}

impl<F> Authenticate for F
where
    F: Fn(&Parts) -> Result<Option<String>> + Send + Sync + 'static,
{
    fn authenticate<'a>(&'a self, request: &'a Parts) -> Authenticating<'a> {
        Box::pin(ready(self(request)))
    }
}

/// The protocol that a page offers which opens a WebSocket with a token: a browser lets it set no header.
pub(super) const PROTOCOL: &str = "bearer";

/// Secret tokens, each of a principal: `Authorization: Bearer …`, or of a page that opens a WebSocket,
/// `new WebSocket(url, ["bearer", token])`.
pub struct BearerTokens {
    /// By the hash of the token: how long a look-up takes says nothing of how a token begins.
    principals: HashMap<[u8; 32], String>,
}

impl BearerTokens {
    /// Of pairs of a token and the principal's name.
    pub fn new<T: AsRef<str>, P: Into<String>>(tokens: impl IntoIterator<Item = (T, P)>) -> Self {
        let hashed = |(token, principal): (T, P)| (hash(token.as_ref()), principal.into());
        BearerTokens { principals: tokens.into_iter().map(hashed).collect() }
    }
}

impl fmt::Debug for BearerTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BearerTokens({})", self.principals.len())
    }
}

impl Authenticate for BearerTokens {
    fn authenticate<'a>(&'a self, request: &'a Parts) -> Authenticating<'a> {
        let principal = bearer(request).and_then(|token| match token {
            Some(token) => match self.principals.get(&hash(token)) {
                Some(principal) => Ok(Some(principal.clone())),
                None => Err(Error::denied("nobody is known by this token")),
            },
            None => Ok(None),
        });
        Box::pin(ready(principal))
    }
}

fn hash(token: &str) -> [u8; 32] {
    *blake3::hash(token.as_bytes()).as_bytes()
}

/// The token of a request, if there is one (RFC 6750, section 2.1).
pub(super) fn bearer(request: &Parts) -> Result<Option<&str>> {
    let mut values = request.headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(offered(request)) };
    let wrong = || Error::denied("the `Authorization` header is not `Bearer` and a token");
    if values.next().is_some() {
        return Err(wrong());
    }
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(wrong)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(Some(token.trim())) } else { Err(wrong()) }
}

/// The token that a page offers as a protocol, after [`PROTOCOL`].
fn offered(request: &Parts) -> Option<&str> {
    let values = request.headers.get_all(SEC_WEBSOCKET_PROTOCOL).into_iter().filter_map(|value| value.to_str().ok());
    let mut offers = values.flat_map(|value| value.split(',')).map(str::trim);
    offers.find(|offer| offer.eq_ignore_ascii_case(PROTOCOL))?;
    offers.next()
}
