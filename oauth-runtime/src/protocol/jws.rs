//! Compact JWS (RFC 7515 §3.1), as far as an ID token needs it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::jwk::JwkSet;
use crate::error::{Code, Error};
use crate::provider::Algorithm;

const MAX_LEN: usize = 16 * 1024;
/// Keys that are tried where a token names none.
const MAX_TRIES: usize = 5;

impl Algorithm {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// A token taken apart, not yet trusted.
pub(crate) struct Jws<'a> {
    algorithm: Algorithm,
    kid: Option<String>,
    input: &'a [u8],
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Why no key vouches for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unverified {
    /// It names a key that is not in the set: a newer set may hold it.
    UnknownKey,
    /// The key that it names did not make this signature.
    BadSignature,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515 §4.1.11): we understand none.
    crit: Option<serde::de::IgnoredAny>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart. Its algorithm must be one that configuration allows: the token has
    /// no say in it (RFC 8725 §3.1).
    pub(crate) fn parse(text: &'a str, allowed: &[Algorithm]) -> Result<Self, Error> {
        if text.len() > MAX_LEN {
            return Err(invalid("the ID token is too long"));
        }
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(invalid("the ID token has not three parts"));
        };
        let input = &text.as_bytes()[..header.len() + 1 + payload.len()];
        let header: Header = serde_json::from_slice(&decode(header)?)
            .map_err(|_| invalid("the header of the ID token is not the JSON it should be"))?;
        if header.crit.is_some() {
            return Err(invalid("the ID token demands an extension"));
        }
        let algorithm = allowed.iter().find(|algorithm| algorithm.as_str() == header.alg);
        let algorithm = *algorithm.ok_or_else(|| {
            invalid("the ID token is signed with an algorithm that is not allowed")
        })?;
        let (payload, signature) = (decode(payload)?, decode(signature)?);
        Ok(Self { algorithm, kid: header.kid, input, payload, signature })
    }

    /// The payload, once a key of the set vouches for it.
    pub(crate) fn verify(&self, keys: &JwkSet) -> Result<&[u8], Unverified> {
        let kid = self.kid.as_deref();
        if kid.is_some_and(|kid| !keys.names(kid)) {
            return Err(Unverified::UnknownKey);
        }
        let mut candidates = keys.candidates(kid, self.algorithm).take(MAX_TRIES).peekable();
        if candidates.peek().is_none() {
            return Err(Unverified::UnknownKey);
        }
        match candidates.find(|key| key.verifies(self.input, &self.signature)) {
            Some(_) => Ok(&self.payload),
            None => Err(Unverified::BadSignature),
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Error> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| invalid("a part of the ID token is not base64url"))
}

pub(super) fn invalid(text: &'static str) -> Error {
    Error::new(Code::IdTokenInvalid, text)
}
