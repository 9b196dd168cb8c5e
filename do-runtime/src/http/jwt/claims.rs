//! What a token says, and what it has to say.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::Timestamp;
use crate::error::{Error, Result};

/// What tokens have to say.
#[derive(Debug)]
pub(super) struct Expected {
    /// One of these; whatever, if there is none.
    pub(super) issuers: Vec<String>,
    /// One of these; nobody, if there is none.
    pub(super) audiences: Vec<String>,
    pub(super) leeway: Duration,
    /// The claim that says the principal.
    pub(super) principal: String,
}

impl Default for Expected {
    fn default() -> Self {
        let leeway = Duration::from_secs(60);
        Expected { issuers: Vec::new(), audiences: Vec::new(), leeway, principal: "sub".to_owned() }
    }
}

impl Expected {
    /// The principal of a token that was signed as it should be.
    ///
    /// # Errors
    /// `denied`, with what is wrong with it.
    pub(super) fn principal_of(&self, claims: &Map<String, Value>, now: Timestamp) -> Result<String> {
        match instant(claims, "exp")? {
            None => return Err(Error::denied("the token has no `exp`: it would be valid for ever")),
            Some(end) if now >= end + self.leeway => return Err(Error::denied("the token has expired")),
            Some(_) => {}
        }
        if instant(claims, "nbf")?.is_some_and(|begin| now + self.leeway < begin) {
            return Err(Error::denied("the token is not valid yet"));
        }
        self.check_issuer(claims.get("iss"))?;
        self.check_audience(claims.get("aud"))?;
        match claims.get(&self.principal) {
            Some(Value::String(principal)) if !principal.is_empty() => Ok(principal.clone()),
            _ => Err(Error::denied(format!("the token says no principal: its claim `{}` is no text", self.principal))),
        }
    }

    fn check_issuer(&self, issuer: Option<&Value>) -> Result<()> {
        let is_known = |issuer: &Value| issuer.as_str().is_some_and(|issuer| has(&self.issuers, issuer));
        if self.issuers.is_empty() || issuer.is_some_and(is_known) {
            return Ok(());
        }
        Err(Error::denied("the token is of another issuer"))
    }

    /// Who is not among those that a token is for must refuse it (RFC 7519, section 4.1.3).
    fn check_audience(&self, audience: Option<&Value>) -> Result<()> {
        let is_meant = match audience {
            None => self.audiences.is_empty(),
            Some(Value::String(audience)) => has(&self.audiences, audience),
            Some(Value::Array(audiences)) => {
                audiences.iter().filter_map(Value::as_str).any(|one| has(&self.audiences, one))
            }
            Some(_) => false,
        };
        if is_meant { Ok(()) } else { Err(Error::denied("the token is for another audience")) }
    }
}

fn has(known: &[String], said: &str) -> bool {
    known.iter().any(|known| known == said)
}

/// A time in seconds since 1970, which may have a fraction.
fn instant(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(seconds)) => {
            // JSON has no infinite numbers; the largest stop at the end of the range.
            Ok(seconds.as_f64().map(|seconds| Timestamp::from_millis((seconds * 1000.0) as i64)))
        }
        Some(_) => Err(Error::denied(format!("the token's claim `{name}` is no number"))),
    }
}
