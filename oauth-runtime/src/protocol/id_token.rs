//! The ID token: whom an authorization speaks of (OpenID Connect Core §2, §3.1.3.7).

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::jws::invalid;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::provider::Provider;
use crate::secret::Secret;

/// How far the provider's clock may be from ours.
const LEEWAY: Duration = Duration::from_secs(60);
const MAX_SUBJECT: usize = 255;
/// Names and addresses are for display; longer ones are cut.
const MAX_TEXT: usize = 320;

/// Whom a valid ID token names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// In its canonical form.
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    pub(crate) picture: Option<String>,
}

impl Identity {
    /// How the account is named to its owner.
    pub(crate) fn label(&self) -> &str {
        self.email.as_deref().unwrap_or(&self.subject)
    }
}

/// What the token has to fit.
pub(crate) struct Expected<'a> {
    pub(crate) provider: &'a Provider,
    /// The flow's, or none where a refresh brought the token.
    pub(crate) nonce: Option<&'a str>,
    pub(crate) access_token: &'a Secret,
    pub(crate) now: Timestamp,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    at_hash: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: Flag,
    name: Option<String>,
    picture: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Some providers write it as text.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Text(String),
    #[default]
    Absent,
}

/// Checks the claims of a token whose signature is verified.
pub(crate) fn verify_id_token(payload: &[u8], expected: &Expected<'_>) -> Result<Identity, Error> {
    let claims: Claims = serde_json::from_slice(payload)
        .map_err(|_| invalid("a claim of the ID token is missing or of another type"))?;
    let issuer = expected.provider.canonical_issuer(&claims.iss);
    let issuer = issuer.ok_or_else(|| invalid("the ID token is of another issuer"))?;
    check_audience(&claims, expected.provider.client_id())?;
    check_times(&claims, expected.now)?;
    check_nonce(&claims, expected.nonce)?;
    check_access_token(&claims, expected.access_token)?;
    if !is_subject(&claims.sub) {
        return Err(invalid("the ID token's subject is empty, too long or not ASCII"));
    }
    Ok(Identity {
        issuer: issuer.to_owned(),
        subject: claims.sub,
        email: claims.email.map(cut),
        email_verified: match claims.email_verified {
            Flag::Bool(verified) => verified,
            Flag::Text(text) => text == "true",
            Flag::Absent => false,
        },
        name: claims.name.map(cut),
        picture: claims.picture.map(cut),
    })
}

fn check_audience(claims: &Claims, client_id: &str) -> Result<(), Error> {
    let ours = match &claims.aud {
        Audience::One(one) => one == client_id,
        Audience::Many(many) => matches!(many.as_slice(), [one] if one == client_id),
    };
    if !ours {
        return Err(invalid("the ID token is for another client, or for more than this one"));
    }
    match &claims.azp {
        Some(azp) if azp != client_id => Err(invalid("the ID token was given to another client")),
        _ => Ok(()),
    }
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<(), Error> {
    let (earliest, latest) = (now - LEEWAY, now + LEEWAY);
    if moment(claims.exp)? <= earliest {
        return Err(invalid("the ID token has ended"));
    }
    if moment(claims.iat)? > latest {
        return Err(invalid("the ID token was issued in the future"));
    }
    match claims.nbf.map(moment).transpose()? {
        Some(begin) if begin > latest => Err(invalid("the ID token is not valid yet")),
        _ => Ok(()),
    }
}

/// A `NumericDate` (RFC 7519 §2), fractions and all.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn moment(seconds: f64) -> Result<Timestamp, Error> {
    // Until the year 9999; no honest token names a later one.
    if (1.0..253_402_300_800.0).contains(&seconds) {
        Ok(Timestamp::from_unix_millis((seconds * 1000.0) as u64))
    } else {
        Err(invalid("a time in the ID token is none"))
    }
}

fn check_nonce(claims: &Claims, nonce: Option<&str>) -> Result<(), Error> {
    let Some(expected) = nonce else { return Ok(()) };
    let given = claims.nonce.as_deref().unwrap_or_default();
    verify_slices_are_equal(given.as_bytes(), expected.as_bytes())
        .map_err(|_| invalid("the ID token's nonce is not the flow's"))
}

/// `at_hash` (OpenID Connect Core §3.1.3.6): the left half of the hash of the access token.
fn check_access_token(claims: &Claims, access_token: &Secret) -> Result<(), Error> {
    let Some(given) = &claims.at_hash else { return Ok(()) };
    let hash = digest::digest(&digest::SHA256, access_token.expose().as_bytes());
    if *given == URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]) {
        return Ok(());
    }
    Err(invalid("the ID token belongs to another access token"))
}

