//! A store at one of whose operations the process dies.

use std::sync::{Arc, Mutex};

use oauth_runtime::{Expected, RowKey, Store, StoreFuture, StoredRow, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

#[derive(Clone, Debug)]
pub struct Mortal {
    inner: Arc<dyn Store>,
    /// How many operations are left, the deadly one among them.
    end: Arc<Mutex<Option<(usize, When)>>>,
}

impl Mortal {
    pub fn new(inner: impl Store) -> Self {
        Self { inner: Arc::new(inner), end: Arc::default() }
    }

    pub fn dies(&self, operation: usize, when: When) {
        *self.end.lock().unwrap() = Some((operation, when));
    }

    /// When to die, if this is the operation.
    fn count(&self) -> Option<When> {
        let mut end = self.end.lock().unwrap();
        let (left, _) = end.as_mut()?;
        *left -= 1;
        if *left > 0 {
            return None;
        }
        end.take().map(|(_, when)| when)
    }

    fn lives<'a, T: Send + 'a>(&'a self, work: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async move {
            let end = self.count();
            if end == Some(When::Before) {
                std::process::abort();
            }
            let answer = work.await;
            if end == Some(When::After) {
                std::process::abort();
            }
            answer
        })
    }
}

impl Store for Mortal {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [RowKey],
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<Option<StoredRow>>> {
        self.lives(self.inner.get_many(keys, now))
    }

    fn put<'a>(
        &'a self,
        key: RowKey,
        row: &'a StoredRow,
        expected: Expected,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.lives(self.inner.put(key, row, expected, now))
    }

    fn delete(&self, key: RowKey, now: Timestamp) -> StoreFuture<'_, bool> {
        self.lives(self.inner.delete(key, now))
    }

    fn lease(
        &self,
        key: RowKey,
        holder: u64,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> StoreFuture<'_, bool> {
        self.lives(self.inner.lease(key, holder, ends_at, now))
    }

    fn release(&self, key: RowKey, holder: u64) -> StoreFuture<'_, ()> {
        self.lives(self.inner.release(key, holder))
    }

    fn scan(
        &self,
        kind: u8,
        after: Option<RowKey>,
        limit: u32,
        now: Timestamp,
    ) -> StoreFuture<'_, Vec<(RowKey, StoredRow)>> {
        self.lives(self.inner.scan(kind, after, limit, now))
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<'_, u64> {
        // It goes on in the background, so that what it interrupts is not what was meant.
        self.inner.sweep(now)
    }
}
