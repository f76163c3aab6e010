//! What has to be said, before it has words or looks.

use http::StatusCode;

use super::connection::Connection;
use super::form::KeptForm;
use super::kind::{LinkKind, PageKind};
use crate::error::{Code, Error};
use crate::scope::ScopeSet;

/// The accounts that a page is about, as people know them.
#[derive(Clone)]
pub(crate) struct Accounts {
    pub(crate) signed_in: String,
    /// The other one, where there are two.
    pub(crate) chosen: Option<String>,
}

/// A page to be written: what it is about, and where it leads.
#[derive(Clone)]
pub(crate) struct Notice {
    pub(super) kind: PageKind,
    pub(super) status: StatusCode,
    /// The name of the provider that it speaks of, if that is not the one that signs people in.
    pub(super) provider: Option<String>,
    pub(super) begun: bool,
    pub(super) why: Option<String>,
    pub(super) scopes: ScopeSet,
    pub(super) accounts: Option<Accounts>,
    pub(super) form: Option<KeptForm>,
    pub(super) script: Option<String>,
    pub(super) connections: Vec<Connection>,
    pub(super) links: Vec<(LinkKind, String)>,
    /// What a form is posted to.
    pub(super) actions: Vec<(LinkKind, String)>,
}

impl Notice {
    pub(crate) fn new(kind: PageKind, status: StatusCode) -> Self {
        let (why, scopes, accounts) = (None, ScopeSet::default(), None);
        let (provider, form, script, begun) = (None, None, None, false);
        let (connections, links, actions) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            kind,
            status,
            provider,
            begun,
            why,
            scopes,
            accounts,
            form,
            script,
            connections,
            links,
            actions,
        }
    }

    pub(crate) fn rationale(missing: ScopeSet) -> Self {
        Self { scopes: missing, ..Self::new(PageKind::Rationale, StatusCode::OK) }
    }

    pub(crate) fn declined(missing: ScopeSet) -> Self {
        Self { scopes: missing, ..Self::new(PageKind::Declined, StatusCode::FORBIDDEN) }
    }

    pub(crate) fn access_ended(scopes: ScopeSet) -> Self {
        Self { scopes, ..Self::new(PageKind::AccessEnded, StatusCode::FORBIDDEN) }
    }

    pub(crate) fn denied() -> Self {
        Self::new(PageKind::Denied, StatusCode::FORBIDDEN)
    }

    pub(crate) fn other_account(accounts: Accounts) -> Self {
        let accounts = Some(accounts);
        Self { accounts, ..Self::new(PageKind::OtherAccount, StatusCode::CONFLICT) }
    }

    pub(crate) fn taken() -> Self {
        Self::new(PageKind::Taken, StatusCode::CONFLICT)
    }

    pub(crate) fn ended_meanwhile() -> Self {
        Self::new(PageKind::EndedMeanwhile, StatusCode::CONFLICT)
    }

    pub(crate) fn not_allowed() -> Self {
        Self::new(PageKind::NotAllowed, StatusCode::FORBIDDEN)
    }

    pub(crate) fn login_needed() -> Self {
        Self::new(PageKind::LoginNeeded, StatusCode::UNAUTHORIZED)
    }

    pub(crate) fn returning() -> Self {
        Self::new(PageKind::Returning, StatusCode::OK)
    }

    pub(crate) fn held() -> Self {
        Self::new(PageKind::Held, StatusCode::OK)
    }

    pub(crate) fn confirm(form: KeptForm) -> Self {
        Self { form: Some(form), ..Self::new(PageKind::Confirm, StatusCode::OK) }
    }

    /// Asks before everything is withdrawn; `form` does it.
    pub(crate) fn disconnect(signed_in: String, form: KeptForm) -> Self {
        let accounts = Some(Accounts { signed_in, chosen: None });
        Self { accounts, form: Some(form), ..Self::new(PageKind::Disconnect, StatusCode::OK) }
    }

    /// What there is to say in words alone, where nothing went wrong.
    pub(crate) fn of_kind(kind: PageKind) -> Self {
        Self::new(kind, StatusCode::OK)
    }

    pub(crate) fn account(connections: Vec<Connection>) -> Self {
        Self { connections, ..Self::of_kind(PageKind::Account) }
    }

    pub(crate) fn send_again(status: StatusCode) -> Self {
        Self::new(PageKind::SendAgain, status)
    }

    pub(crate) fn cross_site() -> Self {
        Self::new(PageKind::CrossSite, StatusCode::FORBIDDEN)
    }

    pub(crate) fn framed(status: StatusCode) -> Self {
        Self::new(PageKind::Framed, status)
    }

    /// `script` is the address of our module, which does what the page is for.
    pub(crate) fn done(script: String) -> Self {
        Self { script: Some(script), ..Self::new(PageKind::Done, StatusCode::OK) }
    }

    /// What went wrong, for the person it happened to. Nothing of the error's own text, which
    /// is for the log.
    pub(crate) fn failure(error: &Error) -> Self {
        let kind = match error.kind() {
            Code::AccessDenied => PageKind::Denied,
            Code::CrossSite => PageKind::CrossSite,
            Code::FlowExpired => PageKind::Expired,
            Code::FlowInterrupted => PageKind::Interrupted,
            Code::CallbackInvalid => PageKind::Unusable,
            Code::AdminPolicy => PageKind::AdminPolicy,
            Code::ProviderRefused => PageKind::AppRefused,
            Code::ProviderUnavailable
            | Code::ProviderTimeout
            | Code::StoreUnavailable
            | Code::SignInFailed
            | Code::TooManyPending
            | Code::ApiRateLimited
            | Code::ApiUnavailable
            | Code::ShuttingDown => PageKind::Unavailable,
            Code::ProviderResponse | Code::IdTokenInvalid => PageKind::Untrusted,
            Code::ApiForbidden => PageKind::Forbidden,
            _ => PageKind::Failed,
        };
        Self::new(kind, error.status())
    }

    pub(crate) fn kind(&self) -> PageKind {
        self.kind
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn sends_form(&self) -> bool {
        self.form.is_some() || !self.actions.is_empty()
    }

    /// Says of a form that the app may have done a part of it, if it has begun with it.
    pub(crate) fn after_begin(mut self, begun: bool) -> Self {
        self.begun = begun;
        self
    }

    pub(crate) fn of_provider(mut self, name: &str) -> Self {
        self.provider = Some(name.to_owned());
        self
    }

    pub(crate) fn with_why(mut self, why: Option<&str>) -> Self {
        self.why = why.map(str::to_owned);
        self
    }

    /// Adds a way on; the first one is the way that most people want.
    pub(crate) fn with_link(mut self, kind: LinkKind, href: impl Into<String>) -> Self {
        self.links.push((kind, href.into()));
        self
    }

    /// Adds what a form without fields is posted to.
    pub(crate) fn with_action(mut self, kind: LinkKind, href: impl Into<String>) -> Self {
        self.actions.push((kind, href.into()));
        self
    }
}
