//! What a refusal of the token endpoint means (RFC 6749 §5.2, and what servers really send).

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::json;
use crate::error::{Code, Error};

/// Why there are no tokens.
#[derive(Debug)]
pub(crate) enum TokenError {
    /// The grant is gone: the user has to authorize again. `rapt` if signing in again is
    /// enough, since an organization only wants a fresh proof of who it is.
    InvalidGrant { rapt: bool },
    /// A refresh was refused in another way: some servers mean by it that the grant is gone, so
    /// the user has to authorize again; but nothing is proved, and nothing may be deleted.
    Refused,
    /// An administrator forbids the access.
    AdminPolicy,
    /// The client itself is refused: the operator has to act, and nothing may be deleted.
    ClientRefused,
    /// Trying again later may help.
    Transient { retry_after: Option<Duration> },
    /// The answer is none that the protocol allows.
    Malformed(&'static str),
    /// There was no answer.
    Unanswered(Error),
}

/// RFC 6749 §5.2; `error_subtype` is Google's. Each is read by itself: what is odd about one
/// must not hide what the other says.
#[derive(Default, Deserialize)]
struct Wire {
    /// Some APIs put an object here.
    error: Option<Value>,
    #[serde(default, deserialize_with = "json::lenient")]
    error_subtype: Option<String>,
}

/// Whether an answer names an error, which some servers send with the status of a success.
pub(super) fn names_an_error(body: &[u8]) -> bool {
    json::object::<Wire>(body).is_some_and(|wire| wire.error.is_some())
}

impl TokenError {
    pub(super) fn classify(
        refresh: bool,
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> Self {
        let wire: Wire = json::object(body).unwrap_or_default();
        match (wire.error.as_ref().and_then(Value::as_str).unwrap_or_default(), status) {
            (_, 408 | 425 | 429 | 500..=599) => Self::Transient { retry_after },
            // A redirect, say, is not followed, and its body is nobody's word.
            (_, 0..=199 | 300..=399 | 600..) => {
                Self::Malformed("the token endpoint answered with an odd status")
            }
            (
                "invalid_client"
                | "unauthorized_client"
                | "deleted_client"
                | "disabled_client"
                | "incorrect_client_credentials"
                | "redirect_uri_mismatch"
                | "application_suspended",
                _,
            ) => Self::ClientRefused,
            ("admin_policy_enforced" | "org_internal", _) => Self::AdminPolicy,
            ("temporarily_unavailable" | "server_error", _) => Self::Transient { retry_after },
            ("invalid_grant", _) if refresh => {
                let rapt =
                    matches!(wire.error_subtype.as_deref(), Some("invalid_rapt" | "rapt_required"));
                Self::InvalidGrant { rapt }
            }
            _ if refresh => Self::Refused,
            // GitHub's word for it is the second.
            ("invalid_grant" | "bad_verification_code", _) => {
                Self::Malformed("the provider refused the code")
            }
            _ => Self::Malformed("the provider answered the code with an error"),
        }
    }
}

impl TokenError {
    /// What it is as an error.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::InvalidGrant { .. } | Self::Refused => Code::InvalidGrant,
            Self::AdminPolicy => Code::AdminPolicy,
            Self::ClientRefused => Code::ProviderRefused,
            Self::Transient { .. } => Code::ProviderUnavailable,
            Self::Malformed(_) => Code::ProviderResponse,
            Self::Unanswered(error) => error.kind(),
        }
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        let code = error.code();
        let new = |text: &'static str| Self::new(code, text);
        match error {
            TokenError::InvalidGrant { .. } | TokenError::Refused => {
                new("the user has to authorize again")
            }
            TokenError::AdminPolicy => new("an administrator forbids the access"),
            TokenError::ClientRefused => new("the provider refuses this client").with_help(
                "check client id and secret, and that the client still exists at the provider",
            ),
            TokenError::Transient { retry_after } => {
                new("the provider cannot give tokens just now").with_retry_after(retry_after)
            }
            TokenError::Malformed(text) => new(text),
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
        match TokenError::classify(refresh, status, WAIT, body.as_bytes()) {
            TokenError::InvalidGrant { rapt: false } => "gone",
            TokenError::InvalidGrant { rapt: true } => "rapt",
            TokenError::Refused => "refused",
            TokenError::AdminPolicy => "policy",
            TokenError::ClientRefused => "client",
            TokenError::Transient { retry_after } => {
                assert_eq!(retry_after, WAIT);
                "later"
            }
            TokenError::Malformed(_) => "malformed",
            TokenError::Unanswered(_) => "unanswered",
        }
    }

