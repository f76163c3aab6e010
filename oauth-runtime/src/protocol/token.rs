//! The token endpoint: request and response (RFC 6749 §4.1.3, §5.1, §6).

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::authorization_response::StateVerified;
use super::client_auth::BasicAuth;
use super::json;
use super::pkce::CodeVerifier;
use super::token_error::{TokenError, names_an_error};
use super::words::Words;
use crate::provider::{ClientAuthentication, Provider};
use crate::secret::Secret;

/// Longest token that is taken; Google's are 2,048 bytes at most.
const MAX_TOKEN: usize = 8 * 1024;
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
        let fields = match self.grant {
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
        TokenForm::authenticated(fields, provider)
    }
}

impl<'a> TokenForm<'a> {
    /// The same with what proves who the client is (RFC 6749 §2.3.1).
    pub(super) fn authenticated(
        mut fields: Vec<(&'static str, &'a str)>,
        provider: &'a Provider,
    ) -> Self {
        let credentials = provider.credentials();
        match provider.client_authentication() {
            ClientAuthentication::Post => {
                fields.push(("client_id", credentials.client_id()));
                fields.push(("client_secret", credentials.client_secret().expose()));
                Self { fields, basic: None }
            }
            ClientAuthentication::Basic => {
                Self { fields, basic: Some(BasicAuth::new(credentials)) }
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
    /// Reads an answer of the token endpoint. An access token without a lifetime is taken to have
    /// the one that is `unstated`.
    pub(crate) fn parse(
        request: &TokenRequest<'_>,
        unstated: Duration,
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> Result<Self, TokenError> {
        if names_success(status, body) {
            return Self::from_json(body, unstated);
        }
        Err(match request.grant {
            Grant::Refresh(_) => TokenError::of_refresh(status, retry_after, body),
            Grant::Code { .. } => TokenError::of_code(status, retry_after, body),
        })
    }

    /// Reads the body of a success. What serde says about a bad one may quote it, and is left out.
    pub(crate) fn from_json(body: &[u8], unstated: Duration) -> Result<Self, TokenError> {
        let wire: Wire = json::object(body).ok_or(TokenError::Malformed(
            "the token response is not the JSON it should be",
            Words::default(),
        ))?;
        if !wire.token_type.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::Malformed("the token is not a bearer token", Words::default()));
        }
        let refresh_token = wire.refresh_token.filter(is_given);
        let tokens = [Some(&wire.access_token), refresh_token.as_ref()];
        if !tokens.into_iter().flatten().all(is_token) {
            return Err(TokenError::Malformed(
                "a token is empty, too long or not printable",
                Words::default(),
            ));
        }
        Ok(Self {
            access_token: wire.access_token,
            expires_in: wire.expires_in.map_or(unstated, |stated| stated.min(LONGEST)),
            refresh_token,
            // Zero stands for "no end" where it stands at all: a token that is dead on arrival
            // would not have been sent.
            refresh_token_expires_in: wire.refresh_token_expires_in.filter(|end| !end.is_zero()),
            scope: wire.scope,
            id_token: wire.id_token.filter(is_given),
        })
    }
}

/// Whether an answer says that it is one of success.
pub(super) fn names_success(status: u16, body: &[u8]) -> bool {
    (200..300).contains(&status) && !names_an_error(body)
}

/// Some servers send an empty text for what they do not give.
fn is_given(token: &Secret) -> bool {
    !token.expose().is_empty()
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
        Number(f64),
        Text(String),
    }
    let number = match Option::<Number>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Number::Number(number)) => number,
        Some(Number::Text(text)) => text.trim().parse().map_err(serde::de::Error::custom)?,
    };
    if !number.is_finite() {
        return Err(serde::de::Error::custom("a lifetime is not finite"));
    }
    Ok(Some(Duration::try_from_secs_f64(number.max(0.0)).unwrap_or(Duration::MAX)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::token_error::Reason;
    use super::*;
    use crate::provider::ClientCredentials;

    const UNSTATED: Duration = Duration::from_secs(300);

    fn parse(body: &str) -> Result<TokenResponse, TokenError> {
        TokenResponse::from_json(body.as_bytes(), UNSTATED)
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
            (json!(" 3599 "), 3599),
            (json!("3599.7"), 3599),
            (json!(3599.7), 3599),
            (json!(0), 0),
            (json!("0"), 0),
            (json!("-1e300"), 0),
            (json!("99999999999999999999999"), 86_400),
            (json!(86_401), 86_400),
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

    /// I18, I19, I14, J27: what is no bearer token of visible characters is none.
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
            r#"{"access_token":"a","token_type":"bearer","x":1,"x":1}"#.to_owned(),
            r#"["a","bearer",60,null,60,"openid",null]"#.to_owned(),
            r#"[{"access_token":"a","token_type":"bearer"}]"#.to_owned(),
            with("access_token", json!("")),
            with("access_token", json!(null)),
            with("access_token", json!("a\r\nb")),
            with("access_token", json!("a b")),
            with("access_token", json!("\u{e9}")),
            with("access_token", json!("a".repeat(MAX_TOKEN + 1))),
            with("access_token", json!("a\u{0}")),
            with("access_token", json!("a\tb")),
            with("access_token", json!(["a"])),
            with("refresh_token", json!("a b")),
            with("refresh_token", json!(7)),
            with("scope", json!(7)),
            with("id_token", json!({})),
            with("token_type", json!("mac")),
            with("token_type", json!("bearer ")),
            with("token_type", json!("")),
            with("token_type", json!(null)),
            with("token_type", json!(["bearer"])),
            with("token_type", json!("DPoP")),
            with("token_type", json!("N_A")),
            with("expires_in", json!("soon")),
            with("expires_in", json!("")),
            with("expires_in", json!("NaN")),
            with("expires_in", json!("inf")),
            with("expires_in", json!(true)),
            with("expires_in", json!([])),
        ];
        for body in cases {
            assert!(matches!(parse(&body), Err(TokenError::Malformed(..))), "{body:.80}");
        }
        for kind in ["bearer", "BEARER", "BeArEr"] {
            assert!(parse(&with("token_type", json!(kind))).is_ok(), "{kind}");
        }
    }

    #[test]
    fn invalid_utf_8_is_malformed() {
        let body = b"{\"access_token\":\"\xff\",\"token_type\":\"bearer\"}";
        assert!(matches!(TokenResponse::from_json(body, UNSTATED), Err(TokenError::Malformed(..))));
    }

    /// An empty scope says that nothing was granted; an absent one says nothing.
    #[test]
    fn what_a_server_leaves_out_or_empty_is_told_apart() {
        let scope = |value| parse(&with("scope", value)).ok().unwrap().scope;
        assert_eq!(scope(json!(null)), None);
        assert_eq!(scope(json!("")).as_deref(), Some(""));
        assert_eq!(scope(json!(" a  b ")).as_deref(), Some(" a  b "));
        for value in [json!(null), json!("")] {
            assert!(
                parse(&with("refresh_token", value.clone())).ok().unwrap().refresh_token.is_none()
            );
            assert!(parse(&with("id_token", value)).ok().unwrap().id_token.is_none());
        }
        let end = |value| {
            let response = parse(&with("refresh_token_expires_in", value)).ok().unwrap();
            response.refresh_token_expires_in.map(|end| end.as_secs())
        };
        for value in [json!(null), json!(0), json!("0"), json!(-1)] {
            assert_eq!(end(value.clone()), None, "{value}");
        }
        assert_eq!(end(json!("604799")), Some(604_799));
        assert_eq!(end(json!(1e300)), Some(u64::MAX));
    }

    /// Some servers send their errors with a 200.
    #[test]
    fn an_error_is_one_whatever_its_status() {
        let token = Secret::new("1//fake");
        let refresh = TokenRequest::refresh(&token);
        let answer = |status, body: &str| {
            TokenResponse::parse(&refresh, UNSTATED, status, None, body.as_bytes()).map(|_| ())
        };
        let gone = r#"{"error":"invalid_grant"}"#;
        let reason = |answer| match answer {
            Err(TokenError::Refused(refused)) => Some(refused.reason),
            _ => None,
        };
        assert_eq!(reason(answer(200, gone)), Some(Reason::Over));
        let both = with("error", json!("invalid_grant"));
        assert_eq!(reason(answer(200, &both)), Some(Reason::Over));
        let odd = with("error", json!({"code": 1}));
        assert_eq!(reason(answer(200, &odd)), Some(Reason::Other));
        assert!(answer(200, &with("error", json!(null))).is_ok());
        assert!(answer(201, &with("scope", json!("a"))).is_ok());
        assert!(matches!(answer(200, "<html>"), Err(TokenError::Malformed(..))));
        let tokens = with("scope", json!("a"));
        assert!(matches!(answer(400, &tokens), Err(TokenError::Transient { .. })), "no refusal");
    }

    #[test]
    fn a_refresh_sends_its_token_and_asks_for_no_scope() {
        let provider = Provider::google(ClientCredentials::new("id", "fake-secret"));
        let token = Secret::new("1//fake");
        let form = TokenRequest::refresh(&token).form(&provider);
        let expected = [
            ("grant_type", "refresh_token"),
            ("refresh_token", "1//fake"),
            ("client_id", "id"),
            ("client_secret", "fake-secret"),
        ];
        assert_eq!(form.fields, expected);
    }

    /// The secret is sent in one place, never in both.
    #[test]
    fn basic_authentication_keeps_the_secret_out_of_the_form() {
        let at = |path: &str| format!("https://id.example.com/{path}");
        let credentials = ClientCredentials::new("id", "fake-secret");
        let (authorize, token, keys) = (at("a"), at("t"), at("k"));
        let provider =
            Provider::openid("x", "X", &at(""), &authorize, &token, &keys, credentials).unwrap();
        let token = Secret::new("1//fake");
        let form = TokenRequest::refresh(&token).form(&provider);
        assert_eq!(form.fields, [("grant_type", "refresh_token"), ("refresh_token", "1//fake")]);
        assert_eq!(form.basic.unwrap().expose(), "Basic aWQ6ZmFrZS1zZWNyZXQ=");
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
