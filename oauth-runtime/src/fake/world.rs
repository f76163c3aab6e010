//! All that the fake Google knows, as plain data: the HTTP rim asks it, with the time in hand.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;

use super::account::{Accounts, FakeAccount};
use super::clients::Clients;
use super::codes::Codes;
use super::drive::Drive;
use super::fault::Script;
use super::grants::Grants;
use super::keys::KeyRing;
use super::mint::Mint;
use super::quirk::Quirk;
use super::record::Log;
use super::resumable::Uploads;
use super::scopes::Scopes;
use super::security_events::Stream;
use super::service_accounts::Robots;
use super::tokens::Tokens;
use crate::clock::Timestamp;
use crate::error::Error;

/// The issuer, wherever the server listens: a profile with its endpoints moved keeps it.
pub(crate) const ISSUER: &str = "https://accounts.google.com";
const LIFETIME: Duration = Duration::from_secs(3599);

/// The whole state of one fake Google.
pub(crate) struct World {
    pub(crate) origin: String,
    pub(crate) accounts: Accounts,
    pub(crate) clients: Clients,
    pub(crate) grants: Grants,
    pub(crate) codes: Codes,
    pub(crate) tokens: Tokens,
    pub(crate) keys: KeyRing,
    pub(crate) drive: Drive,
    pub(crate) robots: Robots,
    pub(crate) stream: Option<Stream>,
    pub(crate) uploads: Uploads,
    pub(crate) script: Script,
    pub(crate) log: Log,
    pub(crate) mint: Mint,
    pub(crate) token_lifetime: Duration,
    quirks: HashSet<Quirk>,
    /// What a test makes of header and claims of each ID token, before it is signed.
    pub(crate) forge: Option<Forge>,
}

/// Changes the header and the claims of an ID token.
pub(crate) type Forge = Box<dyn Fn(&mut Value, &mut Value) + Send + Sync>;

impl World {
    pub(crate) fn new(origin: String, seed: [u8; 32]) -> Result<Self, Error> {
        Ok(Self {
            origin,
            accounts: Accounts::built_in(),
            clients: Clients::default(),
            grants: Grants::default(),
            codes: Codes::default(),
            tokens: Tokens::default(),
            keys: KeyRing::new()?,
            drive: Drive::default(),
            robots: Robots::new(),
            stream: None,
            uploads: Uploads::default(),
            script: Script::default(),
            log: Log::default(),
            mint: Mint::new(seed),
            token_lifetime: LIFETIME,
            quirks: HashSet::new(),
            forge: None,
        })
    }

    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    pub(crate) fn set(&mut self, quirk: Quirk, on: bool) {
        if quirk == Quirk::Canaries {
            self.mint.mark_secrets(on);
        }
        if on {
            self.quirks.insert(quirk)
        } else {
            self.quirks.remove(&quirk)
        };
    }

    /// Adds an account, in place of one with the same address and of all that it had granted.
    pub(crate) fn add_account(&mut self, account: FakeAccount) {
        self.revoke_access_of(account.email());
        self.accounts.add(account);
    }

    pub(crate) fn register_redirect_uri(&mut self, redirect_uri: &str) -> (String, String) {
        self.clients.register(&mut self.mint, redirect_uri)
    }

    /// Takes back all that the account granted to the project, and ends its tokens.
    pub(crate) fn revoke_access_of(&mut self, email: &str) {
        if let Some(subject) = self.accounts.find(email).map(|it| it.subject().to_owned()) {
            self.revoke_subject(&subject);
        }
    }

    pub(crate) fn revoke_subject(&mut self, subject: &str) {
        self.grants.remove(subject);
        self.tokens.remove_all_of(subject);
    }

    /// Revokes what a token stands for (RFC 7009 §2.1); whether there was such a token.
    pub(crate) fn revoke(&mut self, now: Timestamp, token: &str) -> bool {
        let subject = self.tokens.subject_of(now, token);
        if let Some(subject) = &subject {
            self.revoke_subject(subject);
        }
        subject.is_some()
    }

    /// What the account has granted, by its e-mail address.
    pub(crate) fn granted(&self, email: &str) -> Scopes {
        let account = self.accounts.find(email);
        account.map(|account| self.grants.scopes(account.subject())).unwrap_or_default()
    }
}
