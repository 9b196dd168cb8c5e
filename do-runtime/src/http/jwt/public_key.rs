//! Public keys in PEM: a `SubjectPublicKeyInfo` (RFC 5280, section 4.1), which says what kind of key it has.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{AlgorithmIdentifier, SubjectPublicKeyInfoDer, alg_id};

use super::algorithm::{JsonWebAlgorithm, KeyKind};
use crate::error::{Error, Result};

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// The key for an algorithm.
///
/// # Errors
/// `invalid` if it is none, or one of another kind.
pub(super) fn read(algorithm: JsonWebAlgorithm, pem: &[u8]) -> Result<DecodingKey> {
    let unreadable = || Error::invalid("this is no public key in PEM, which begins with `-----BEGIN PUBLIC KEY-----`");
    let info = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| unreadable())?;
    let (said, key) = parts(&info).ok_or_else(unreadable)?;
    let is = |kind: AlgorithmIdentifier| said == kind.as_ref();
    let kind = algorithm.key_kind();
    match kind {
        KeyKind::Rsa if is(alg_id::RSA_ENCRYPTION) => {
            let numbers = (DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key)(key);
            numbers.map(|(n, e)| DecodingKey::from_rsa_raw_components(&n, &e)).map_err(|_| unreadable())
        }
        KeyKind::P256 if is(alg_id::ECDSA_P256) => Ok(DecodingKey::from_ec_der(key)),
        KeyKind::P384 if is(alg_id::ECDSA_P384) => Ok(DecodingKey::from_ec_der(key)),
        KeyKind::Ed25519 if is(alg_id::ED25519) => Ok(DecodingKey::from_ed_der(key)),
        _ => Err(Error::invalid(format!("this public key is none for {algorithm}, which takes {kind}"))),
    }
}

/// What kind of key it is, and the key.
fn parts(info: &[u8]) -> Option<(&[u8], &[u8])> {
    let (body, []) = part(info, SEQUENCE)? else { return None };
    let (kind, rest) = part(body, SEQUENCE)?;
    let (bits, []) = part(rest, BIT_STRING)? else { return None };
    // They are whole bytes.
    bits.strip_prefix(&[0]).map(|key| (kind, key))
}

/// The first part of something in DER, which has this tag, and what follows it.
fn part(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 | 0x82 => {
            let (length, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}
