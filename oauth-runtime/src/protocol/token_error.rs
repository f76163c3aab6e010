//! What a refusal of the token endpoint means (RFC 6749 §5.2, and what servers really send).

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::json;
use super::words::Words;
use crate::error::{Code, Error};

/// Why there are no tokens.
#[derive(Debug)]
pub(crate) enum TokenError {
    /// The provider does not renew the access: the user has to authorize again.
    Refused(Refused),
    /// An administrator forbids the access.
    AdminPolicy(Words),
    /// The client itself is refused: the operator has to act, and nothing may be deleted.
    ClientRefused(Words),
    /// Trying again later may help.
    Transient { retry_after: Option<Duration>, status: u16, words: Words },
    /// The answer is none that the protocol allows.
    Malformed(&'static str, Words),
    /// There was no answer.
    Unanswered(Error),
}

/// A refresh that was refused, with the provider's own words.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) reason: Reason,
    pub(crate) words: Words,
}

/// What a refused refresh proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The refresh token is worth nothing any more.
    Over,
    /// Nothing of the refresh token, which may be renewed again once the user has acted.
    Other,
    /// The client is refused. Some servers say so of one account's spent token, so that nothing is
    /// proved while the same client is served for others.
    Client,
}

/// RFC 6749 §5.2; `error_subtype` is Google's. Each is read by itself: what is odd about one
/// must not hide what the other says.
#[derive(Default, Deserialize)]
struct Wire {
    /// Some APIs put an object here.
    error: Option<Value>,
    #[serde(default, deserialize_with = "json::lenient")]
    error_subtype: Option<String>,
    #[serde(default, deserialize_with = "json::lenient")]
    error_description: Option<String>,
}

impl Wire {
    /// JSON, or a form, as GitHub answers a client that asks for nothing else.
    fn read(body: &[u8]) -> Option<Self> {
        json::object(body).or_else(|| {
            if !is_form(body) {
                return None;
            }
            let mut wire = Self::default();
            for (name, value) in url::form_urlencoded::parse(body) {
                match &*name {
                    "error" => wire.error = Some(Value::String(value.into_owned())),
                    "error_description" => wire.error_description = Some(value.into_owned()),
                    _ => {}
                }
            }
            wire.error.is_some().then_some(wire)
        })
    }

    fn word(&self) -> &str {
        self.error.as_ref().and_then(Value::as_str).unwrap_or_default()
    }

    fn words(&self) -> Words {
        Words::of(self.word(), self.error_description.as_deref())
    }
}

/// Whether a body is a form and nothing else (WHATWG URL, `application/x-www-form-urlencoded`): a page
/// of HTML that has an address with parameters in it is none.
fn is_form(body: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.*+%=&".contains(byte);
    let body = body.trim_ascii_end();
    body.contains(&b'=') && body.iter().all(plain)
}

/// Whether an answer names an error, which some servers send with the status of a success.
pub(super) fn names_an_error(body: &[u8]) -> bool {
    Wire::read(body).is_some_and(|wire| wire.error.is_some())
}

/// What is said where the client, and not a token or a code, is refused.
const OF_CLIENT: [&str; 7] = [
    "invalid_client",
    "unauthorized_client",
    "deleted_client",
    "disabled_client",
    "incorrect_client_credentials",
    "redirect_uri_mismatch",
    "application_suspended",
];
/// What is said where an administrator forbids the access.
const OF_ADMIN: [&str; 2] = ["admin_policy_enforced", "org_internal"];
/// What is said where trying again may help.
const FOR_NOW: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

impl TokenError {
    /// What the answer to a refresh means that is no success: a refusal only where it is one by its
    /// status *and* its body. A firewall or a proxy in between refuses nothing.
    pub(super) fn of_refresh(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let wire = Wire::read(body).filter(|wire| wire.error.is_some());
        let is_empty = body.iter().all(u8::is_ascii_whitespace);
        let word = wire.as_ref().map(Wire::word).unwrap_or_default();
        let is_refusal = match status {
            400 | 401 | 403 => wire.is_some() || is_empty,
            200..=299 => wire.is_some(),
            _ => false,
        };
        if !is_refusal || FOR_NOW.contains(&word) {
            return Self::for_now(status, retry_after, wire.as_ref());
        }
        let wire = wire.unwrap_or_default();
        let reason = match wire.word() {
            "invalid_grant" if wire.error_subtype.is_none() => Reason::Over,
            word if OF_CLIENT.contains(&word) => Reason::Client,
            _ => Reason::Other,
        };
        Self::Refused(Refused { reason, words: wire.words() })
    }

