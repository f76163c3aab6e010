//! Which account each user of the app has linked.
//!
//! An owner's row says where his accounts are; the row of an account says whose it is, and that
//! is what counts. So two owners never have one account, whatever happens between two writes.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::disconnects::DisconnectCount;
use super::owner::Owner;
use super::returns::{QUIET, Returns};
use super::row::{AccountKey, Binding};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::store::{Index, Table, Vault};

/// Where an owner's row lies: a keyed hash of his id, so that a store tells nobody whose it is.
pub(crate) type OwnerKey = Binding;

/// An account, by the key of its provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Link {
    provider: Box<str>,
    account: AccountKey,
}

/// What is known of one user of the app.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct OwnerRow {
    /// At most one for each provider.
    links: Vec<Link>,
    returns: Returns,
    /// The last time that all of it was taken away: what began before that links nothing.
    unlinked: DisconnectCount,
}

/// A link that stays only as long as it takes every authorization that began before it to end.
const UNLINKED: Duration = Duration::from_secs(900);

impl OwnerRow {
    #[inline]
    pub(crate) fn account(&self, provider: &str) -> Option<AccountKey> {
        let link = self.links.iter().find(|link| *link.provider == *provider)?;
        Some(link.account)
    }

    /// Whether an authorization for these scopes came back a moment ago.
    pub(crate) fn returned_lately(&self, scopes: u64, now: Timestamp) -> bool {
        self.returns.lately(scopes, now)
    }

    fn linked(&self, provider: &str, account: AccountKey) -> Self {
        let mut row = self.clone();
        row.links.retain(|link| *link.provider != *provider);
        row.links.push(Link { provider: provider.into(), account });
        row
    }

    /// Without a link there is only a short memory: of what came back, and of an unlinking, which
    /// every authorization that began before it has to meet.
    fn ends_at(&self, keep: Duration, now: Timestamp) -> Timestamp {
        let nothing = if self.unlinked == DisconnectCount::default() { QUIET } else { UNLINKED };
        now + if self.links.is_empty() { nothing } else { keep }
    }
}

/// All users of the app who have linked an account.
pub(crate) struct Owners {
    pub(crate) table: Table<16, OwnerRow>,
    index: Arc<Index>,
    /// A link stays until it is taken away, or for as long as the account that it leads to.
    keep: Duration,
}

impl Owners {
    pub(crate) fn new(vault: Option<&Arc<Vault>>, index: Arc<Index>, keep: Duration) -> Self {
        Self { table: Table::new(vault), index, keep }
    }

    /// One keyed hash, no allocation; `None` before the key of the index is known.
    #[inline]
    pub(crate) fn known_key_of(&self, owner: &Owner) -> Option<OwnerKey> {
        self.index.known_place([b"owner", owner.id().as_bytes()])
    }

    pub(crate) async fn key_of(&self, owner: &Owner) -> Result<OwnerKey, Error> {
        self.index.place([b"owner", owner.id().as_bytes()]).await
    }

    /// The same for a person whom a session of ours knows by his account: what he links at other
    /// providers hangs on that.
    #[inline]
    pub(crate) fn known_key_of_account(&self, account: &AccountKey) -> Option<OwnerKey> {
        self.index.known_place([b"account", account.as_slice()])
    }

    pub(crate) async fn key_of_account(&self, account: &AccountKey) -> Result<OwnerKey, Error> {
        self.index.place([b"account", account.as_slice()]).await
    }

    /// Makes `account` this owner's at `provider`, in the place of `replacing`; returns the
    /// account that is theirs no longer. `begun_after` says when that was asked for.
    ///
    /// # Errors
    /// `callback_invalid` if this owner's link is no longer `replacing`, or if all was unlinked
    /// since.
    pub(crate) async fn link(
        &self,
        owner: OwnerKey,
        provider: &str,
        (account, begun_after): (AccountKey, DisconnectCount),
        replacing: Option<AccountKey>,
        now: Timestamp,
    ) -> Result<Option<AccountKey>, Error> {
        let linked = |row: Option<&OwnerRow>| {
            let row = row.cloned().unwrap_or_default();
            if row.unlinked > begun_after {
                return Err(changed());
            }
            match row.account(provider) {
                Some(present) if present == account => Ok(None),
                present if present == replacing => {
                    let row = row.linked(provider, account);
                    let ends_at = row.ends_at(self.keep, now);
                    Ok(Some((row, ends_at)))
                }
                _ => Err(changed()),
            }
        };
        self.table.change(&owner, now, linked).await?;
        Ok(replacing.filter(|left| *left != account))
    }

