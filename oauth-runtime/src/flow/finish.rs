//! The second half, from the code on: exchange, identity, account, session.

use tracing::info;

use super::intent::Action;
use super::record::Flow;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::oauth::{Ending, OAuth, OtherAccount, SignedIn};
use crate::protocol::{CodeVerifier, StateVerified};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::session::{Lineage, Session};
use crate::tokens::{AccountRow, Authorized};

/// How it ended, and the session that may be sent to the target again.
pub(super) struct Finished {
    pub(super) ending: Ending,
    pub(super) lineage: Option<Lineage>,
}

impl Flow {
    /// Exchanges the code and stores what it proves.
    pub(super) async fn finish(
        self,
        oauth: &OAuth,
        proof: StateVerified,
        signed_in: Option<SignedIn>,
        code: Secret,
    ) -> Result<Finished, Error> {
        let authorized = self.exchange(oauth, proof, &code).await?;
        if let Some(other) = self.other_account(oauth, signed_in.as_ref(), &authorized) {
            info!(outcome = "other_account", "another account came back");
            return Ok(Finished { ending: Ending::OtherAccount(other.into()), lineage: None });
        }
        let (key, account) = oauth.0.accounts.save(&authorized)?;
        let now = oauth.0.clock.now();
        let (cookie, session) = match &signed_in {
            Some(who) if who.session_row().account == key => {
                oauth.0.sessions.rotate(&who.session, now)?
            }
            left => {
                if let Some(who) = left {
                    oauth.0.sessions.end(&who.session);
                }
                oauth.0.sessions.create(key, account.value.epoch, now)?
            }
        };
        Ok(self.ending(&account.value, cookie, &session, now))
    }

    async fn exchange(
        &self,
        oauth: &OAuth,
        proof: StateVerified,
        code: &Secret,
    ) -> Result<Authorized, Error> {
        let client = &oauth.0.accounts.client;
        let verifier = CodeVerifier::new(&self.seed.verifier());
        let redirect_uri = oauth.0.urls.redirect_uri();
        let response = client.exchange(proof, code, &verifier, redirect_uri).await?;
        let identity = client.identity(&response, &self.seed.nonce()).await?;
        let requested = self.needed.to_set().union(&self.besides.to_set());
        let forced_consent = self.forced_consent;
        Ok(Authorized { identity, response, requested, forced_consent })
    }

    /// Both accounts, where the one that came back is not the one that is signed in.
    fn other_account(
        &self,
        oauth: &OAuth,
        signed_in: Option<&SignedIn>,
        authorized: &Authorized,
    ) -> Option<OtherAccount> {
        let who = signed_in.filter(|_| self.action != Action::SwitchAccount)?;
        let same = who.session_row().account == oauth.0.accounts.key_of(&authorized.identity);
        (!same).then(|| OtherAccount {
            signed_in: who.row().identity.label().to_owned(),
            chosen: authorized.identity.label().to_owned(),
            scopes: self.needed.to_set(),
            resume: self.resume.clone(),
        })
    }

    fn ending(
        self,
        row: &AccountRow,
        cookie: String,
        session: &Session,
        now: Timestamp,
    ) -> Finished {
        let (needed, lineage) = (self.needed.to_set(), session.row().lineage);
        let missing: ScopeSet =
            needed.names().filter(|name| !row.covered.contains_name(name)).collect();
        if !missing.is_empty() {
            info!(outcome = "declined", "scopes were left out");
            let (why, resume) = (self.why, self.resume);
            let ending = Ending::Declined { session: cookie, lineage, missing, why, resume };
            // A reload goes to the target, where the guard explains the same.
            return Finished { ending, lineage: Some(lineage) };
        }
        session.note_return(needed.fingerprint(), now);
        info!(outcome = "granted", "authorized");
        let ending = Ending::Resumed { session: cookie, resume: self.resume };
        Finished { ending, lineage: Some(lineage) }
    }
}