    /// What the answer to a code means, or to the assertion of a service account.
    pub(super) fn of_code(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let wire = Wire::read(body).unwrap_or_default();
        let word = wire.word();
        match status {
            408 | 425 | 429 | 500..=599 => Self::for_now(status, retry_after, Some(&wire)),
            // A redirect, say, is not followed, and its body is nobody's word.
            0..=199 | 300..=399 | 600.. => {
                Self::Malformed("the token endpoint answered with an odd status", wire.words())
            }
            _ if OF_CLIENT.contains(&word) => Self::ClientRefused(wire.words()),
            _ if OF_ADMIN.contains(&word) => Self::AdminPolicy(wire.words()),
            _ if FOR_NOW.contains(&word) => Self::for_now(status, retry_after, Some(&wire)),
            _ => Self::Malformed("the provider refused the code", wire.words()),
        }
    }

    fn for_now(status: u16, retry_after: Option<Duration>, wire: Option<&Wire>) -> Self {
        let words = wire.map(Wire::words).unwrap_or_default();
        Self::Transient { retry_after, status, words }
    }

    /// What it is as an error.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Refused(_) => Code::InvalidGrant,
            Self::AdminPolicy(_) => Code::AdminPolicy,
            Self::ClientRefused(_) => Code::ProviderRefused,
            Self::Transient { .. } => Code::ProviderUnavailable,
            Self::Malformed(..) => Code::ProviderResponse,
            Self::Unanswered(error) => error.kind(),
        }
    }

    /// The same, in whose words none of these secrets is repeated.
    pub(crate) fn without(mut self, secrets: &[&str]) -> Self {
        match &mut self {
            Self::Refused(Refused { words, .. })
            | Self::AdminPolicy(words)
            | Self::ClientRefused(words)
            | Self::Transient { words, .. }
            | Self::Malformed(_, words) => words.hide(secrets),
            Self::Unanswered(_) => {}
        }
        self
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        let code = error.code();
        let new = |text: String| Self::new(code, text);
        match error {
            TokenError::Refused(Refused { words, .. }) => {
                new(format!("the provider does not renew the access{words}"))
                    .with_help("the user has to authorize again")
            }
            TokenError::AdminPolicy(words) => {
                new(format!("an administrator forbids the access{words}"))
            }
            TokenError::ClientRefused(words) => {
                new(format!("the provider refuses this client{words}")).with_help(
                    "check client id and secret, and that the client still exists at the provider \
                     and may do this",
                )
            }
            TokenError::Transient { retry_after, status, words } => {
                let text = "the provider cannot give tokens just now";
                new(format!("{text}: it answered {status}{words}")).with_retry_after(retry_after)
            }
            TokenError::Malformed(text, words) => new(format!("{text}{words}")),
            TokenError::Unanswered(error) => error,
        }
    }
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        Self::Unanswered(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Option<Duration> = Some(Duration::from_secs(7));

    /// What follows from an answer, in a word.
    fn meaning(refresh: bool, status: u16, body: &str) -> &'static str {
        let classify = if refresh { TokenError::of_refresh } else { TokenError::of_code };
        match classify(status, WAIT, body.as_bytes()) {
            TokenError::Refused(Refused { reason: Reason::Over, .. }) => "over",
            TokenError::Refused(Refused { reason: Reason::Other, .. }) => "refused",
            TokenError::Refused(Refused { reason: Reason::Client, .. }) => "of the client",
            TokenError::AdminPolicy(_) => "policy",
            TokenError::ClientRefused(_) => "client",
            TokenError::Transient { retry_after, .. } => {
                assert_eq!(retry_after, WAIT);
                "later"
            }
            TokenError::Malformed(..) => "malformed",
            TokenError::Unanswered(_) => "unanswered",
        }
    }

    /// The table of refusals and outages: only `invalid_grant` proves that a refresh token is dead,
    /// only a refusal sends the user away, and what stands in between is an outage.
    #[test]
    fn refusals_and_outages_are_told_apart() {
        const GONE: &str = r#"{"error":"invalid_grant"}"#;
        // status, body, at a refresh, at a code
        let cases = [
            (400, GONE, "over", "malformed"),
            (401, GONE, "over", "malformed"),
            (403, GONE, "over", "malformed"),
            (200, GONE, "over", "malformed"),
            (400, "error=invalid_grant&error_description=x", "over", "malformed"),
            (200, "error=bad_refresh_token", "refused", "malformed"),
            (400, r#"{"error":"invalid_grant","error_subtype":null}"#, "over", "malformed"),
            (400, r#"{"error":"invalid_grant","error_subtype":7}"#, "over", "malformed"),
            (400, r#"{"error":"invalid_grant","error_subtype":"x"}"#, "refused", "malformed"),
            (
                400,
                r#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#,
                "refused",
                "malformed",
            ),
            (400, "", "refused", "malformed"),
            (400, "\r\n", "refused", "malformed"),
            (403, "", "refused", "malformed"),
            (200, "", "later", "malformed"),
            (400, r#"{"error":"invalid_request"}"#, "refused", "malformed"),
            (400, r#"{"error":"interaction_required"}"#, "refused", "malformed"),
            (403, r#"{"error":"access_denied"}"#, "refused", "malformed"),
            (400, r#"{"error":"INVALID_GRANT"}"#, "refused", "malformed"),
            (400, r#"{"error":{"code":400,"status":"X"}}"#, "refused", "malformed"),
            (400, r#"["invalid_grant"]"#, "later", "malformed"),
            (400, r#"{"message":"no"}"#, "later", "malformed"),
            (400, r#"{"error":null}"#, "later", "malformed"),
            (400, r#"{"error":"x","error":"invalid_grant"}"#, "later", "malformed"),
            (403, "<html>", "later", "malformed"),
            (403, r#"<a href="/block?u=1&error=invalid_grant&x=1">no</a>"#, "later", "malformed"),
            (200, "u=1 error=x&error=invalid_grant", "later", "malformed"),
            (404, "null", "later", "malformed"),
            (404, GONE, "later", "malformed"),
            (405, "", "later", "malformed"),
            (407, "", "later", "malformed"),
            (401, r#"{"error":"invalid_client"}"#, "of the client", "client"),
            (400, r#"{"error":"invalid_client","error_subtype":null}"#, "of the client", "client"),
            (200, r#"{"error":"incorrect_client_credentials"}"#, "of the client", "client"),
            (400, r#"{"error":"unauthorized_client"}"#, "of the client", "client"),
            (400, r#"{"error":"deleted_client"}"#, "of the client", "client"),
            (400, r#"{"error":"admin_policy_enforced"}"#, "refused", "policy"),
            (400, r#"{"error":"temporarily_unavailable"}"#, "later", "later"),
            (400, r#"{"error":"slow_down"}"#, "later", "later"),
            (408, "", "later", "later"),
            (425, "", "later", "later"),
            (429, r#"{"error":"invalid_grant"}"#, "later", "later"),
            (500, GONE, "later", "later"),
            (503, r#"{"error":"invalid_client"}"#, "later", "later"),
            (599, "<html>", "later", "later"),
            (302, GONE, "later", "malformed"),
            (307, "", "later", "malformed"),
            (101, GONE, "later", "malformed"),
            (600, GONE, "later", "malformed"),
        ];
        for (status, body, at_refresh, at_code) in cases {
            assert_eq!(meaning(true, status, body), at_refresh, "{status} {body}");
            assert_eq!(meaning(false, status, body), at_code, "{status} {body}");
        }
    }

    /// Each says what the provider said, and never a secret that was sent.
    #[test]
    fn an_error_repeats_the_words_of_the_provider_and_no_secret() {
        let body = br#"{"error":"invalid_request","error_description":"no token 1//fake, sorry"}"#;
        for (status, at_code) in [(400, false), (400, true), (500, false), (500, true)] {
            let classify = if at_code { TokenError::of_code } else { TokenError::of_refresh };
            let error = classify(status, WAIT, body);
            let shown = Error::from(error.without(&["1//fake"])).to_string();
            assert!(shown.contains("invalid_request: \"no token […], sorry\""), "{shown}");
        }
        let (secret, quoted) = ("x".repeat(900), "a\"b\\c");
        let text = format!("token {secret} of {quoted} is not active");
        let body = serde_json::json!({ "error": "invalid_request", "error_description": text });
        for status in [400, 500] {
            let error = TokenError::of_refresh(status, WAIT, body.to_string().as_bytes());
            let shown = Error::from(error.without(&[&secret, quoted])).to_string();
            assert!(shown.contains("token […] of […] is not active"), "{shown}");
        }
    }

    #[test]
    fn an_error_says_who_has_to_act() {
        use TokenError as E;
        let none = Words::default;
        let refused = |reason| E::Refused(Refused { reason, words: none() });
        let cases = [
            (refused(Reason::Over), "invalid_grant"),
            (refused(Reason::Other), "invalid_grant"),
            (refused(Reason::Client), "invalid_grant"),
            (E::AdminPolicy(none()), "admin_policy"),
            (E::ClientRefused(none()), "provider_refused"),
            (
                E::Transient { retry_after: WAIT, status: 503, words: none() },
                "provider_unavailable",
            ),
            (E::Malformed("odd", none()), "provider_response"),
        ];
        for (error, code) in cases {
            let shown = format!("{error:?}");
            let wait = matches!(error, E::Transient { .. }).then_some(WAIT).flatten();
            let error = Error::from(error);
            assert_eq!((error.code(), error.retry_after()), (code, wait), "{shown}");
        }
    }
}
