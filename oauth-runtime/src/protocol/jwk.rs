//! The public keys of a provider (RFC 7517, RFC 7518 §6).

use std::ops::RangeInclusive;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::json;
use crate::error::{Code, Error};
use crate::provider::Algorithm;

/// A set larger than this is not searched: no provider publishes so many.
const MAX_KEYS: usize = 64;
/// 2048 to 8192 bits.
const MODULUS_BYTES: RangeInclusive<usize> = 256..=1024;
/// Longer exponents only cost time; every provider's is 65537.
const MAX_EXPONENT_BYTES: usize = 8;
/// What only a private or a shared key has (RFC 7518 §6): whoever publishes it has a worse
/// problem than ours, and its signatures prove nothing.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The keys that can verify a signature.
#[derive(Clone, Debug)]
pub(crate) struct JwkSet {
    keys: Vec<Jwk>,
    /// Those that cannot verify for us though they are for signatures, with the reason.
    unusable: Vec<String>,
}

/// Why a published key is left out.
enum Unfit {
    /// It is for something else.
    Foreign(&'static str),
    Broken(&'static str),
}

/// One key and the name it is published under.
#[derive(Clone, Debug)]
pub(crate) struct Jwk {
    kid: Option<String>,
    material: Material,
}

#[derive(Clone, Debug)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct WireSet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Wire {
    kty: String,
    kid: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl JwkSet {
    /// Reads a key set. A key that cannot verify for us is named in the log and left out; a set
    /// without any other is none, so that it cannot take the place of a good one.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Error> {
        let broken = |text: &'static str| Error::new(Code::ProviderResponse, text);
        let set: WireSet = json::object(body)
            .ok_or_else(|| broken("the provider's key set is not the JSON it should be"))?;
        if set.keys.len() > MAX_KEYS {
            return Err(broken("the provider's key set holds too many keys"));
        }
        let (mut keys, mut unusable) = (Vec::with_capacity(set.keys.len()), Vec::new());
        for (index, value) in set.keys.into_iter().enumerate() {
            let name = name_of(&value, index);
            match Jwk::from_json(value) {
                Ok(key) => keys.push(key),
                Err(Unfit::Foreign(why)) => tracing::debug!(name, why, "a key is not for us"),
                Err(Unfit::Broken(why)) => {
                    tracing::warn!(name, why, "a key of the provider's cannot be used");
                    unusable.push(format!("{name}: {why}"));
                }
            }
        }
        if keys.is_empty() {
            return Err(broken("the provider's key set holds no key that can verify")
                .with_help(unusable.join("; ")));
        }
        Ok(Self { keys, unusable })
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Each key that cannot be used, with the reason.
    pub(crate) fn unusable(&self) -> &[String] {
        &self.unusable
    }

    /// The keys that may have made a signature with this algorithm under this name.
    pub(super) fn candidates(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &Jwk> {
        self.keys.iter().filter(move |key| {
            let named = kid.is_none() || key.kid.as_deref() == kid;
            named && key.material.algorithm() == algorithm
        })
    }
}

/// The name of a key as it may stand in a log.
fn name_of(value: &Value, index: usize) -> String {
    let kid = value.get("kid").and_then(Value::as_str).filter(|kid| !kid.is_empty());
    match kid {
        Some(kid) => format!("{:?}", kid.chars().take(64).collect::<String>()),
        None => format!("number {}", index + 1),
    }
}

impl Jwk {
    fn from_json(value: Value) -> Result<Self, Unfit> {
        let members = value.as_object().ok_or(Unfit::Broken("it is not an object"))?;
        if PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name)) {
            return Err(Unfit::Broken("it is private or shared"));
        }
        let wire =
            Wire::deserialize(value).map_err(|_| Unfit::Broken("a field has the wrong type"))?;
        if wire.r#use.as_deref().is_some_and(|purpose| purpose != "sig") {
            return Err(Unfit::Foreign("it is not for signatures"));
        }
        if wire.key_ops.is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
            return Err(Unfit::Foreign("it is not for verifying"));
        }
        let material = match wire.kty.as_str() {
            "RSA" => rsa(wire.n.as_deref(), wire.e.as_deref()).map_err(Unfit::Broken)?,
            "EC" if wire.crv.as_deref() == Some("P-256") => {
                p256(wire.x.as_deref(), wire.y.as_deref()).map_err(Unfit::Broken)?
            }
            _ => return Err(Unfit::Broken("it is of another kind than RSA or P-256")),
        };
        match wire.alg {
            Some(alg) if alg != material.algorithm().as_str() => {
                Err(Unfit::Broken("it is for another algorithm"))
            }
            _ => Ok(Self { kid: wire.kid, material }),
        }
    }

    pub(super) fn verifies(&self, input: &[u8], signature: &[u8]) -> bool {
        let verified = match &self.material {
            Material::Rsa { modulus, exponent } => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, input, signature)
            }
            Material::P256(point) => {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(input, signature)
            }
        };
        verified.is_ok()
    }
}

impl Material {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
        }
    }
}

fn rsa(modulus: Option<&str>, exponent: Option<&str>) -> Result<Material, &'static str> {
    let (modulus, exponent) = (decode(modulus)?, decode(exponent)?);
    let (modulus, exponent) = (strip_zeros(&modulus), strip_zeros(&exponent));
    let short = modulus.len() == *MODULUS_BYTES.start() && modulus[0] < 0x80;
    if !MODULUS_BYTES.contains(&modulus.len()) || short {
        return Err("its modulus is not 2048 to 8192 bits long");
    }
    // With the exponent 1 a signature is the message, and an even one is no RSA.
    let odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    if !odd || exponent == [1] || exponent.len() > MAX_EXPONENT_BYTES {
        return Err("its exponent is none");
    }
    Ok(Material::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
}

