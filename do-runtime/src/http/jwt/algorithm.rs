//! The algorithms of signatures.

use std::fmt;

use jsonwebtoken::Algorithm;

/// How tokens are signed, by the names of RFC 7518 and RFC 8037.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonWebAlgorithm {
    /// HMAC with SHA-256: a shared secret of at least 32 bytes.
    Hs256,
    /// HMAC with SHA-384: a shared secret of at least 48 bytes.
    Hs384,
    /// HMAC with SHA-512: a shared secret of at least 64 bytes.
    Hs512,
    /// RSA (PKCS #1 1.5) with SHA-256: a key of 2,048 to 8,192 bits, as for all with RSA.
    Rs256,
    /// RSA (PKCS #1 1.5) with SHA-384.
    Rs384,
    /// RSA (PKCS #1 1.5) with SHA-512.
    Rs512,
    /// RSA (PSS) with SHA-256.
    Ps256,
    /// RSA (PSS) with SHA-384.
    Ps384,
    /// RSA (PSS) with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// What kind of key an algorithm needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// A secret of at least so many bytes.
    Secret(usize),
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl JsonWebAlgorithm {
    const ALL: [JsonWebAlgorithm; 12] = {
        use JsonWebAlgorithm::*;
        [Hs256, Hs384, Hs512, Rs256, Rs384, Rs512, Ps256, Ps384, Ps512, Es256, Es384, EdDsa]
    };

    /// The name as tokens and keys have it, such as `RS256`.
    pub const fn name(self) -> &'static str {
        match self {
            JsonWebAlgorithm::Hs256 => "HS256",
            JsonWebAlgorithm::Hs384 => "HS384",
            JsonWebAlgorithm::Hs512 => "HS512",
            JsonWebAlgorithm::Rs256 => "RS256",
            JsonWebAlgorithm::Rs384 => "RS384",
            JsonWebAlgorithm::Rs512 => "RS512",
            JsonWebAlgorithm::Ps256 => "PS256",
            JsonWebAlgorithm::Ps384 => "PS384",
            JsonWebAlgorithm::Ps512 => "PS512",
            JsonWebAlgorithm::Es256 => "ES256",
            JsonWebAlgorithm::Es384 => "ES384",
            JsonWebAlgorithm::EdDsa => "EdDSA",
        }
    }

    /// The one that the library calls so.
    pub(super) fn of_library(algorithm: Algorithm) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.library() == algorithm)
    }

    pub(super) const fn library(self) -> Algorithm {
        match self {
            JsonWebAlgorithm::Hs256 => Algorithm::HS256,
            JsonWebAlgorithm::Hs384 => Algorithm::HS384,
            JsonWebAlgorithm::Hs512 => Algorithm::HS512,
            JsonWebAlgorithm::Rs256 => Algorithm::RS256,
            JsonWebAlgorithm::Rs384 => Algorithm::RS384,
            JsonWebAlgorithm::Rs512 => Algorithm::RS512,
            JsonWebAlgorithm::Ps256 => Algorithm::PS256,
            JsonWebAlgorithm::Ps384 => Algorithm::PS384,
            JsonWebAlgorithm::Ps512 => Algorithm::PS512,
            JsonWebAlgorithm::Es256 => Algorithm::ES256,
            JsonWebAlgorithm::Es384 => Algorithm::ES384,
            JsonWebAlgorithm::EdDsa => Algorithm::EdDSA,
        }
    }

    pub(super) const fn key_kind(self) -> KeyKind {
        match self {
            // A secret is at least as long as the hash (RFC 7518, section 3.2).
            JsonWebAlgorithm::Hs256 => KeyKind::Secret(32),
            JsonWebAlgorithm::Hs384 => KeyKind::Secret(48),
            JsonWebAlgorithm::Hs512 => KeyKind::Secret(64),
            JsonWebAlgorithm::Rs256
            | JsonWebAlgorithm::Rs384
            | JsonWebAlgorithm::Rs512
            | JsonWebAlgorithm::Ps256
            | JsonWebAlgorithm::Ps384
            | JsonWebAlgorithm::Ps512 => KeyKind::Rsa,
            JsonWebAlgorithm::Es256 => KeyKind::P256,
            JsonWebAlgorithm::Es384 => KeyKind::P384,
            JsonWebAlgorithm::EdDsa => KeyKind::Ed25519,
        }
    }
}

impl fmt::Display for JsonWebAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyKind::Secret(least) => write!(f, "a secret of at least {least} bytes"),
            KeyKind::Rsa => f.write_str("an RSA key of 2048 to 8192 bits"),
            KeyKind::P256 => f.write_str("a key on the curve P-256"),
            KeyKind::P384 => f.write_str("a key on the curve P-384"),
            KeyKind::Ed25519 => f.write_str("an Ed25519 key"),
        }
    }
}
