//! A link that begins an authorization when it is followed, sealed by us.
//!
//! Scopes, target and parameters of an authorization never come from a query string that
//! somebody else could write: they come from the handler, or from one of these.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::scope_list::ScopeList;
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::oauth::{Caller, KeptResume, OAuth, Resume, Route};
use crate::scope::ScopeSet;
use crate::scope::requirement::Wanted;
use crate::session::{AccountKey, Binding, open, seal};
use crate::store::UserKey;
use crate::tokens::ProviderId;

/// How long a link on a page, or in a problem document, works.
pub(crate) const LIFETIME: Duration = Duration::from_secs(600);

/// How long a link in an e-mail works.
const MAIL_LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// What an authorization is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    /// Sign in, or grant more to the account that is signed in.
    Authorize,
    /// The same, after the person chose another account by mistake: ask which one.
    ChooseAccount,
    /// Leave the present account and sign in as another.
    SwitchAccount,
}

/// What a link of ours begins.
#[derive(Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is said of a link by itself")]
pub(crate) struct Intent {
    /// The key of the provider; the one that signs people in where there is none.
    provider: Option<String>,
    /// What is needed.
    pub(crate) scopes: ScopeList,
    /// What is asked for along with it.
    optional: ScopeList,
    pub(crate) action: Action,
    /// The account that is meant, where that is known, and its e-mail address.
    pub(crate) account: Option<AccountKey>,
    pub(crate) login_hint: Option<String>,
    pub(crate) why: Option<String>,
    pub(crate) resume: KeptResume,
    /// The account seems to have the scopes, but an API or the session says otherwise.
    pub(crate) insists: bool,
    /// Only what is needed is asked for: the provider refused more.
    pub(crate) is_narrow: bool,
    /// No click leads there: a browser is sent by an answer of ours.
    pub(crate) unasked: bool,
    /// Whether a form that is sent with it is kept.
    pub(crate) keeps_form: bool,
    binding: Option<Binding>,
    /// Whose page it was made for, where that user is not signed in any longer.
    of_user: Option<UserKey>,
    ends_at: Timestamp,
}

impl Intent {
    pub(crate) fn new(
        oauth: &OAuth,
        binding: Option<Binding>,
        scopes: &ScopeSet,
        resume: &Resume,
    ) -> Self {
        Self {
            provider: None,
            scopes: scopes.into(),
            optional: (&ScopeSet::default()).into(),
            action: Action::Authorize,
            account: None,
            login_hint: None,
            why: None,
            resume: resume.to_kept(),
            insists: false,
            is_narrow: false,
            unasked: false,
            keeps_form: true,
            binding,
            of_user: None,
            ends_at: oauth.0.clock.now() + LIFETIME,
        }
    }

    /// The same at this provider.
    pub(crate) fn at(mut self, oauth: &OAuth, provider: ProviderId) -> Self {
        let key = || oauth.provider(provider).key().to_owned();
        self.provider = (!provider.is_first()).then(key);
        self
    }

    /// Which provider it is for.
    ///
    /// # Errors
    /// `callback_invalid` if the app has it no longer.
    pub(crate) fn provider(&self, oauth: &OAuth) -> Result<ProviderId, Error> {
        let Some(key) = &self.provider else { return Ok(ProviderId::FIRST) };
        let gone = || invalid("the link is for a provider that the app has no longer");
        oauth.0.accounts.providers.find(key).ok_or_else(gone)
    }

    /// The same, which asks for these along with what is needed.
    pub(crate) fn with_optional(mut self, optional: &ScopeSet) -> Self {
        self.optional = optional.into();
        self
    }

    pub(crate) fn with_why(mut self, why: Option<&str>) -> Self {
        self.why = why.map(str::to_owned);
        self
    }

    pub(crate) fn with_action(mut self, action: Action, login_hint: &str) -> Self {
        self.action = action;
        self.login_hint = Some(login_hint.to_owned());
        self
    }

    /// The same for this account, where its user is not signed in.
    pub(crate) fn for_account(mut self, account: Option<AccountKey>) -> Self {
        self.account = account;
        self
    }

    /// The same in an e-mail, for the account with this address.
    pub(crate) fn in_mail(mut self, oauth: &OAuth, login_hint: Option<String>) -> Self {
        self.login_hint = login_hint;
        self.ends_at = oauth.0.clock.now() + MAIL_LIFETIME;
        self
    }

