//! Rows of one kind: in this process, or in a store and remembered here for a moment.

use std::sync::Arc;

use aws_lc_rs::digest;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::backend::Expected;
use super::entries::{Changed, Entries, Entry, first_version};
use super::kind::Kind;
use super::vault::{Read, Vault};
use crate::clock::Timestamp;
use crate::error::{Code, Error};

/// Rows of one kind that are remembered at most.
const REMEMBERED: usize = 100_000;
/// Rows that are listed at once.
const PAGE: u32 = 200;
/// How often a writer who lost the race looks again and writes anew.
const ATTEMPTS: usize = 16;
/// Queues for the writers of this node that lost a race; rows share them.
const QUEUES: usize = 16;

/// What is kept in a table.
pub(crate) trait Row: Send + Sync + Sized + 'static {
    const KIND: Kind;

    /// The row as bytes.
    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error>;

    /// The row that bytes are; `None` if they are none.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// What is at a key, and what a writer has to expect there.
pub(crate) struct Found<V> {
    pub(crate) entry: Option<Arc<Entry<V>>>,
    pub(crate) expected: Expected,
}

impl<V> Found<V> {
    fn entry(entry: Option<Arc<Entry<V>>>) -> Self {
        let expected = entry.as_ref().map_or(Expected::Absent, |e| Expected::Version(e.version));
        Self { entry, expected }
    }
}

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum Unwritten {
    /// Another writer was faster.
    Changed,
    Failed(Error),
}

impl From<Unwritten> for Error {
    fn from(reason: Unwritten) -> Self {
        match reason {
            Unwritten::Changed => Self::new(Code::Internal, "a row was changed meanwhile"),
            Unwritten::Failed(error) => error,
        }
    }
}

/// Rows by keys of `N` bytes, which are random or a hash.
pub(crate) struct Table<const N: usize, V> {
    entries: Entries<N, V>,
    vault: Option<Arc<Vault>>,
    queues: [Mutex<()>; QUEUES],
}

impl<const N: usize, V: Row> Table<N, V> {
    pub(crate) fn new(vault: Option<&Arc<Vault>>) -> Self {
        let entries = match vault {
            Some(vault) => Entries::remembering(REMEMBERED, vault.max_staleness()),
            None => Entries::holding(),
        };
        Self::of(entries, vault)
    }

    /// The same for rows that are few and large, and read anew each time: in a store, hardly one
    /// of them is remembered here.
    pub(crate) fn of_few(vault: Option<&Arc<Vault>>) -> Self {
        let entries = match vault {
            Some(vault) => Entries::remembering(1, vault.max_staleness()),
            None => Entries::holding_few(),
        };
        Self::of(entries, vault)
    }

    fn of(entries: Entries<N, V>, vault: Option<&Arc<Vault>>) -> Self {
        Self { entries, vault: vault.cloned(), queues: Default::default() }
    }

    /// The row, if it is known without asking a store. No wait, no allocation.
    #[inline]
    pub(crate) fn peek(&self, key: &[u8; N], now: Timestamp) -> Option<Arc<Entry<V>>> {
        self.entries.peek(key, now)
    }

    /// Whether the rows live in a store, from which other nodes read them.
    pub(crate) fn is_stored(&self) -> bool {
        self.vault.is_some()
    }

    /// The row that was seen last, even if it may have changed since.
    pub(crate) fn last_seen(&self, key: &[u8; N]) -> Option<Arc<Entry<V>>> {
        self.entries.last_seen(key)
    }

    /// The row, asked of the store unless it is known.
    pub(crate) async fn get(&self, key: &[u8; N], now: Timestamp) -> Result<Found<V>, Error> {
        match self.peek(key, now) {
            Some(entry) => Ok(Found::entry(Some(entry))),
            None => self.get_anew(key, now).await,
        }
    }

    /// The row as the store has it now.
    pub(crate) async fn get_anew(&self, key: &[u8; N], now: Timestamp) -> Result<Found<V>, Error> {
        let Some(vault) = &self.vault else {
            return Ok(Found::entry(self.peek(key, now)));
        };
        let ticket = self.entries.ticket(key);
        let [read] = vault.read([place::<N, V>(key)], now).await?;
        Ok(self.learn(*key, read, ticket, now))
    }

