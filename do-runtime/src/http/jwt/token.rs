//! A token, taken apart: three parts in base64url (RFC 7515, section 7.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The largest one that is read, in bytes.
const LARGEST: usize = 8 << 10;

/// A token that nothing is known of yet.
pub(super) struct Token<'a> {
    pub(super) head: Head,
    /// What is signed.
    pub(super) message: &'a str,
    pub(super) signature: Vec<u8>,
    payload: &'a str,
}

/// What is said of the signature. Where to find the key is said there too, and not looked at.
#[derive(Deserialize)]
pub(super) struct Head {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    /// What must be understood; that is nothing here.
    crit: Option<IgnoredAny>,
}

impl<'a> Token<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self> {
        if text.len() > LARGEST {
            return Err(Error::denied(format!("the token is larger than the {LARGEST} bytes that are read")));
        }
        let (message, signature) = text.rsplit_once('.').ok_or_else(no_token)?;
        let (head, payload) = message.split_once('.').filter(|(_, rest)| !rest.contains('.')).ok_or_else(no_token)?;
        let head: Head = serde_json::from_slice(&decoded(head)?).map_err(|_| no_token())?;
        if head.crit.is_some() {
            return Err(Error::denied("the token's header has `crit`: it asks for what this server does not know"));
        }
        Ok(Token { head, message, signature: decoded(signature)?, payload })
    }

    /// What it says. Whether it is true is for the signature to show.
    pub(super) fn claims(&self) -> Result<Map<String, Value>> {
        serde_json::from_slice(&decoded(self.payload)?).map_err(|_| no_token())
    }
}

/// Exactly, so that there is one text for one token.
fn decoded(part: &str) -> Result<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| no_token())
}

fn no_token() -> Error {
    Error::denied("the token is no JWT: that has a header, claims and a signature, in base64url with dots between them")
}
