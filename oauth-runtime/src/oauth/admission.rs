//! Who may use the app, beside having an account at the provider.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::error::{BoxError, Code, Error};
use crate::protocol::Identity;
use crate::provider::Provider;
use crate::shown;

/// What the app says of somebody who is about to be signed in.
///
/// ```
/// use oauth_runtime::{Admission, Identity};
///
/// /// For `OAuthBuilder::on_sign_in`: asks the app's own database.
/// fn admit(identity: &Identity, members: &[&str]) -> Admission {
///     if members.contains(&identity.subject()) { Admission::Admitted } else { Admission::Refused }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The sign-in goes on.
    Admitted,
    /// It ends, on a page that says so. Nothing of the account is kept.
    Refused,
}

type Allows = Arc<dyn Fn(&Identity) -> bool + Send + Sync>;
type Asked = Pin<Box<dyn Future<Output = Result<Admission, BoxError>> + Send>>;
type Hook = Arc<dyn Fn(Identity) -> Asked + Send + Sync>;

/// How long the app may take to decide: a person waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The rules of one app; without any, everybody is admitted.
#[derive(Clone, Default)]
pub(crate) struct Rules {
    /// `None` where every domain is good.
    domains: Option<Vec<String>>,
    allows: Option<Allows>,
    on_sign_in: Option<Hook>,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("domains", &self.domains).finish_non_exhaustive()
    }
}

impl Rules {
    pub(super) fn allow_domains(&mut self, domains: impl Iterator<Item = String>) {
        self.domains = Some(domains.map(|domain| domain.to_ascii_lowercase()).collect());
    }

    pub(super) fn allow(&mut self, allows: impl Fn(&Identity) -> bool + Send + Sync + 'static) {
        self.allows = Some(Arc::new(allows));
    }

