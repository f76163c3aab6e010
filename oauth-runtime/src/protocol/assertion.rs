//! The assertion by which a service account asks for a token, and the answer to it
//! (RFC 7523 §2.1, §3; Google's "OAuth 2.0 for server to server applications").

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::json;
use super::token::{TokenResponse, names_success};
use super::token_error::TokenError;
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::provider::ServiceAccountKey;
use crate::secret::Secret;

pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
pub(crate) const RISC_AUDIENCE: &str =
    "https://risc.googleapis.com/google.identity.risc.v1beta.RiscManagementService";
/// It is used at once and once. Google takes an hour at most.
const LIFETIME: Duration = Duration::from_secs(600);

/// What a service account asks for.
pub(crate) struct Assertion<'a> {
    pub(crate) key: &'a ServiceAccountKey,
    pub(crate) scopes: &'a str,
    /// The token endpoint.
    pub(crate) audience: &'a str,
    /// The person in whose name it acts, by domain-wide delegation.
    pub(crate) subject: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// The token by which a service account proves itself to Google's RISC API, which takes its own
/// word for an access token.
pub(crate) fn management_token(key: &ServiceAccountKey, now: Timestamp) -> Result<Secret, Error> {
    let claims = json!({
        "iss": key.email(), "sub": key.email(), "aud": RISC_AUDIENCE,
        "iat": now.unix_seconds(), "exp": (now + LIFETIME).unix_seconds(),
    });
    signed(key, &claims)
}

/// RFC 7515 §3.1, with RS256.
fn signed(key: &ServiceAccountKey, claims: &Value) -> Result<Secret, Error> {
    let mut header = json!({ "alg": "RS256", "typ": "JWT" });
    if let Some(kid) = key.key_id() {
        header["kid"] = kid.into();
    }
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(&header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())?);
    Ok(Secret::new(format!("{signed}.{signature}")))
}

impl Assertion<'_> {
    /// The signed text.
    pub(crate) fn to_jwt(&self) -> Result<Secret, Error> {
        let mut claims = json!({
            "iss": self.key.email(), "scope": self.scopes, "aud": self.audience,
            "iat": self.now.unix_seconds(), "exp": (self.now + LIFETIME).unix_seconds(),
        });
        if let Some(subject) = self.subject {
            claims["sub"] = subject.into();
        }
        signed(self.key, &claims)
    }

    /// Reads the answer of the token endpoint.
    ///
    /// # Errors
    /// `service_account` where the operator has to act, else as for every token response.
    pub(crate) fn read(
        &self,
        unstated: Duration,
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> Result<TokenResponse, Error> {
        if names_success(status, body) {
            return Ok(TokenResponse::from_json(body, unstated)?);
        }
        match TokenError::of_code(status, retry_after, body) {
            error @ TokenError::Transient { .. } => Err(error.into()),
            _ => Err(self.refused(json::object(body).unwrap_or_default())),
        }
    }

    /// What each refusal means, with what the provider itself says.
    fn refused(&self, refusal: Refusal) -> Error {
        let error = refusal.error.unwrap_or_default();
        let said = refusal.error_description.unwrap_or_default();
        let (text, help) = self.meaning(&error, |text| said.contains(text));
        let said = if said.is_empty() { String::new() } else { format!(" ({:?})", cut(&said)) };
        let text = format!("the service account {} gets no token: {text}{said}", self.key.email());
        Error::new(Code::ServiceAccount, text).with_help(help)
    }

    /// The words are Google's own: nothing else in its answers tells these apart.
    fn meaning(&self, error: &str, says: impl Fn(&str) -> bool) -> (&'static str, String) {
        let help = |text: &str| text.to_owned();
        match error {
            "invalid_grant" if says("ignature") => (
                "its key is not, or no longer, one of the account's",
                help("make a new key in the console; a deleted one is refused at once"),
            ),
            "invalid_grant" if says("iat") || says("timeframe") || says("expired") => (
                "the clock of this machine is wrong",
                help("set the clock: it may be off by a few minutes at most"),
            ),
            "invalid_grant" if self.subject.is_some() && !says("account not found") => (
                "the person it is to act for is unknown",
                help("`acting_as` takes the address of a user of the organization"),
            ),
            "invalid_grant" => (
                "the account was deleted or disabled",
                help("look for it in the console; a deleted one can be restored for thirty days"),
            ),
            "unauthorized_client" | "access_denied" => {
                let client = self.key.client_id().unwrap_or(self.key.email());
                let where_to = "in the organization's admin console, under API controls → \
                                Domain-wide delegation";
                let help = format!("{where_to}, allow the client {client}: {}", self.scopes);
                ("it may not act for people with these scopes", help)
            }
            "invalid_scope" => {
                let help = format!("one of these is misspelt: {}", self.scopes);
                ("the provider knows no such scope", help)
            }
            _ => ("the provider refuses it", help("read what the provider says")),
        }
    }
}

/// RFC 6749 §5.2.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default, deserialize_with = "json::lenient")]
    error: Option<String>,
    #[serde(default, deserialize_with = "json::lenient")]
    error_description: Option<String>,
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(200).map_or(text, |(end, _)| &text[..end])
}
