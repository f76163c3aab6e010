//! Several nodes of one app, with one store, one fake Google and one clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{
    Error, Expected, Key, Keys, ManualClock, OAuth, OAuthBuilder, RowKey, Store, StoreFuture,
    StoredRow, Timestamp,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use super::app::router;

/// The nodes stop when it is dropped.
pub struct Fleet<S> {
    pub fake: FakeGoogle,
    pub clock: ManualClock,
    pub store: Faulty<S>,
    pub key: Key,
    nodes: Vec<Node>,
}

struct Node {
    oauth: OAuth,
    port: u16,
    server: JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl<S: Store + Clone> Fleet<S> {
    pub async fn start(nodes: usize, store: S) -> Self {
        let clock = ManualClock::at(Timestamp::from_unix_seconds(1_790_000_000));
        let fake = FakeGoogle::builder().with_clock(clock.clone()).start().await.unwrap();
        let (store, key) = (Faulty::new(store), Key::generate().unwrap());
        let mut fleet = Self { fake, clock, store, key, nodes: Vec::new() };
        for _ in 0..nodes {
            fleet.add().await;
        }
        fleet
    }

    /// One more node, configured as all are.
    pub async fn add(&mut self) {
        let keys = Keys::new(self.key.clone());
        self.add_with(|builder| builder.with_keys(keys)).await;
    }

    pub async fn add_with(&mut self, configure: impl FnOnce(OAuthBuilder) -> OAuthBuilder) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // All of them are behind one origin, that of the first.
        let first = self.nodes.first().map_or(port, |node| node.port);
        let redirect_uri = format!("http://localhost:{first}/oauth/callback");
        let builder = self.fake.builder_for(&redirect_uri).unwrap();
        let oauth = configure(builder.with_store(self.store.clone())).build().unwrap();
        let app = router(&oauth);
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        self.nodes.push(Node { oauth, port, server });
    }

    pub fn oauth(&self, node: usize) -> &OAuth {
        &self.nodes[node].oauth
    }

    /// A page of one of the nodes.
    pub fn url(&self, node: usize, path: &str) -> String {
        format!("http://localhost:{}{path}", self.nodes[node].port)
    }

    /// The same address at another node, as a proxy would choose it.
    pub fn moved(&self, node: usize, url: &Url) -> Url {
        let mut url = url.clone();
        url.set_port(Some(self.nodes[node].port)).unwrap();
        url
    }
}

/// A store that fails, or never answers, when it is told to; and that counts.
#[derive(Clone, Debug)]
pub struct Faulty<S> {
    inner: S,
    mode: Arc<AtomicU8>,
    reads: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
}

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const HANGS: u8 = 2;
const LOSES: u8 = 3;

impl<S: Store> Faulty<S> {
    fn new(inner: S) -> Self {
        let (mode, reads, writes) = (Arc::default(), Arc::default(), Arc::default());
        Self { inner, mode, reads, writes }
    }

    pub fn fail(&self) {
        self.mode.store(FAILS, Ordering::SeqCst);
    }

    pub fn hang(&self) {
        self.mode.store(HANGS, Ordering::SeqCst);
    }

    /// It does what it is asked for, and its answers are lost.
    pub fn lose_answers(&self) {
        self.mode.store(LOSES, Ordering::SeqCst);
    }

    pub fn work(&self) {
        self.mode.store(WORKS, Ordering::SeqCst);
    }

    /// How often rows were read, and how often something was written.
    pub fn counts(&self) -> (usize, usize) {
        (self.reads.load(Ordering::SeqCst), self.writes.load(Ordering::SeqCst))
    }

    fn answer<'a, T: Send + 'a>(
        &'a self,
        count: &AtomicUsize,
        answer: impl FnOnce() -> StoreFuture<'a, T>,
    ) -> StoreFuture<'a, T> {
        count.fetch_add(1, Ordering::SeqCst);
        let down = || Err(Error::store("faulty", "it is down"));
        match self.mode.load(Ordering::SeqCst) {
            WORKS => answer(),
            HANGS => Box::pin(std::future::pending()),
            LOSES => {
                let answer = answer();
                Box::pin(async move { answer.await.and_then(|_| down()) })
            }
            _ => Box::pin(std::future::ready(down())),
        }
    }
}

impl<S: Store> Store for Faulty<S> {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [RowKey],
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<Option<StoredRow>>> {
        self.answer(&self.reads, || self.inner.get_many(keys, now))
    }

    fn put<'a>(
        &'a self,
        key: RowKey,
        row: &'a StoredRow,
        expected: Expected,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.answer(&self.writes, || self.inner.put(key, row, expected, now))
    }

    fn delete(&self, key: RowKey, now: Timestamp) -> StoreFuture<'_, bool> {
        self.answer(&self.writes, || self.inner.delete(key, now))
    }

    fn lease(
        &self,
        key: RowKey,
        holder: u64,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> StoreFuture<'_, bool> {
        self.answer(&self.writes, || self.inner.lease(key, holder, ends_at, now))
    }

    fn release(&self, key: RowKey, holder: u64) -> StoreFuture<'_, ()> {
        self.answer(&self.writes, || self.inner.release(key, holder))
    }

    fn scan(
        &self,
        kind: u8,
        after: Option<RowKey>,
        limit: u32,
        now: Timestamp,
    ) -> StoreFuture<'_, Vec<(RowKey, StoredRow)>> {
        self.answer(&self.reads, || self.inner.scan(kind, after, limit, now))
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<'_, u64> {
        self.inner.sweep(now)
    }
}