    pub(super) fn on_sign_in<F, A, E>(&mut self, hook: F)
    where
        F: Fn(Identity) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Admission, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.on_sign_in = Some(Arc::new(move |identity| {
            let asked = hook(identity);
            Box::pin(async move { asked.await.map_err(Into::into) })
        }));
    }

    /// # Errors
    /// If a domain can be nobody's, there is none, or the hook would never be called.
    pub(super) fn check(&self, provider: &Provider, own_login: bool) -> Result<(), Error> {
        let wrong = |text: String, help: &'static str| {
            Err(Error::new(Code::ConfigOption, text).with_help(help))
        };
        if own_login && self.on_sign_in.is_some() {
            let text = "`on_sign_in` is never called in an app with a login of its own";
            return wrong(text.to_owned(), "decide with `allow_accounts`, or in the app's login");
        }
        let Some(domains) = &self.domains else { return Ok(()) };
        if domains.is_empty() {
            let text = "`allow_domains` was given no domain, so that nobody could sign in";
            return wrong(text.to_owned(), "name a domain, or leave it out to admit everybody");
        }
        if !provider.has_hosted_domains() {
            let text = format!("the accounts of {} have no hosted domain", provider.name());
            return wrong(text, "decide by other claims, with `allow_accounts`");
        }
        for domain in domains {
            if matches!(domain.as_str(), "gmail.com" | "googlemail.com") {
                let text = format!("accounts of {domain} belong to no organization");
                return wrong(text, "take `allow_accounts` and look at the verified address");
            }
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
            if !domain.contains('.') || !domain.bytes().all(plain) {
                let text = format!("{} is not the domain of an organization", shown::name(domain));
                return wrong(text, "write it as in `example.com`");
            }
        }
        Ok(())
    }

    /// What the provider's list of accounts is narrowed to. It is a help for people and proves
    /// nothing: the claim is checked.
    pub(crate) fn hosted_domain(&self) -> Option<&str> {
        match self.domains.as_deref()? {
            [] => None,
            [one] => Some(one),
            _ => Some("*"),
        }
    }

    /// Whether the account may be used at all.
    pub(crate) fn allow_account(&self, identity: &Identity) -> bool {
        let is_of = |domains: &Vec<String>| {
            let of = |domain: &str| domains.iter().any(|one| domain.eq_ignore_ascii_case(one));
            identity.hosted_domain().is_some_and(of)
        };
        self.domains.as_ref().is_none_or(is_of)
            && self.allows.as_ref().is_none_or(|allows| allows(identity))
    }

    /// What the app says of somebody who is about to be signed in.
    ///
    /// # Errors
    /// `sign_in_failed` if the app could not decide.
    pub(crate) async fn admit(
        &self,
        identity: &Identity,
        clock: &Arc<dyn Clock>,
    ) -> Result<Admission, Error> {
        let Some(hook) = &self.on_sign_in else { return Ok(Admission::Admitted) };
        let answer = tokio::select! {
            biased;
            answer = hook(identity.clone()) => answer,
            () = clock.sleep(PATIENCE) => Err("no answer within ten seconds".into()),
        };
        answer.map_err(|error| {
            Error::new(Code::SignInFailed, "the app could not finish the sign-in")
                .with_source(error)
                .with_help("mend what `on_sign_in` of the app does")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{ManualClock, Timestamp};
    use crate::protocol::AccountId;
    use crate::provider::ClientCredentials;

    fn of_domain(domain: Option<&str>) -> Identity {
        Identity {
            email: Some("ada@navy.example".into()),
            email_verified: true,
            hosted_domain: domain.map(Box::from),
            ..Identity::bare(AccountId::new("https://issuer.example", "1"))
        }
    }

    /// No rule of domains at all, where none are named.
    fn rules(domains: &[&str]) -> Rules {
        let mut rules = Rules::default();
        if !domains.is_empty() {
            rules.allow_domains(domains.iter().map(|domain| (*domain).to_owned()));
        }
        rules
    }

    #[test]
    fn the_claim_counts_and_not_the_address() {
        for (domains, claim, expected) in [
            (&[][..], None, true),
            (&["navy.example"], Some("navy.example"), true),
            (&["Navy.example"], Some("NAVY.example"), true),
            (&["a.example", "navy.example"], Some("navy.example"), true),
            (&["navy.example"], None, false),
            (&["navy.example"], Some("sub.navy.example"), false),
            (&["navy.example"], Some("navy.example.evil"), false),
            (&["navy.example"], Some(""), false),
        ] {
            let allowed = rules(domains).allow_account(&of_domain(claim));
            assert_eq!(allowed, expected, "{domains:?} {claim:?}");
        }
    }

    #[test]
    fn both_the_domain_and_the_predicate_have_to_agree() {
        let mut rules = rules(&["navy.example"]);
        rules.allow(|identity| identity.subject() == "1");
        let mut ada = of_domain(Some("navy.example"));
        assert!(rules.allow_account(&ada));
        ada.id = AccountId::new("https://issuer.example", "2");
        assert!(!rules.allow_account(&ada));
        assert!(!rules.allow_account(&of_domain(None)));
    }

    #[test]
    fn what_can_be_nobodys_domain_is_refused_at_start() {
        let provider = Provider::google(ClientCredentials::new("id", "fake-secret"));
        for (domain, good) in [
            ("navy.example", true),
            ("gmail.com", false),
            ("", false),
            ("navy", false),
            ("@navy.example", false),
            ("navy.example ", false),
            ("*.example", false),
        ] {
            assert_eq!(rules(&[domain]).check(&provider, false).is_ok(), good, "{domain:?}");
        }
        let mut none = Rules::default();
        none.allow_domains(std::iter::empty());
        assert!(none.check(&provider, false).is_err(), "a list from an empty setting");
        assert!(!none.allow_account(&of_domain(Some("navy.example"))), "nobody, not everybody");
    }

    #[test]
    fn the_list_of_accounts_is_narrowed_as_far_as_one_parameter_can() {
        assert_eq!(rules(&[]).hosted_domain(), None);
        assert_eq!(rules(&["A.example"]).hosted_domain(), Some("a.example"));
        assert_eq!(rules(&["a.example", "b.example"]).hosted_domain(), Some("*"));
    }

    #[test]
    fn a_hook_that_would_never_be_called_is_refused_at_start() {
        let provider = Provider::google(ClientCredentials::new("id", "fake-secret"));
        let mut rules = Rules::default();
        rules.on_sign_in(|_| std::future::ready(Ok::<_, std::io::Error>(Admission::Refused)));
        assert!(rules.check(&provider, false).is_ok());
        assert_eq!(rules.check(&provider, true).unwrap_err().code(), "config_option");
    }

    #[tokio::test]
    async fn a_hook_that_never_answers_is_not_waited_for_for_ever() {
        let (clock, mut rules) =
            (ManualClock::at(Timestamp::from_unix_seconds(1)), Rules::default());
        rules.on_sign_in(|_| std::future::pending::<Result<Admission, std::io::Error>>());
        let (waiting, person) = (Arc::new(clock.clone()) as Arc<dyn Clock>, of_domain(None));
        let admitted = tokio::spawn(async move { rules.admit(&person, &waiting).await });
        while !admitted.is_finished() {
            clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
        assert_eq!(admitted.await.unwrap().unwrap_err().code(), "sign_in_failed");
    }
}
