//! Any OpenID provider as data, by the rules of the standards alone.

use url::Url;

use super::basics::Basics;
use super::credentials::ClientCredentials;
use super::differences::{
    AccountChoice, Algorithm, ClientAuthentication, Identification, IssParameter, OfflineAccess,
    Text,
};
use super::profile::{Apis, Provider};
use super::redirect_uri::is_loopback;
use crate::error::{Code, Error};
use crate::shown;

impl Provider {
    /// An OpenID provider that is not built in, by its issuer and its three endpoints.
    ///
    /// It is taken to do what the standards say and no more: a second authorization replaces
    /// what the first was granted, so that all is asked for again; a token response without
    /// `scope` grants what was asked for ([RFC 6749 §5.1]); a request for `offline_access`
    /// carries `prompt=consent` ([OpenID Connect Core §11]); for another account, people sign in
    /// anew (`prompt=login`); ID tokens are signed with RS256 or
    /// ES256; its APIs are at the issuer's origin. `key` is its name in code, `name` the one
    /// that people read.
    ///
    /// For tokens that are renewed without the person, most such providers want `offline_access`
    /// among the [base scopes](crate::OAuthBuilder::with_base_scopes).
    ///
    /// [RFC 6749 §5.1]: https://www.rfc-editor.org/rfc/rfc6749#section-5.1
    /// [OpenID Connect Core §11]: https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess
    ///
    /// ```
    /// use oauth_runtime::{ClientCredentials, Provider};
    /// let provider = Provider::openid(
    ///     "example",
    ///     "Example",
    ///     "https://id.example.com",
    ///     "https://id.example.com/authorize",
    ///     "https://id.example.com/token",
    ///     "https://id.example.com/keys",
    ///     ClientCredentials::new("client-id", "fake-secret"),
    /// )?;
    /// assert_eq!(provider.api_base("any"), "https://id.example.com");
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// If one of the addresses is not https (http is for loopback alone).
    pub fn openid(
        key: impl Into<String>,
        name: impl Into<String>,
        issuer: &str,
        authorization_endpoint: &str,
        token_endpoint: &str,
        jwks_uri: &str,
        credentials: ClientCredentials,
    ) -> Result<Self, Error> {
        let openid = Basics {
            key: key.into().into(),
            name: name.into().into(),
            issuer: issuer.to_owned().into(),
            authorization: secure("authorization endpoint", authorization_endpoint)?,
            token: secure("token endpoint", token_endpoint)?,
            identification: Identification::IdToken {
                jwks: secure("key set", jwks_uri)?,
                algorithms: &[Algorithm::Rs256, Algorithm::Es256],
            },
            apis: Apis::Origin(secure("issuer", issuer)?),
            credentials,
        };
        Ok(openid.by_the_book())
    }

    /// Sends the client's secret in the form instead of the header (`client_secret_post`).
    pub fn with_client_secret_post(mut self) -> Self {
        self.client_authentication = ClientAuthentication::Post;
        self
    }

    /// Revokes tokens there when somebody disconnects an account
    /// ([RFC 7009](https://www.rfc-editor.org/rfc/rfc7009)). Without it, they are deleted here and
    /// live on at the provider until they end.
    ///
    /// # Errors
    /// If the address is not https (http is for loopback alone).
    pub fn with_revocation_endpoint(mut self, endpoint: &str) -> Result<Self, Error> {
        self.endpoints.revocation = Some(secure("revocation endpoint", endpoint)?);
        Ok(self)
    }

    /// Asks there for a person's e-mail and name where the ID token does not tell what the base
    /// scopes ask for ([OpenID Connect Core §5.3]).
    ///
    /// [OpenID Connect Core §5.3]: https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
    ///
    /// # Errors
    /// If the address is not https (http is for loopback alone).
    pub fn with_userinfo_endpoint(mut self, endpoint: &str) -> Result<Self, Error> {
        self.endpoints.userinfo = Some(secure("userinfo endpoint", endpoint)?);
        Ok(self)
    }

    /// Refuses an authorization response without `iss`, as a provider that announces it always
    /// sends it ([RFC 9207 §2.4](https://www.rfc-editor.org/rfc/rfc9207#section-2.4)).
    pub fn with_required_iss(mut self) -> Self {
        self.iss_parameter = IssParameter::Required;
        self
    }

