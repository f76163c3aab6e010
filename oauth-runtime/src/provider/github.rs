//! GitHub's web application flow as data.
//!
//! Facts from GitHub's "Authorizing OAuth apps" and "Scopes for OAuth apps".

use std::time::Duration;

use super::credentials::ClientCredentials;
use super::differences::{AccountChoice, ScopeNames};
use super::profile::Provider;
use super::refusals::ApiRefusal;
use super::user_api::UserApi;
use crate::error::Error;

/// What a scope covers. GitHub leaves the narrower one out of its answer.
const COVERS: &[(&str, &str)] = &[
    ("repo", "repo:status"),
    ("repo", "repo_deployment"),
    ("repo", "public_repo"),
    ("repo", "repo:invite"),
    ("repo", "security_events"),
    ("admin:repo_hook", "write:repo_hook"),
    ("write:repo_hook", "read:repo_hook"),
    ("admin:org", "write:org"),
    ("write:org", "read:org"),
    ("admin:public_key", "write:public_key"),
    ("write:public_key", "read:public_key"),
    ("user", "read:user"),
    ("user", "user:email"),
    ("user", "user:follow"),
    ("write:discussion", "read:discussion"),
    ("write:packages", "read:packages"),
    ("admin:gpg_key", "write:gpg_key"),
    ("write:gpg_key", "read:gpg_key"),
    ("project", "read:project"),
];

/// What GitHub asks for after a secondary limit that names no time.
const A_MINUTE: Duration = Duration::from_secs(60);

impl Provider {
    /// GitHub, with the OAuth app of `credentials`. Its key is `github`.
    ///
    /// GitHub has no ID tokens: who a person is, its API says, by a number that never changes.
    /// The public profile needs no scope; an e-mail address is told only if the person made one
    /// public, and never counts as verified. Tokens of an OAuth app live until they are revoked.
    /// GitHub lets nobody untick a scope, and has no RFC 7009: after a disconnection, only the
    /// person can withdraw what was granted, in the settings there.
    ///
    /// ```
    /// use oauth_runtime::{ClientCredentials, Provider};
    /// let provider = Provider::github(ClientCredentials::new("client-id", "fake-secret"))?;
    /// assert_eq!(provider.api_base("any"), "https://api.github.com");
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// None in this version: its addresses are right.
    pub fn github(credentials: ClientCredentials) -> Result<Self, Error> {
        Self::github_like("https://github.com", "https://api.github.com/user", credentials)
    }

    /// A GitHub Enterprise Server by its address, such as `https://github.example.com`.
    ///
    /// # Errors
    /// If the address is not https (http is for loopback alone).
    pub fn github_enterprise(server: &str, credentials: ClientCredentials) -> Result<Self, Error> {
        let server = server.trim_end_matches('/');
        Self::github_like(server, &format!("{server}/api/v3/user"), credentials)
    }

    fn github_like(
        issuer: &str,
        user: &str,
        credentials: ClientCredentials,
    ) -> Result<Self, Error> {
        let [authorize, token] =
            ["authorize", "access_token"].map(|name| format!("{issuer}/login/oauth/{name}"));
        let user_api = UserApi::new(user, "id")?
            .with_name(["name", "login"])
            .with_email("email")
            .with_picture("avatar_url");
        let plain =
            Self::oauth2("github", "GitHub", issuer, &authorize, &token, user_api, credentials)?;
        Ok(Self {
            scope_names: ScopeNames { commas: true, prefix: None, covers: COVERS },
            account_choice: AccountChoice::Chooser,
            ..plain.with_lasting_tokens().with_api_refusals(refusals())
        })
    }
}

/// What its API says (GitHub's "Rate limits for the REST API", "Scopes for OAuth apps" and
/// "Troubleshooting the REST API").
fn refusals() -> Vec<ApiRefusal> {
    const WORDS: &str = "/message";
    let forbidden = |refusal: ApiRefusal| refusal.with_status(403);
    let limited = || ApiRefusal::rate_limited().with_status(403).with_status(429);
    let saml = || {
        forbidden(ApiRefusal::admin_policy()).with_help(
            "the organization wants a sign-in of its own: the user signs in there and authorizes \
             the app once more",
        )
    };
    vec![
        limited().with_header("x-ratelimit-remaining", "0").with_reset("x-ratelimit-reset"),
        limited().with_words(WORDS, "secondary rate limit").with_wait(A_MINUTE),
        limited().with_words(WORDS, "abuse detection").with_wait(A_MINUTE),
        saml().with_header("x-github-sso", "required").with_header_link("x-github-sso", "url"),
        saml().with_words(WORDS, "SAML enforcement"),
        forbidden(ApiRefusal::admin_policy())
            .with_words(WORDS, "OAuth App access restrictions")
            .with_help("an owner of the organization approves the app, in its settings at GitHub"),
        forbidden(ApiRefusal::missing_scope())
            .with_scopes("x-accepted-oauth-scopes", "x-oauth-scopes"),
        forbidden(ApiRefusal::missing_scope())
            .with_words(WORDS, "You need at least")
            .with_words(WORDS, "scope"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn github() -> Provider {
        Provider::github(ClientCredentials::new("id", "fake-secret")).unwrap()
    }

    #[test]
    fn scopes_that_others_cover_are_read_with_them() {
        for (answer, expected) in [
            ("", ""),
            ("gist", "gist"),
            ("gist,read:user", "gist read:user"),
            ("user,gist", "user gist read:user user:email user:follow"),
            ("admin:org", "admin:org write:org read:org"),
        ] {
            assert_eq!(github().read_scope(answer), expected, "{answer}");
        }
    }

    #[test]
    fn a_server_of_ones_own_has_all_at_its_own_address() {
        let credentials = || ClientCredentials::new("id", "fake-secret");
        let own = Provider::github_enterprise("https://git.example.com/", credentials()).unwrap();
        let token = "https://git.example.com/login/oauth/access_token";
        assert_eq!(own.token_endpoint().as_str(), token);
        assert_eq!(
            own.canonical_issuer("https://git.example.com"),
            Some("https://git.example.com")
        );
        assert_eq!(own.canonical_issuer("https://github.com"), None);
        assert!(Provider::github_enterprise("http://git.example.com", credentials()).is_err());
    }
}