    /// Whether this owner could still link an account in the place of `replacing`.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub(crate) async fn check_link(
        &self,
        owner: OwnerKey,
        provider: &str,
        (account, begun_after): (AccountKey, DisconnectCount),
        replacing: Option<AccountKey>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let row = self.table.get_anew(&owner, now).await?.entry;
        if row.as_ref().is_some_and(|row| row.value.unlinked > begun_after) {
            return Err(changed());
        }
        let present = row.and_then(|row| row.value.account(provider));
        let fits = present == replacing || present == Some(account);
        if fits { Ok(()) } else { Err(changed()) }
    }

    /// The accounts that this owner's row names, in the store as it is now.
    pub(crate) async fn accounts(
        &self,
        owner: &OwnerKey,
        now: Timestamp,
    ) -> Result<Vec<AccountKey>, Error> {
        let row = self.table.get_anew(owner, now).await?.entry;
        let links = row.iter().flat_map(|row| &row.value.links);
        Ok(links.map(|link| link.account).collect())
    }

    /// When all that this owner had was unlinked last, in the store as it is now.
    pub(crate) async fn unlinked(
        &self,
        owner: &OwnerKey,
        now: Timestamp,
    ) -> Result<DisconnectCount, Error> {
        let row = self.table.get_anew(owner, now).await?.entry;
        Ok(row.map(|row| row.value.unlinked).unwrap_or_default())
    }

    /// Takes these accounts from the owner, and what came back to them; with a count, also what
    /// is under way since before that. Says whether there are others, which were linked
    /// meanwhile.
    pub(crate) async fn unlink(
        &self,
        owner: &OwnerKey,
        taken: &[AccountKey],
        count: Option<DisconnectCount>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let without = |row: Option<&OwnerRow>| {
            if row.is_none() && count.is_none() {
                return Ok(None);
            }
            let row = row.cloned().unwrap_or_default();
            let links = row.links.iter().filter(|link| !taken.contains(&link.account));
            let unlinked = count.map_or(row.unlinked, |count| row.unlinked.max(count));
            let (links, returns) = (links.cloned().collect(), Returns::default());
            let row = OwnerRow { links, returns, unlinked };
            let ends_at = row.ends_at(self.keep, now);
            Ok::<_, Error>(Some((row, ends_at)))
        };
        let row = self.table.change(owner, now, without).await?;
        Ok(row.is_some_and(|row| !row.value.links.is_empty()))
    }

    /// Remembers that an authorization for these scopes came back.
    pub(crate) async fn note_return(
        &self,
        owner: OwnerKey,
        scopes: u64,
        now: Timestamp,
    ) -> Result<(), Error> {
        let noted = |row: Option<&OwnerRow>| {
            let row = row.cloned().unwrap_or_default();
            let row = OwnerRow { returns: row.returns.noting(scopes, now), ..row };
            let ends_at = row.ends_at(self.keep, now);
            Ok::<_, Error>(Some((row, ends_at)))
        };
        self.table.change(&owner, now, noted).await.map(drop)
    }
}

fn changed() -> Error {
    Error::new(Code::CallbackInvalid, "another account was linked or unlinked meanwhile")
}

#[cfg(test)]
mod tests {
    use super::super::disconnects::Disconnects;
    use super::*;

