//! Whose request it is: by a session of ours, or by the app's own login.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::handle::OAuth;
use super::who::{Caller, Login, SignedIn};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::scope::ScopeSet;
use crate::session::{AccountKey, Named, Number, Owner, OwnerKey, Session, cookie};
use crate::store::{Entry, get_both};
use crate::tokens::{AccountRow, ProviderId};

impl OAuth {
    /// Who is signed in, with the account at `provider`, if that is known here: two lookups (two
    /// more for a linked account), nothing verified, nothing written.
    #[inline]
    pub(crate) fn known_caller(
        &self,
        parts: &Parts,
        provider: ProviderId,
        now: Timestamp,
    ) -> Option<SignedIn> {
        match (&self.0.login, Owner::of(&parts.extensions)) {
            (Some(_), Some(owner)) => {
                let owner = self.0.owners.known_key_of(owner)?;
                self.known_link(Login::Owner(owner), owner, provider, now)
            }
            (None, None) => {
                let who = self.known_session(self.session_cookie(&parts.headers)?, now)?;
                if provider.is_first() {
                    return Some(who);
                }
                let owner = self.0.owners.known_key_of_account(&who.key)?;
                self.known_link(who.login, owner, provider, now)
            }
            _ => None,
        }
    }

    /// Whose request this is, with the account at `provider`, as the store has it now: in one round trip for a session of ours,
    /// in two for an owner, in four for a linked account. What was known here a moment ago may be of before a consent that
    /// ended on another node.
    ///
    /// # Errors
    /// If the store cannot be asked; and if the app names an [`Owner`] and was not configured for
    /// it: two people who share a browser would share our session too.
    pub(crate) async fn caller(
        &self,
        parts: &Parts,
        provider: ProviderId,
        now: Timestamp,
    ) -> Result<Caller, Error> {
        match (&self.0.login, Owner::of(&parts.extensions)) {
            (Some(_), Some(owner)) => {
                let owner = self.0.owners.key_of(owner).await?;
                self.linked(Login::Owner(owner), owner, provider, now).await
            }
            (Some(_), None) => Ok(Caller::LoggedOut),
            (None, None) => {
                let caller = self.of_session(&parts.headers, now).await?;
                self.at(provider, caller, now).await
            }
            (None, Some(_)) => Err(unexpected_owner()),
        }
    }

    /// The same person with the account at another provider than the first.
    pub(crate) async fn at(
        &self,
        provider: ProviderId,
        caller: Caller,
        now: Timestamp,
    ) -> Result<Caller, Error> {
        let (login, owner) = match caller {
            caller if provider.is_first() => return Ok(caller),
            Caller::Stranger | Caller::LoggedOut => return Ok(caller),
            Caller::Unlinked { login, owner }
            | Caller::SignedIn(SignedIn { login, owner: Some(owner), .. }) => (login, owner),
            Caller::SignedIn(SignedIn { login, key, .. }) => {
                (login, self.0.owners.key_of_account(&key).await?)
            }
        };
        self.linked(login, owner, provider, now).await
    }