    /// Writes if what is there is what the writer believes; returns what is there now.
    pub(crate) async fn put(
        &self,
        key: [u8; N],
        value: V,
        expected: Expected,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<Arc<Entry<V>>, Unwritten> {
        let Some(vault) = &self.vault else {
            let written = self.entries.put(key, value, expected, ends_at, now);
            return written.map_err(|Changed| Unwritten::Changed);
        };
        if expected == Expected::Absent {
            vault.sweep_if_due(now);
        }
        let version = match expected {
            Expected::Absent => first_version(now),
            Expected::Version(version) => version + 1,
        };
        let plain = value.encode().map_err(Unwritten::Failed)?;
        let (place, stamp) = (place::<N, V>(&key), (version, ends_at));
        match vault.write(place, &plain, stamp, expected, now).await {
            Ok(true) => Ok(self.entries.wrote(key, Entry::new(value, version, ends_at, now), now)),
            other => {
                // What is remembered is old, or nobody knows what is there.
                self.entries.delete(&key);
                Err(other.map_or_else(Unwritten::Failed, |_| Unwritten::Changed))
            }
        }
    }

    /// Removes the row whatever its version; whether it was there.
    pub(crate) async fn delete(&self, key: &[u8; N], now: Timestamp) -> Result<bool, Error> {
        let Some(vault) = &self.vault else { return Ok(self.entries.delete(key)) };
        self.entries.delete(key);
        let deleted = vault.delete(place::<N, V>(key), now).await;
        // What somebody read meanwhile is not to be believed either.
        self.entries.delete(key);
        deleted
    }

    /// Replaces the row by what `change` makes of it, with its new end; again if somebody else
    /// was faster. `None` from `change` leaves the row alone; what is there then is returned.
    pub(crate) async fn change<E: From<Error>>(
        &self,
        key: &[u8; N],
        now: Timestamp,
        change: impl Fn(Option<&V>) -> Result<Option<(V, Timestamp)>, E>,
    ) -> Result<Option<Arc<Entry<V>>>, E> {
        let mut found = self.get(key, now).await?;
        let (queue, mut turn) = (&self.queues[usize::from(key[N - 1]) % QUEUES], None);
        for _ in 0..ATTEMPTS {
            let present = found.entry.as_ref().map(|entry| &entry.value);
            let Some((row, ends_at)) = change(present)? else { return Ok(found.entry) };
            match self.put(*key, row, found.expected, ends_at, now).await {
                Ok(entry) => return Ok(Some(entry)),
                Err(Unwritten::Changed) => {
                    // A crowd on one node takes turns, so that it cannot starve one of its own.
                    if turn.is_none() {
                        turn = Some(queue.lock().await);
                    }
                    found = self.get_anew(key, now).await?;
                }
                Err(other) => return Err(Error::from(other).into()),
            }
        }
        Err(Error::new(Code::Internal, "a row changes too fast to be written").into())
    }

    /// Takes the lease that goes with a row, so that one node at a time works on it; without a
    /// store there is one node. Says whether `holder` has it now.
    pub(crate) async fn lease(
        &self,
        key: &[u8; N],
        holder: u64,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Error> {
        match &self.vault {
            Some(vault) => vault.lease(place::<N, V>(key), holder, ends_at, now).await,
            None => Ok(true),
        }
    }

    /// Gives the lease back before its end.
    pub(crate) async fn release(&self, key: &[u8; N], holder: u64) {
        if let Some(vault) = &self.vault {
            vault.release(place::<N, V>(key), holder).await;
        }
    }

    /// Every row of the table, for rows that are few: as the store has them now.
    pub(crate) async fn all(&self, now: Timestamp) -> Result<Vec<([u8; N], Arc<Entry<V>>)>, Error> {
        let Some(vault) = &self.vault else { return Ok(self.entries.all(now)) };
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let page = vault.page(V::KIND, after, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(rows) };
            after = Some(*last);
            rows.extend(page.into_iter().filter_map(|(key, row)| {
                let id: [u8; N] = key.as_bytes()[1..].try_into().ok()?;
                let read = vault.open(V::KIND, id.as_slice().try_into().ok()?, row);
                let ticket = self.entries.ticket(&id);
                Some((id, self.learn(id, read, ticket, now).entry?))
            }));
        }
    }

    fn learn(&self, key: [u8; N], read: Read, ticket: u64, now: Timestamp) -> Found<V> {
        let (plain, version, ends_at) = match read {
            Read::Absent => {
                self.entries.delete(&key);
                return Found::entry(None);
            }
            Read::Closed { version } => {
                self.entries.delete(&key);
                return Found { entry: None, expected: Expected::Version(version) };
            }
            Read::Row { plain, version, ends_at } => (plain, version, ends_at),
        };
        // What was known before this read began cannot be newer than what it found.
        let newer = |last: Arc<Entry<V>>| last.version > version && last.is_known_before(now);
        if self.entries.last_seen(&key).is_some_and(newer) {
            tracing::warn!(security = true, kind = ?V::KIND, "a row is older than it was");
            return Found { entry: None, expected: Expected::Version(version) };
        }
        let Some(value) = V::decode(&plain) else {
            tracing::warn!(kind = ?V::KIND, "a row cannot be read and counts as absent");
            return Found { entry: None, expected: Expected::Version(version) };
        };
        let entry = Entry::new(value, version, ends_at, now);
        Found::entry(Some(self.entries.learn(key, entry, ticket)))
    }
}

/// Two rows of two tables of one store, in one round trip.
pub(crate) async fn get_both<const N: usize, V: Row, const M: usize, W: Row>(
    (one, key): (&Table<N, V>, &[u8; N]),
    (other, other_key): (&Table<M, W>, &[u8; M]),
    now: Timestamp,
) -> Result<(Option<Arc<Entry<V>>>, Option<Arc<Entry<W>>>), Error> {
    let Some(vault) = &one.vault else {
        return Ok((one.peek(key, now), other.peek(other_key, now)));
    };
    let tickets = (one.entries.ticket(key), other.entries.ticket(other_key));
    let places = [place::<N, V>(key), place::<M, W>(other_key)];
    let [read, other_read] = vault.read(places, now).await?;
    let found = one.learn(*key, read, tickets.0, now).entry;
    Ok((found, other.learn(*other_key, other_read, tickets.1, now).entry))
}

/// Where a store has the row. What is no hash already becomes one.
fn place<const N: usize, V: Row>(key: &[u8; N]) -> (Kind, [u8; 16]) {
    let id = <[u8; 16]>::try_from(key.as_slice()).unwrap_or_else(|_| {
        let hash = digest::digest(&digest::SHA256, key);
        std::array::from_fn(|i| hash.as_ref()[i])
    });
    (V::KIND, id)
}
