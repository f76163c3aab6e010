//! What a store is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use oauth_runtime::{
    Expected, Key, Keys, MemoryStore, RowKey, Store, StoreFuture, StoredRow, Timestamp,
};
use tower::ServiceExt as _;

use crate::app::{App, headers, request};
use crate::report::Report;

const REQUESTS: u64 = 1_000;

pub fn measure(report: &mut Report) {
    report.table(
        "What the store is asked",
        "Counted at the store, for 1,000 requests of one person.",
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (reads, writes) = runtime.block_on(trips(Duration::ZERO));
    report.exactly("reads where nothing is believed (`with_max_staleness(0)`)", reads, REQUESTS);
    report.exactly("writes", writes, 0);
    let (reads, writes) = runtime.block_on(trips(Duration::from_secs(60)));
    report.exactly("reads while what was read is believed", reads, 0);
    report.exactly("writes, too", writes, 0);
}

async fn trips(max_staleness: Duration) -> (u64, u64) {
    let counting = Counting::new(MemoryStore::new());
    let store = counting.clone();
    let keys = Keys::new(Key::generate().unwrap());
    let app = App::new(|builder| {
        builder.with_store(store).with_keys(keys).with_max_staleness(max_staleness)
    });
    let app = app.await;
    let headers = headers(Some(&app.cookie));
    let (reads, writes) = (counting.reads(), counting.writes());
    for _ in 0..REQUESTS {
        let response = app.router().oneshot(request("/hit", &headers)).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    (counting.reads() - reads, counting.writes() - writes)
}

/// A store that counts.
#[derive(Clone, Debug)]
pub struct Counting(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    inner: MemoryStore,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl Counting {
    pub fn new(inner: MemoryStore) -> Self {
        Self(Arc::new(Counted { inner, reads: 0.into(), writes: 0.into() }))
    }

    pub fn reads(&self) -> u64 {
        self.0.reads.load(Ordering::SeqCst)
    }

    pub fn writes(&self) -> u64 {
        self.0.writes.load(Ordering::SeqCst)
    }

    fn read(&self) -> &MemoryStore {
        self.0.reads.fetch_add(1, Ordering::SeqCst);
        &self.0.inner
    }

    fn write(&self) -> &MemoryStore {
        self.0.writes.fetch_add(1, Ordering::SeqCst);
        &self.0.inner
    }
}

impl Store for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [RowKey],
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<Option<StoredRow>>> {
        self.read().get_many(keys, now)
    }

    fn put<'a>(
        &'a self,
        key: RowKey,
        row: &'a StoredRow,
        expected: Expected,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.write().put(key, row, expected, now)
    }

    fn delete(&self, key: RowKey, now: Timestamp) -> StoreFuture<'_, bool> {
        self.write().delete(key, now)
    }

    fn lease(
        &self,
        key: RowKey,
        holder: u64,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> StoreFuture<'_, bool> {
        self.write().lease(key, holder, ends_at, now)
    }

    fn release(&self, key: RowKey, holder: u64) -> StoreFuture<'_, ()> {
        self.write().release(key, holder)
    }

    fn scan(
        &self,
        kind: u8,
        after: Option<RowKey>,
        limit: u32,
        now: Timestamp,
    ) -> StoreFuture<'_, Vec<(RowKey, StoredRow)>> {
        self.read().scan(kind, after, limit, now)
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<'_, u64> {
        self.0.inner.sweep(now)
    }
}
