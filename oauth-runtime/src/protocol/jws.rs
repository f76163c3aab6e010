//! Compact JWS (RFC 7515 §3.1), as far as an ID token needs it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::json;
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
    /// No key of the set made it, and a newer set may hold the one that did.
    UnknownKey,
    /// The key that it names did not make this signature.
    BadSignature,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default, deserialize_with = "json::present")]
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515 §4.1.11): we understand none.
    #[serde(default, deserialize_with = "json::present")]
    crit: Option<IgnoredAny>,
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
        let header: Header = json::object(&decode(header)?)
            .ok_or_else(|| invalid("the header of the ID token is not the JSON it should be"))?;
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
    ///
    /// A token that names no key may have been signed by one that is newer than the set.
    pub(crate) fn verify(&self, keys: &JwkSet) -> Result<&[u8], Unverified> {
        let kid = self.kid.as_deref();
        let mut candidates = keys.candidates(kid, self.algorithm).take(MAX_TRIES).peekable();
        if candidates.peek().is_none() {
            return Err(Unverified::UnknownKey);
        }
        match (candidates.any(|key| key.verifies(self.input, &self.signature)), kid) {
            (true, _) => Ok(&self.payload),
            (false, Some(_)) => Err(Unverified::BadSignature),
            (false, None) => Err(Unverified::UnknownKey),
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Error> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| invalid("a part of the ID token is not base64url"))
}

