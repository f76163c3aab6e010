//! Whose request it is: by a session of ours, or by the app's own login.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::handle::OAuth;
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::scope::ScopeSet;
use crate::session::{AccountKey, Binding, Owner, OwnerKey, Session, cookie};
use crate::store::Entry;
use crate::tokens::AccountRow;

/// How we know that it is the same person again.
#[derive(Clone)]
pub(crate) enum Login {
    /// By the cookie of a session of ours.
    Session(Session),
    /// By the word of the app, which has a login of its own.
    Owner(OwnerKey),
}

impl Login {
    /// What a flow, a link or a kept form of this person is bound to.
    pub(crate) fn binding(&self) -> Binding {
        match self {
            Self::Session(session) => session.row().lineage,
            Self::Owner(owner) => *owner,
        }
    }
}

/// Somebody, together with the account behind him.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) login: Login,
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
    /// A user of such an app who has linked no account.
    Unlinked(OwnerKey),
    /// Somebody with an account.
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
            Self::Unlinked(owner) => Some(Login::Owner(*owner)),
            Self::SignedIn(who) => Some(who.login.clone()),
        }
    }

    /// The user of an app with a login of its own.
    pub(crate) fn owner(&self) -> Option<OwnerKey> {
        match self.login() {
            Some(Login::Owner(owner)) => Some(owner),
            _ => None,
        }
    }

    /// What a flow or link that this person begins is bound to.
    pub(crate) fn binding(&self) -> Option<Binding> {
        self.login().map(|login| login.binding())
    }

    /// Whether something that is bound like this is for this person. Where the app has a login
    /// of its own, nothing is for everybody.
    pub(crate) fn may_use(&self, binding: Option<Binding>) -> bool {
        let for_all = binding.is_none() && self.owner().is_none();
        !matches!(self, Self::LoggedOut) && (for_all || binding == self.binding())
    }
}

impl OAuth {
    /// Whose request this is: two lookups, nothing verified, nothing written.
    ///
    /// # Errors
    /// If the app names an [`Owner`] and was not configured for it: two people who share a
    /// browser would share our session too.
    #[inline]
    pub(crate) fn caller(&self, parts: &Parts, now: Timestamp) -> Result<Caller, Error> {
        match (&self.0.login, Owner::of(&parts.extensions)) {
            (Some(_), Some(owner)) => Ok(self.of_owner(owner, now)),
            (Some(_), None) => Ok(Caller::LoggedOut),
            (None, None) => {
                let found = self.of_session(&parts.headers, now);
                Ok(found.map_or(Caller::Stranger, Caller::SignedIn))
            }
            (None, Some(_)) => Err(unexpected_owner()),
        }
    }

    #[inline]
    fn of_session(&self, headers: &HeaderMap, now: Timestamp) -> Option<SignedIn> {
        let cookie = cookie::find(headers, &self.0.cookies.session)?;
        let session = self.0.sessions.find(cookie, now)?;
        let key = session.row().account;
        let account = self.0.accounts.find(&key, now)?;
        let current = session.row().epoch == account.value.epoch;
        current.then_some(SignedIn { login: Login::Session(session), key, account })
    }

    #[inline]
    fn of_owner(&self, owner: &Owner, now: Timestamp) -> Caller {
        let owner = self.0.owners.key_of(owner);
        let found = self.0.owners.account(&owner, self.provider().key(), now);
        let found = found.and_then(|key| Some((key, self.0.accounts.find(&key, now)?)));
        found.map_or(Caller::Unlinked(owner), |(key, account)| {
            Caller::SignedIn(SignedIn { login: Login::Owner(owner), key, account })
        })
    }

    /// The same person with the account as it is now, unless he is signed out, or has another
    /// account by now.
    pub(crate) fn again(&self, who: &SignedIn, now: Timestamp) -> Option<SignedIn> {
        let SignedIn { login, key, .. } = who;
        let account = self.0.accounts.find(key, now)?;
        let still = match login {
            Login::Session(session) => {
                self.0.sessions.is_alive(session, now) && session.row().epoch == account.value.epoch
            }
            Login::Owner(owner) => {
                self.0.owners.account(owner, self.provider().key(), now) == Some(*key)
            }
        };
        still.then(|| SignedIn { login: login.clone(), key: *key, account })
    }

    /// Remembers that an authorization for these scopes came back.
    pub(crate) fn note_return(&self, login: &Login, scopes: &ScopeSet) {
        let (scopes, now) = (scopes.fingerprint(), self.0.clock.now());
        match login {
            Login::Session(session) => session.note_return(scopes, now),
            Login::Owner(owner) => self.0.owners.note_return(*owner, scopes, now),
        }
    }

    /// Whether one came back a moment ago, so that another round would hardly help.
    pub(crate) fn returned_lately(&self, login: &Login, scopes: &ScopeSet) -> bool {
        let (scopes, now) = (scopes.fingerprint(), self.0.clock.now());
        match login {
            Login::Session(session) => session.returned_lately(scopes, now),
            Login::Owner(owner) => self.0.owners.returned_lately(owner, scopes, now),
        }
    }
}

#[cold]
fn unexpected_owner() -> Error {
    let text = "the request has an `Owner`, and the app was not configured for a login of its own";
    Error::new(Code::ConfigOption, text)
        .with_help("call `with_login(\"/login\")` with the path of the app's login page")
}
