//! The first half: from a refused request to the provider's authorization endpoint.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use super::intent::{Action, Intent};
use super::record::{Again, Flow, Seed};
use super::visitor::Visitor;
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::oauth::{Caller, OAuth, Resume};
use crate::protocol::{AuthorizationRequest, CodeVerifier, Prompt};
use crate::provider::{Increment, Provider};
use crate::scope::ScopeSet;
use crate::scope::requirement::Wanted;
use crate::session::{AccountKey, DisconnectCount, SetCookie, cookie};
use crate::store::Entry;
use crate::telemetry;
use crate::tokens::{AccountRow, ProviderId, Shortfall, Verdict};

/// How long a person may take at the provider.
const FLOW_LIFETIME: Duration = Duration::from_secs(600);
/// The cookie outlives the flow, so that someone who comes too late is told so.
const COOKIE_LIFETIME: Duration = Duration::from_secs(3600);
/// Pending flows of one browser: so many, and so many bytes with their names and with what the
/// browser remembers of a refusal.
const MAX_FLOWS: usize = 4;
const MAX_BYTES: usize = 3_800;

/// What to ask for, and where to go on.
pub(crate) struct Begin<'a> {
    pub(crate) provider: ProviderId,
    /// With the account at that provider.
    pub(crate) caller: &'a Caller,
    /// What the request needs and the account does not have.
    pub(crate) wanted: Wanted,
    pub(crate) action: Action,
    /// The account that a link is for, where its user is not signed in.
    pub(crate) account: Option<KnownAccount>,
    pub(crate) login_hint: Option<String>,
    pub(crate) why: Option<String>,
    pub(crate) resume: Resume,
    /// Not even an account that has all of it is sent straight back.
    pub(crate) insists: bool,
    /// What is needed and no more is asked for, since the provider refused more.
    pub(crate) is_narrow: bool,
}

/// An account, and its row.
pub(crate) type KnownAccount = (AccountKey, Arc<Entry<AccountRow>>);

/// Where to send the browser, and what it keeps for us meanwhile.
pub(crate) struct Begun {
    pub(crate) location: String,
    pub(crate) cookies: Vec<SetCookie>,
}

impl<'a> Begin<'a> {
    /// At the provider that the link names, for the person with an account there; who is not
    /// signed in at all begins with that.
    pub(crate) fn from_intent(
        oauth: &OAuth,
        provider: ProviderId,
        intent: Intent,
        caller: &'a Caller,
    ) -> Self {
        let resume = intent.resume(oauth);
        if matches!(caller, Caller::Stranger) && !provider.is_first() {
            return Self::sign_in(caller, resume);
        }
        Self {
            provider,
            caller,
            wanted: intent.wanted(),
            action: intent.action,
            account: None,
            login_hint: intent.login_hint,
            why: intent.why,
            resume,
            insists: intent.insists,
            is_narrow: intent.is_narrow,
        }
    }

    /// Nothing but a sign-in.
    pub(crate) fn sign_in(caller: &'a Caller, resume: Resume) -> Self {
        Self {
            provider: ProviderId::FIRST,
            caller,
            wanted: Wanted::default(),
            action: Action::Authorize,
            account: None,
            login_hint: None,
            why: None,
            resume,
            insists: false,
            is_narrow: false,
        }
    }

    /// Whether the account has all of it, and stays as it is: another tab was faster, or a refresh
    /// does. An outage is for the target to tell, unless it seems to be about this account.
    pub(crate) async fn is_granted_already(&self, oauth: &OAuth) -> bool {
        let may = self.action == Action::Authorize && !self.insists;
        let Some(who) = self.caller.signed_in().filter(|_| may) else { return false };
        let judge = |row: &AccountRow| oauth.verdict(row, &self.wanted.missing);
        match judge(who.row()) {
            Verdict::Now(_) => true,
            Verdict::AfterUser(_) => false,
            Verdict::AfterRefresh => match oauth.0.accounts.refreshed(who.key).await {
                Ok(row) => matches!(judge(&row.value), Verdict::Now(_)),
                Err(error) if error.kind() == Code::InvalidGrant => false,
                Err(_) => !oauth.may_connect_again(who),
            },
        }
    }