pub(super) fn invalid(text: &'static str) -> Error {
    Error::new(Code::IdTokenInvalid, text)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use serde_json::{Value, json};

    use super::super::testing::{Signer, encode, es256, other_rs256, rs256};
    use super::*;
    use crate::provider::Algorithm::{Es256, Rs256};

    const BOTH: &[Algorithm] = &[Rs256, Es256];

    fn set(keys: &[Value]) -> JwkSet {
        JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    /// What comes of a token: `"ok"`, `"unknown"`, `"bad"`, or the text of the refusal.
    fn verdict(token: &str, keys: &JwkSet, allowed: &[Algorithm]) -> String {
        let jws = match Jws::parse(token, allowed) {
            Ok(jws) => jws,
            Err(error) => {
                assert_eq!(error.code(), "id_token_invalid");
                return error.to_string();
            }
        };
        match jws.verify(keys) {
            Ok(payload) => {
                assert_eq!(payload, br#"{"a":1}"#);
                "ok".to_owned()
            }
            Err(Unverified::UnknownKey) => "unknown".to_owned(),
            Err(Unverified::BadSignature) => "bad".to_owned(),
        }
    }

    fn signed(signer: &Signer, header: &Value) -> String {
        signer.sign(header, &json!({"a": 1}))
    }

    /// C3: each algorithm verifies its own key, and only where configuration allows it.
    #[test]
    fn a_signature_counts_only_under_an_allowed_algorithm_and_its_own_key() {
        let keys = set(&[rs256().jwk("r"), es256().jwk("e")]);
        let cases = [
            (rs256(), "RS256", "r", BOTH, "ok"),
            (es256(), "ES256", "e", BOTH, "ok"),
            (rs256(), "RS256", "r", &[Rs256], "ok"),
            (es256(), "ES256", "e", &[Es256], "ok"),
            (es256(), "ES256", "e", &[Rs256], "not allowed"),
            (rs256(), "RS256", "r", &[Es256], "not allowed"),
            (es256(), "RS256", "r", BOTH, "bad"),
            (rs256(), "ES256", "e", BOTH, "bad"),
            (other_rs256(), "RS256", "r", BOTH, "bad"),
            (rs256(), "RS256", "x", BOTH, "unknown"),
            (rs256(), "RS256", "e", BOTH, "unknown"),
            (es256(), "ES256", "r", BOTH, "unknown"),
        ];
        for (signer, alg, kid, allowed, expected) in cases {
            let token = signed(signer, &json!({"alg": alg, "kid": kid}));
            let verdict = verdict(&token, &keys, allowed);
            assert!(verdict.ends_with(expected), "{alg} {kid} {allowed:?}: {verdict}");
        }
    }

    /// C1, and every header by which a token would choose how it is checked.
    #[test]
    fn no_header_weakens_the_check() {
        let keys = set(&[rs256().jwk("r")]);
        let own_key = other_rs256().jwk("r");
        for (header, expected) in [
            (json!({"kid": "r"}), "should be"),
            (json!({"alg": null, "kid": "r"}), "should be"),
            (json!({"alg": ["RS256"], "kid": "r"}), "should be"),
            (json!({"alg": "none"}), "not allowed"),
            (json!({"alg": "None", "kid": "r"}), "not allowed"),
            (json!({"alg": "nOnE", "kid": "r"}), "not allowed"),
            (json!({"alg": "", "kid": "r"}), "not allowed"),
            (json!({"alg": "HS256", "kid": "r"}), "not allowed"),
            (json!({"alg": "rs256", "kid": "r"}), "not allowed"),
            (json!({"alg": "RS512", "kid": "r"}), "not allowed"),
            (json!({"alg": "PS256", "kid": "r"}), "not allowed"),
            (json!({"alg": "RS256", "kid": 7}), "should be"),
            (json!({"alg": "RS256", "kid": null}), "should be"),
            (json!({"alg": "RS256", "kid": "r", "crit": []}), "extension"),
            (json!({"alg": "RS256", "kid": "r", "crit": ["b64"], "b64": false}), "extension"),
            (json!({"alg": "RS256", "kid": "r", "crit": null}), "extension"),
            (json!(["RS256", "r", null]), "should be"),
            (json!({"alg": "RS256", "kid": "r", "typ": "at+jwt", "x": {"y": 1}}), "ok"),
        ] {
            let verdict = verdict(&signed(rs256(), &header), &keys, BOTH);
            assert!(verdict.ends_with(expected), "{header}: {verdict}");
        }
        let header =
            json!({"alg": "RS256", "kid": "r", "jwk": own_key, "jku": "https://evil.example"});
        assert_eq!(verdict(&signed(other_rs256(), &header), &keys, BOTH), "bad");
        let twice = encode(br#"{"alg":"none","alg":"RS256","kid":"r"}"#);
        let token = signed(rs256(), &json!({"alg": "RS256", "kid": "r"}));
        let (_, rest) = token.split_once('.').unwrap();
        assert!(verdict(&format!("{twice}.{rest}"), &keys, BOTH).ends_with("should be"));
    }

    /// C1: without a signature nothing is signed.
    #[test]
    fn an_empty_signature_is_none() {
        let keys = set(&[rs256().jwk("r"), es256().jwk("e")]);
        let payload = encode(br#"{"a":1}"#);
        for (header, expected) in [
            (r#"{"alg":"none"}"#, "not allowed"),
            (r#"{"alg":"RS256","kid":"r"}"#, "bad"),
            (r#"{"alg":"ES256","kid":"e"}"#, "bad"),
            (r#"{"alg":"RS256"}"#, "unknown"),
        ] {
            let token = format!("{}.{payload}.", encode(header.as_bytes()));
            let verdict = verdict(&token, &keys, BOTH);
            assert!(verdict.ends_with(expected), "{header}: {verdict}");
        }
    }

    /// C2: neither the public key nor the client's secret is a key for HMAC.
    #[test]
    fn a_public_key_is_no_shared_secret() {
        let keys = set(&[rs256().jwk("r"), es256().jwk("e")]);
        for secret in [rs256().public_der(), es256().public_der(), b"fake-secret"] {
            for alg in ["HS256", "RS256", "ES256"] {
                let header = encode(json!({ "alg": alg, "kid": "r" }).to_string().as_bytes());
                let message = format!("{header}.{}", encode(br#"{"a":1}"#));
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                let tag = hmac::sign(&key, message.as_bytes());
                let token = format!("{message}.{}", encode(tag.as_ref()));
                assert_ne!(verdict(&token, &keys, BOTH), "ok", "{alg}");
            }
        }
    }

    /// C12.
    #[test]
    fn without_a_kid_at_most_five_fitting_keys_are_tried() {
        let token = signed(rs256(), &json!({"alg": "RS256"}));
        let (ours, other, curve) = (rs256().jwk("r"), other_rs256().jwk("o"), es256().jwk("e"));
        let others = |count: usize| vec![other.clone(); count];
        for (keys, expected) in [
            (vec![ours.clone()], "ok"),
            (vec![curve.clone()], "unknown"),
            (others(1), "unknown"),
            ([others(4), vec![ours.clone()]].concat(), "ok"),
            ([vec![curve; 9], others(4), vec![ours.clone()]].concat(), "ok"),
            ([others(5), vec![ours.clone()]].concat(), "unknown"),
        ] {
            assert_eq!(verdict(&token, &set(&keys), &[Rs256]), expected, "{}", keys.len());
        }
    }

    #[test]
    fn a_kid_selects_its_keys_and_no_nameless_one() {
        let token = signed(rs256(), &json!({"alg": "RS256", "kid": "r"}));
        let mut nameless = rs256().jwk("r");
        nameless.as_object_mut().unwrap().remove("kid");
        for (keys, expected) in [
            (vec![other_rs256().jwk("r"), rs256().jwk("r")], "ok"),
            (vec![other_rs256().jwk("r"), rs256().jwk("o")], "bad"),
            (vec![rs256().jwk("R")], "unknown"),
            (vec![nameless], "unknown"),
        ] {
            assert_eq!(verdict(&token, &set(&keys), &[Rs256]), expected, "{keys:?}");
        }
    }

    #[test]
    fn a_token_has_one_form_only() {
        let keys = set(&[rs256().jwk("r")]);
        let token = signed(rs256(), &json!({"alg": "RS256", "kid": "r"}));
        assert_eq!(verdict(&token, &keys, &[Rs256]), "ok");
        for place in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[place] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert_ne!(verdict(&changed, &keys, &[Rs256]), "ok", "{place}");
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else { panic!() };
        for malformed in [
            String::new(),
            ".".into(),
            "..".into(),
            "...".into(),
            format!("{header}.{payload}"),
            format!("{header}..{signature}"),
            format!("{header}.{payload}.{signature}."),
            format!("{header}.{payload}.{signature}.{signature}"),
            format!("{header}.{payload}.{signature}.x.y"),
            format!("{header}.{payload}.{signature}="),
            format!("{header}=.{payload}.{signature}"),
            format!("{header}.{payload}.{signature}+"),
            format!(" {token}"),
            format!("{token}\n"),
            format!("{}.{payload}.{signature}", encode(b"[]")),
        ] {
            assert_ne!(verdict(&malformed, &keys, &[Rs256]), "ok", "{malformed}");
        }
    }

    #[test]
    fn a_token_is_as_long_as_the_cap_and_no_longer() {
        let keys = set(&[rs256().jwk("r")]);
        let sized = |letters: usize| {
            let filler = "a".repeat(letters);
            signed(rs256(), &json!({"alg": "RS256", "kid": "r", "filler": filler}))
        };
        // Base64 turns three letters into four.
        let letters = (MAX_LEN - sized(0).len()) / 4 * 3;
        let (full, over) = (sized(letters), sized(letters + 3));
        assert!(full.len() <= MAX_LEN && over.len() > MAX_LEN, "{} {}", full.len(), over.len());
        assert_eq!(verdict(&full, &keys, &[Rs256]), "ok");
        assert!(verdict(&over, &keys, &[Rs256]).ends_with("too long"));
    }
}
