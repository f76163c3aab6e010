//! Which account each user of the app has linked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::hmac;

use super::owner::Owner;
use super::returns::{QUIET, Returns};
use super::sessions::{AccountKey, Binding};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::keys::random;
use crate::store::{Entries, Entry, Expected};

/// Where an owner's row lies: a keyed hash of his id, so that a store tells nobody whose it is.
pub(crate) type OwnerKey = Binding;

/// Why an account was not linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkConflict {
    /// It is another owner's.
    Taken,
    /// The owner linked, or unlinked, something else meanwhile.
    Changed,
}

/// An account, by the key of its provider.
#[derive(Clone, Debug)]
struct Link {
    provider: Box<str>,
    account: AccountKey,
}

/// What is known of one user of the app.
#[derive(Clone, Debug, Default)]
struct OwnerRow {
    /// At most one for each provider.
    links: Vec<Link>,
    returns: Arc<Returns>,
}

impl OwnerRow {
    #[inline]
    fn account(&self, provider: &str) -> Option<AccountKey> {
        let link = self.links.iter().find(|link| *link.provider == *provider)?;
        Some(link.account)
    }
}

/// All users of the app who have linked an account.
pub(crate) struct Owners {
    rows: Entries<16, OwnerRow>,
    /// Whose each linked account is. An account has one owner.
    holders: Entries<16, OwnerKey>,
    index: hmac::Key,
    /// Held while the two maps change, which they do together.
    writing: Mutex<()>,
}

