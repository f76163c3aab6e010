//! What a refusal of the token endpoint means (RFC 6749 §5.2, and what servers really send).

use std::time::Duration;

use serde::Deserialize;

use crate::error::{Code, Error};

/// Why there are no tokens.
#[derive(Debug)]
pub(crate) enum TokenError {
    /// The grant is gone: the user has to authorize again. `rapt` if signing in again is
    /// enough, since an organization only wants a fresh proof of who it is.
    InvalidGrant { rapt: bool },
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

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    error: String,
    error_subtype: String,
}

impl TokenError {
    pub(super) fn classify(
        refresh: bool,
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> Self {
        let wire: Wire = serde_json::from_slice(body).unwrap_or_default();
        match (wire.error.as_str(), status) {
            ("invalid_client" | "unauthorized_client" | "deleted_client", _) => Self::ClientRefused,
            ("admin_policy_enforced", _) => Self::AdminPolicy,
            ("temporarily_unavailable", _) | (_, 408 | 425 | 429 | 500..=599) => {
                Self::Transient { retry_after }
            }
            // Not every server says `invalid_grant`: a refused refresh may be an empty 400.
            (_, 400..=499) if refresh => {
                Self::InvalidGrant { rapt: wire.error_subtype == "invalid_rapt" }
            }
            ("invalid_grant", _) => Self::Malformed("the provider refused the code"),
            _ => Self::Malformed("the provider answered the code with an error"),
        }
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::InvalidGrant { .. } => {
                Self::new(Code::InvalidGrant, "the user has to authorize again")
            }
            TokenError::AdminPolicy => {
                Self::new(Code::AdminPolicy, "an administrator forbids the access")
            }
            TokenError::ClientRefused => {
                Self::new(Code::ProviderRefused, "the provider refuses this client").with_help(
                    "check client id and secret, and that the client still exists at the provider",
                )
            }
            TokenError::Transient { retry_after } => {
                Self::new(Code::ProviderUnavailable, "the provider cannot give tokens just now")
                    .with_retry_after(retry_after)
            }
            TokenError::Malformed(text) => Self::new(Code::ProviderResponse, text),
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

    fn code(refresh: bool, status: u16, body: &str) -> &'static str {
        Error::from(TokenError::classify(refresh, status, None, body.as_bytes())).code()
    }

    #[test]
    fn refusals_are_told_apart() {
        // status, body, at a refresh, at a code
        let cases = [
            (400, r#"{"error":"invalid_grant"}"#, "invalid_grant", "provider_response"),
            (400, "", "invalid_grant", "provider_response"),
            (400, r#"{"error":"invalid_request"}"#, "invalid_grant", "provider_response"),
            (403, r#"{"error":"invalid_code"}"#, "invalid_grant", "provider_response"),
            (401, r#"{"error":"invalid_client"}"#, "provider_refused", "provider_refused"),
            (400, r#"{"error":"unauthorized_client"}"#, "provider_refused", "provider_refused"),
            (400, r#"{"error":"admin_policy_enforced"}"#, "admin_policy", "admin_policy"),
            (408, "", "provider_unavailable", "provider_unavailable"),
            (429, r#"{"error":"x"}"#, "provider_unavailable", "provider_unavailable"),
            (500, "<html>", "provider_unavailable", "provider_unavailable"),
            (503, "", "provider_unavailable", "provider_unavailable"),
            (
                400,
                r#"{"error":"temporarily_unavailable"}"#,
                "provider_unavailable",
                "provider_unavailable",
            ),
            (302, "", "provider_response", "provider_response"),
        ];
        for (status, body, at_refresh, at_code) in cases {
            assert_eq!(code(true, status, body), at_refresh, "{status} {body}");
            assert_eq!(code(false, status, body), at_code, "{status} {body}");
        }
    }

    #[test]
    fn a_missing_proof_of_presence_is_seen() {
        let body = br#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#;
        let error = TokenError::classify(true, 400, None, body);
        assert!(matches!(error, TokenError::InvalidGrant { rapt: true }));
    }
}