    /// Makes the flow, its cookie and the address of the provider's page. Nothing is stored.
    pub(crate) fn begin(self, oauth: &OAuth, headers: &HeaderMap) -> Result<Begun, Error> {
        let act = oauth.begin(telemetry::Action::Authorize, self.provider);
        let begun = act.span().in_scope(|| self.prepare(oauth, headers));
        oauth.end(act, begun.as_ref().map_or_else(Error::code, |_| "sent"));
        begun
    }

    fn prepare(self, oauth: &OAuth, headers: &HeaderMap) -> Result<Begun, Error> {
        let (now, login_hint) = (oauth.0.clock.now(), self.login_hint());
        let (besides, consented) = (self.besides(oauth), self.consented(oauth));
        let again = consented.as_ref().map(|(key, scopes)| Again::of(*key, scopes));
        let more = consented.map(|(_, scopes)| scopes).unwrap_or_default();
        let asked = self.wanted.missing.union(&besides).union(&more);
        let provider = oauth.provider(self.provider);
        let forced_consent =
            self.must_force_consent(provider, now) || provider.wants_consent_for(&asked);
        let flow = Flow {
            seed: Seed::new()?,
            provider: provider.key().to_owned(),
            needed: (&self.wanted.missing).into(),
            besides: (&besides).into(),
            again,
            account: self.account.as_ref().map(|(key, _)| *key),
            binding: self.caller.binding(),
            begun_at: now,
            begun_after: self.begun_after(oauth, now),
            ends_at: now + FLOW_LIFETIME,
            action: self.action,
            forced_consent,
            insists: self.insists,
            why: self.why,
            resume: self.resume.to_kept(),
        };
        let request = AuthorizationRequest {
            provider,
            redirect_uri: oauth.0.urls.redirect_uri(self.provider.index()),
            scope: &asked.to_string(),
            state: &flow.seed.state(),
            nonce: &flow.seed.nonce(),
            code_challenge: &CodeVerifier::new(&flow.seed.verifier()).challenge(),
            login_hint: login_hint.as_deref(),
            prompt: prompt(flow.action, forced_consent),
            hosted_domain: oauth.0.rules.hosted_domain().filter(|_| self.provider.is_first()),
        };
        let location = request.to_url().into();
        Ok(Begun { location, cookies: cookies(oauth, headers, &flow)? })
    }

    /// What is optional, and the base scopes.
    fn besides(&self, oauth: &OAuth) -> ScopeSet {
        let base = oauth.base_scopes(self.provider);
        base.union(&self.wanted.optional).difference(&self.wanted.missing)
    }

    /// What the user of a known account consented to before, where the provider would otherwise take
    /// that away, or has taken it away.
    fn consented(&self, oauth: &OAuth) -> Option<(AccountKey, ScopeSet)> {
        let replaces = oauth.provider(self.provider).increment() == Increment::Replaces;
        let (key, row) = self.known_account().filter(|_| !self.is_narrow)?;
        let lacks = replaces || row.tokens.is_none();
        let base = oauth.base_scopes(self.provider);
        let scopes = lacks.then(|| row.consented_beyond(base, &self.wanted.missing))?;
        Some((key, scopes)).filter(|(_, scopes)| !scopes.is_empty())
    }

    /// The account that is to be authorized, if that is known: of the caller, or of the link.
    fn known_account(&self) -> Option<(AccountKey, &AccountRow)> {
        if self.action == Action::SwitchAccount {
            return None;
        }
        let own = self.caller.signed_in().map(|who| (who.key, who.row()));
        own.or_else(|| self.account.as_ref().map(|(key, row)| (*key, &row.value)))
    }

