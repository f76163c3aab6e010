//! All providers of the app, each with what it takes to speak to it.

use std::sync::Arc;

use super::provider_client::ProviderClient;
use crate::clock::Clock;
use crate::error::{Code, Error};
use crate::http::HttpClient;
use crate::provider::Provider;
use crate::scope::ScopeSet;
use crate::shown;

/// Which of the app's providers: the first signs people in, accounts at the others are linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProviderId(u8);

impl ProviderId {
    pub(crate) const FIRST: Self = Self(0);

    #[inline]
    pub(crate) fn is_first(self) -> bool {
        self == Self::FIRST
    }

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// At least one.
pub(crate) struct Providers {
    first: ProviderClient,
    others: Vec<ProviderClient>,
}

impl Providers {
    /// Of providers and the scopes that every authorization asks for there.
    ///
    /// # Errors
    /// If two have one key or one issuer, or there are more than 256.
    pub(crate) fn new(
        first: (Provider, ScopeSet),
        others: Vec<(Provider, ScopeSet)>,
        http: &HttpClient,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let mut known = vec![&first.0];
        for (other, _) in &others {
            let same = |one: &Provider| {
                one.key() == other.key() || one.canonical_issuer(other.issuer()).is_some()
            };
            if known.iter().any(|one| same(one)) || known.len() > usize::from(u8::MAX) {
                let (key, issuer) = (shown::name(other.key()), shown::address(other.issuer()));
                let text = format!("two providers are {key}, {issuer}");
                return Err(Error::new(Code::ConfigOption, text)
                    .with_help("give each provider a key and an issuer of its own"));
            }
            known.push(other);
        }
        let client =
            |(provider, base)| ProviderClient::new(provider, base, http.clone(), clock.clone());
        Ok(Self { others: others.into_iter().map(client).collect(), first: client(first) })
    }

    /// The one that signs people in.
    #[inline]
    pub(crate) fn first(&self) -> &ProviderClient {
        &self.first
    }

    pub(crate) fn get(&self, id: ProviderId) -> &ProviderClient {
        let other = id.index().checked_sub(1).and_then(|place| self.others.get(place));
        other.unwrap_or(&self.first)
    }

    /// Google, if it is one of them.
    pub(crate) fn google(&self) -> Option<ProviderId> {
        self.ids().find(|id| self.get(*id).provider().is_google())
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ProviderId> {
        (0..=u8::MAX).map(ProviderId).take(1 + self.others.len())
    }

    /// The one whose key a handler names.
    pub(crate) fn find(&self, key: &str) -> Option<ProviderId> {
        self.ids().find(|id| self.get(*id).provider().key() == key)
    }

    /// The one that vouches for accounts of this issuer.
    pub(crate) fn of_issuer(&self, issuer: &str) -> Option<ProviderId> {
        self.ids().find(|id| self.get(*id).provider().canonical_issuer(issuer).is_some())
    }

    /// The same, for a row of ours, which names an issuer that was somebody's once.
    pub(crate) fn vouching(&self, issuer: &str) -> Result<&ProviderClient, Error> {
        let id = self.of_issuer(issuer).ok_or_else(|| {
            let issuer = shown::address(issuer);
            let text = format!("no provider of the app is {issuer}, which an account is of");
            Error::new(Code::ConfigOption, text)
                .with_help("add the provider again, or delete the account: `OAuth::account`")
        });
        id.map(|id| self.get(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::provider::ClientCredentials;

    fn credentials() -> ClientCredentials {
        ClientCredentials::new("id", "fake-secret")
    }

    fn openid(key: &str, issuer: &str) -> Provider {
        let [a, t, k] = ["a", "t", "k"].map(|name| format!("{issuer}/{name}"));
        Provider::openid(key, "X", issuer, &a, &t, &k, credentials()).unwrap()
    }

    fn providers(others: Vec<Provider>) -> Result<Providers, Error> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let plain = |provider| (provider, ScopeSet::default());
        let first = plain(Provider::google(credentials()));
        let others = others.into_iter().map(plain).collect();
        Providers::new(first, others, &HttpClient::new().unwrap(), &clock)
    }

    #[test]
    fn each_is_found_by_its_key_and_its_issuer() {
        let github = Provider::github(credentials()).unwrap();
        let known = providers(vec![github, openid("x", "https://id.example")]).unwrap();
        for (key, issuer) in [
            ("google", "https://accounts.google.com"),
            ("google", "accounts.google.com"),
            ("github", "https://github.com"),
            ("x", "https://id.example"),
        ] {
            let found = known.find(key).unwrap();
            assert_eq!(known.of_issuer(issuer), Some(found));
            assert_eq!(known.get(found).provider().key(), key);
        }
        assert_eq!(known.find("y"), None);
        assert_eq!(known.of_issuer("https://id.example/"), None);
        assert!(known.vouching("https://gone.example").is_err());
    }

    #[test]
    fn two_that_could_be_taken_for_each_other_are_refused() {
        for others in [
            vec![openid("google", "https://id.example")],
            vec![openid("x", "https://a.example"), openid("x", "https://b.example")],
            vec![openid("x", "https://a.example"), openid("y", "https://a.example")],
            vec![openid("x", "https://accounts.google.com")],
        ] {
            let error = providers(others).err().unwrap();
            assert_eq!(error.code(), "config_option", "{error:?}");
        }
    }
}
