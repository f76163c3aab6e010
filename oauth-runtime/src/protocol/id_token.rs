//! The ID token: whom an authorization speaks of (OpenID Connect Core §2, §3.1.3.7).

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::AccountId;
use super::identity::Identity;
use super::json;
use super::jws::invalid;
use super::person::Person;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::provider::Provider;
use crate::secret::Secret;

/// How far the provider's clock may be from ours.
const LEEWAY: Duration = Duration::from_secs(60);
const MAX_SUBJECT: usize = 255;

/// What the token has to fit.
pub(crate) struct Expected<'a> {
    pub(crate) provider: &'a Provider,
    /// The flow's, or none where a refresh brought the token.
    pub(crate) nonce: Option<&'a str>,
    pub(crate) access_token: &'a Secret,
    pub(crate) now: Timestamp,
}

/// The claims that are checked: each is what it should be, or the token is refused.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    #[serde(default, deserialize_with = "json::present")]
    azp: Option<String>,
    exp: f64,
    iat: f64,
    #[serde(default, deserialize_with = "json::present")]
    nbf: Option<f64>,
    nonce: Option<String>,
    /// The tenant, at a provider with an issuer for each.
    #[serde(default, deserialize_with = "json::lenient")]
    tid: Option<String>,
    #[serde(default, deserialize_with = "json::present")]
    at_hash: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Checks the claims of a token whose signature is verified.
pub(crate) fn verify_id_token(payload: &[u8], expected: &Expected<'_>) -> Result<Identity, Error> {
    let claims: Claims = json::object(payload)
        .ok_or_else(|| invalid("a claim of the ID token is missing or of another type"))?;
    let issuer = expected.provider.canonical_issuer(&claims.iss);
    let issuer = issuer.ok_or_else(|| invalid("the ID token is of another issuer"))?;
    check_tenant(&claims, expected.provider)?;
    check_audience(&claims, expected.provider.client_id())?;
    check_times(&claims, expected.now)?;
    check_nonce(&claims, expected.nonce)?;
    check_access_token(&claims, expected.access_token)?;
    if !is_subject(&claims.sub) {
        return Err(invalid("the ID token's subject is empty, too long or not ASCII"));
    }
    let person: Person = json::object(payload).unwrap_or_default();
    let mut identity = person.named(AccountId::new(issuer, &claims.sub));
    identity.email_verified &= expected.provider.vouches_for_emails();
    Ok(identity)
}

/// What says whose token it is, and for which client.
#[derive(Deserialize)]
struct Bearings {
    iss: String,
    sub: String,
    aud: Audience,
}

/// Whether a token that the provider itself has just sent is of this account, and has this client
/// among its audiences. One that cannot be read says nothing else.
pub(crate) fn is_of(token: &Secret, provider: &Provider, account: &AccountId) -> bool {
    let payload = token.expose().split('.').nth(1).unwrap_or_default();
    let claims = URL_SAFE_NO_PAD.decode(payload).ok().and_then(|it| json::object(&it));
    let Some(Bearings { iss, sub, aud }) = claims else { return true };
    let has = |client: &str| match &aud {
        Audience::One(one) => one == client,
        Audience::Many(many) => many.iter().any(|one| one == client),
    };
    provider.canonical_issuer(&iss) == Some(account.issuer())
        && sub == account.subject()
        && has(provider.client_id())
}

/// A token of a tenant's issuer names that tenant and no other.
fn check_tenant(claims: &Claims, provider: &Provider) -> Result<(), Error> {
    match provider.tenant_of(&claims.iss) {
        Some(tenant) if claims.tid.as_deref() != Some(tenant) => {
            Err(invalid("the ID token is of another tenant than its issuer"))
        }
        _ => Ok(()),
    }
}

