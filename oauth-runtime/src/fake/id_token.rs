//! ID tokens (OpenID Connect Core §2), honest and forged.

use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

use super::account::FakeAccount;
use super::quirk::Quirk;
use super::scopes::{EMAIL, PROFILE, Scopes};
use super::world::{ISSUER, World};
use crate::clock::Timestamp;
use crate::error::Error;

const LIFETIME: u64 = 3600;

/// What an ID token is about.
pub(crate) struct Subject<'a> {
    pub(crate) account: &'a FakeAccount,
    pub(crate) client_id: &'a str,
    pub(crate) scopes: &'a Scopes,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) access_token: &'a str,
}

impl World {
    pub(crate) fn id_token(&self, now: Timestamp, about: &Subject<'_>) -> Result<String, Error> {
        let key = self.keys.current();
        let alg = if self.has(Quirk::AlgNone) { "none" } else { "RS256" };
        let mut header = json!({ "alg": alg, "kid": key.kid(), "typ": "JWT" });
        let mut claims = self.claims(now, about);
        if let Some(forge) = &self.forge {
            forge(&mut header, &mut claims);
        }
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        if header["alg"] == "none" {
            return Ok(signed + ".");
        }
        let key = if self.has(Quirk::ForeignKey) { self.keys.foreign() } else { key };
        let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())?);
        Ok(format!("{signed}.{signature}"))
    }

    fn claims(&self, now: Timestamp, about: &Subject<'_>) -> Value {
        let expired = if self.has(Quirk::ExpiredIdToken) { 2 * LIFETIME } else { 0 };
        let issued = now.unix_seconds().saturating_sub(expired);
        let bare = if self.has(Quirk::BareIssuer) { "https://" } else { "" };
        let mut claims = json!({
            "iss": ISSUER.strip_prefix(bare),
            "azp": self.audience(about.client_id),
            "aud": self.audience(about.client_id),
            "sub": self.subject(about.account),
            "at_hash": self.at_hash(about.access_token),
            "iat": issued,
            "exp": issued + LIFETIME,
        });
        merge(&mut claims, profile(&self.origin, about.account, about.scopes));
        if let Some(nonce) = self.nonce(about.nonce) {
            claims["nonce"] = nonce.into();
        }
        claims
    }

    fn audience(&self, client_id: &str) -> String {
        if self.has(Quirk::WrongAudience) { format!("other-{client_id}") } else { client_id.into() }
    }

    fn subject(&self, account: &FakeAccount) -> String {
        let subject = account.subject().to_owned();
        if self.has(Quirk::WrongSubject) { subject.chars().rev().collect() } else { subject }
    }

    fn nonce(&self, nonce: Option<&str>) -> Option<String> {
        let nonce = nonce.filter(|_| !self.has(Quirk::MissingNonce))?;
        Some(if self.has(Quirk::WrongNonce) { format!("{nonce}x") } else { nonce.to_owned() })
    }

    /// The left half of the access token's hash (OpenID Connect Core §3.1.3.6).
    fn at_hash(&self, access_token: &str) -> String {
        let wrong = if self.has(Quirk::WrongAtHash) { "x" } else { "" };
        let hash = digest(&SHA256, format!("{access_token}{wrong}").as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
    }
}

/// The claims about the person that `scopes` give access to, also for the userinfo endpoint.
pub(crate) fn profile(origin: &str, account: &FakeAccount, scopes: &Scopes) -> Value {
    let mut claims = json!({});
    if scopes.contains(EMAIL) {
        claims["email"] = account.email().into();
        claims["email_verified"] = account.email_verified().into();
    }
    if scopes.contains(PROFILE) {
        claims["name"] = account.name().into();
        claims["picture"] = format!("{origin}/picture/{}", account.subject()).into();
    }
    if let Some(domain) = account.hosted_domain() {
        claims["hd"] = domain.into();
    }
    claims
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

fn encode(json: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(json.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    fn decoded(quirks: &[Quirk]) -> (Value, Value, String) {
        let mut world = World::new("http://localhost:1".to_owned(), [0; 32]).unwrap();
        for quirk in quirks {
            world.set(*quirk, true);
        }
        let account = FakeAccount::new("ada@example.com", "Ada Example");
        let scopes = Scopes::from([EMAIL.to_owned(), PROFILE.to_owned()]);
        let (scopes, nonce, access_token) = (&scopes, Some("nonce"), "ya29.x");
        let about = Subject { account: &account, client_id: "client", scopes, nonce, access_token };
        let token = world.id_token(NOW, &about).unwrap();
        let mut parts = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
        let mut next = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
        let (header, claims) = (next(), next());
        (header, claims, token)
    }

    #[test]
    fn an_honest_token_says_all_that_google_says() {
        let (header, claims, _) = decoded(&[]);
        assert_eq!(header["alg"], "RS256");
        assert_eq!(claims["iss"], "https://accounts.google.com");
        assert_eq!((&claims["aud"], &claims["azp"]), (&json!("client"), &json!("client")));
        assert_eq!(claims["nonce"], "nonce");
        assert_eq!(claims["email"], "ada@example.com");
        assert_eq!(claims["email_verified"], true);
        assert_eq!(claims["name"], "Ada Example");
        assert_eq!(claims["iat"], 1_700_000_000);
        assert_eq!(claims["exp"], 1_700_003_600);
        assert_eq!(claims["at_hash"].as_str().unwrap().len(), 22);
    }

    #[test]
    fn every_forgery_changes_its_claim_and_no_other() {
        let honest = decoded(&[]).1;
        let table = [
            (Quirk::BareIssuer, "iss"),
            (Quirk::WrongNonce, "nonce"),
            (Quirk::MissingNonce, "nonce"),
            (Quirk::WrongSubject, "sub"),
            (Quirk::WrongAtHash, "at_hash"),
        ];
        for (quirk, claim) in table {
            let mut forged = decoded(&[quirk]).1;
            assert_ne!(forged[claim], honest[claim], "{quirk:?}");
            forged[claim] = honest[claim].clone();
            assert_eq!(forged, honest, "{quirk:?}");
        }
        assert_eq!(decoded(&[Quirk::BareIssuer]).1["iss"], "accounts.google.com");
        assert_eq!(decoded(&[Quirk::WrongAudience]).1["aud"], "other-client");
        assert!(decoded(&[Quirk::ExpiredIdToken]).1["exp"].as_u64() < Some(NOW.unix_seconds()));
    }

    #[test]
    fn forged_signatures_differ_under_the_same_key_name() {
        let (honest_header, _, honest) = decoded(&[]);
        let (header, _, forged) = decoded(&[Quirk::ForeignKey]);
        assert_eq!(header, honest_header);
        assert_ne!(forged, honest);
        let (header, _, unsigned) = decoded(&[Quirk::AlgNone]);
        assert_eq!(header["alg"], "none");
        assert!(unsigned.ends_with('.'));
    }

    #[test]
    fn scopes_decide_what_is_said_about_the_person() {
        let account = FakeAccount::new("ada@example.com", "Ada").with_hosted_domain("example.com");
        let claims = profile("", &account, &Scopes::from([EMAIL.to_owned()]));
        assert_eq!(claims["hd"], "example.com");
        assert!(claims.get("name").is_none());
        assert!(profile("", &account, &Scopes::new()).get("email").is_none());
    }
}