    /// Behaviour §5 and §10. Only `invalid_grant` proves that a refresh token is dead.
    #[test]
    fn refusals_are_told_apart() {
        const GONE: &str = r#"{"error":"invalid_grant"}"#;
        // status, body, at a refresh, at a code
        let cases = [
            (400, GONE, "gone", "malformed"),
            (401, GONE, "gone", "malformed"),
            (200, GONE, "gone", "malformed"),
            (400, r#"{"error":"invalid_grant","error_subtype":null}"#, "gone", "malformed"),
            (400, r#"{"error":"invalid_grant","error_subtype":7}"#, "gone", "malformed"),
            (
                400,
                r#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#,
                "rapt",
                "malformed",
            ),
            (
                400,
                r#"{"error":"invalid_grant","error_subtype":"rapt_required"}"#,
                "rapt",
                "malformed",
            ),
            (400, "", "refused", "malformed"),
            (400, r#"{"error":"invalid_request"}"#, "refused", "malformed"),
            (400, r#"{"error":"INVALID_GRANT"}"#, "refused", "malformed"),
            (400, r#"{"error":{"code":400,"status":"X"}}"#, "refused", "malformed"),
            (400, r#"["invalid_grant"]"#, "refused", "malformed"),
            (400, r#"{"error":"x","error":"invalid_grant"}"#, "refused", "malformed"),
            (403, r#"{"error":"invalid_code"}"#, "refused", "malformed"),
            (403, "<html>", "refused", "malformed"),
            (404, "null", "refused", "malformed"),
            (401, r#"{"error":"invalid_client"}"#, "client", "client"),
            (400, r#"{"error":"invalid_client","error_subtype":null}"#, "client", "client"),
            (200, r#"{"error":"incorrect_client_credentials"}"#, "client", "client"),
            (400, r#"{"error":"unauthorized_client"}"#, "client", "client"),
            (400, r#"{"error":"deleted_client"}"#, "client", "client"),
            (400, r#"{"error":"admin_policy_enforced"}"#, "policy", "policy"),
            (400, r#"{"error":"temporarily_unavailable"}"#, "later", "later"),
            (408, "", "later", "later"),
            (425, "", "later", "later"),
            (429, r#"{"error":"invalid_grant"}"#, "later", "later"),
            (500, GONE, "later", "later"),
            (503, r#"{"error":"invalid_client"}"#, "later", "later"),
            (599, "<html>", "later", "later"),
            (302, GONE, "malformed", "malformed"),
            (307, "", "malformed", "malformed"),
            (101, GONE, "malformed", "malformed"),
            (600, GONE, "malformed", "malformed"),
        ];
        for (status, body, at_refresh, at_code) in cases {
            assert_eq!(meaning(true, status, body), at_refresh, "{status} {body}");
            assert_eq!(meaning(false, status, body), at_code, "{status} {body}");
        }
    }

    #[test]
    fn an_error_says_who_has_to_act() {
        use TokenError as E;
        let cases = [
            (E::InvalidGrant { rapt: false }, "invalid_grant"),
            (E::InvalidGrant { rapt: true }, "invalid_grant"),
            (E::Refused, "invalid_grant"),
            (E::AdminPolicy, "admin_policy"),
            (E::ClientRefused, "provider_refused"),
            (E::Transient { retry_after: WAIT }, "provider_unavailable"),
            (E::Malformed("odd"), "provider_response"),
        ];
        for (error, code) in cases {
            let shown = format!("{error:?}");
            let wait = matches!(error, E::Transient { .. }).then_some(WAIT).flatten();
            let error = Error::from(error);
            assert_eq!((error.code(), error.retry_after()), (code, wait), "{shown}");
        }
    }
}