    /// A provider that gave a refresh token once gives another only after a new consent. It is
    /// forced where there is none, and once where the one there is renews too little.
    fn must_force_consent(&self, provider: &Provider, now: Timestamp) -> bool {
        if provider.has_lasting_tokens() {
            return false;
        }
        if matches!(self.caller, Caller::Unlinked { .. }) {
            // The user may have had the account before, and what was kept of it is gone.
            return true;
        }
        self.known_account().is_some_and(|(_, row)| {
            row.shortfall == Shortfall::Seen || (!row.is_renewable(now) && !row.forced_consent)
        })
    }

    /// The last disconnect, which was looked for before.
    fn begun_after(&self, oauth: &OAuth, now: Timestamp) -> DisconnectCount {
        let disconnects = &oauth.0.accounts.disconnects;
        match self.caller {
            Caller::Stranger => disconnects.seen_by_stranger(now),
            _ => disconnects.seen(),
        }
    }

    fn login_hint(&self) -> Option<String> {
        let own = || Some(self.caller.signed_in()?.row().identity.email()?.to_owned());
        self.login_hint.clone().or_else(own)
    }
}

fn prompt(action: Action, forced_consent: bool) -> Option<Prompt> {
    match (action, forced_consent) {
        (Action::Authorize, false) => None,
        (Action::Authorize, true) => Some(Prompt::Consent),
        (_, false) => Some(Prompt::Account),
        (_, true) => Some(Prompt::AccountAndConsent),
    }
}

/// A pending flow as its cookie shows it.
struct Pending {
    /// `None` where the cookie does not open: such a one is the first to go.
    begun_at: Option<Timestamp>,
    name: String,
    size: usize,
}

