//! Who signs tokens: by hand, so that they can be wrong in any way, and not by the library that reads them.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
    RsaKeyPair, RsaPublicKeyComponents,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A key to sign with.
pub(crate) enum Signer {
    Secret(Vec<u8>),
    Rsa(Arc<RsaKeyPair>),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    pub(crate) fn secret() -> Self {
        Signer::Secret((0..64).collect())
    }

    /// One for all tests: it takes long to find.
    pub(crate) fn rsa() -> Self {
        static PAIR: LazyLock<Arc<RsaKeyPair>> = LazyLock::new(Signer::new_rsa);
        Signer::Rsa(PAIR.clone())
    }

    /// One that nobody has been told of.
    pub(crate) fn strange_rsa() -> Self {
        static PAIR: LazyLock<Arc<RsaKeyPair>> = LazyLock::new(Signer::new_rsa);
        Signer::Rsa(PAIR.clone())
    }

    fn new_rsa() -> Arc<RsaKeyPair> {
        Arc::new(rsa::KeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }

    pub(crate) fn p256() -> Self {
        Signer::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    pub(crate) fn p384() -> Self {
        Signer::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key"))
    }

    pub(crate) fn ed25519() -> Self {
        Signer::Ed25519(Ed25519KeyPair::generate().expect("a key"))
    }

    /// A token of these claims.
    pub(crate) fn token(&self, algorithm: &str, claims: Value) -> String {
        self.token_of(json!({ "typ": "JWT", "alg": algorithm }), claims)
    }

    /// One with this header, whose `alg` says how it is signed.
    pub(crate) fn token_of(&self, header: Value, claims: Value) -> String {
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = self.sign(header["alg"].as_str().unwrap_or_default(), message.as_bytes());
        format!("{message}.{}", encoded(signature))
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Signer::Secret(secret) => {
                let hash = match algorithm {
                    "HS384" => hmac::HMAC_SHA384,
                    "HS512" => hmac::HMAC_SHA512,
                    _ => hmac::HMAC_SHA256,
                };
                hmac::sign(&hmac::Key::new(hash, secret), message).as_ref().to_vec()
            }
            Signer::Rsa(pair) => {
                let padding: &'static dyn RsaEncoding = match algorithm {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature).expect("it is signed");
                signature
            }
            Signer::P256(pair) | Signer::P384(pair) => {
                pair.sign(&random, message).expect("it is signed").as_ref().to_vec()
            }
            Signer::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// The public key in PEM.
    pub(crate) fn pem(&self) -> String {
        let der = match self {
            Signer::Secret(_) => panic!("a secret is not public"),
            Signer::Rsa(pair) => pair.public_key().as_der().expect("a key").as_ref().to_vec(),
            Signer::P256(pair) | Signer::P384(pair) => pair.public_key().as_der().expect("a key").as_ref().to_vec(),
            Signer::Ed25519(pair) => pair.public_key().as_der().expect("a key").as_ref().to_vec(),
        };
        in_pem("PUBLIC KEY", &der)
    }

    /// The key as a set has it, with further members.
    pub(crate) fn jwk(&self, more: Value) -> Value {
        let mut key = match self {
            Signer::Secret(secret) => json!({ "kty": "oct", "k": encoded(secret) }),
            Signer::Rsa(pair) => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "n": encoded(n), "e": encoded(e) })
            }
            Signer::P256(pair) | Signer::P384(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if point.len() == 64 { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "crv": curve, "x": encoded(x), "y": encoded(y) })
            }
            Signer::Ed25519(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key()) }),
        };
        let members = key.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        key
    }
}

pub(crate) fn in_pem(what: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", lines.join("\n"))
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