impl Owners {
    pub(crate) fn new() -> Result<Self, Error> {
        let index = hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()?);
        let (rows, holders) = (Entries::new(), Entries::new());
        Ok(Self { rows, holders, index, writing: Mutex::default() })
    }

    /// One keyed hash, no allocation.
    #[inline]
    pub(crate) fn key_of(&self, owner: &Owner) -> OwnerKey {
        let tag = hmac::sign(&self.index, owner.id().as_bytes());
        std::array::from_fn(|i| tag.as_ref()[i])
    }

    /// The account that this owner has at `provider`. One lookup, no allocation.
    #[inline]
    pub(crate) fn account(
        &self,
        owner: &OwnerKey,
        provider: &str,
        now: Timestamp,
    ) -> Option<AccountKey> {
        self.rows.peek(owner, now)?.value.account(provider)
    }

    /// Makes `account` this owner's at `provider`, in the place of `replacing`; returns the
    /// account that is his no longer.
    ///
    /// # Errors
    /// If the account is another owner's, or this owner's link is no longer `replacing`.
    pub(crate) fn link(
        &self,
        owner: OwnerKey,
        provider: &str,
        account: AccountKey,
        replacing: Option<AccountKey>,
        now: Timestamp,
    ) -> Result<Option<AccountKey>, LinkConflict> {
        let _writing = self.writing();
        if self.holders.peek(&account, now).is_some_and(|holder| holder.value != owner) {
            return Err(LinkConflict::Taken);
        }
        let (mut row, expected) = self.row(&owner, now);
        let present = row.account(provider);
        if present == Some(account) {
            return Ok(None);
        }
        if present != replacing {
            return Err(LinkConflict::Changed);
        }
        row.links.retain(|link| *link.provider != *provider);
        row.links.push(Link { provider: provider.into(), account });
        self.put(owner, row, expected, now);
        drop(self.holders.put(account, owner, Expected::Absent, now + Duration::MAX, now));
        if let Some(left) = present {
            self.holders.delete(&left);
        }
        Ok(present)
    }

    /// Takes every account from this owner, and forgets what came back to him; returns them.
    pub(crate) fn unlink(&self, owner: OwnerKey, now: Timestamp) -> Vec<AccountKey> {
        let _writing = self.writing();
        let (row, _) = self.row(&owner, now);
        self.rows.delete(&owner);
        let accounts: Vec<_> = row.links.iter().map(|link| link.account).collect();
        for account in &accounts {
            self.holders.delete(account);
        }
        accounts
    }

    /// Remembers that an authorization for these scopes came back.
    pub(crate) fn note_return(&self, owner: OwnerKey, scopes: u64, now: Timestamp) {
        let _writing = self.writing();
        let (row, expected) = self.row(&owner, now);
        row.returns.note(scopes, now);
        self.put(owner, row, expected, now);
    }

    /// Whether one came back a moment ago, so that another round would hardly help.
    pub(crate) fn returned_lately(&self, owner: &OwnerKey, scopes: u64, now: Timestamp) -> bool {
        let row = self.rows.peek(owner, now);
        row.is_some_and(|row| row.value.returns.lately(scopes, now))
    }

    fn row(&self, owner: &OwnerKey, now: Timestamp) -> (OwnerRow, Expected) {
        match self.rows.peek(owner, now) {
            Some(entry) => (entry.value.clone(), Expected::Version(entry.version)),
            None => (OwnerRow::default(), Expected::Absent),
        }
    }

    /// A link stays until it is taken away; without one there is only a short memory.
    fn put(&self, owner: OwnerKey, row: OwnerRow, expected: Expected, now: Timestamp) {
        let lifetime = if row.links.is_empty() { QUIET } else { Duration::MAX };
        // Nobody else writes meanwhile, and the map has no bound: this cannot fail.
        drop::<Result<Arc<Entry<_>>, _>>(self.rows.put(owner, row, expected, now + lifetime, now));
    }

    // No code of ours panics while it holds the lock, so a poisoned one is still whole.
    fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);
    const ADA: OwnerKey = [1; 16];
    const BOB: OwnerKey = [2; 16];
    const X: AccountKey = [7; 16];
    const Y: AccountKey = [8; 16];

    fn owners() -> Owners {
        Owners::new().unwrap()
    }

    fn link(
        owners: &Owners,
        owner: OwnerKey,
        account: AccountKey,
        replacing: Option<AccountKey>,
    ) -> Result<Option<AccountKey>, LinkConflict> {
        owners.link(owner, "google", account, replacing, NOW)
    }

    #[test]
    fn a_key_is_the_same_for_the_same_id_alone() {
        let (owners, other) = (owners(), owners());
        let owner = |id: &str| Owner::new(id).unwrap();
        assert_eq!(owners.key_of(&owner("42")), owners.key_of(&owner("42")));
        assert_ne!(owners.key_of(&owner("42")), owners.key_of(&owner("43")));
        assert_ne!(owners.key_of(&owner("42")), other.key_of(&owner("42")), "it is keyed");
    }

    #[test]
    fn providers_are_kept_apart_and_a_link_does_not_end() {
        let owners = owners();
        assert_eq!(link(&owners, ADA, X, None), Ok(None));
        assert_eq!(owners.link(ADA, "git", Y, None, NOW), Ok(None));
        let later = NOW + Duration::from_secs(10 * 365 * 86_400);
        assert_eq!(owners.account(&ADA, "google", later), Some(X));
        assert_eq!(owners.account(&ADA, "git", later), Some(Y));
        assert_eq!(owners.account(&ADA, "other", later), None);
        assert_eq!(owners.unlink(ADA, later), [X, Y]);
        assert_eq!(owners.account(&ADA, "google", later), None);
    }

    #[test]
    fn a_link_that_changed_meanwhile_stands() {
        let owners = owners();
        assert_eq!(link(&owners, ADA, X, None), Ok(None));
        assert_eq!(link(&owners, ADA, Y, None), Err(LinkConflict::Changed));
        assert_eq!(link(&owners, ADA, X, None), Ok(None), "the same once more changes nothing");
        assert_eq!(link(&owners, ADA, Y, Some(X)), Ok(Some(X)));
        assert_eq!(link(&owners, BOB, X, None), Ok(None), "what was left is free");
        owners.unlink(ADA, NOW);
        assert_eq!(link(&owners, ADA, Y, Some(Y)), Err(LinkConflict::Changed), "unlinked since");
    }

    #[test]
    fn a_return_is_remembered_without_a_link_and_through_one() {
        let owners = owners();
        owners.note_return(ADA, 7, NOW);
        link(&owners, ADA, X, None).unwrap();
        let after = |minutes: u64| NOW + Duration::from_secs(minutes * 60);
        assert!(owners.returned_lately(&ADA, 7, after(9)));
        assert!(!owners.returned_lately(&ADA, 8, after(9)));
        assert!(!owners.returned_lately(&BOB, 7, after(9)));
        assert!(!owners.returned_lately(&ADA, 7, after(10)));
    }

    /// Whatever two people do with two accounts, in whatever order: an account has one owner,
    /// who is the one that links it, and what is refused changes nothing.
    #[test]
    fn an_account_never_has_two_owners() {
        const STEPS: usize = 5;
        type Step = fn(&Owners) -> Result<Option<AccountKey>, LinkConflict>;
        let steps: [Step; 8] = [
            |owners| link(owners, ADA, X, None),
            |owners| link(owners, ADA, Y, Some(X)),
            |owners| link(owners, ADA, Y, None),
            |owners| Ok(owners.unlink(ADA, NOW).pop()),
            |owners| link(owners, BOB, X, None),
            |owners| link(owners, BOB, X, Some(Y)),
            |owners| link(owners, BOB, Y, None),
            |owners| Ok(owners.unlink(BOB, NOW).pop()),
        ];
        let state = |owners: &Owners| [ADA, BOB].map(|who| owners.account(&who, "google", NOW));
        let held_by =
            |owners: &Owners, account| owners.holders.peek(&account, NOW).map(|h| h.value);
        for order in 0..steps.len().pow(u32::try_from(STEPS).unwrap()) {
            let owners = owners();
            let mut rest = order;
            for _ in 0..STEPS {
                let before = state(&owners);
                if steps[rest % steps.len()](&owners).is_err() {
                    assert_eq!(state(&owners), before, "{order}");
                }
                let [ada, bob] = state(&owners);
                assert!(ada.is_none() || ada != bob, "{order}: both have {ada:?}");
                for account in [X, Y] {
                    let holder =
                        [(ada, ADA), (bob, BOB)].into_iter().find(|(a, _)| *a == Some(account));
                    assert_eq!(held_by(&owners, account), holder.map(|(_, who)| who), "{order}");
                }
                rest /= steps.len();
            }
        }
    }
}
