//! What a database has to do to keep the library's rows.

use std::fmt;
use std::pin::Pin;

use crate::clock::Timestamp;
use crate::error::Error;

/// Where a row lies: its kind, and sixteen bytes that are random or a keyed hash.
///
/// Keys are binary; nothing about a person can be read off them. They are ordered as bytes are,
/// so that all rows of one kind lie together.
///
/// ```
/// use oauth_runtime::RowKey;
///
/// let key = RowKey::new(3, [7; 16]);
/// assert_eq!(key.kind(), 3);
/// assert_eq!(RowKey::from_bytes(key.as_bytes()), Some(key));
/// assert_eq!(RowKey::from_bytes(b"short"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey([u8; Self::LENGTH]);

impl RowKey {
    /// The length of a key in bytes.
    pub const LENGTH: usize = 17;

    /// The key of the row `id` among those of this kind.
    pub fn new(kind: u8, id: [u8; 16]) -> Self {
        let mut bytes = [kind; Self::LENGTH];
        bytes[1..].copy_from_slice(&id);
        Self(bytes)
    }

    /// The kind of the row.
    pub fn kind(self) -> u8 {
        self.0[0]
    }

    /// The key as a database keeps it.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// A key as a database gives it back; `None` if it is no key.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// A row as a database keeps it. The bytes are sealed: the database can neither read nor make
/// them.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// Chosen by the writer, and larger with every change.
    pub version: u64,
    /// From this moment on the row counts as absent, swept or not.
    pub ends_at: Timestamp,
    /// What is kept.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for StoredRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, ends_at, bytes } = self;
        f.debug_struct("StoredRow")
            .field("version", version)
            .field("ends_at", ends_at)
            .field("length", &bytes.len())
            .finish_non_exhaustive()
    }
}

/// What a writer believes is there.
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
/// assert!(store.put(key, &StoredRow { version: 2, ..row }, Expected::Version(1), now).await?);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// No row, or one that has ended.
    Absent,
    /// A row of this version that has not ended.
    Version(u64),
}

/// What every method of a [`Store`] returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A database that keeps rows for all nodes of an app.
///
/// Every method takes the time from its caller, so that all of them mean the same "now". Writes
/// are compare-and-swap, each of them atomic by itself; nothing spans two rows. A future that is
/// dropped may have had its effect or not, and never half of it. What fails does so with
/// [`Error::store`].
///
/// The function `check_store` of the module `fake` (feature `fake`) proves an implementation.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// What it is called in messages: the product, and where it lies if that is no secret.
    fn name(&self) -> &str;

    /// The rows at these keys, in the order of the keys, in one round trip.
    fn get_many<'a>(
        &'a self,
        keys: &'a [RowKey],
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<Option<StoredRow>>>;

    /// Writes the row if what is there is what the writer expects; says whether it was.
    fn put<'a>(
        &'a self,
        key: RowKey,
        row: &'a StoredRow,
        expected: Expected,
        now: Timestamp,
    ) -> StoreFuture<'a, bool>;

    /// Removes the row whatever its version; says whether a live one was there.
    fn delete(&self, key: RowKey, now: Timestamp) -> StoreFuture<'_, bool>;

    /// Gives `holder` the lease at this key until `ends_at`, unless another holds it: then
    /// nothing changes. Says whether `holder` has it now. Leases are no rows.
    fn lease(
        &self,
        key: RowKey,
        holder: u64,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> StoreFuture<'_, bool>;

    /// Ends the lease at this key if `holder` has it.
    fn release(&self, key: RowKey, holder: u64) -> StoreFuture<'_, ()>;

    /// At most `limit` rows of this kind that lie after a key, in the order of their keys.
    fn scan(
        &self,
        kind: u8,
        after: Option<RowKey>,
        limit: u32,
        now: Timestamp,
    ) -> StoreFuture<'_, Vec<(RowKey, StoredRow)>>;

    /// Deletes rows and leases that have ended, at most some thousands at once; says how many.
    fn sweep(&self, now: Timestamp) -> StoreFuture<'_, u64>;
}
