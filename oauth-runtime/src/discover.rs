//! A provider found by its issuer alone.

use http::StatusCode;
use tracing::debug;
use url::Url;

use crate::error::{Code, Error};
use crate::http::{HttpClient, HttpResponse};
use crate::protocol::{Metadata, check_issuer_url, well_known};
use crate::provider::{ClientCredentials, Provider};
use crate::shown;

impl Provider {
    /// An OpenID provider by its issuer: its endpoints, its algorithms and what else it can do
    /// are read from the document that it publishes ([OpenID Connect Discovery §4], else
    /// [RFC 8414 §3]).
    ///
    /// The document has to name the very same issuer. A provider that announces `iss` in its
    /// answers is held to it ([RFC 9207]); tokens are revoked and a person's e-mail and name
    /// asked for where it offers that. In all else it is taken as [`Provider::openid`] takes it,
    /// and the same methods change that. It is asked once, when the app starts; its keys are
    /// fetched anew as long as the app runs.
    ///
    /// `key` is its name in code, `name` the one that people read.
    ///
    /// [OpenID Connect Discovery §4]: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
    /// [RFC 8414 §3]: https://www.rfc-editor.org/rfc/rfc8414#section-3
    /// [RFC 9207]: https://www.rfc-editor.org/rfc/rfc9207
    ///
    /// ```no_run
    /// use oauth_runtime::{ClientCredentials, Error, OAuth, Provider};
    ///
    /// # async fn example() -> Result<(), Error> {
    /// let credentials = ClientCredentials::new("client-id", "fake-secret");
    /// let provider =
    ///     Provider::discover("example", "Example", "https://id.example.com", credentials).await?;
    /// let oauth = OAuth::builder(provider)
    ///     .with_redirect_uri("https://app.example.com/oauth/callback")
    ///     .with_base_scopes(["openid", "email", "offline_access"])
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `config_option` for an issuer that is no https address with a name (http, and a bare
    /// address, are for loopback alone); `provider_response` for a document that is another
    /// issuer's, points to private addresses, or names no way to sign in that this library goes;
    /// `provider_unavailable` or `provider_timeout` where the provider does not answer.
    pub async fn discover(
        key: impl Into<String>,
        name: impl Into<String>,
        issuer: &str,
        credentials: ClientCredentials,
    ) -> Result<Self, Error> {
        let url = check_issuer_url(issuer)?;
        let document = fetch(&HttpClient::new()?, &url).await?;
        let found = Metadata::parse(issuer, &document)?;
        described(
            Self::openid(
                key,
                name,
                issuer,
                &found.authorization_endpoint,
                &found.token_endpoint,
                &found.jwks_uri,
                credentials,
            )?,
            &found,
        )
    }
}

/// What the document says besides the endpoints that every provider has.
fn described(provider: Provider, found: &Metadata) -> Result<Provider, Error> {
    let mut provider = provider
        .with_algorithms(found.algorithms)
        .with_client_authentication(found.client_authentication)
        .with_iss_parameter(found.iss_parameter)
        .with_account_choice(found.account_choice);
    if let Some(endpoint) = &found.revocation_endpoint {
        provider = provider.with_revocation_endpoint(endpoint)?;
    }
    if let Some(endpoint) = &found.userinfo_endpoint {
        provider = provider.with_userinfo_endpoint(endpoint)?;
    }
    Ok(provider)
}

/// The document, from the first place that has one.
async fn fetch(http: &HttpClient, issuer: &Url) -> Result<Vec<u8>, Error> {
    let [openid, rfc8414] = well_known(issuer);
    let mut answer = http.get(&openid).await?;
    if answer.status == StatusCode::NOT_FOUND {
        debug!("no OpenID configuration: asking for the metadata of RFC 8414");
        answer = http.get(&rfc8414).await?;
    }
    check_status(answer, issuer)
}

fn check_status(mut answer: HttpResponse, issuer: &Url) -> Result<Vec<u8>, Error> {
    let shown = shown::address(issuer.as_str());
    match answer.status {
        200 => Ok(std::mem::take(&mut *answer.body)),
        status @ (408 | 425 | 429 | 500..=599) => {
            let text = format!("the provider at {shown} answered its metadata with {status}");
            Err(Error::new(Code::ProviderUnavailable, text))
        }
        status => {
            let text = format!("there is no provider at {shown}: it answered with {status}");
            Err(Error::new(Code::ProviderResponse, text).with_help(
                "the issuer is the address under which `/.well-known/openid-configuration` is \
                 found; redirects are not followed",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::{End, Server, answer};
    use crate::provider::{Algorithm, Identification, IssParameter};

    async fn discover(server: &Server) -> Result<Provider, Error> {
        let issuer = server.origin.as_str().trim_end_matches('/');
        let credentials = ClientCredentials::new("id", "fake-secret");
        Provider::discover("x", "X", issuer, credentials).await
    }

    fn not_found() -> Vec<u8> {
        answer("404 Not Found", "no")
    }

    fn document(host: &str, issuer: &str) -> Vec<u8> {
        let document = serde_json::json!({
            "issuer": issuer,
            "authorization_endpoint": format!("http://{host}/a"),
            "token_endpoint": format!("http://{host}/t"),
            "jwks_uri": format!("http://{host}/k"),
            "userinfo_endpoint": format!("http://{host}/u"),
            "revocation_endpoint": format!("http://{host}/r"),
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "authorization_response_iss_parameter_supported": true,
        });
        answer("200 OK", &document.to_string())
    }

    fn host(request: &str) -> String {
        let line = request.lines().find_map(|line| {
            line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("host"))
        });
        line.unwrap().1.trim().to_owned()
    }

    #[tokio::test]
    async fn all_that_the_document_says_becomes_the_provider() {
        for place in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-"] {
            let server = Server::start(move |request| {
                if !request.starts_with(&format!("GET {place}")) {
                    return (not_found(), End::Close);
                }
                let host = host(request);
                (document(&host, &format!("http://{host}")), End::Close)
            })
            .await;
            let found = discover(&server).await.unwrap();
            let at = |path: &str| server.origin.join(path).unwrap();
            assert_eq!(*found.token_endpoint(), at("/t"));
            let Identification::IdToken { jwks, .. } = found.identification() else {
                panic!("it has ID tokens")
            };
            assert_eq!(*jwks, at("/k"));
            assert_eq!(found.userinfo_endpoint(), Some(&at("/u")));
            assert_eq!(found.revocation_endpoint(), Some(&at("/r")));
            assert_eq!(found.algorithms(), [Algorithm::Es256]);
            assert_eq!(found.iss_parameter(), IssParameter::Required);
        }
    }

    #[tokio::test]
    async fn what_cannot_be_found_is_said_in_words() {
        for (status, code) in [
            ("404 Not Found", "provider_response"),
            ("302 Found", "provider_response"),
            ("403 Forbidden", "provider_response"),
            ("503 Service Unavailable", "provider_unavailable"),
            ("200 OK", "provider_response"),
        ] {
            let server = Server::fixed(answer(status, "{}"), End::Close).await;
            let error = discover(&server).await.unwrap_err();
            assert_eq!(error.code(), code, "{status}");
        }
        let other =
            |request: &str| (document(&host(request), "https://id.example.com"), End::Close);
        let error = discover(&Server::start(other).await).await.unwrap_err();
        assert!(error.to_string().contains("https://id.example.com"), "{error}");
    }
}
