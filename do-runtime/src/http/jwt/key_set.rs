//! JWK sets.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

use super::algorithm::{JsonWebAlgorithm, KeyKind};
use super::keys::Key;
use crate::error::{Error, ErrorKind, Result};

/// The keys of a set with which signatures are checked.
pub(super) fn read(json: &[u8]) -> Result<Vec<Key>> {
    let set: JwkSet = serde_json::from_slice(json).map_err(|error| {
        Error::with_source(ErrorKind::Invalid, format!("this is no JWK set, which is JSON with `keys`: {error}"), error)
    })?;
    let keys: Vec<Key> = set.keys.iter().filter_map(|key| read_one(key).transpose()).collect::<Result<_>>()?;
    if keys.is_empty() {
        return Err(Error::invalid("no key of this JWK set is for signatures of a kind that is known here"));
    }
    if keys.len() > 1 && !keys.iter().all(Key::has_id) {
        return Err(Error::invalid("this JWK set has several keys, and one has no `kid`: no token could name it"));
    }
    Ok(keys)
}

/// A key of a set, unless it is for something else.
fn read_one(jwk: &Jwk) -> Result<Option<Key>> {
    let is_for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let operations = jwk.common.key_operations.as_deref();
    let is_to_verify = operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    let Some(algorithm) = algorithm(jwk).filter(|_| is_for_signatures && is_to_verify) else { return Ok(None) };
    let id = jwk.common.key_id.clone();
    if !belongs(&jwk.algorithm, algorithm.key_kind()) {
        let named = id.unwrap_or_default();
        return Err(Error::invalid(format!(
            "the key `{named}` of this JWK set is of another kind than its `alg`, {algorithm}"
        )));
    }
    let key = DecodingKey::from_jwk(jwk).map_err(|error| {
        let named = id.as_deref().unwrap_or_default();
        Error::with_source(
            ErrorKind::Invalid,
            format!("the key `{named}` of this JWK set can't be read: {error}"),
            error,
        )
    })?;
    Key::new(id, algorithm, key).map(Some)
}

/// What it says that it is for, or what such a key is for; nothing, if that is not known here.
fn algorithm(jwk: &Jwk) -> Option<JsonWebAlgorithm> {
    if let Some(algorithm) = jwk.common.key_algorithm {
        return Algorithm::try_from(algorithm).ok().and_then(JsonWebAlgorithm::of_library);
    }
    match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Some(JsonWebAlgorithm::Rs256),
        AlgorithmParameters::OctetKey(_) => Some(JsonWebAlgorithm::Hs256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Some(JsonWebAlgorithm::Es256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => Some(JsonWebAlgorithm::Es384),
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Some(JsonWebAlgorithm::EdDsa),
        _ => None,
    }
}

fn belongs(parameters: &AlgorithmParameters, kind: KeyKind) -> bool {
    match (parameters, kind) {
        (AlgorithmParameters::RSA(_), KeyKind::Rsa) | (AlgorithmParameters::OctetKey(_), KeyKind::Secret(_)) => true,
        (AlgorithmParameters::EllipticCurve(key), KeyKind::P256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(key), KeyKind::P384) => key.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(key), KeyKind::Ed25519) => key.curve == EllipticCurve::Ed25519,
        _ => false,
    }
}
