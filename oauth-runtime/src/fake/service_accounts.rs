//! Service accounts: their keys, whom they may act for, and the grant by which they get tokens
//! (RFC 7523 §2.1).

use std::collections::BTreeMap;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

use super::account::subject_of;
use super::fields::Fields;
use super::google::FakeGoogle;
use super::scopes::{Scopes, long, parse};
use super::token_answer::Answer;
use super::token_endpoint::OAuthError;
use super::world::World;
use crate::clock::Timestamp;
use crate::error::{Code, Error};

/// The longest life of an assertion, and how far a clock may be off; in seconds.
const LONGEST: u64 = 3600;
const LEEWAY: u64 = 300;

/// One service account.
pub(crate) struct Robot {
    public_key: Vec<u8>,
    key_id: String,
    /// What it may do in anybody's name.
    delegated: Scopes,
}

/// All of them, by address. A key is of one process: nothing of it is kept.
pub(crate) type Robots = BTreeMap<String, Robot>;

impl FakeGoogle {
    /// Makes a service account with that address, or a new key for it: the JSON file of the key,
    /// as the console gives it. An older key is no longer good.
    ///
    /// ```
    /// use oauth_runtime::{ServiceAccountKey, fake::FakeGoogle, scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
    /// let google = FakeGoogle::start().await?;
    /// let key = google.service_account("robot@app.example")?;
    /// let robot = google.oauth()?.service_account(ServiceAccountKey::from_json(&key)?)?;
    /// let token = robot.token::<scope::DriveFile>().await?;
    /// assert_eq!(token.user().email(), Some("robot@app.example"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the system cannot make an RSA key.
    pub fn service_account(&self, email: &str) -> Result<String, Error> {
        let no_key = |_| Error::new(Code::Internal, "the system cannot make an RSA key");
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(no_key)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(no_key)?;
        let mut world = self.world();
        let key_id = world.mint.name();
        let public_key = pair.public_key().as_ref().to_vec();
        let delegated = world.robots.remove(email).map(|it| it.delegated).unwrap_or_default();
        let robot = Robot { public_key, key_id: key_id.clone(), delegated };
        world.robots.insert(email.to_owned(), robot);
        let file = json!({
            "type": "service_account",
            "project_id": "fake-project",
            "private_key_id": key_id,
            "private_key": pem(der.as_ref()),
            "client_email": email,
            "client_id": subject_of(email),
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
        });
        Ok(file.to_string())
    }

    /// Lets a service account act for every person with these scopes, as the administrator of an
    /// organization does (domain-wide delegation).
    pub fn delegate(&self, email: &str, scopes: &[&str]) {
        if let Some(robot) = self.world().robots.get_mut(email) {
            robot.delegated.extend(scopes.iter().map(|scope| long(scope)));
        }
    }
}

fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

impl World {
    /// The token for an assertion; the refusals are in Google's words.
    pub(super) fn assert(&mut self, now: Timestamp, form: &Fields) -> Result<Value, OAuthError> {
        let refused = |text: &str| OAuthError::new("invalid_grant", text);
        let jwt = form.get("assertion").unwrap_or_default();
        let claims = payload(jwt).ok_or_else(|| refused("Invalid JWT: it has not three parts."))?;
        let text = |name: &str| claims[name].as_str().unwrap_or_default();
        let email = text("iss").to_owned();
        let robot =
            self.robots.get(&email).ok_or_else(|| refused("Invalid grant: account not found"))?;
        if !robot.has_signed(jwt) {
            return Err(refused("Invalid JWT Signature."));
        }
        check_times(&claims, now.unix_seconds()).map_err(|text| refused(&text))?;
        if text("aud") != format!("{}/token", self.origin) {
            return Err(refused("Invalid JWT: Failed audience check."));
        }
        let scopes = parse(text("scope")).ok().filter(|scopes| !scopes.is_empty());
        let scopes = scopes.ok_or_else(|| {
            OAuthError::new("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        })?;
        let subject = match claims["sub"].as_str() {
            None => subject_of(&email),
            Some(_) if !scopes.is_subset(&robot.delegated) => {
                let text = "Client is unauthorized to retrieve access tokens using this method, \
                            or client not authorized for any of the scopes requested.";
                return Err(OAuthError::new("unauthorized_client", text));
            }
            Some(person) => {
                let account = self.accounts.find(person);
                let account = account.ok_or_else(|| refused("Invalid email or User ID"))?;
                account.subject().to_owned()
            }
        };
        let (nonce, refresh, union) = (None, false, false);
        let answer = Answer { client_id: email, subject, scopes, nonce, refresh, union };
        self.answer(now, &answer).map(|(value, _)| value)
    }
}

impl World {
    /// Whether a service account of ours says this of itself, to this audience.
    pub(super) fn is_asserted_for(&self, jwt: &str, audience: &str) -> bool {
        let claims = payload(jwt).unwrap_or_default();
        let robot = claims["iss"].as_str().and_then(|email| self.robots.get(email));
        let signed = robot.is_some_and(|robot| robot.has_signed(jwt));
        signed && claims["aud"] == audience && claims["sub"] == claims["iss"]
    }
}

impl Robot {
    fn has_signed(&self, jwt: &str) -> bool {
        let Some((signed, signature)) = jwt.rsplit_once('.') else { return false };
        let header = signed.split('.').next().and_then(decode).unwrap_or_default();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key);
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        header["alg"] == "RS256"
            && header["kid"] == self.key_id.as_str()
            && key.verify(signed.as_bytes(), &signature).is_ok()
    }
}

fn payload(jwt: &str) -> Option<Value> {
    let parts: Vec<_> = jwt.split('.').collect();
    let [_, payload, _] = parts[..] else { return None };
    decode(payload)
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn check_times(claims: &Value, now: u64) -> Result<(), String> {
    let at = |name: &str| claims[name].as_u64().unwrap_or_default();
    let (issued, ends) = (at("iat"), at("exp"));
    let in_time = issued <= now + LEEWAY && ends + LEEWAY > now;
    if in_time && ends > issued && ends - issued <= LONGEST {
        return Ok(());
    }
    Err("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable \
         timeframe. Check your iat and exp values in the JWT claim."
        .to_owned())
}
