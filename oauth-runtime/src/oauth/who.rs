//! Whom a request comes from, and by what he is known.

use std::sync::Arc;

use crate::session::{AccountKey, Binding, OwnerKey, Session};
use crate::store::{Entry, UserKey};
use crate::tokens::{AccountRow, ProviderId, ServiceLogin};

/// How we know that it is the same person again.
#[derive(Clone)]
pub(crate) enum Login {
    /// By the cookie of a session of ours.
    Session(Session),
    /// By the word of the app, which has a login of its own.
    Owner(OwnerKey),
    /// Not at all: it is a service account of the app's.
    Service(Arc<ServiceLogin>),
    /// Not at all: a job of the app works with the account.
    Account,
}

impl Login {
    /// What a flow, a link or a kept form of this person is bound to.
    pub(crate) fn binding(&self) -> Binding {
        match self {
            Self::Session(session) => session.row().lineage,
            Self::Owner(owner) => *owner,
            Self::Service(_) | Self::Account => Binding::default(),
        }
    }

    /// The user of a session of ours.
    pub(crate) fn session_user(&self) -> Option<UserKey> {
        matches!(self, Self::Session(_)).then(|| self.user())
    }

    /// The user, in whatever browser: by the account that signed in, or by the app's own id.
    fn user(&self) -> UserKey {
        match self {
            Self::Session(session) => session.row().account,
            Self::Owner(owner) => *owner,
            Self::Service(_) | Self::Account => UserKey::default(),
        }
    }
}

/// Somebody, together with the account behind him.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) login: Login,
    pub(crate) provider: ProviderId,
    /// Whose link it is; nobody's where it is the account that the session itself is of.
    pub(crate) owner: Option<OwnerKey>,
    pub(crate) key: AccountKey,
    pub(crate) account: Arc<Entry<AccountRow>>,
}

impl SignedIn {
    #[inline]
    pub(crate) fn row(&self) -> &AccountRow {
        &self.account.value
    }
}

/// Whom a request comes from.
#[derive(Clone)]
pub(crate) enum Caller {
    /// Nobody is signed in.
    Stranger,
    /// Nobody is logged in to the app, which has a login of its own.
    LoggedOut,
    /// Somebody who has linked no account at the provider that is asked for.
    Unlinked { login: Login, owner: OwnerKey },
    /// Somebody with an account there.
    SignedIn(SignedIn),
}

impl Caller {
    pub(crate) fn signed_in(&self) -> Option<&SignedIn> {
        match self {
            Self::SignedIn(who) => Some(who),
            _ => None,
        }
    }

    pub(crate) fn into_signed_in(self) -> Option<SignedIn> {
        match self {
            Self::SignedIn(who) => Some(who),
            _ => None,
        }
    }

    /// How this person will be known again, if at all.
    pub(crate) fn login(&self) -> Option<Login> {
        match self {
            Self::Stranger | Self::LoggedOut => None,
            Self::Unlinked { login, .. } => Some(login.clone()),
            Self::SignedIn(who) => Some(who.login.clone()),
        }
    }

    /// To whom an account at this provider is linked; to nobody where it begins a session.
    pub(crate) fn owner(&self) -> Option<OwnerKey> {
        match self {
            Self::Stranger | Self::LoggedOut => None,
            Self::Unlinked { owner, .. } => Some(*owner),
            Self::SignedIn(who) => who.owner,
        }
    }

    /// What a flow or link that this person begins is bound to.
    pub(crate) fn binding(&self) -> Option<Binding> {
        self.login().map(|login| login.binding())
    }

    /// The user that the caller is, if that is known.
    pub(crate) fn user(&self) -> Option<UserKey> {
        self.login().map(|login| login.user())
    }

    /// Whether something that is bound like this is for this person. Where the app has a login
    /// of its own, nothing is for everybody.
    pub(crate) fn may_use(&self, binding: Option<Binding>) -> bool {
        let owned = matches!(self.login(), Some(Login::Owner(_)));
        let for_all = binding.is_none() && !owned;
        !matches!(self, Self::LoggedOut) && (for_all || binding == self.binding())
    }
}
