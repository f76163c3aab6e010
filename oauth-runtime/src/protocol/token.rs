//! The token endpoint: request and response (RFC 6749 §4.1.3, §5.1, §6).

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::authorization_response::StateVerified;
use super::client_auth::BasicAuth;
use super::pkce::CodeVerifier;
use super::token_error::TokenError;
use crate::provider::{ClientAuthentication, Provider};
use crate::secret::Secret;

/// Longest token that is taken; Google's are 2,048 bytes at most.
const MAX_TOKEN: usize = 8 * 1024;
/// Where a provider says nothing, a token is trusted for a short time, never for ever.
const UNSTATED: Duration = Duration::from_secs(300);
/// No access token is kept longer than this, whatever its response says.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A request to the token endpoint.
pub(crate) struct TokenRequest<'a> {
    pub(super) grant: Grant<'a>,
}

pub(super) enum Grant<'a> {
    Code { code: &'a Secret, verifier: &'a CodeVerifier, redirect_uri: &'a str },
    Refresh(&'a Secret),
}

/// A request as it is sent: form fields, and the header of a client that authenticates there.
pub(crate) struct TokenForm<'a> {
    pub(crate) fields: Vec<(&'static str, &'a str)>,
    pub(crate) basic: Option<BasicAuth>,
}

impl<'a> TokenRequest<'a> {
    /// The exchange of a code (RFC 6749 §4.1.3, RFC 7636 §4.5). It takes the proof that the
    /// state was this browser's.
    pub(crate) fn code(
        _: StateVerified,
        code: &'a Secret,
        verifier: &'a CodeVerifier,
        redirect_uri: &'a str,
    ) -> Self {
        Self { grant: Grant::Code { code, verifier, redirect_uri } }
    }

    /// A refresh (RFC 6749 §6).
    pub(crate) fn refresh(token: &'a Secret) -> Self {
        Self { grant: Grant::Refresh(token) }
    }

    pub(crate) fn form(&self, provider: &'a Provider) -> TokenForm<'a> {
        let mut fields = match self.grant {
            Grant::Code { code, verifier, redirect_uri } => vec![
                ("grant_type", "authorization_code"),
                ("code", code.expose()),
                ("redirect_uri", redirect_uri),
                ("code_verifier", verifier.expose()),
            ],
            Grant::Refresh(token) => {
                vec![("grant_type", "refresh_token"), ("refresh_token", token.expose())]
            }
        };
        let credentials = provider.credentials();
        match provider.client_authentication() {
            ClientAuthentication::Post => {
                fields.push(("client_id", credentials.client_id()));
                fields.push(("client_secret", credentials.client_secret().expose()));
                TokenForm { fields, basic: None }
            }
            ClientAuthentication::Basic => {
                TokenForm { fields, basic: Some(BasicAuth::new(credentials)) }
            }
        }
    }
}

/// A successful response (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Clone)]
pub(crate) struct TokenResponse {
    pub(crate) access_token: Secret,
    pub(crate) expires_in: Duration,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) refresh_token_expires_in: Option<Duration>,
    pub(crate) scope: Option<String>,
    pub(crate) id_token: Option<Secret>,
}

#[derive(Deserialize)]
struct Wire {
    access_token: Secret,
    token_type: String,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<Duration>,
    refresh_token: Option<Secret>,
    #[serde(default, deserialize_with = "seconds")]
    refresh_token_expires_in: Option<Duration>,
    scope: Option<String>,
    id_token: Option<Secret>,
}

impl TokenResponse {
    /// Reads an answer of the token endpoint.
    pub(crate) fn parse(
        request: &TokenRequest<'_>,
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> Result<Self, TokenError> {
        if (200..300).contains(&status) {
            return Self::from_json(body);
        }
        let refresh = matches!(request.grant, Grant::Refresh(_));
        Err(TokenError::classify(refresh, status, retry_after, body))
    }

    /// Reads the body of a success. What serde says about a bad one may quote it, and is left out.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, TokenError> {
        let wire: Wire = serde_json::from_slice(body).map_err(|_| {
            TokenError::Malformed("the token response is not the JSON it should be")
        })?;
        if !wire.token_type.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::Malformed("the token is not a bearer token"));
        }
        let tokens = [Some(&wire.access_token), wire.refresh_token.as_ref()];
        if !tokens.into_iter().flatten().all(is_token) {
            return Err(TokenError::Malformed("a token is empty, too long or not printable"));
        }
        Ok(Self {
            access_token: wire.access_token,
            expires_in: wire.expires_in.unwrap_or(UNSTATED).min(LONGEST),
            refresh_token: wire.refresh_token,
            refresh_token_expires_in: wire.refresh_token_expires_in,
            scope: wire.scope,
            id_token: wire.id_token,
        })
    }
}