fn check_audience(claims: &Claims, client_id: &str) -> Result<(), Error> {
    let ours = match &claims.aud {
        Audience::One(one) => one == client_id,
        Audience::Many(many) => !many.is_empty() && many.iter().all(|one| one == client_id),
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
    // From the epoch, which some servers write for "always", to the year 9999.
    if (0.0..253_402_300_800.0).contains(&seconds) {
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
pub(super) fn is_subject(subject: &str) -> bool {
    let plain = |byte: u8| (0x20..0x7f).contains(&byte);
    (1..=MAX_SUBJECT).contains(&subject.len()) && subject.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::person::{MAX_EMAIL, MAX_NAME};
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
        verify_text(&claims.to_string(), nonce)
    }

    fn verify_text(claims: &str, nonce: Option<&str>) -> Result<Identity, Error> {
        let expected = Expected {
            provider: &Provider::google(ClientCredentials::new("us", "fake-secret")),
            nonce,
            access_token: &Secret::new("ya29.fake"),
            now: Timestamp::from_unix_seconds(NOW),
        };
        verify_id_token(claims.as_bytes(), &expected)
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

    /// C4, C5, C6, C7, C8, C10, C11, B8, B11: one claim is changed at a time.
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
            ("aud", json!(["us", "us"]), true),
            ("aud", json!([["us"]]), false),
            ("aud", json!("other"), false),
            ("aud", json!(["us", "other"]), false),
            ("aud", json!([]), false),
            ("aud", json!(7), false),
            ("aud", json!("ABSENT"), false),
            ("azp", json!("ABSENT"), true),
            ("azp", json!("other"), false),
            ("azp", json!(null), false),
            ("azp", json!(["us"]), false),
            ("exp", json!(NOW - 59), true),
            ("exp", json!(NOW - 60), false),
            ("exp", json!(NOW - 61), false),
            ("exp", json!(1_700_000_001.5), true),
            ("exp", json!("1700003600"), false),
            ("exp", json!(1e300), false),
            ("exp", json!(-1), false),
            ("exp", json!(0), false),
            ("exp", json!(true), false),
            ("exp", json!(u64::MAX), false),
            ("exp", json!(253_402_300_800_u64), false),
            ("exp", json!(null), false),
            ("exp", json!("ABSENT"), false),
            ("iat", json!(NOW + 60), true),
            ("iat", json!(NOW + 61), false),
            ("iat", json!("ABSENT"), false),
            ("iat", json!("0"), false),
            ("iat", json!(-1), false),
            ("iat", json!(1_699_999_999.25), true),
            ("nbf", json!(0), true),
            ("nbf", json!(-1), false),
            ("nbf", json!("0"), false),
            ("nbf", json!(null), false),
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
            ("nonce", json!(7), false),
            ("nonce", json!("N"), false),
            ("at_hash", json!(at_hash), true),
            ("at_hash", json!("other"), false),
            ("at_hash", json!(7), false),
            ("at_hash", json!(null), false),
        ];
        for (field, value, good) in cases {
            let result = verify(&with(field, value.clone()), Some("n"));
            assert_eq!(result.is_ok(), good, "{field} = {value:.40}");
        }
    }

    /// C4: at a provider with an issuer for each tenant, issuer and `tid` say the same.
    #[test]
    fn a_tenant_and_its_issuer_belong_together() {
        const OURS: &str = "11111111-2222-4333-8444-555555555555";
        const THEIRS: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
        let provider = Provider::microsoft("common", ClientCredentials::new("us", "fake")).unwrap();
        for (tenant, tid, good) in [
            (OURS, json!(OURS), true),
            (OURS, json!(THEIRS), false),
            (OURS, json!("ABSENT"), false),
            (OURS, json!([OURS]), false),
            ("common", json!("common"), false),
        ] {
            let mut claims = with("tid", tid.clone());
            claims["iss"] = format!("https://login.microsoftonline.com/{tenant}/v2.0").into();
            let expected = Expected {
                provider: &provider,
                nonce: Some("n"),
                access_token: &Secret::new("ya29.fake"),
                now: Timestamp::from_unix_seconds(NOW),
            };
            let verified = verify_id_token(claims.to_string().as_bytes(), &expected);
            assert_eq!(verified.is_ok(), good, "{tenant} {tid}");
            if let Ok(identity) = verified {
                assert!(identity.issuer().contains(OURS), "each tenant's accounts are apart");
                assert!(!identity.email_verified(), "any administrator can write an address");
            }
        }
    }

    /// C5, C20.
    #[test]
    fn the_identity_is_issuer_and_subject_in_canonical_form() {
        let identity = verify(&with("iss", json!("accounts.google.com")), Some("n")).unwrap();
        assert_eq!(identity.issuer(), "https://accounts.google.com");
        assert_eq!(identity.subject(), "110169484474386276334");
        assert_eq!(identity.label(), "ada@example.com");
        assert!(identity.email_verified);
        let nobody = verify(&with("email", json!("ABSENT")), Some("n")).unwrap();
        assert_eq!(nobody.label(), "Ada Example");
    }

    /// Two readers must not differ on which of two claims counts.
    #[test]
    fn claims_are_one_object_with_unique_names() {
        let text = claims().to_string();
        assert!(verify_text(&text, Some("n")).is_ok());
        let twice = |claim: &str| text.replacen('{', &format!("{{{claim},"), 1);
        let list = r#"["https://accounts.google.com","1","us","us",1700003600,1700000000,0,"n"]"#;
        for claims in [
            "",
            "[]",
            "null",
            "{}",
            "\u{feff}{}",
            list,
            &format!("[{text}]"),
            &twice(r#""sub":"1""#),
            &twice(r#""aud":"other""#),
            &twice(r#""x":1,"x":2"#),
            &twice(r#""x":{"y":1,"y":2}"#),
        ] {
            assert!(verify_text(claims, Some("n")).is_err(), "{claims}");
        }
    }

    /// What is only shown never stands in the way of a sign-in, and never misleads.
    #[test]
    fn a_claim_that_cannot_be_shown_is_left_out() {
        type Show = fn(Identity) -> Option<String>;
        let (email, name, picture): (Show, Show, Show) = (
            |i| i.email().map(str::to_owned),
            |i| i.name().map(str::to_owned),
            |i| i.picture().map(str::to_owned),
        );
        let verified: Show = |identity| Some(identity.email_verified.to_string());
        let long_name = "n".repeat(MAX_NAME + 1);
        let address = |length: usize| format!("{}@b.example", "a".repeat(length - 10));
        let cases = [
            ("email", json!("ABSENT"), email, None),
            ("email", json!(7), email, None),
            ("email", json!(["a@b.example"]), email, None),
            ("email", json!(""), email, None),
            ("email", json!("a@b.example\r\nBcc: c"), email, None),
            ("email", json!(address(MAX_EMAIL)), email, Some(address(MAX_EMAIL))),
            ("email", json!(address(MAX_EMAIL + 1)), email, None),
            ("name", json!(null), name, None),
            ("name", json!({"first": "Ada"}), name, None),
            ("name", json!("\n"), name, None),
            ("name", json!("Ada\r\n\u{0}Example"), name, Some("AdaExample".to_owned())),
            ("name", json!(long_name), name, Some(long_name[1..].to_owned())),
            ("picture", json!("javascript:alert(1)"), picture, None),
            ("picture", json!("data:text/html,x"), picture, None),
            ("picture", json!("http://pictures.example/a"), picture, None),
            ("picture", json!("//pictures.example/a"), picture, None),
            (
                "picture",
                json!("http://localhost:1/a"),
                picture,
                Some("http://localhost:1/a".into()),
            ),
            ("picture", json!("https://p.example/a"), picture, Some("https://p.example/a".into())),
            ("email_verified", json!(true), verified, Some("true".into())),
            ("email_verified", json!("true"), verified, Some("true".into())),
            ("email_verified", json!("TRUE"), verified, Some("false".into())),
            ("email_verified", json!("yes"), verified, Some("false".into())),
            ("email_verified", json!(1), verified, Some("false".into())),
            ("email_verified", json!(null), verified, Some("false".into())),
            ("email_verified", json!("ABSENT"), verified, Some("false".into())),
        ];
        for (claim, value, show, expected) in cases {
            let identity = verify(&with(claim, value.clone()), Some("n")).unwrap();
            assert_eq!(show(identity), expected, "{claim} = {value:.60}");
        }
    }

    #[test]
    fn a_refreshed_token_needs_no_nonce() {
        assert!(verify(&with("nonce", json!("ABSENT")), None).is_ok());
    }
}
