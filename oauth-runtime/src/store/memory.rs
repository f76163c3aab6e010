//! A store in this process, for tests of what many nodes do with one store.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::backend::{Expected, RowKey, Store, StoreFuture, StoredRow};
use crate::clock::Timestamp;

/// Rows in this process, behind the interface of a database.
///
/// Several handles that share one are several nodes with one database; clones share what is in
/// it. An app on one node needs none: without [`with_store`](crate::OAuthBuilder::with_store)
/// its rows are kept in memory too, decoded and without keys.
///
/// ```
/// use oauth_runtime::{Clock as _, Expected, MemoryStore, RowKey, Store as _, StoredRow, SystemClock};
/// use oauth_runtime::Timestamp;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
/// let (store, now) = (MemoryStore::new(), SystemClock.now());
/// let (key, bytes) = (RowKey::new(3, [7; 16]), b"sealed".to_vec());
/// let row = StoredRow { version: 1, ends_at: Timestamp::MAX, bytes };
/// assert!(store.put(key, &row, Expected::Absent, now).await?);
/// // Somebody was faster: the row is there by now.
/// assert!(!store.put(key, &row, Expected::Absent, now).await?);
/// assert_eq!(store.get_many(&[key], now).await?[0].as_ref().map(|row| row.version), Some(1));
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    rows: BTreeMap<RowKey, StoredRow>,
    leases: BTreeMap<RowKey, (u64, Timestamp)>,
}

impl Kept {
    fn row(&self, key: RowKey, now: Timestamp) -> Option<&StoredRow> {
        self.rows.get(&key).filter(|row| row.ends_at > now)
    }

    fn put(&mut self, key: RowKey, row: StoredRow, expected: Expected, now: Timestamp) -> bool {
        let fits = match (self.row(key, now), expected) {
            (None, Expected::Absent) => true,
            (Some(present), Expected::Version(version)) => present.version == version,
            _ => false,
        };
        if fits {
            self.rows.insert(key, row);
        }
        fits
    }

    fn lease(&mut self, key: RowKey, holder: u64, ends_at: Timestamp, now: Timestamp) -> bool {
        let present = self.leases.get(&key).filter(|(_, end)| *end > now);
        let free = present.is_none_or(|(other, _)| *other == holder);
        if free {
            self.leases.insert(key, (holder, ends_at));
        }
        free
    }

    fn scan(
        &self,
        kind: u8,
        after: Option<RowKey>,
        limit: u32,
        now: Timestamp,
    ) -> Vec<(RowKey, StoredRow)> {
        let rows = self.rows.iter().filter(|(key, row)| {
            key.kind() == kind && after.is_none_or(|after| **key > after) && row.ends_at > now
        });
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        rows.take(limit).map(|(key, row)| (*key, row.clone())).collect()
    }

    fn sweep(&mut self, now: Timestamp) -> u64 {
        let before = self.rows.len() + self.leases.len();
        self.rows.retain(|_, row| row.ends_at > now);
        self.leases.retain(|_, (_, end)| *end > now);
        u64::try_from(before - self.rows.len() - self.leases.len()).unwrap_or(u64::MAX)
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    // No code of ours panics while it holds the lock, so a poisoned one is still whole.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn done<'a, T: Send + 'a>(value: T) -> StoreFuture<'a, T> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [RowKey],
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<Option<StoredRow>>> {
        let kept = self.kept();
        done(keys.iter().map(|key| kept.row(*key, now).cloned()).collect())
    }

    fn put<'a>(
        &'a self,
        key: RowKey,
        row: &'a StoredRow,
        expected: Expected,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        done(self.kept().put(key, row.clone(), expected, now))
    }

    fn delete(&self, key: RowKey, now: Timestamp) -> StoreFuture<'_, bool> {
        done(self.kept().rows.remove(&key).is_some_and(|row| row.ends_at > now))
    }

    fn lease(
        &self,
        key: RowKey,
        holder: u64,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> StoreFuture<'_, bool> {
        done(self.kept().lease(key, holder, ends_at, now))
    }

    fn release(&self, key: RowKey, holder: u64) -> StoreFuture<'_, ()> {
        let mut kept = self.kept();
        if kept.leases.get(&key).is_some_and(|(other, _)| *other == holder) {
            kept.leases.remove(&key);
        }
        done(())
    }

    fn scan(
        &self,
        kind: u8,
        after: Option<RowKey>,
        limit: u32,
        now: Timestamp,
    ) -> StoreFuture<'_, Vec<(RowKey, StoredRow)>> {
        done(self.kept().scan(kind, after, limit, now))
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<'_, u64> {
        done(self.kept().sweep(now))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("rows", &self.kept().rows.len()).finish_non_exhaustive()
    }
}