    #[inline]
    fn session_cookie<'a>(&self, headers: &'a HeaderMap) -> Option<Named<'a>> {
        Named::parse(cookie::find(headers, &self.0.cookies.session)?)
    }

    /// The session that the browser names, whether it lives or not: to end it needs no more.
    pub(crate) fn session_number(&self, headers: &HeaderMap) -> Option<Number> {
        self.session_cookie(headers).map(|named| *named.number)
    }

    /// The account of the session that the browser names, whether that lives or not.
    pub(crate) fn session_account(&self, headers: &HeaderMap) -> Option<AccountKey> {
        self.session_cookie(headers).and_then(Named::account)
    }

    #[inline]
    fn known_session(&self, named: Named<'_>, now: Timestamp) -> Option<SignedIn> {
        let session = self.0.sessions.peek(named, now)?;
        let account = self.0.accounts.peek(&session.row().account, now)?;
        signed_in(session, account)
    }

    async fn of_session(&self, headers: &HeaderMap, now: Timestamp) -> Result<Caller, Error> {
        let named = self.session_cookie(headers);
        let Some((named, key)) = named.and_then(|named| Some((named, named.account()?))) else {
            return Ok(Caller::Stranger);
        };
        let (sessions, accounts) = (&self.0.sessions, &self.0.accounts.table);
        let (session, account) =
            get_both((&sessions.table, named.number), (accounts, &key), now).await?;
        let session = session.and_then(|entry| sessions.admit(named, entry, now));
        let session = session.filter(|session| session.row().account == key);
        let who = session.zip(account).and_then(|(session, account)| signed_in(session, account));
        Ok(who.map_or(Caller::Stranger, Caller::SignedIn))
    }

    #[inline]
    fn known_link(
        &self,
        login: Login,
        owner: OwnerKey,
        provider: ProviderId,
        now: Timestamp,
    ) -> Option<SignedIn> {
        let row = self.0.owners.table.peek(&owner, now)?;
        let key = row.value.account(self.provider(provider).key())?;
        let account = self.0.accounts.peek(&key, now)?;
        // An account is an owner's if its own row says so, whatever his says.
        let his = account.value.holder == Some(owner);
        his.then_some(SignedIn { login, provider, owner: Some(owner), key, account })
    }

    async fn linked(
        &self,
        login: Login,
        owner: OwnerKey,
        provider: ProviderId,
        now: Timestamp,
    ) -> Result<Caller, Error> {
        let row = self.0.owners.table.get_anew(&owner, now).await?.entry;
        let key = row.and_then(|row| row.value.account(self.provider(provider).key()));
        if let Some(key) = key
            && let Some(account) = self.0.accounts.table.get_anew(&key, now).await?.entry
            && account.value.holder == Some(owner)
        {
            let owner = Some(owner);
            return Ok(Caller::SignedIn(SignedIn { login, provider, owner, key, account }));
        }
        Ok(Caller::Unlinked { login, owner })
    }

    /// An account that this owner's row names though it is his no longer: what is left of an
    /// unlinking that did not come to its end.
    pub(crate) async fn lost_link(
        &self,
        owner: &OwnerKey,
        provider: ProviderId,
        now: Timestamp,
    ) -> Result<Option<AccountKey>, Error> {
        let row = self.0.owners.table.get_anew(owner, now).await?.entry;
        let provider = self.provider(provider).key();
        let Some(key) = row.and_then(|row| row.value.account(provider)) else {
            return Ok(None);
        };
        let account = self.0.accounts.get(&key, now).await?;
        let his = account.is_some_and(|account| account.value.holder == Some(*owner));
        Ok((!his).then_some(key))
    }

    /// The same person with the account as it is now, unless he is signed out, or has another
    /// account by now.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub(crate) async fn again(
        &self,
        who: &SignedIn,
        now: Timestamp,
    ) -> Result<Option<SignedIn>, Error> {
        let again = match &who.login {
            Login::Session(session) => {
                let Some(session) = self.0.sessions.again(session, now).await? else {
                    return Ok(None);
                };
                let account = self.0.accounts.get(&session.row().account, now).await?;
                let first = account.and_then(|account| signed_in(session, account));
                let first = first.map_or(Caller::Stranger, Caller::SignedIn);
                self.at(who.provider, first, now).await?.into_signed_in()
            }
            Login::Owner(owner) => {
                let login = who.login.clone();
                self.linked(login, *owner, who.provider, now).await?.into_signed_in()
            }
            Login::Service(service) => {
                let account = Box::pin(service.account()).await?;
                Some(SignedIn { account, ..who.clone() })
            }
            Login::Account => {
                let account = self.0.accounts.get(&who.key, now).await?;
                account.map(|account| SignedIn { account, ..who.clone() })
            }
        };
        Ok(again.filter(|again| again.key == who.key))
    }

    /// The account of somebody as it was seen last, even if a store cannot be asked.
    pub(crate) fn last_account(&self, who: &SignedIn) -> Option<Arc<Entry<AccountRow>>> {
        self.0.accounts.table.last_seen(&who.key)
    }

    /// Looks for the last disconnect, before this caller begins an authorization. Where no user is
    /// known no store is asked.
    pub(crate) async fn look_before(&self, caller: &Caller) {
        if caller.login().is_some() {
            self.0.accounts.disconnects.look(self.0.clock.now()).await;
        }
    }

    /// Remembers that an authorization for these scopes came back. It guards against going
    /// round in circles, and nothing depends on it: a store that fails only loses that.
    pub(crate) async fn note_return(&self, login: &Login, provider: ProviderId, scopes: &ScopeSet) {
        let (scopes, now) = (fingerprint(provider, scopes), self.0.clock.now());
        let noted = match login {
            Login::Session(session) => self.0.sessions.note_return(session, scopes, now).await,
            Login::Owner(owner) => self.0.owners.note_return(*owner, scopes, now).await,
            Login::Service(_) | Login::Account => Ok(()),
        };
        if let Err(error) = noted {
            tracing::warn!(code = error.code(), "the end of an authorization was not noted");
        }
    }

    /// Whether one came back a moment ago, so that another round would hardly help.
    pub(crate) fn returned_lately(
        &self,
        login: &Login,
        provider: ProviderId,
        scopes: &ScopeSet,
    ) -> bool {
        let (scopes, now) = (fingerprint(provider, scopes), self.0.clock.now());
        match login {
            Login::Session(session) => session.returned_lately(scopes, now),
            Login::Owner(owner) => {
                let row = self.0.owners.table.last_seen(owner);
                row.is_some_and(|row| row.value.returned_lately(scopes, now))
            }
            Login::Service(_) | Login::Account => false,
        }
    }
}

/// A session is good for the account as it was when it began: a later epoch means that its
/// owner signed out everywhere.
#[inline]
fn signed_in(session: Session, account: Arc<Entry<AccountRow>>) -> Option<SignedIn> {
    let key = session.row().account;
    let current = session.row().epoch == account.value.epoch;
    let (provider, owner) = (ProviderId::FIRST, None);
    current.then_some(SignedIn { login: Login::Session(session), provider, owner, key, account })
}

/// The same scopes at two providers, none at all for one, are two different things to ask for.
fn fingerprint(provider: ProviderId, scopes: &ScopeSet) -> u64 {
    scopes.fingerprint().wrapping_add(provider.index() as u64)
}

#[cold]
fn unexpected_owner() -> Error {
    let text = "the request has an `Owner`, and the app was not configured for a login of its own";
    Error::new(Code::ConfigOption, text)
        .with_help("call `with_login(\"/login\")` with the path of the app's login page")
}
