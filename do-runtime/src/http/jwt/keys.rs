//! The keys that tokens are signed with.

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{DecodingKey, DecodingKeyKind};
use parking_lot::RwLock;

use super::algorithm::{JsonWebAlgorithm, KeyKind};
use super::token::Token;
use super::{key_set, public_key};
use crate::error::{Error, Result};

/// Keys to check tokens with. A clone is a handle of the same keys: with it they can be [replaced](JsonWebKeys::replace) while a server runs.
///
/// A shared secret is a key to sign with, too: whoever checks tokens can make them. Where others check them, have a pair of keys.
#[derive(Clone)]
pub struct JsonWebKeys(Arc<RwLock<Arc<Vec<Key>>>>);

/// A key, for one algorithm.
pub(super) struct Key {
    /// Tokens name it so; of a single key it does not matter how.
    id: Option<String>,
    algorithm: JsonWebAlgorithm,
    key: DecodingKey,
}

impl fmt::Debug for JsonWebKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.read().iter().map(|key| (&key.id, key.algorithm))).finish()
    }
}

impl JsonWebKeys {
    /// A shared secret. Its bytes are taken as they are: what is written in base64 or hexadecimal digits is decoded before.
    ///
    /// # Errors
    /// `invalid` if the algorithm is not one with a secret (HS256, HS384 or HS512), the secret is shorter than its hash, or is a key in PEM.
    pub fn secret(algorithm: JsonWebAlgorithm, secret: impl AsRef<[u8]>) -> Result<Self> {
        let secret = secret.as_ref();
        // Everybody knows it: it would make everybody a signer.
        if secret.trim_ascii_start().starts_with(b"-----BEGIN ") {
            return Err(Error::invalid("this is a key in PEM and no secret: give it to `JsonWebKeys::public_key`"));
        }
        Key::new(None, algorithm, DecodingKey::from_secret(secret)).map(Self::of_one)
    }

    /// A public key, in PEM as `openssl pkey -pubout` writes it: `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    /// `invalid` if it is none, or none for the algorithm.
    pub fn public_key(algorithm: JsonWebAlgorithm, pem: impl AsRef<[u8]>) -> Result<Self> {
        Key::new(None, algorithm, public_key::read(algorithm, pem.as_ref())?).map(Self::of_one)
    }

    /// A JWK set (RFC 7517): the JSON that an identity provider has at its `jwks_uri`. Fetching it, now and then, is up to the program.
    ///
    /// A token is checked with the key that its `kid` names, or with the only one; where keys share a `kid`, with those that are for its algorithm. The algorithm is the key's `alg`. Without that it is RS256 of an RSA key, as OpenID
    /// Connect has it, HS256 of a secret, and what the curve is for otherwise. Keys that are not for signatures, and those of kinds that are not known here, are left
    /// out.
    ///
    /// # Errors
    /// `invalid` if it is none, no key is left, a key and its `alg` do not fit, or one of several has no `kid`.
    pub fn set(json: impl AsRef<[u8]>) -> Result<Self> {
        let keys = key_set::read(json.as_ref())?;
        Ok(JsonWebKeys(Arc::new(RwLock::new(Arc::new(keys)))))
    }

    fn of_one(key: Key) -> Self {
        JsonWebKeys(Arc::new(RwLock::new(Arc::new(vec![key]))))
    }

    /// Takes other keys instead, in all clones: what arrives from then on is checked with those alone. Tokens that were signed with the old ones are taken as long as these
    /// are in the set too.
    pub fn replace(&self, by: JsonWebKeys) {
        let keys = by.0.read().clone();
        *self.0.write() = keys;
    }

    /// Checks a token's signature.
    ///
    /// # Errors
    /// `denied` if it was signed with another key, by another algorithm than its key is for, or not at all.
    pub(super) fn check(&self, token: &Token<'_>) -> Result<()> {
        let keys = self.0.read().clone();
        let is_alone = keys.len() == 1;
        let named = || {
            keys.iter().filter(|key| match (&key.id, &token.head.kid) {
                (Some(id), Some(named)) => id == named,
                _ => is_alone,
            })
        };
        let first =
            named().next().ok_or_else(|| Error::denied("the token is signed with a key that is not known here"))?;
        // What the token says is only compared: it is the key that says how it is checked.
        let mut fitting = named().filter(|key| token.head.alg == key.algorithm.name()).peekable();
        if fitting.peek().is_none() {
            return Err(Error::denied(format!(
                "the token is not signed by the algorithm of its key, {}",
                first.algorithm
            )));
        }
        if fitting.any(|key| key.has_signed(token.message.as_bytes(), &token.signature)) {
            Ok(())
        } else {
            Err(Error::denied("the token's signature is wrong"))
        }
    }
}

impl Key {
    /// # Errors
    /// `invalid` if the key is none for the algorithm.
    pub(super) fn new(id: Option<String>, algorithm: JsonWebAlgorithm, key: DecodingKey) -> Result<Self> {
        let kind = algorithm.key_kind();
        if fits(kind, key.kind()) {
            return Ok(Key { id, algorithm, key });
        }
        let named = id.map(|id| format!(" `{id}`")).unwrap_or_default();
        Err(Error::invalid(format!("the key{named} is none for {algorithm}, which takes {kind}")))
    }

    pub(super) fn has_id(&self) -> bool {
        self.id.is_some()
    }

    /// By the algorithm of the key. The library's own choice of who checks is for a whole process: it is not left to what else the program is made of.
    fn has_signed(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm.library(), &self.key);
        verifier.is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }
}

/// Whether a key has the size of its kind.
fn fits(kind: KeyKind, key: &DecodingKeyKind) -> bool {
    match (kind, key) {
        (KeyKind::Secret(least), DecodingKeyKind::SecretOrDer(secret)) => secret.len() >= least,
        (KeyKind::Rsa, DecodingKeyKind::RsaModulusExponent { n, .. }) => {
            let zeros = n.iter().take_while(|byte| **byte == 0).count();
            (256..=1024).contains(&(n.len() - zeros))
        }
        (KeyKind::P256, DecodingKeyKind::SecretOrDer(point)) => point.len() == 65,
        (KeyKind::P384, DecodingKeyKind::SecretOrDer(point)) => point.len() == 97,
        (KeyKind::Ed25519, DecodingKeyKind::SecretOrDer(point)) => point.len() == 32,
        _ => false,
    }
}
