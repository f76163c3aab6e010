//! The keys that sign ID tokens.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

use crate::error::{Code, Error};

/// Keys are slow to make and worth nothing, so all fakes of a process share one series.
static SERIES: Mutex<Vec<Arc<SigningKey>>> = Mutex::new(Vec::new());

/// An RSA key and the name it goes by in the key set.
pub(crate) struct SigningKey {
    pair: RsaKeyPair,
    kid: String,
}

impl SigningKey {
    fn generate() -> Result<Self, Error> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| no_key())?;
        let hash = digest(&SHA256, pair.public_key().as_ref());
        let kid = BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..15]);
        Ok(Self { pair, kid })
    }

    /// The `index`th key of the process, made if it has not been needed before.
    fn nth(index: usize) -> Result<Arc<Self>, Error> {
        let mut series = SERIES.lock().unwrap_or_else(PoisonError::into_inner);
        while series.len() <= index {
            series.push(Arc::new(Self::generate()?));
        }
        Ok(Arc::clone(&series[index]))
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// An RS256 signature (RFC 7518 §3.3).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature);
        signed.map_err(|_| Error::new(Code::Internal, "the fake key does not sign"))?;
        Ok(signature)
    }

    /// The public half (RFC 7517 §4, RFC 7518 §6.3.1).
    fn jwk(&self) -> Value {
        let (modulus, exponent) = components(self.pair.public_key().as_ref()).unwrap_or_default();
        let encode = |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid,
            "n": encode(modulus), "e": encode(exponent),
        })
    }
}

fn no_key() -> Error {
    Error::new(Code::Internal, "the system cannot make an RSA key")
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017 A.1.1), without leading zeros.
fn components(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, _) = element(0x30, der)?;
    let (modulus, rest) = element(0x02, sequence)?;
    let (exponent, _) = element(0x02, rest)?;
    Some((modulus.strip_prefix(&[0]).unwrap_or(modulus), exponent))
}

/// The content of the DER element with that tag at the start, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, short], rest) = der.split_first_chunk()?;
    if found != tag {
        return None;
    }
    if short < 0x80 {
        return rest.split_at_checked(usize::from(short));
    }
    let (length, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
    let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    rest.split_at_checked(length)
}

/// The published keys: the one that signs, and the one before it.
pub(crate) struct KeyRing {
    generation: usize,
    current: Arc<SigningKey>,
    previous: Option<Arc<SigningKey>>,
    foreign: Arc<SigningKey>,
}

impl KeyRing {
    pub(crate) fn new() -> Result<Self, Error> {
        let (foreign, current) = (SigningKey::nth(0)?, SigningKey::nth(1)?);
        Ok(Self { generation: 1, current, previous: None, foreign })
    }

    /// A new key signs; the old one stays published until the next rotation.
    pub(crate) fn rotate(&mut self) -> Result<(), Error> {
        let next = SigningKey::nth(self.generation + 1)?;
        self.generation += 1;
        self.previous = Some(std::mem::replace(&mut self.current, next));
        Ok(())
    }

    pub(crate) fn current(&self) -> &SigningKey {
        &self.current
    }

    /// A key that is never published, for forged signatures.
    pub(crate) fn foreign(&self) -> &SigningKey {
        &self.foreign
    }

    /// The JWK set (RFC 7517 §5).
    pub(crate) fn jwks(&self) -> Value {
        let keys: Vec<_> =
            self.previous.iter().chain([&self.current]).map(|key| key.jwk()).collect();
        json!({ "keys": keys })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rsa::PublicKeyComponents;
    use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;

    fn verifies(jwk: &Value, message: &[u8], signature: &[u8]) -> bool {
        let part = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let key = PublicKeyComponents { n: part("n"), e: part("e") };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }

    #[test]
    fn a_published_key_verifies_what_its_private_half_signed() {
        let ring = KeyRing::new().unwrap();
        let signature = ring.current().sign(b"message").unwrap();
        let jwk = &ring.jwks()["keys"][0];
        assert_eq!(jwk["kid"], ring.current().kid());
        assert!(verifies(jwk, b"message", &signature));
        assert!(!verifies(jwk, b"message", &ring.foreign().sign(b"message").unwrap()));
    }

    #[test]
    fn an_old_key_stays_published_for_one_rotation() {
        let mut ring = KeyRing::new().unwrap();
        let kids = |ring: &KeyRing| -> Vec<String> {
            let jwks = ring.jwks();
            let keys = jwks["keys"].as_array().unwrap();
            keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
        };
        let first = kids(&ring);
        ring.rotate().unwrap();
        let second = kids(&ring);
        ring.rotate().unwrap();
        let third = kids(&ring);
        assert_eq!((first.len(), second.len(), third.len()), (1, 2, 2));
        assert_eq!(second[0], first[0]);
        assert_eq!(third[0], second[1]);
        assert_eq!(third[1], ring.current().kid());
        assert!(!third.contains(&first[0]));
    }
}
