//! Signed tokens (JSON Web Tokens, RFC 7519) as credentials.
//!
//! `token` takes one apart, `keys` finds the key that it says it was signed with and checks the signature, by the `algorithm` of that key and never by the
//! token's, and `claims` looks at what it says; `public_key` reads keys in PEM, `key_set` those in JSON.

mod algorithm;
mod claims;
mod key_set;
mod keys;
mod public_key;
mod token;

use std::fmt;
use std::future::ready;
use std::time::SystemTime;

use axum::http::request::Parts;

pub use algorithm::JsonWebAlgorithm;
use claims::Expected;
pub use keys::JsonWebKeys;
use token::Token;

use super::authenticate::{Authenticate, Authenticating, bearer};
use crate::Timestamp;
use crate::error::Result;
use crate::time::IntoDuration;

/// Signed tokens of an identity provider, or of the program itself: `Authorization: Bearer …`, or of a page that opens a WebSocket,
/// `new WebSocket(url, ["bearer", token])`.
///
/// ```no_run
/// # use do_runtime::prelude::*;
/// use do_runtime::http::{JsonWebAlgorithm, JsonWebKeys, JsonWebTokens};
///
/// # async fn example(objects: Objects, pem: &str) -> Result {
/// let keys = JsonWebKeys::public_key(JsonWebAlgorithm::Rs256, pem)?;
/// let tokens = JsonWebTokens::new(keys.clone()).issuer("https://id.example").audience("chat");
/// // `keys.replace(…)` takes other keys from then on.
/// objects.server().authenticate(tokens).serve("0.0.0.0:8080").await
/// # }
/// ```
///
/// A token is taken if
///
/// - it has at most 8 KiB, and was signed with one of the keys, by the algorithm of that key;
/// - it has an `exp` that has not come yet, and no `nbf` that is still to come, give or take the leeway;
/// - it is of the issuer, if one is required, and for the audience. **A token with an `aud` is refused where no audience was set**: it is for somebody else;
/// - it says the principal, in `sub` unless another claim was named: a text that is not empty.
///
/// Everything else is an error of kind `denied` with a sentence that says which of these it was, and so a 401. The time is that of the objects' clock, and of the
/// system's where [`Authenticate::authenticate`] is called without one. That a token was taken back is not known here: let them live for minutes, or
/// look at the request in an [`Authenticate`] of your own before or after asking this one.
pub struct JsonWebTokens {
    keys: JsonWebKeys,
    expected: Expected,
}

impl fmt::Debug for JsonWebTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonWebTokens").field("keys", &self.keys).field("expected", &self.expected).finish()
    }
}

impl JsonWebTokens {
    /// Tokens that are signed with one of these keys.
    pub fn new(keys: JsonWebKeys) -> Self {
        JsonWebTokens { keys, expected: Expected::default() }
    }

    /// Only those whose `iss` is this; said again, this one too.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.expected.issuers.push(issuer.into());
        self
    }

    /// Only those whose `aud` is this, or has it among others; said again, this one too.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.expected.audiences.push(audience.into());
        self
    }

    /// How far the clock of who signs tokens may be from this one: a minute, if it is not said.
    ///
    /// # Errors
    /// `invalid` if it is no duration.
    pub fn leeway(mut self, leeway: impl IntoDuration) -> Result<Self> {
        self.expected.leeway = leeway.into_duration()?;
        Ok(self)
    }

    /// The claim that says the principal: `sub`, if it is not said.
    pub fn principal(mut self, claim: impl Into<String>) -> Self {
        self.expected.principal = claim.into();
        self
    }

    fn principal_of(&self, request: &Parts, now: Timestamp) -> Result<Option<String>> {
        let Some(text) = bearer(request)? else { return Ok(None) };
        let token = Token::read(text)?;
        self.keys.check(&token)?;
        self.expected.principal_of(&token.claims()?, now).map(Some)
    }
}

impl Authenticate for JsonWebTokens {
    fn authenticate<'a>(&'a self, request: &'a Parts) -> Authenticating<'a> {
        self.authenticate_at(request, SystemTime::now().into())
    }

    fn authenticate_at<'a>(&'a self, request: &'a Parts, now: Timestamp) -> Authenticating<'a> {
        Box::pin(ready(self.principal_of(request, now)))
    }
}
