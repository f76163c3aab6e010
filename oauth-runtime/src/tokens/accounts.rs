//! All accounts of the app, changed by compare-and-swap only.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;

use super::merge::{Authorized, merge};
use super::provider_client::ProviderClient;
use super::refresh::Flights;
use super::{AccountId, AccountRow, TokenSet};
use crate::clock::{Clock, Timestamp};
use crate::error::{Code, Error};
use crate::keys::random;
use crate::protocol::Identity;
use crate::scope::ScopeSet;
use crate::session::AccountKey;
use crate::store::{Conflict, Entries, Entry, Expected};

/// How often a writer who lost the race looks again and writes anew.
const ATTEMPTS: usize = 16;
/// For how long the row of an account stays once nobody has it any longer.
const FORGOTTEN: Duration = Duration::from_secs(600);

pub(crate) struct Accounts {
    entries: Entries<16, AccountRow>,
    /// Row keys are keyed hashes, so that a store tells nobody whose rows it holds.
    index: hmac::Key,
    pub(crate) client: ProviderClient,
    pub(crate) flights: Flights,
    /// A row is kept until the last session that names it could have ended.
    keep: Duration,
}

impl Accounts {
    pub(crate) fn new(client: ProviderClient, keep: Duration) -> Result<Self, Error> {
        Ok(Self {
            entries: Entries::new(),
            index: hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()?),
            client,
            flights: Flights::default(),
            keep,
        })
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        self.client.clock()
    }

    #[inline]
    pub(crate) fn find(&self, key: &AccountKey, now: Timestamp) -> Option<Arc<Entry<AccountRow>>> {
        self.entries.peek(key, now)
    }

    /// Where the row of an account lies.
    pub(crate) fn key_of(&self, identity: &Identity) -> AccountKey {
        let parts = [&identity.issuer, self.client.provider().client_id(), &identity.subject];
        let mut context = hmac::Context::with_key(&self.index);
        for part in parts {
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            context.update(part.as_bytes());
        }
        let tag = context.sign();
        std::array::from_fn(|i| tag.as_ref()[i])
    }

    /// Writes what an authorization brought into the row of the account that it proves.
    ///
    /// Lifetimes count from `asked_at`, since the provider counts them from before its answer
    /// came: a token that is dead there must not be taken for alive here.
    pub(crate) fn save(
        &self,
        authorized: &Authorized,
        asked_at: Timestamp,
    ) -> Result<(AccountKey, Arc<Entry<AccountRow>>), Error> {
        let key = self.key_of(&authorized.identity);
        let [jitter] = random()?;
        let entry = self.change(&key, |previous| {
            merge(previous, authorized, self.client.provider(), jitter, asked_at).map(Some)
        })?;
        let entry = entry.ok_or_else(|| Error::new(Code::Internal, "an account was not saved"))?;
        Ok((key, entry))
    }

    /// Remembers that the user was asked for `scopes` and said no.
    pub(crate) fn decline(&self, key: &AccountKey, scopes: &ScopeSet) -> Result<(), Error> {
        let now = self.clock().now();
        self.change(key, |row| Ok(row.map(|row| row.with_declined(scopes, now)))).map(drop)
    }

    /// An API refused the access token although it has life left: it is used no more.
    pub(crate) fn distrust(&self, key: &AccountKey, tokens: &Arc<TokenSet>) -> Result<(), Error> {
        let now = self.clock().now();
        self.change(key, |row| {
            Ok(row.and_then(|row| match &row.tokens {
                Some(held) if Arc::ptr_eq(held, tokens) => {
                    Some(AccountRow { tokens: Some(held.ended(now).into()), ..row.clone() })
                }
                // Others are there by now.
                _ => None,
            }))
        })
        .map(drop)
    }

    /// Deletes the tokens of an account that nobody has any longer; says whose they were. The
    /// row itself ends when whoever is writing to it has seen that.
    pub(crate) fn forget(&self, key: &AccountKey) -> Result<Option<AccountId>, Error> {
        let now = self.clock().now();
        let blanked = |row: Option<&AccountRow>| Ok(row.map(|row| row.blanked(now)));
        let entry = self.change_for(key, FORGOTTEN, blanked)?;
        Ok(entry.map(|entry| entry.value.id.clone()))
    }

    /// Replaces the row by what `change` makes of it, again if somebody else was faster.
    /// `None` from `change` leaves the row alone; the row that is there then is returned.
    pub(super) fn change(
        &self,
        key: &AccountKey,
        change: impl Fn(Option<&AccountRow>) -> Result<Option<AccountRow>, Error>,
    ) -> Result<Option<Arc<Entry<AccountRow>>>, Error> {
        self.change_for(key, self.keep, change)
    }

    fn change_for(
        &self,
        key: &AccountKey,
        keep: Duration,
        change: impl Fn(Option<&AccountRow>) -> Result<Option<AccountRow>, Error>,
    ) -> Result<Option<Arc<Entry<AccountRow>>>, Error> {
        for _ in 0..ATTEMPTS {
            let now = self.clock().now();
            let present = self.entries.peek(key, now);
            let Some(row) = change(present.as_ref().map(|entry| &entry.value))? else {
                return Ok(present);
            };
            let expected = present.map_or(Expected::Absent, |e| Expected::Version(e.version));
            match self.entries.put(*key, row, expected, now + keep, now) {
                Ok(entry) => return Ok(Some(entry)),
                Err(Conflict::Changed) => {}
                Err(Conflict::Full) => break,
            }
        }
        Err(Error::new(Code::Internal, "the row of an account changes too fast to be written"))
    }
}