/// Visible characters only (RFC 6750 §2.1), so that it fits into a header whatever it holds.
fn is_token(token: &Secret) -> bool {
    let text = token.expose();
    (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A number of seconds, or the digits of one: both are seen. Below zero is now.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Whole(u64),
        Any(f64),
        Text(String),
    }
    let whole = match Option::<Number>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Number::Whole(whole)) => whole,
        Some(Number::Any(number)) => saturating(number),
        Some(Number::Text(text)) => {
            let number: f64 = text.trim().parse().map_err(serde::de::Error::custom)?;
            saturating(number)
        }
    };
    Ok(Some(Duration::from_secs(whole)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn saturating(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::ClientCredentials;

    fn parse(body: &str) -> Result<TokenResponse, TokenError> {
        TokenResponse::from_json(body.as_bytes())
    }

    fn with(field: &str, value: serde_json::Value) -> String {
        let mut body =
            json!({"access_token": "ya29.fake", "token_type": "Bearer", "expires_in": 60});
        body[field] = value;
        body.to_string()
    }

    #[test]
    fn lifetimes_are_read_in_every_form_and_bounded() {
        let cases = [
            (json!(3599), 3599),
            (json!("3599"), 3599),
            (json!(3599.7), 3599),
            (json!(-5), 0),
            (json!(1e300), 86_400),
            (json!(null), 300),
            (json!(u64::MAX), 86_400),
        ];
        for (value, expected) in cases {
            let response = parse(&with("expires_in", value.clone())).ok().unwrap();
            assert_eq!(response.expires_in.as_secs(), expected, "{value}");
        }
        let absent = parse(r#"{"access_token":"a","token_type":"bearer"}"#).ok().unwrap();
        assert_eq!(absent.expires_in, UNSTATED);
    }

    /// I18, I19, I14: what is no bearer token of visible characters is none.
    #[test]
    fn a_bad_response_is_malformed() {
        let cases = [
            String::new(),
            "null".to_owned(),
            "[]".to_owned(),
            "<html>".to_owned(),
            "access_token=a".to_owned(),
            r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#.to_owned(),
            r#"{"access_token":"a"}"#.to_owned(),
            with("access_token", json!("")),
            with("access_token", json!(null)),
            with("access_token", json!("a\r\nb")),
            with("access_token", json!("a b")),
            with("access_token", json!("\u{e9}")),
            with("access_token", json!("a".repeat(MAX_TOKEN + 1))),
            with("refresh_token", json!("a b")),
            with("token_type", json!("mac")),
            with("token_type", json!("DPoP")),
            with("token_type", json!("N_A")),
            with("expires_in", json!("soon")),
        ];
        for body in cases {
            assert!(matches!(parse(&body), Err(TokenError::Malformed(_))), "{body:.80}");
        }
        for kind in ["bearer", "BEARER", "BeArEr"] {
            assert!(parse(&with("token_type", json!(kind))).is_ok(), "{kind}");
        }
    }

    #[test]
    fn the_form_repeats_redirect_uri_and_verifier() {
        let provider = Provider::google(ClientCredentials::new("id", "fake-secret"));
        let (code, verifier) = (Secret::new("4/fake"), CodeVerifier::new(&[1; 32]));
        let proof = StateVerified::for_test();
        let request = TokenRequest::code(proof, &code, &verifier, "https://app.example/cb");
        let form = request.form(&provider);
        let expected = [
            ("grant_type", "authorization_code"),
            ("code", "4/fake"),
            ("redirect_uri", "https://app.example/cb"),
            ("code_verifier", verifier.expose()),
            ("client_id", "id"),
            ("client_secret", "fake-secret"),
        ];
        assert_eq!(form.fields, expected);
        assert!(form.basic.is_none());
    }
}
