//! One session as it lies in its table, and the cookie that names it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::returns::Returns;
use super::sealed_cookie::{decode, encode};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::store::Entry;

/// Where an account's row lies: a keyed hash of issuer, client and subject.
pub(crate) type AccountKey = [u8; 16];
/// What a flow, a link or a kept form is bound to: the lineage of a session, which stays the
/// same while its id rotates, or the key of an owner.
pub(crate) type Binding = [u8; 16];
/// The first letters of the cookie, 15 random bytes: the same for all ids of a session. They are
/// looked up as they come, since decoding them would cost as much as all the rest.
pub(crate) type Number = [u8; 20];
/// The other letters: 17 random bytes, new with every id, and the account key.
pub(super) type Secret = [u8; 44];

/// For how long a replaced id still works, for requests that were already under way.
const ROTATION_GRACE: Duration = Duration::from_secs(30);
/// So many ids of one session are alive at most: the newest, and those of its last tabs.
pub(super) const IDS: usize = 8;

/// One id of a session: the part of the cookie that changes, and how long it serves.
#[derive(Clone)]
pub(super) struct Id {
    pub(super) secret: Secret,
    pub(super) ends_at: Timestamp,
}

/// One signed-in browser.
pub(crate) struct SessionRow {
    pub(crate) account: AccountKey,
    pub(crate) lineage: Binding,
    /// The account's epoch at sign-in; a later one means "signed out everywhere".
    pub(crate) epoch: u32,
    pub(super) created: Timestamp,
    /// In Unix milliseconds. Written at most once in a tenth of the idle time.
    pub(super) last_seen: AtomicU64,
    pub(super) ids: Box<[Id]>,
    pub(super) returns: Returns,
}

impl SessionRow {
    pub(super) fn last_seen(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.last_seen.load(Ordering::Relaxed))
    }

    pub(super) fn has(&self, secret: &[u8], now: Timestamp) -> bool {
        self.ids
            .iter()
            .any(|id| id.ends_at > now && verify_slices_are_equal(&id.secret, secret).is_ok())
    }

    /// The same session, seen now, with other ids or returns.
    pub(super) fn with(&self, ids: Box<[Id]>, returns: Returns, now: Timestamp) -> Self {
        let Self { account, lineage, epoch, created, .. } = *self;
        let last_seen = AtomicU64::new(now.max(self.last_seen()).unix_millis());
        Self { account, lineage, epoch, created, last_seen, ids, returns }
    }

    pub(super) fn seen(&self, now: Timestamp) -> Self {
        self.with(self.ids.clone(), self.returns.clone(), now)
    }

    /// A new id beside the one that is replaced, which serves a moment longer.
    pub(super) fn rotated(&self, replaced: &Secret, new: Id, now: Timestamp) -> Self {
        let mut ids: Vec<_> = self.ids.iter().filter(|id| id.ends_at > now).cloned().collect();
        for id in ids.iter_mut().filter(|id| id.secret == *replaced) {
            id.ends_at = id.ends_at.min(now + ROTATION_GRACE);
        }
        if ids.len() >= IDS {
            ids.remove(0);
        }
        ids.push(new);
        self.with(ids.into(), self.returns.clone(), now)
    }
}

/// A session as a request found it.
#[derive(Clone)]
pub(crate) struct Session {
    pub(super) number: Number,
    pub(super) secret: Secret,
    pub(super) entry: Arc<Entry<SessionRow>>,
}

impl Session {
    pub(crate) fn row(&self) -> &SessionRow {
        &self.entry.value
    }

    pub(crate) fn number(&self) -> &Number {
        &self.number
    }

    /// Whether an authorization for these scopes came back a moment before this request, so that
    /// another round would hardly help.
    pub(crate) fn returned_lately(&self, scopes: u64, now: Timestamp) -> bool {
        self.row().returns.lately(scopes, now)
    }
}

/// What a cookie names.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) number: &'a Number,
    pub(super) secret: &'a [u8],
    cookie: &'a [u8],
}

impl<'a> Named<'a> {
    #[inline]
    pub(crate) fn parse(cookie: &'a [u8]) -> Option<Self> {
        let (number, secret) = cookie.split_first_chunk()?;
        (secret.len() == size_of::<Secret>()).then_some(Self { number, secret, cookie })
    }

    /// The account that the cookie says it is for, which has to be that of the row.
    pub(crate) fn account(self) -> Option<AccountKey> {
        let bytes: [u8; 48] = decode(self.cookie)?;
        bytes.last_chunk().copied()
    }
}

/// The cookie's value, and the two parts of it.
pub(super) fn named(
    random: &[u8; 32],
    account: &AccountKey,
) -> Result<(String, Number, Secret), Error> {
    let cookie = encode(&[random.as_slice(), account].concat());
    let parts = cookie.as_bytes().split_first_chunk();
    let parts = parts.and_then(|(number, rest)| Some((*number, rest.try_into().ok()?)));
    let (number, secret) =
        parts.ok_or_else(|| Error::new(Code::Internal, "a session id has another length"))?;
    Ok((cookie, number, secret))
}
