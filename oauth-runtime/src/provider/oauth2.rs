//! Any OAuth 2.0 provider without OpenID: whom a token is of, its API says.

use super::basics::Basics;
use super::credentials::ClientCredentials;
use super::differences::{ClientAuthentication, Identification, LASTING, OfflineAccess};
use super::openid::secure;
use super::profile::{Apis, Provider};
use super::user_api::UserApi;
use crate::error::Error;

impl Provider {
    /// An OAuth 2.0 provider that knows no ID tokens, by its two endpoints and the API that says
    /// whom a token is of.
    ///
    /// `issuer` is an address that stands for it in [`AccountId`](crate::AccountId)s; it is
    /// never asked. In all else it is taken as [`Provider::openid`] takes one, but that the
    /// client's secret goes into the form, and that its APIs are where its user API is.
    ///
    /// Such a sign-in is only as good as the provider's answer over TLS; there is no signature
    /// and no `nonce`. PKCE and `state` protect the code.
    ///
    /// ```
    /// use oauth_runtime::{ClientCredentials, Provider, UserApi};
    /// let provider = Provider::oauth2(
    ///     "example",
    ///     "Example",
    ///     "https://example.com",
    ///     "https://example.com/oauth/authorize",
    ///     "https://example.com/oauth/token",
    ///     UserApi::new("https://api.example.com/me", "id")?.with_name(["name"]),
    ///     ClientCredentials::new("client-id", "fake-secret"),
    /// )?;
    /// assert_eq!(provider.api_base("any"), "https://api.example.com");
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// If one of the addresses is not https (http is for loopback alone).
    pub fn oauth2(
        key: impl Into<String>,
        name: impl Into<String>,
        issuer: &str,
        authorization_endpoint: &str,
        token_endpoint: &str,
        user_api: UserApi,
        credentials: ClientCredentials,
    ) -> Result<Self, Error> {
        secure("issuer", issuer)?;
        let plain = Basics {
            key: key.into().into(),
            name: name.into().into(),
            issuer: issuer.to_owned().into(),
            authorization: secure("authorization endpoint", authorization_endpoint)?,
            token: secure("token endpoint", token_endpoint)?,
            apis: Apis::Origin(user_api.endpoint.clone()),
            identification: Identification::UserApi(user_api),
            credentials,
        };
        Ok(Self {
            client_authentication: ClientAuthentication::Post,
            offline_access: OfflineAccess::AsAsked,
            verified_emails: false,
            base_scopes: Vec::new(),
            ..plain.by_the_book()
        })
    }

    /// Takes an access token whose response says nothing of its end as one that lives until it
    /// is revoked, in the place of one for five minutes.
    ///
    /// Once an API refuses such a token, the person is asked again.
    pub fn with_lasting_tokens(mut self) -> Self {
        self.unstated_lifetime = LASTING;
        self
    }
}
