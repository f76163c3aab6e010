//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).

use url::Url;

use crate::provider::{AccountChoice, Provider};

/// What the person is asked beside the consent itself (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    Consent,
    /// Which account it is to be, in the way that the provider has for it.
    Account,
    AccountAndConsent,
}

impl Prompt {
    fn value(self, choice: AccountChoice) -> &'static str {
        match (self, choice) {
            (Self::Consent, _) => "consent",
            (Self::Account, AccountChoice::Chooser) => "select_account",
            (Self::Account, AccountChoice::SignIn) => "login",
            (Self::AccountAndConsent, AccountChoice::Chooser) => "select_account consent",
            (Self::AccountAndConsent, AccountChoice::SignIn) => "login consent",
        }
    }
}

/// A request as the browser carries it to the authorization endpoint.
pub(crate) struct AuthorizationRequest<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) redirect_uri: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) state: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) code_challenge: &'a str,
    pub(crate) login_hint: Option<&'a str>,
    pub(crate) prompt: Option<Prompt>,
    /// The organization whose accounts the provider's list is narrowed to (Google's `hd`).
    pub(crate) hosted_domain: Option<&'a str>,
}

impl AuthorizationRequest<'_> {
    pub(crate) fn to_url(&self) -> Url {
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", self.provider.client_id()),
            ("redirect_uri", self.redirect_uri),
            ("state", self.state),
            ("code_challenge", self.code_challenge),
            ("code_challenge_method", "S256"),
        ];
        if !self.scope.is_empty() {
            pairs.push(("scope", self.scope));
        }
        // It comes back in the ID token, and nowhere else.
        if !self.provider.algorithms().is_empty() {
            pairs.push(("nonce", self.nonce));
        }
        pairs.extend(self.login_hint.map(|hint| ("login_hint", hint)));
        pairs.extend(self.hosted_domain.map(|domain| ("hd", domain)));
        let choice = self.provider.account_choice();
        pairs.extend(self.prompt.map(|prompt| ("prompt", prompt.value(choice))));
        // No parameter may be there twice (RFC 6749 §3.1): what this request says goes first.
        let fixed = self.provider.parameters().iter().copied();
        let more: Vec<_> =
            fixed.filter(|(name, _)| pairs.iter().all(|pair| pair.0 != *name)).collect();
        let mut url = self.provider.authorization_endpoint().clone();
        url.query_pairs_mut().extend_pairs(pairs).extend_pairs(more);
        url
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::provider::ClientCredentials;

    fn parameters(login_hint: Option<&str>, prompt: Option<Prompt>) -> BTreeMap<String, String> {
        let provider = Provider::google(ClientCredentials::new("id", "fake-secret"));
        let request = AuthorizationRequest {
            provider: &provider,
            redirect_uri: "https://app.example/cb?x=1",
            scope: "openid email",
            state: "st",
            nonce: "no",
            code_challenge: "ch",
            login_hint,
            prompt,
            hosted_domain: None,
        };
        let url = request.to_url();
        assert!(url.as_str().starts_with("https://accounts.google.com/o/oauth2/v2/auth?"));
        assert!(!url.as_str().contains("fake-secret"));
        url.query_pairs().into_owned().collect()
    }

    /// B1: every request carries S256; `prompt` is left out unless it is wanted.
    #[test]
    fn a_request_says_what_behaviour_asks_and_nothing_else() {
        let expected = [
            ("access_type", "offline"),
            ("client_id", "id"),
            ("code_challenge", "ch"),
            ("code_challenge_method", "S256"),
            ("include_granted_scopes", "true"),
            ("nonce", "no"),
            ("redirect_uri", "https://app.example/cb?x=1"),
            ("response_type", "code"),
            ("scope", "openid email"),
            ("state", "st"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parameters(None, None), BTreeMap::from(expected));
    }

    #[test]
    fn hint_and_prompt_are_added_when_given() {
        let cases = [
            (Prompt::Consent, "consent"),
            (Prompt::Account, "select_account"),
            (Prompt::AccountAndConsent, "select_account consent"),
        ];
        for (prompt, text) in cases {
            let parameters = parameters(Some("a+b@example.com"), Some(prompt));
            assert_eq!(parameters["prompt"], text);
            assert_eq!(parameters["login_hint"], "a+b@example.com");
        }
    }
    /// RFC 6749 §3.1: a parameter that is there twice makes a request invalid.
    #[test]
    fn a_fixed_parameter_gives_way_to_what_the_request_says() {
        let provider = Provider::google(ClientCredentials::new("id", "fake-secret"))
            .with_authorization_parameter("prompt", "login")
            .with_authorization_parameter("state", "fixed");
        for (prompt, expected) in [(None, "login"), (Some(Prompt::Consent), "consent")] {
            let request = AuthorizationRequest {
                provider: &provider,
                redirect_uri: "https://app.example/cb",
                scope: "openid",
                state: "st",
                nonce: "no",
                code_challenge: "ch",
                login_hint: None,
                prompt,
                hosted_domain: None,
            };
            let url = request.to_url();
            let values = |name: &str| {
                let pairs = url.query_pairs().filter(|pair| pair.0 == name);
                pairs.map(|pair| pair.1.into_owned()).collect::<Vec<_>>()
            };
            assert_eq!(
                (values("prompt"), values("state")),
                (vec![expected.into()], vec!["st".into()])
            );
        }
    }
}