fn p256(x: Option<&str>, y: Option<&str>) -> Result<Material, &'static str> {
    let (x, y) = (decode(x)?, decode(y)?);
    if x.len() != 32 || y.len() != 32 {
        return Err("its coordinates are not 32 bytes long");
    }
    Ok(Material::P256([&[4], x.as_slice(), &y].concat()))
}

fn decode(text: Option<&str>) -> Result<Vec<u8>, &'static str> {
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    bytes.filter(|bytes| !bytes.is_empty()).ok_or("a part of it is missing or not base64url")
}

fn strip_zeros(bytes: &[u8]) -> &[u8] {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    &bytes[first..]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{encode, es256, rs256};
    use super::*;

    fn parse(keys: &Value) -> Result<JwkSet, Error> {
        JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn with(mut key: Value, field: &str, value: impl Into<Value>) -> Value {
        key[field] = value.into();
        key
    }

    fn rsa_key(bytes: usize) -> Value {
        with(rs256().jwk("a"), "n", encode(&vec![0xff; bytes]))
    }

    /// C15: hostile or useless keys are left out, and the rest stays.
    #[test]
    fn only_public_signing_keys_of_full_strength_are_kept() {
        let (rsa, curve) = (rs256().jwk("a"), es256().jwk("e"));
        let full = with(with(with(rsa.clone(), "use", "sig"), "alg", "RS256"), "x5c", json!(["x"]));
        for good in [
            rsa_key(256),
            rsa_key(1024),
            with(full, "key_ops", json!(["verify"])),
            with(rsa.clone(), "e", encode(&[0, 0, 1, 0, 1])),
            with(rsa.clone(), "kid", Value::Null),
            with(curve.clone(), "alg", "ES256"),
        ] {
            assert_eq!(parse(&json!([good])).unwrap().keys.len(), 1, "{good}");
        }
        let mut bad = vec![
            rsa_key(64),
            rsa_key(255),
            rsa_key(1025),
            with(rsa.clone(), "n", encode(&[&[0][..], &[0xff; 255]].concat())),
            with(rsa.clone(), "n", encode(&[0x7f; 256])),
            with(rsa.clone(), "n", ""),
            with(rsa.clone(), "n", "+/=="),
            with(rsa.clone(), "n", encode(&[0; 256])),
            with(rsa.clone(), "n", Value::Null),
            with(rsa.clone(), "e", encode(&[1])),
            with(rsa.clone(), "e", encode(&[0, 0])),
            with(rsa.clone(), "e", encode(&[1, 0])),
            with(rsa.clone(), "e", encode(&[3; 9])),
            with(rsa.clone(), "use", "enc"),
            with(rsa.clone(), "use", 7),
            with(rsa.clone(), "key_ops", json!(["sign"])),
            with(rsa.clone(), "key_ops", json!([])),
            with(rsa.clone(), "key_ops", "verify"),
            with(rsa.clone(), "alg", "RS512"),
            with(rsa.clone(), "alg", "ES256"),
            with(rsa.clone(), "alg", "none"),
            with(rsa.clone(), "kid", 7),
            with(rsa.clone(), "kty", "EC"),
            with(rsa.clone(), "kty", "oct"),
            with(rsa.clone(), "kty", "OKP"),
            with(curve.clone(), "crv", "P-521"),
            with(with(curve.clone(), "crv", "P-384"), "alg", "ES256"),
            with(curve.clone(), "crv", Value::Null),
            with(curve.clone(), "alg", "ES384"),
            with(curve.clone(), "x", "AQAB"),
            json!({"kty": "oct", "k": "AQAB"}),
            json!({"kty": 7}),
            json!(["RSA", "a", null, null, null, null, "AQAB", "AQAB"]),
            json!("key"),
        ];
        bad.extend(PRIVATE_MEMBERS.map(|member| with(rsa.clone(), member, "AQAB")));
        for bad in bad {
            assert!(parse(&json!([bad])).is_err(), "{bad}");
            assert_eq!(parse(&json!([bad, curve])).unwrap().keys.len(), 1, "{bad}");
        }
    }

    /// C15: of two keys with one name, both may have signed.
    #[test]
    fn a_repeated_kid_keeps_both_keys() {
        let set = parse(&json!([rs256().jwk("a"), rs256().jwk("a"), es256().jwk("a")])).unwrap();
        let count = |kid, algorithm| set.candidates(kid, algorithm).count();
        assert_eq!(count(Some("a"), Algorithm::Rs256), 2);
        assert_eq!(count(Some("a"), Algorithm::Es256), 1);
        assert_eq!(count(None, Algorithm::Rs256), 2);
        assert_eq!(count(Some("b"), Algorithm::Rs256), 0);
    }

    #[test]
    fn a_set_that_is_none_is_refused() {
        let key = rs256().jwk("a");
        let many = json!({ "keys": vec![&key; MAX_KEYS + 1] }).to_string();
        let twice = format!(r#"{{"keys":[],"keys":[{key}]}}"#);
        let inner = json!({ "keys": [key] }).to_string().replacen(r#""e":"#, r#""e":"AQ","e":"#, 1);
        for body in [
            "",
            "null",
            "<html>",
            "[]",
            "{}",
            r#"{"keys":{}}"#,
            r#"{"keys":[]}"#,
            &many,
            &twice,
            &inner,
        ] {
            let error = JwkSet::parse(body.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "provider_response", "{body:.40}");
        }
        let full = json!({ "keys": vec![key; MAX_KEYS] }).to_string();
        assert!(JwkSet::parse(full.as_bytes()).is_ok());
    }
}