/// 1 to 255 ASCII characters (OpenID Connect Core §2), none of them a control character.
fn is_subject(subject: &str) -> bool {
    let plain = |byte: u8| (0x20..0x7f).contains(&byte);
    (1..=MAX_SUBJECT).contains(&subject.len()) && subject.bytes().all(plain)
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::ClientCredentials;

    const NOW: u64 = 1_700_000_000;

    fn claims() -> Value {
        json!({
            "iss": "https://accounts.google.com", "sub": "110169484474386276334",
            "aud": "us", "azp": "us", "exp": NOW + 3600, "iat": NOW, "nonce": "n",
            "email": "ada@example.com", "email_verified": true, "name": "Ada Example",
        })
    }

    fn verify(claims: &Value, nonce: Option<&str>) -> Result<Identity, Error> {
        let expected = Expected {
            provider: &Provider::google(ClientCredentials::new("us", "fake-secret")),
            nonce,
            access_token: &Secret::new("ya29.fake"),
            now: Timestamp::from_unix_seconds(NOW),
        };
        verify_id_token(claims.to_string().as_bytes(), &expected)
    }

    fn with(field: &str, value: Value) -> Value {
        let mut claims = claims();
        match value {
            Value::String(text) if text == "ABSENT" => {
                claims.as_object_mut().unwrap().remove(field);
            }
            value => claims[field] = value,
        }
        claims
    }

    /// C4–C8, C10, C11, B8, B11: one claim is changed at a time.
    #[test]
    fn every_bad_claim_is_refused_and_every_good_form_taken() {
        let at_hash = {
            let hash = digest::digest(&digest::SHA256, b"ya29.fake");
            URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
        };
        let cases = [
            ("iss", json!("accounts.google.com"), true),
            ("iss", json!("https://evil.example"), false),
            ("iss", json!("ABSENT"), false),
            ("iss", json!(7), false),
            ("iss", json!(["https://accounts.google.com"]), false),
            ("aud", json!(["us"]), true),
            ("aud", json!("other"), false),
            ("aud", json!(["us", "other"]), false),
            ("aud", json!([]), false),
            ("aud", json!(7), false),
            ("aud", json!("ABSENT"), false),
            ("azp", json!("ABSENT"), true),
            ("azp", json!("other"), false),
            ("exp", json!(NOW - 59), true),
            ("exp", json!(NOW - 60), false),
            ("exp", json!(NOW - 61), false),
            ("exp", json!(1_700_000_001.5), true),
            ("exp", json!("1700003600"), false),
            ("exp", json!(1e300), false),
            ("exp", json!(-1), false),
            ("exp", json!(0), false),
            ("exp", json!(null), false),
            ("exp", json!("ABSENT"), false),
            ("iat", json!(NOW + 60), true),
            ("iat", json!(NOW + 61), false),
            ("iat", json!("ABSENT"), false),
            ("nbf", json!(NOW + 60), true),
            ("nbf", json!(NOW + 61), false),
            ("sub", json!("ABSENT"), false),
            ("sub", json!(""), false),
            ("sub", json!("a".repeat(255)), true),
            ("sub", json!("a".repeat(256)), false),
            ("sub", json!(110_169), false),
            ("sub", json!("1\u{661}0"), false),
            ("sub", json!("a\u{0}"), false),
            ("nonce", json!("other"), false),
            ("nonce", json!("ABSENT"), false),
            ("nonce", json!(""), false),
            ("at_hash", json!(at_hash), true),
            ("at_hash", json!("other"), false),
            ("email", json!("ABSENT"), true),
            ("email_verified", json!("true"), true),
            ("email_verified", json!("ABSENT"), true),
        ];
        for (field, value, good) in cases {
            let result = verify(&with(field, value.clone()), Some("n"));
            assert_eq!(result.is_ok(), good, "{field} = {value:.40}");
        }
        for body in ["", "[]", "null", "{}", "\u{feff}{}"] {
            assert!(verify(&json!(body), Some("n")).is_err(), "{body:?}");
        }
    }

    /// C5, C20.
    #[test]
    fn the_identity_is_issuer_and_subject_in_canonical_form() {
        let identity = verify(&with("iss", json!("accounts.google.com")), Some("n")).unwrap();
        assert_eq!(identity.issuer, "https://accounts.google.com");
        assert_eq!(identity.subject, "110169484474386276334");
        assert_eq!(identity.label(), "ada@example.com");
        assert!(identity.email_verified);
        let unverified = verify(&with("email_verified", json!("yes")), Some("n")).unwrap();
        assert!(!unverified.email_verified);
    }

    #[test]
    fn a_refreshed_token_needs_no_nonce() {
        assert!(verify(&with("nonce", json!("ABSENT")), None).is_ok());
    }
}