    /// Leaves `prompt=consent` out of requests for `offline_access`, for a provider that gives a
    /// refresh token without it.
    ///
    /// People who come back are then not asked again for what they granted. A provider that
    /// does want it drops the scope in silence, and access ends with the first access token.
    pub fn with_offline_access_unprompted(mut self) -> Self {
        self.offline_access = OfflineAccess::AsAsked;
        self
    }

    /// Lets people choose another account on the provider's chooser (`prompt=select_account`)
    /// instead of signing in anew (`prompt=login`), which every provider knows.
    pub fn with_account_chooser(mut self) -> Self {
        self.account_choice = AccountChoice::Chooser;
        self
    }

    pub(crate) fn with_algorithms(mut self, known: &'static [Algorithm]) -> Self {
        if let Identification::IdToken { algorithms, .. } = &mut self.identification {
            *algorithms = known;
        }
        self
    }

    pub(crate) fn with_client_authentication(mut self, how: ClientAuthentication) -> Self {
        self.client_authentication = how;
        self
    }

    pub(crate) fn with_iss_parameter(mut self, how: IssParameter) -> Self {
        self.iss_parameter = how;
        self
    }

    pub(crate) fn with_account_choice(mut self, how: AccountChoice) -> Self {
        self.account_choice = how;
        self
    }

    /// What every authorization at this provider asks for, in the place of `openid email` or what
    /// else is usual there. For the provider that signs people in,
    /// [`OAuthBuilder::with_base_scopes`](crate::OAuthBuilder::with_base_scopes) counts.
    pub fn with_base_scopes<I: IntoIterator<Item: Into<Text>>>(mut self, scopes: I) -> Self {
        self.base_scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a parameter to every authorization request, such as `access_type=offline`.
    ///
    /// Where the request says something of its own under that name, its own word counts.
    pub fn with_authorization_parameter(mut self, name: &'static str, value: &'static str) -> Self {
        self.parameters.push((name, value));
        self
    }
}

pub(super) fn secure(what: &str, text: &str) -> Result<Url, Error> {
    let refused = || {
        let shown = shown::address(text);
        let text = format!("the provider's {what} {shown} is not an https address");
        Error::new(Code::ConfigOption, text)
            .with_help("write it out, without user and fragment: https://id.example.com/path")
    };
    let url = Url::parse(text).map_err(|error| refused().with_source(error))?;
    let secure = url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url);
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if secure && plain { Ok(url) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::ScopeSet;

    fn at(base: &str) -> Result<Provider, Error> {
        let [authorize, token, keys] =
            ["authorize", "token", "keys"].map(|p| format!("{base}/{p}"));
        let credentials = ClientCredentials::new("id", "fake-secret");
        Provider::openid("x", "X", base, &authorize, &token, &keys, credentials)
    }

    #[test]
    fn endpoints_are_https_or_on_loopback() {
        for good in [
            "https://id.example.com",
            "http://localhost:3000",
            "http://127.0.0.1:3000",
            "http://127.8.9.1:3000",
            "http://[::1]:3000",
        ] {
            assert!(at(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.com",
            "http://localhost.example.com",
            "id.example.com",
            "file:///etc",
            "http://10.0.0.1",
            "https://user:fake@id.example.com",
            "https://id.example.com/#top",
        ] {
            assert_eq!(at(bad).unwrap_err().code(), "config_option", "{bad}");
        }
    }

    #[test]
    fn consent_is_wanted_for_offline_access_and_nothing_else() {
        let provider = at("https://id.example.com").unwrap();
        let unprompted = provider.clone().with_offline_access_unprompted();
        let google = Provider::google(ClientCredentials::new("id", "fake-secret"));
        for (provider, scopes, wanted) in [
            (&provider, "openid offline_access x", true),
            (&provider, "openid x", false),
            (&unprompted, "openid offline_access", false),
            (&google, "openid offline_access", false),
        ] {
            let scopes = ScopeSet::parse(scopes);
            assert_eq!(provider.wants_consent_for(&scopes), wanted, "{scopes}");
        }
    }

    #[test]
    fn its_tokens_go_to_its_own_origin_only() {
        let provider = at("https://id.example.com").unwrap();
        let may = |url: &str| provider.may_receive_token(&Url::parse(url).unwrap());
        assert!(may("https://id.example.com/api"));
        for foreign in
            ["https://example.com/", "http://id.example.com/", "https://id.example.com:1/"]
        {
            assert!(!may(foreign), "{foreign}");
        }
    }
}
