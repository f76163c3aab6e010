//! One check at work: a store, a time, keys that nobody else uses.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::keys::random;
use crate::store::{Expected, RowKey, Store, StoredRow};

pub(super) type Verdict = Result<(), String>;
pub(super) type Checked = Pin<Box<dyn Future<Output = Verdict> + Send>>;
pub(super) type Check = (&'static str, fn(Bench) -> Checked);

/// A list of checks, each named by what it shows.
macro_rules! checks {
    ($($name:literal: $check:ident,)*) => {
        pub(super) const CHECKS: &[$crate::fake::store::bench::Check] =
            &[$(($name, |bench| Box::pin($check(bench)))),*];
    };
}
pub(super) use checks;

/// The store under test, and what most checks do with it.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) store: Arc<dyn Store>,
    pub(super) now: Timestamp,
    /// A kind at random, so that a scan meets few rows of others.
    kind: u8,
    pub(super) key: RowKey,
}

/// As `assert_eq!`, but the check goes on to say it.
pub(super) fn same<T: PartialEq + Debug>(found: &T, expected: &T, what: &str) -> Verdict {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, found {found:?}"))
}

pub(super) fn row_until(version: u64, text: &str, ends_at: Timestamp) -> StoredRow {
    StoredRow { version, ends_at, bytes: text.as_bytes().to_vec() }
}

impl Bench {
    pub(super) fn new(store: Arc<dyn Store>, now: Timestamp) -> Result<Self, String> {
        let [kind] = random().map_err(|error| error.to_string())?;
        let kind = kind | 0x80; // the library's own kinds lie below
        Ok(Self { store, now, kind, key: Self::new_key(kind)? })
    }

    fn new_key(kind: u8) -> Result<RowKey, String> {
        Ok(RowKey::new(kind, random().map_err(|error| error.to_string())?))
    }

    /// One more key of the same kind.
    pub(super) fn another(&self) -> Result<RowKey, String> {
        Self::new_key(self.kind)
    }

    /// The same at another key.
    pub(super) fn at(&self, key: RowKey) -> Self {
        Self { key, ..self.clone() }
    }

    pub(super) fn kind(&self) -> u8 {
        self.kind
    }

    /// So many seconds from now.
    pub(super) fn after(&self, seconds: u64) -> Timestamp {
        self.now + Duration::from_secs(seconds)
    }

    /// A row that lives for an hour.
    pub(super) fn row(&self, version: u64, text: &str) -> StoredRow {
        row_until(version, text, self.after(3_600))
    }

    pub(super) async fn put_at(
        &self,
        row: &StoredRow,
        expected: Expected,
        now: Timestamp,
    ) -> Result<bool, String> {
        let put = self.store.put(self.key, row, expected, now).await;
        put.map_err(|error| format!("{error:?}"))
    }

    /// Puts and compares whether that was to succeed.
    pub(super) async fn put(&self, row: &StoredRow, expected: Expected, wins: bool) -> Verdict {
        let won = self.put_at(row, expected, self.now).await?;
        same(&won, &wins, &format!("put of version {} where {expected:?}", row.version))
    }

    pub(super) async fn get_at(&self, now: Timestamp) -> Result<Option<StoredRow>, String> {
        let rows = self.store.get_many(&[self.key], now).await;
        let mut rows = rows.map_err(|error| format!("{error:?}"))?;
        same(&rows.len(), &1, "rows for one key")?;
        Ok(rows.remove(0))
    }

    /// Compares what is there.
    pub(super) async fn holds(&self, row: Option<&StoredRow>) -> Verdict {
        same(&self.get_at(self.now).await?.as_ref(), &row, "the row")
    }

    pub(super) async fn delete(&self, was_there: bool) -> Verdict {
        let deleted = self.store.delete(self.key, self.now).await;
        same(&deleted.map_err(|error| format!("{error:?}"))?, &was_there, "delete")
    }

    pub(super) async fn lease(&self, holder: u64, now: Timestamp, gets: bool) -> Verdict {
        let got = self.store.lease(self.key, holder, now + Duration::from_secs(30), now).await;
        same(&got.map_err(|error| format!("{error:?}"))?, &gets, &format!("lease of {holder}"))
    }

    pub(super) async fn release(&self, holder: u64) -> Verdict {
        self.store.release(self.key, holder).await.map_err(|error| format!("{error:?}"))
    }

    pub(super) async fn sweep(&self, now: Timestamp) -> Result<u64, String> {
        self.store.sweep(now).await.map_err(|error| format!("{error:?}"))
    }

    pub(super) async fn scan(
        &self,
        after: Option<RowKey>,
        limit: u32,
    ) -> Result<Vec<(RowKey, StoredRow)>, String> {
        let rows = self.store.scan(self.kind, after, limit, self.now).await;
        rows.map_err(|error| format!("{error:?}"))
    }
}