fn pending(oauth: &OAuth, headers: &HeaderMap) -> Vec<Pending> {
    let names = &oauth.0.cookies;
    cookie::with_prefix(headers, &names.flow)
        .filter(|(rest, _)| rest.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(|(rest, value)| {
            let name = format!("{}{rest}", names.flow);
            let begun_at = Flow::open_named(oauth, &name, value).map(|flow| flow.begun_at);
            Pending { begun_at, size: name.len() + value.len(), name }
        })
        .collect()
}

/// Ends every pending flow of the browser, and what is remembered of it but for who was signed
/// out: a page of that user may still be open.
pub(crate) fn forget_all(oauth: &OAuth, headers: &HeaderMap) -> Vec<SetCookie> {
    let names = &oauth.0.cookies;
    let left = Visitor::last_account(oauth, headers);
    let left = left.and_then(|account| Visitor::signed_out(oauth, account).ok());
    let visitor = left.unwrap_or_else(|| names.remove(&names.visitor));
    let flows = pending(oauth, headers).into_iter().map(|flow| names.remove(&flow.name));
    flows.chain([visitor]).collect()
}

/// The new flow's cookie, and the removal of the oldest ones where they would be too many.
fn cookies(oauth: &OAuth, headers: &HeaderMap, flow: &Flow) -> Result<Vec<SetCookie>, Error> {
    let names = &oauth.0.cookies;
    let (name, value) = flow.to_cookie(oauth)?;
    let mut set = vec![names.set(&name, &value, COOKIE_LIFETIME)];
    let mut others = pending(oauth, headers);
    others.sort_by_key(|flow| std::cmp::Reverse(flow.begun_at));
    let remembered = cookie::find(headers, &names.visitor).map_or(0, <[u8]>::len);
    let mut bytes = name.len() + value.len() + remembered;
    for (count, other) in others.into_iter().enumerate() {
        bytes += other.size;
        let fits = count + 1 < MAX_FLOWS && bytes <= MAX_BYTES;
        if other.begun_at.is_none() || !fits {
            set.push(names.remove(&other.name));
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::clock::Timestamp;
    use crate::provider::ClientCredentials;
    use crate::tokens::testing;

    fn plain() -> Provider {
        let [issuer, a, t, k] = ["", "/a", "/t", "/k"].map(|p| format!("https://id.example{p}"));
        let credentials = ClientCredentials::new("us", "fake-secret");
        Provider::openid("x", "X", &issuer, &a, &t, &k, credentials).unwrap()
    }

    /// A parameter of the request that a sign-in begins.
    fn asked(provider: Provider, base_scopes: &str, action: Action, name: &str) -> Option<String> {
        let builder = OAuth::builder(provider).with_base_scopes(base_scopes.split(' '));
        let oauth = builder.with_redirect_uri("http://localhost:1/cb").build().unwrap();
        let wanted = Begin {
            wanted: Wanted { missing: ScopeSet::parse("notes"), ..Wanted::default() },
            action,
            ..Begin::sign_in(&Caller::Stranger, Resume::default_page(&oauth.0.urls))
        };
        let begun = wanted.begin(&oauth, &HeaderMap::new()).unwrap();
        let location = Url::parse(&begun.location).unwrap();
        let mut values = location.query_pairs().filter(|pair| pair.0 == name);
        let value = values.next().map(|pair| pair.1.into_owned());
        assert!(values.next().is_none(), "{name} is there twice: {location}");
        value
    }

    /// Behaviour §10: some servers drop `offline_access` where no consent is asked for with it.
    #[test]
    fn offline_access_is_asked_for_with_consent() {
        let unprompted = || plain().with_offline_access_unprompted();
        let (once, switch) = (Action::Authorize, Action::SwitchAccount);
        for (provider, base, action, prompt) in [
            (plain(), "openid", once, None),
            (plain(), "openid offline_access", once, Some("consent")),
            (plain(), "openid", switch, Some("login")),
            (plain(), "openid offline_access", switch, Some("login consent")),
            (plain().with_account_chooser(), "openid", switch, Some("select_account")),
            (unprompted(), "openid offline_access", once, None),
        ] {
            assert_eq!(asked(provider, base, action, "prompt").as_deref(), prompt, "{base}");
        }
        let scope = asked(plain(), "openid offline_access", once, "scope").unwrap();
        assert_eq!(ScopeSet::parse(&scope), ScopeSet::parse("notes openid offline_access"));
    }

    /// However many scopes a user consented to, all of them are asked for again where the provider
    /// replaces what it granted, and the flow fits into its cookie.
    #[test]
    fn a_user_who_consented_to_much_can_begin() {
        let now = Timestamp::from_unix_seconds(1_000_000);
        let names = (0..60).map(|number| format!("https://api.example/{number:0>21}"));
        let scopes = ScopeSet::parse(&names.collect::<Vec<_>>().join(" "));
        let row = testing::row(&scopes, None, now);
        let account = Some(([1; 16], Arc::new(Entry::new(row, 1, now, now))));
        let builder = OAuth::builder(plain()).with_redirect_uri("http://localhost:1/cb");
        let oauth = builder.build().unwrap();
        let stranger = Caller::Stranger;
        let sign_in = || Begin::sign_in(&stranger, Resume::default_page(&oauth.0.urls));
        let asked = |begin: Begin<'_>| {
            let location = begin.begin(&oauth, &HeaderMap::new()).unwrap().location;
            let location = Url::parse(&location).unwrap();
            let scope = location.query_pairs().find(|pair| pair.0 == "scope").unwrap().1;
            ScopeSet::parse(&scope)
        };
        let all = asked(Begin { account: account.clone(), ..sign_in() });
        assert!(scopes.difference(&all).is_empty(), "{all}");
        for less in [
            Begin { account: account.clone(), is_narrow: true, ..sign_in() },
            Begin { account, action: Action::SwitchAccount, ..sign_in() },
            sign_in(),
        ] {
            assert_eq!(asked(less), ScopeSet::parse("openid email"));
        }
    }
}