    const EVER: DisconnectCount = DisconnectCount::ZERO;
    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);
    const ADA: OwnerKey = [1; 16];
    const BOB: OwnerKey = [2; 16];
    const X: AccountKey = [7; 16];
    const Y: AccountKey = [8; 16];

    fn owners() -> Owners {
        Owners::new(None, Arc::new(Index::new(None).unwrap()), Duration::MAX)
    }

    async fn link(
        owners: &Owners,
        account: AccountKey,
        replacing: Option<AccountKey>,
    ) -> Result<Option<AccountKey>, &'static str> {
        let checked = owners.check_link(ADA, "google", (account, EVER), replacing, NOW).await;
        let linked = owners.link(ADA, "google", (account, EVER), replacing, NOW).await;
        assert_eq!(checked.is_ok(), linked.is_ok());
        linked.map_err(|error| error.code())
    }

    fn account(owners: &Owners, provider: &str, now: Timestamp) -> Option<AccountKey> {
        owners.table.peek(&ADA, now)?.value.account(provider)
    }

    #[tokio::test]
    async fn providers_are_kept_apart_and_a_link_does_not_end() {
        let owners = owners();
        assert_eq!(link(&owners, X, None).await, Ok(None));
        assert_eq!(owners.link(ADA, "git", (Y, EVER), None, NOW).await.unwrap(), None);
        let later = NOW + Duration::from_secs(10 * 365 * 86_400);
        assert_eq!(account(&owners, "google", later), Some(X));
        assert_eq!(account(&owners, "git", later), Some(Y));
        assert_eq!(account(&owners, "other", later), None);
        assert_eq!(owners.accounts(&ADA, later).await.unwrap(), [X, Y]);
        owners.unlink(&ADA, &[X, Y], None, later).await.unwrap();
        assert_eq!(account(&owners, "google", later), None);
    }

    #[tokio::test]
    async fn a_link_that_changed_meanwhile_stands() {
        let (owners, changed) = (owners(), Err("callback_invalid"));
        assert_eq!(link(&owners, X, None).await, Ok(None));
        assert_eq!(link(&owners, Y, None).await, changed);
        assert_eq!(link(&owners, X, None).await, Ok(None), "the same once more changes nothing");
        assert_eq!(link(&owners, Y, Some(X)).await, Ok(Some(X)));
        assert_eq!(account(&owners, "google", NOW), Some(Y));
        owners.unlink(&ADA, &[X, Y], None, NOW).await.unwrap();
        assert_eq!(link(&owners, Y, Some(Y)).await, changed, "unlinked since");
    }

    #[tokio::test]
    async fn what_was_linked_while_the_rest_was_taken_is_told_and_stands() {
        let owners = owners();
        link(&owners, X, None).await.unwrap();
        owners.link(ADA, "git", (Y, EVER), None, NOW).await.unwrap();
        assert!(owners.unlink(&ADA, &[X], None, NOW).await.unwrap(), "there is another one");
        assert_eq!(
            (account(&owners, "google", NOW), account(&owners, "git", NOW)),
            (None, Some(Y))
        );
        assert!(!owners.unlink(&ADA, &[Y], None, NOW).await.unwrap());
        assert!(!owners.unlink(&BOB, &[], None, NOW).await.unwrap());
    }

    #[tokio::test]
    async fn a_return_is_remembered_without_a_link_and_through_one() {
        let owners = owners();
        owners.note_return(ADA, 7, NOW).await.unwrap();
        link(&owners, X, None).await.unwrap();
        let after = |minutes: u64| NOW + Duration::from_secs(minutes * 60);
        let lately = |owner: OwnerKey, scopes, now| {
            owners.table.peek(&owner, now).is_some_and(|row| row.value.returned_lately(scopes, now))
        };
        assert!(lately(ADA, 7, after(9)) && !lately(ADA, 8, after(9)));
        assert!(!lately(BOB, 7, after(9)));
        assert!(!lately(ADA, 7, after(10)));
    }

    #[tokio::test]
    async fn what_began_before_an_unlinking_links_nothing_and_what_begins_after_it_does() {
        let (owners, disconnects) = (owners(), Disconnects::new(None));
        let count = disconnects.count(NOW).await.unwrap();
        assert!(
            !owners.unlink(&ADA, &[], Some(count), NOW).await.unwrap(),
            "nothing is linked yet"
        );
        let late = NOW + Duration::from_secs(600);
        for now in [NOW, late] {
            let linked = owners.link(ADA, "google", (X, EVER), None, now).await;
            assert_eq!(linked.unwrap_err().code(), "callback_invalid");
            assert!(owners.check_link(ADA, "google", (X, EVER), None, now).await.is_err());
        }
        assert_eq!(owners.unlinked(&ADA, late).await.unwrap(), count);
        assert_eq!(owners.link(BOB, "google", (X, EVER), None, NOW).await.unwrap(), None);
        assert_eq!(owners.link(ADA, "google", (Y, count), None, late).await.unwrap(), None);
        assert_eq!(account(&owners, "google", late), Some(Y));
    }
}
