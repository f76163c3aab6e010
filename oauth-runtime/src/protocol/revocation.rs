//! The revocation endpoint (RFC 7009).

use std::time::Duration;

use serde::Deserialize;

use super::json;
use super::token::TokenForm;
use crate::error::{Code, Error};
use crate::provider::{Provider, RevocationAuthentication};
use crate::secret::Secret;

/// A request that a token, and what it stands for, be revoked (RFC 7009 §2.1).
pub(crate) struct RevocationRequest<'a>(&'a Secret);

/// RFC 7009 §2.2.1; `invalid_token` is Google's.
#[derive(Default, Deserialize)]
struct Wire {
    #[serde(default, deserialize_with = "json::lenient")]
    error: Option<String>,
}

impl<'a> RevocationRequest<'a> {
    /// A refresh token rather than an access token: with it the whole grant ends.
    pub(crate) fn new(token: &'a Secret) -> Self {
        Self(token)
    }

    /// The form, as it is posted: a token in an address could be read in a log.
    pub(crate) fn form(&self, provider: &'a Provider) -> TokenForm<'a> {
        let fields = vec![("token", self.0.expose())];
        match provider.revocation_authentication() {
            RevocationAuthentication::Client => TokenForm::authenticated(fields, provider),
            RevocationAuthentication::TokenAlone => TokenForm { fields, basic: None },
        }
    }

    /// Reads the answer. A token that the endpoint does not know is revoked already.
    ///
    /// # Errors
    /// If the provider did not revoke it, or perhaps did not.
    pub(crate) fn parse(
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> Result<(), Error> {
        let wire: Wire = json::object(body).unwrap_or_default();
        match (status, wire.error.as_deref().unwrap_or_default()) {
            (200..=299, "" | "invalid_token") | (400, "invalid_token") => Ok(()),
            (408 | 425 | 429 | 500..=599, _) | (_, "temporarily_unavailable" | "server_error") => {
                let text = "the provider cannot revoke tokens just now";
                Err(Error::new(Code::ProviderUnavailable, text).with_retry_after(retry_after))
            }
            (_, "invalid_client" | "unauthorized_client") => {
                let text = "the provider does not let this client revoke tokens";
                Err(Error::new(Code::ProviderRefused, text)
                    .with_help("check client id and secret, and that the client still exists"))
            }
            _ => Err(Error::new(Code::ProviderResponse, "the provider did not revoke a token")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ClientCredentials;

    #[test]
    fn answers_are_read_as_servers_mean_them() {
        for (status, body, outcome) in [
            (200, "", "revoked"),
            (200, "{}", "revoked"),
            (204, "", "revoked"),
            (200, "<html>", "revoked"),
            (400, r#"{"error":"invalid_token"}"#, "revoked"),
            (200, r#"{"error":"invalid_token"}"#, "revoked"),
            (200, r#"{"error":"server_error"}"#, "provider_unavailable"),
            (503, "", "provider_unavailable"),
            (429, r#"{"error":"invalid_token"}"#, "provider_unavailable"),
            (500, r#"{"error":"invalid_token"}"#, "provider_unavailable"),
            (429, "", "provider_unavailable"),
            (401, r#"{"error":"invalid_client"}"#, "provider_refused"),
            (400, r#"{"error":"unsupported_token_type"}"#, "provider_response"),
            (400, r#"{"error":{"code":400}}"#, "provider_response"),
            (302, "", "provider_response"),
            (404, "not found", "provider_response"),
        ] {
            let read = RevocationRequest::parse(status, None, body.as_bytes());
            let read = read.map_or_else(|error| error.code().to_owned(), |()| "revoked".to_owned());
            assert_eq!(read, outcome, "{status} {body}");
        }
    }

    /// J13: the token is in the body, and Google gets nothing else.
    #[test]
    fn the_client_proves_itself_where_the_standard_wants_it() {
        let token = Secret::new("1//fake");
        let credentials = || ClientCredentials::new("id", "fake-secret");
        let google = Provider::google(credentials());
        let form = RevocationRequest::new(&token).form(&google);
        assert_eq!(form.fields, [("token", "1//fake")]);
        assert!(form.basic.is_none());
        let at = "https://id.example";
        let other = Provider::openid("x", "X", at, at, at, at, credentials()).unwrap();
        assert!(RevocationRequest::new(&token).form(&other).basic.is_some());
        let other = other.with_client_secret_post();
        let form = RevocationRequest::new(&token).form(&other);
        assert_eq!(form.fields[1..], [("client_id", "id"), ("client_secret", "fake-secret")]);
    }
}