    /// The same, with another account than the one that was chosen last.
    pub(crate) fn choosing_account(mut self) -> Self {
        self.action = Action::ChooseAccount;
        self
    }

    /// The same, although the account seems to have the scopes.
    pub(crate) fn insisting(mut self) -> Self {
        self.insists = true;
        self
    }

    /// The same on a page of this user, who is not signed in any longer: what the page sends is not
    /// another user's.
    pub(crate) fn of_user(mut self, user: Option<UserKey>) -> Self {
        self.of_user = user;
        self
    }

    /// Whose page the link was made for, if it was a user's.
    pub(crate) fn user(&self) -> Option<UserKey> {
        self.of_user
    }

    /// Whether another user than that one follows it.
    pub(crate) fn is_followed_by_another(&self, caller: &Caller) -> bool {
        self.of_user.zip(caller.user()).is_some_and(|(of, user)| of != user)
    }

    /// The same for what is needed alone, which the account may seem to have.
    pub(crate) fn narrowed(mut self, insists: bool) -> Self {
        self.is_narrow = true;
        self.insists = insists;
        self
    }

    /// The same, to be followed without a click.
    pub(crate) fn unasked(mut self) -> Self {
        self.unasked = true;
        self
    }

    /// The same on a page, where somebody has to click on it.
    pub(crate) fn asked_on_page(mut self, oauth: &OAuth) -> Self {
        self.unasked = false;
        self.ends_at = oauth.0.clock.now() + LIFETIME;
        self
    }

    /// The same for a form that is not kept.
    pub(crate) fn keeping_no_form(mut self) -> Self {
        self.keeps_form = false;
        self
    }

    /// The same, to go on elsewhere afterwards.
    pub(crate) fn leading_to(mut self, resume: &Resume) -> Self {
        self.resume = resume.to_kept();
        self
    }

    /// The link, relative to our own origin.
    pub(crate) fn to_link(&self, oauth: &OAuth) -> Result<String, Error> {
        self.sealed_for(oauth, Route::Start)
    }

    /// Where a form is sent that has to wait for it. Such a link begins nothing by itself.
    pub(crate) fn to_form_link(&self, oauth: &OAuth) -> Result<String, Error> {
        self.sealed_for(oauth, Route::Hold)
    }

    fn sealed_for(&self, oauth: &OAuth, route: Route) -> Result<String, Error> {
        let sealed = seal(&oauth.0.intent_sealer, &binding(oauth, route), self)?;
        Ok(format!("{}?intent={sealed}", oauth.0.urls.path(route)))
    }

    /// The intent of a link that was followed.
    ///
    /// # Errors
    /// `callback_invalid` if the link is not ours or was made for somebody else,
    /// `flow_expired` if it is too old.
    pub(crate) fn from_link(oauth: &OAuth, caller: &Caller, text: &str) -> Result<Self, Error> {
        Self::opened(oauth, caller, text, Route::Start)
    }

    /// The intent of a link to which a form was sent.
    ///
    /// # Errors
    /// As [`from_link`](Self::from_link).
    pub(crate) fn from_form_link(
        oauth: &OAuth,
        caller: &Caller,
        text: &str,
    ) -> Result<Self, Error> {
        Self::opened(oauth, caller, text, Route::Hold)
    }

    fn opened(oauth: &OAuth, caller: &Caller, text: &str, route: Route) -> Result<Self, Error> {
        let intent: Self = open(&oauth.0.intent_sealer, &binding(oauth, route), text.as_bytes())
            .ok_or_else(|| invalid("the link was not made by this app"))?;
        if intent.ends_at <= oauth.0.clock.now() {
            return Err(Error::new(Code::FlowExpired, "the link is too old"));
        }
        if !caller.may_use(intent.binding) {
            return Err(invalid("the link was made for somebody else"));
        }
        Ok(intent)
    }

    /// Until when the link works.
    pub(crate) fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// What the link asks for.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted { missing: self.scopes.to_set(), optional: self.optional.to_set() }
    }

    /// The target, which was checked when the intent was made and is checked again.
    pub(crate) fn resume(&self, oauth: &OAuth) -> Resume {
        self.resume.resume(&oauth.0.urls)
    }
}

fn invalid(text: &'static str) -> Error {
    Error::new(Code::CallbackInvalid, text)
}

fn binding(oauth: &OAuth, route: Route) -> String {
    let provider = oauth.first_provider();
    let origin = oauth.0.urls.origin_text();
    format!("{}|{}|{}|{origin}", route.name(), provider.key(), provider.client_id())
}
