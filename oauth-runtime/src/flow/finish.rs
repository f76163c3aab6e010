//! The second half, from the code on: exchange, identity, account, session.

use tracing::info;

use super::intent::Action;
use super::linking::{Kept, Link, nobody_to_link_to};
use super::record::Flow;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::oauth::{Admission, Caller, Ending, Login, OAuth, OtherAccount, SignedIn};
use crate::pages::Accounts;
use crate::protocol::{CodeVerifier, StateVerified};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::session::{AccountKey, Binding};
use crate::tokens::{Authorized, ProviderId, Unsaved};

/// How it ended, and who may be sent to the target again.
pub(super) struct Finished {
    pub(super) ending: Ending,
    pub(super) holder: Option<Binding>,
}

impl Flow {
    /// Exchanges the code and stores what it proves.
    pub(super) async fn finish(
        self,
        oauth: &OAuth,
        provider: ProviderId,
        proof: StateVerified,
        caller: Caller,
        code: Secret,
    ) -> Result<Finished, Error> {
        let asked_at = oauth.0.clock.now();
        let authorized = self.exchange(oauth, provider, proof, &code).await?;
        // The rules are for those who sign in; what they link afterwards is theirs to choose.
        if provider.is_first() && !oauth.0.rules.allow_account(&authorized.identity) {
            return Ok(self.not_allowed(oauth, &caller).await);
        }
        let key = oauth.0.accounts.key_of(&authorized.identity).await?;
        if let Some(other) = self.other_account(oauth, &caller, &authorized, &key).await? {
            return Ok(self.of_other_account(oauth, &caller, other).await);
        }
        if begins_session(&caller, &key)
            && oauth.0.rules.admit(&authorized.identity, &oauth.0.clock).await?
                == Admission::Refused
        {
            return Ok(self.not_allowed(oauth, &caller).await);
        }
        let before = caller.signed_in().map(|who| who.key);
        match self.keep(oauth, (provider, &caller), key, &authorized, asked_at).await {
            Ok(kept) => Ok(self.told_account(oauth, before, &key).ending(oauth, kept).await),
            Err(Unsaved::Taken) => Ok(self.taken(oauth, &caller).await),
            Err(Unsaved::Disconnected) => {
                oauth.0.accounts.give_back(&key, &authorized).await;
                Ok(self.disconnected(oauth, &caller))
            }
            Err(Unsaved::Unlinked) => Ok(self.disconnected(oauth, &caller)),
            Err(Unsaved::Failed(error)) => Err(error),
        }
    }

    /// Writes it where it belongs.
    async fn keep(
        &self,
        oauth: &OAuth,
        (provider, caller): (ProviderId, &Caller),
        key: AccountKey,
        authorized: &Authorized,
        asked_at: Timestamp,
    ) -> Result<Kept, Unsaved> {
        let signed_in = caller.signed_in();
        match (caller.owner(), caller.login()) {
            (Some(owner), Some(login)) => {
                let link = Link { login, owner, key, provider };
                link.keep(oauth, signed_in, authorized, asked_at).await
            }
            _ if !provider.is_first() => Err(nobody_to_link_to().into()),
            _ => keep_in_session(oauth, signed_in, authorized, asked_at).await,
        }
    }

    /// What is over stays over: the user began this before that, and can begin it again.
    fn disconnected(self, oauth: &OAuth, caller: &Caller) -> Finished {
        info!(outcome = "disconnected", "the account was disconnected meanwhile");
        let (scopes, resume) = (self.needed.to_set(), self.resume(oauth));
        let ending = Ending::Disconnected { scopes, why: self.why, resume };
        Finished { ending, holder: caller.binding() }
    }

    async fn of_other_account(
        self,
        oauth: &OAuth,
        caller: &Caller,
        other: OtherAccount,
    ) -> Finished {
        info!(outcome = "other_account", "another account came back");
        self.note_return(oauth, caller).await;
        Finished { ending: Ending::OtherAccount(other.into()), holder: caller.binding() }
    }

    async fn taken(self, oauth: &OAuth, caller: &Caller) -> Finished {
        info!(outcome = "taken", "the account is linked to another user of the app");
        self.note_return(oauth, caller).await;
        let ending = Ending::Taken { scopes: self.needed.to_set(), resume: self.resume(oauth) };
        Finished { ending, holder: caller.binding() }
    }

    async fn not_allowed(self, oauth: &OAuth, caller: &Caller) -> Finished {
        info!(outcome = "not_allowed", "the app does not admit the account");
        self.note_return(oauth, caller).await;
        let ending =
            Ending::NotAllowed { scopes: self.needed.to_set(), resume: self.resume(oauth) };
        Finished { ending, holder: caller.binding() }
    }

