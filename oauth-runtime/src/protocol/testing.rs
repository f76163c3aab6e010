//! Keys that sign the tokens of tests.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(crate) enum Signer {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
}

pub(crate) fn rs256() -> &'static Signer {
    static SIGNER: LazyLock<Signer> = LazyLock::new(new_rs256);
    &SIGNER
}

pub(crate) fn other_rs256() -> &'static Signer {
    static SIGNER: LazyLock<Signer> = LazyLock::new(new_rs256);
    &SIGNER
}

pub(crate) fn es256() -> &'static Signer {
    static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
        Signer::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    });
    &SIGNER
}

fn new_rs256() -> Signer {
    Signer::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    pub(crate) fn sign(&self, header: &Value, payload: &Value) -> String {
        let (header, payload) = (header.to_string(), payload.to_string());
        let message = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
        let (random, bytes) = (SystemRandom::new(), message.as_bytes());
        let signature = match self {
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature).unwrap();
                signature
            }
            Self::Es256(pair) => pair.sign(&random, bytes).unwrap().as_ref().to_vec(),
        };
        format!("{message}.{}", encode(&signature))
    }

    pub(crate) fn public_der(&self) -> &[u8] {
        match self {
            Self::Rs256(pair) => pair.public_key().as_ref(),
            Self::Es256(pair) => pair.public_key().as_ref(),
        }
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let public = self.public_der();
        match self {
            // An RSAPublicKey of 2048 bits holds its modulus at the same place always.
            Self::Rs256(_) => {
                json!({"kty": "RSA", "kid": kid, "n": encode(&public[9..265]), "e": "AQAB"})
            }
            Self::Es256(_) => json!({
                "kty": "EC", "crv": "P-256", "kid": kid,
                "x": encode(&public[1..33]), "y": encode(&public[33..65]),
            }),
        }
    }
}
