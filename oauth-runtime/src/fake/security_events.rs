//! Security events: a receiver registers itself, and is told (Google's RISC API).

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use super::google::FakeGoogle;
use super::world::{ISSUER, World};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::http::{HttpClient, Outgoing};
use crate::protocol::{RISC_AUDIENCE, SecurityEventKind, TokenName};
use crate::secret::Secret;

/// Something that a [`FakeGoogle`] tells the receivers of its security events. The addresses are
/// those of accounts.
///
/// ```no_run
/// use oauth_runtime::fake::{FakeGoogle, FakeSecurityEvent};
///
/// # async fn shown(google: FakeGoogle) -> Result<(), oauth_runtime::Error> {
/// let stolen = FakeSecurityEvent::AccountDisabled("ada@example.com", Some("hijacking"));
/// assert_eq!(google.send_security_event(&stolen).await?, 202);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FakeSecurityEvent<'a> {
    /// Every session of the account ended.
    SessionsRevoked(&'a str),
    /// Every token of the account was revoked.
    TokensRevoked(&'a str),
    /// The newest refresh token of the account was revoked, named by its first letters.
    TokenRevokedByPrefix(&'a str),
    /// The same, named by a hash.
    TokenRevokedByHash(&'a str),
    /// The account was disabled, for a reason or for none.
    AccountDisabled(&'a str, Option<&'a str>),
    /// The account was enabled again.
    AccountEnabled(&'a str),
    /// The account is gone.
    AccountPurged(&'a str),
    /// The person needs a new password.
    CredentialChangeRequired(&'a str),
    /// A proof that events arrive.
    Verification(&'a str),
}

/// Where a receiver is told.
pub(crate) struct Stream {
    url: Url,
    wanted: Vec<String>,
}

impl FakeGoogle {
    /// A security event token, as it is sent.
    ///
    /// # Errors
    /// If it cannot be signed, or names a refresh token where there is none.
    pub fn security_event_token(&self, event: &FakeSecurityEvent<'_>) -> Result<String, Error> {
        self.forge_security_event(event, |_, _| ())
    }

    /// The same with another header or other claims, before it is signed; with
    /// `"alg": "none"` it is not.
    ///
    /// # Errors
    /// As [`security_event_token`](Self::security_event_token).
    pub fn forge_security_event(
        &self,
        event: &FakeSecurityEvent<'_>,
        forge: impl FnOnce(&mut Value, &mut Value),
    ) -> Result<String, Error> {
        let (now, mut world) = (self.clock().now(), self.world());
        let mut header = json!({ "alg": "RS256", "kid": world.keys.current().kid(), "typ": "JWT" });
        let mut claims = world.event_claims(event, now)?;
        forge(&mut header, &mut claims);
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        if header["alg"] == "none" {
            return Ok(signed + ".");
        }
        let signature = world.keys.current().sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Sends it to whoever registered; the status of the answer.
    ///
    /// # Errors
    /// If nobody has registered for it, or the receiver does not answer.
    pub async fn send_security_event(&self, event: &FakeSecurityEvent<'_>) -> Result<u16, Error> {
        let token = self.security_event_token(event)?;
        let url = self.world().receiver(event.kind()).ok_or_else(|| {
            Error::new(Code::ConfigOption, "nobody has registered for this event")
                .with_help("call `oauth.register_security_events(&key)` first")
        })?;
        let mut request = Outgoing::new(Method::POST, url);
        let kind = http::HeaderValue::from_static("application/secevent+jwt");
        request.headers.insert(header::CONTENT_TYPE, kind);
        request.body = token.into();
        Ok(HttpClient::new()?.open(request).await?.status().as_u16())
    }
}

impl FakeSecurityEvent<'_> {
    fn kind(&self) -> SecurityEventKind {
        match self {
            Self::SessionsRevoked(_) => SecurityEventKind::SessionsRevoked,
            Self::TokensRevoked(_) => SecurityEventKind::TokensRevoked,
            Self::TokenRevokedByPrefix(_) | Self::TokenRevokedByHash(_) => {
                SecurityEventKind::TokenRevoked
            }
            Self::AccountDisabled(..) => SecurityEventKind::AccountDisabled,
            Self::AccountEnabled(_) => SecurityEventKind::AccountEnabled,
            Self::AccountPurged(_) => SecurityEventKind::AccountPurged,
            Self::CredentialChangeRequired(_) => SecurityEventKind::CredentialChangeRequired,
            Self::Verification(_) => SecurityEventKind::Verification,
        }
    }
}

impl World {
    fn event_claims(
        &mut self,
        event: &FakeSecurityEvent<'_>,
        now: Timestamp,
    ) -> Result<Value, Error> {
        use FakeSecurityEvent as Event;
        let mut said = json!({});
        match *event {
            Event::Verification(state) => said["state"] = state.into(),
            Event::TokenRevokedByPrefix(email) => said["subject"] = self.named_token(email, 0)?,
            Event::TokenRevokedByHash(email) => said["subject"] = self.named_token(email, 1)?,
            Event::AccountDisabled(email, reason) => {
                said["subject"] = self.event_subject(email);
                reason.inspect(|reason| said["reason"] = (*reason).into());
            }
            Event::SessionsRevoked(email)
            | Event::TokensRevoked(email)
            | Event::AccountEnabled(email)
            | Event::AccountPurged(email)
            | Event::CredentialChangeRequired(email) => said["subject"] = self.event_subject(email),
        }
        Ok(json!({
            "iss": format!("{ISSUER}/"), "aud": self.clients.ids(), "iat": now.unix_seconds(),
            "jti": self.mint.name(), "events": { event.kind().uri(): said },
        }))
    }

    fn event_subject(&mut self, email: &str) -> Value {
        let sub = self.accounts.ensure(email).subject().to_owned();
        json!({ "subject_type": "iss-sub", "iss": format!("{ISSUER}/"), "sub": sub })
    }

    fn named_token(&mut self, email: &str, place: usize) -> Result<Value, Error> {
        let subject = self.accounts.ensure(email).subject().to_owned();
        let token = self.tokens.newest_refresh(&subject).map(Secret::new);
        let none = || Error::new(Code::ConfigOption, "the account has no refresh token");
        let [prefix, hash] = TokenName::of(&token.ok_or_else(none)?);
        let (alg, name) = match if place == 0 { prefix } else { hash } {
            TokenName::Prefix(prefix) => ("prefix", prefix),
            TokenName::DoubleHash(hash) => {
                ("hash_base64_sha512_sha512", BASE64_STANDARD.encode(hash))
            }
        };
        Ok(json!({
            "subject_type": "oauth_token", "token_type": "refresh_token",
            "token_identifier_alg": alg, "token": name,
        }))
    }

    fn receiver(&self, kind: SecurityEventKind) -> Option<Url> {
        let stream = self.stream.as_ref()?;
        let wanted = kind == SecurityEventKind::Verification || stream.wanted.contains(&kind.uri());
        wanted.then(|| stream.url.clone())
    }

    /// Registers a receiver, if a service account of ours asks.
    pub(super) fn update_stream(&mut self, authorization: Option<&str>, body: &[u8]) -> StatusCode {
        if !self.is_manager(authorization) {
            return StatusCode::FORBIDDEN;
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let url = body["delivery"]["url"].as_str().and_then(|url| Url::parse(url).ok());
        let wanted: Option<Vec<String>> =
            serde_json::from_value(body["events_requested"].clone()).ok();
        let Some((url, wanted)) = url.zip(wanted) else { return StatusCode::BAD_REQUEST };
        self.stream = Some(Stream { url, wanted });
        StatusCode::OK
    }

    pub(super) fn is_manager(&self, authorization: Option<&str>) -> bool {
        let token = authorization.and_then(|header| header.strip_prefix("Bearer "));
        token.is_some_and(|token| self.is_asserted_for(token, RISC_AUDIENCE))
    }
}