    async fn exchange(
        &self,
        oauth: &OAuth,
        provider: ProviderId,
        proof: StateVerified,
        code: &Secret,
    ) -> Result<Authorized, Error> {
        let client = oauth.0.accounts.providers.get(provider);
        let verifier = CodeVerifier::new(&self.seed.verifier());
        let redirect_uri = oauth.0.urls.redirect_uri(provider.index());
        let requested = self.requested(oauth, provider).await?;
        let response = client.exchange(proof, code, &verifier, redirect_uri).await?;
        let identity = client.identity(&response, &self.seed.nonce(), &requested).await?;
        let forced_consent = self.forced_consent;
        let begun_after = self.begun_after;
        Ok(Authorized { identity, response, requested, forced_consent, begun_after })
    }

    /// All that was asked for.
    async fn requested(&self, oauth: &OAuth, provider: ProviderId) -> Result<ScopeSet, Error> {
        let needed = self.needed.to_set();
        let requested = needed.union(&self.besides.to_set());
        let Some(again) = self.again else { return Ok(requested) };
        let row = oauth.0.accounts.get(&again.account, oauth.0.clock.now()).await?;
        let base = oauth.base_scopes(provider);
        Ok(row.map_or_else(
            || requested.clone(),
            |row| requested.union(&again.scopes(&row.value, base, &needed)),
        ))
    }

    /// Both accounts, where the one that came back is not the one that is signed in, or that a link
    /// is for.
    async fn other_account(
        &self,
        oauth: &OAuth,
        caller: &Caller,
        authorized: &Authorized,
        key: &AccountKey,
    ) -> Result<Option<OtherAccount>, Error> {
        if self.action == Action::SwitchAccount {
            return Ok(None);
        }
        let meant = match (caller.signed_in(), self.account) {
            (Some(who), _) if who.key != *key => Some(who.account.clone()),
            (None, Some(meant)) if meant != *key => {
                oauth.0.accounts.get(&meant, oauth.0.clock.now()).await?
            }
            _ => None,
        };
        Ok(meant.map(|meant| OtherAccount {
            accounts: Accounts {
                signed_in: meant.value.identity.label().to_owned(),
                chosen: Some(authorized.identity.label().to_owned()),
            },
            account: self.account,
            scopes: self.needed.to_set(),
            resume: self.resume(oauth),
        }))
    }

    /// The same, whose end says so where the account is another one than before, also one that is
    /// linked.
    fn told_account(mut self, oauth: &OAuth, before: Option<AccountKey>, now: &AccountKey) -> Self {
        if before.is_some_and(|before| before != *now) {
            self.resume = self.resume(oauth).switched(&oauth.0.urls).to_kept();
        }
        self
    }

    async fn ending(self, oauth: &OAuth, kept: Kept) -> Finished {
        let Kept { account, login, session } = kept;
        let (needed, binding) = (self.needed.to_set(), login.binding());
        let covered = &account.value.covered;
        let missing: ScopeSet =
            needed.names().filter(|name| !covered.contains_name(name)).collect();
        if !missing.is_empty() {
            info!(outcome = "declined", "scopes were left out");
            let resume = self.resume(oauth);
            let why = self.why;
            let ending = Ending::Declined { session, binding, missing, why, resume };
            return Finished { ending, holder: Some(binding) };
        }
        oauth.note_return(&login, self.at(oauth), &needed).await;
        info!(outcome = "granted", "authorized");
        let ending = Ending::Resumed { session, resume: self.resume(oauth) };
        Finished { ending, holder: Some(binding) }
    }

    fn at(&self, oauth: &OAuth) -> ProviderId {
        oauth.0.accounts.providers.find(&self.provider).unwrap_or_default()
    }

    /// From here on a click is needed for the same scopes: another round would hardly help.
    async fn note_return(&self, oauth: &OAuth, caller: &Caller) {
        if let Some(login) = caller.login() {
            oauth.note_return(&login, self.at(oauth), &self.needed.to_set()).await;
        }
    }
}

/// Whether somebody is to be signed in now who is not signed in with this account.
fn begins_session(caller: &Caller, key: &AccountKey) -> bool {
    caller.owner().is_none() && caller.signed_in().is_none_or(|who| who.key != *key)
}

/// The same session goes on under a new id; another account is another session.
async fn keep_in_session(
    oauth: &OAuth,
    signed_in: Option<&SignedIn>,
    authorized: &Authorized,
    asked_at: Timestamp,
) -> Result<Kept, Unsaved> {
    let (key, account) = oauth.0.accounts.save(authorized, None, asked_at).await?;
    let (now, sessions) = (oauth.0.clock.now(), &oauth.0.sessions);
    let (cookie, session) = match signed_in.map(|who| (who, &who.login)) {
        Some((who, Login::Session(session))) if who.key == key => {
            sessions.rotate(session, now).await?
        }
        left => {
            if let Some((_, Login::Session(session))) = left {
                sessions.end(session.number(), now).await?;
            }
            sessions.create(key, account.value.epoch, now).await?
        }
    };
    Ok(Kept { account, login: Login::Session(session), session: Some(cookie) })
}
