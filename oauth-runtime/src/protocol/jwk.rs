//! The public keys of a provider (RFC 7517, RFC 7518 §6).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::error::{Code, Error};
use crate::provider::Algorithm;

/// A set larger than this is not searched: no provider publishes so many.
const MAX_KEYS: usize = 64;

/// The keys that can verify a signature.
#[derive(Clone, Debug, Default)]
pub(crate) struct JwkSet {
    keys: Vec<Jwk>,
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
    keys: Vec<serde_json::Value>,
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
    /// Private material: a provider that publishes it has a worse problem than ours.
    d: Option<serde::de::IgnoredAny>,
}

impl JwkSet {
    /// Reads a key set. A key that cannot verify for us is named in the log and left out.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Error> {
        let broken = |text: &'static str| Error::new(Code::ProviderResponse, text);
        let set: WireSet = serde_json::from_slice(body)
            .map_err(|_| broken("the provider's key set is not the JSON it should be"))?;
        if set.keys.len() > MAX_KEYS {
            return Err(broken("the provider's key set holds too many keys"));
        }
        let mut keys = Vec::with_capacity(set.keys.len());
        for (index, value) in set.keys.into_iter().enumerate() {
            match Jwk::from_json(value) {
                Ok(key) => keys.push(key),
                Err(why) => tracing::warn!(index, why, "a published key cannot be used"),
            }
        }
        Ok(Self { keys })
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

    /// Whether a key of that name is there, whatever it is good for.
    pub(super) fn names(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid.as_deref() == Some(kid))
    }
}

impl Jwk {
    fn from_json(value: serde_json::Value) -> Result<Self, &'static str> {
        let wire = Wire::deserialize(value).map_err(|_| "a field has the wrong type")?;
        if wire.d.is_some() {
            return Err("it holds private material");
        }
        if wire.r#use.as_deref().is_some_and(|purpose| purpose != "sig") {
            return Err("it is not for signatures");
        }
        if wire.key_ops.is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
            return Err("it is not for verifying");
        }
        let material = match wire.kty.as_str() {
            "RSA" => rsa(wire.n.as_deref(), wire.e.as_deref())?,
            "EC" if wire.crv.as_deref() == Some("P-256") => {
                p256(wire.x.as_deref(), wire.y.as_deref())?
            }
            _ => return Err("it is of another kind than RSA or P-256"),
        };
        match wire.alg {
            Some(alg) if alg != material.algorithm().as_str() => Err("it is for another algorithm"),
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
    let modulus = strip_zeros(&modulus);
    if modulus.len() < 256 || modulus[0] & 0x80 == 0 && modulus.len() == 256 {
        return Err("its modulus is shorter than 2048 bits");
    }
    Ok(Material::Rsa { modulus: modulus.to_vec(), exponent })
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
    use serde_json::{Value, json};

    use super::*;

    fn usable(key: &Value) -> bool {
        let body = json!({ "keys": [key] }).to_string();
        !JwkSet::parse(body.as_bytes()).unwrap().keys.is_empty()
    }

    fn rsa_key(bytes: usize) -> Value {
        json!({"kty": "RSA", "kid": "a", "n": URL_SAFE_NO_PAD.encode(vec![0xff; bytes]), "e": "AQAB"})
    }

    fn with(mut key: Value, field: &str, value: &str) -> Value {
        key[field] = value.into();
        key
    }

    /// C15: hostile or useless keys are left out, and the rest stays.
    #[test]
    fn only_public_signing_keys_of_full_strength_are_kept() {
        let x = URL_SAFE_NO_PAD.encode([1; 32]);
        let p256 = json!({"kty": "EC", "crv": "P-256", "x": x, "y": x});
        for good in [
            rsa_key(256),
            rsa_key(512),
            with(rsa_key(256), "use", "sig"),
            with(rsa_key(256), "alg", "RS256"),
            p256.clone(),
        ] {
            assert!(usable(&good), "{good}");
        }
        for bad in [
            rsa_key(64),
            rsa_key(255),
            with(rsa_key(256), "d", "AQAB"),
            with(rsa_key(256), "use", "enc"),
            with(rsa_key(256), "alg", "RS512"),
            with(rsa_key(256), "n", ""),
            with(rsa_key(256), "n", "+/=="),
            with(rsa_key(256), "kty", "oct"),
            with(p256.clone(), "crv", "P-521"),
            with(p256, "x", "AQAB"),
            json!({"kty": "oct", "k": "AQAB"}),
            json!({"kty": 7}),
            json!("key"),
        ] {
            assert!(!usable(&bad), "{bad}");
        }
    }

    #[test]
    fn a_set_that_is_none_is_refused() {
        let many = json!({ "keys": vec![json!({}); MAX_KEYS + 1] }).to_string();
        for body in ["", "<html>", "[]", "{}", r#"{"keys":{}}"#, &many] {
            assert!(JwkSet::parse(body.as_bytes()).is_err(), "{body:.40}");
        }
    }
}
