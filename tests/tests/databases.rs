//! The stores on real servers: `PostgreSQL` and Redis, which the tests start and end themselves.

mod cluster;
mod postgres;
mod redis;

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use oauth_runtime::fake::Endpoint;
use oauth_runtime::{
    Clock as _, Error, Expected, RowKey, Store, StoredRow, SystemClock, Timestamp,
};
use oauth_tests::databases::Server;
use tokio::task::JoinSet;

use crate::support::{Browser, Fleet};

const PASSWORD: &str = "fake-password";

/// A database on a real server that nobody else uses: its URL, and the prefix of its keys.
async fn a_database(product: &str) -> (String, String) {
    match product {
        "postgres" => (postgres::a_database().await, String::new()),
        _ => redis::a_prefix(),
    }
}

/// A number that no other test of this process has.
fn number() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn row(ends_at: Timestamp) -> StoredRow {
    StoredRow { version: 1, ends_at, bytes: b"a row".to_vec() }
}

fn key(kind: u8, number: u64) -> RowKey {
    RowKey::new(kind, u128::from(number).to_be_bytes())
}

async fn is_there(store: &impl Store, key: RowKey) -> Result<bool, Error> {
    Ok(store.get_many(&[key], SystemClock.now()).await?[0].is_some())
}

/// What an operator reads says where, and never shows a password.
#[track_caller]
fn names_the_store(error: &Error, name: &str, help: &str) {
    let shown = format!("{error} {error:?}");
    assert_eq!(error.code(), "config_store", "{shown}");
    assert!(error.to_string().contains(name), "{name}: {shown}");
    assert!(error.help().is_some_and(|text| text.contains(help)), "{help}: {shown}");
    for secret in [PASSWORD, "mistaken"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[track_caller]
fn is_unavailable<T: std::fmt::Debug>(answer: Result<T, Error>) {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), "store_unavailable", "{error:?}");
    assert!(error.is_transient() && !format!("{error:?}").contains(PASSWORD), "{error:?}");
}

/// Many nodes that sweep at once delete every ended row once, and no other.
async fn sweeps_each_row_once(nodes: Vec<impl Store>) {
    let now = SystemClock.now();
    for number in 0..200 {
        let ends_at = if number % 4 == 0 { Timestamp::MAX } else { now };
        assert!(nodes[0].put(key(1, number), &row(ends_at), Expected::Absent, now).await.unwrap());
    }
    let mut sweeps = JoinSet::new();
    let count = nodes.len();
    for node in nodes {
        sweeps.spawn(async move { (node.sweep(now).await.unwrap(), node) });
    }
    let swept = sweeps.join_all().await;
    assert_eq!((swept.iter().map(|(rows, _)| rows).sum::<u64>(), swept.len()), (150, count));
    assert_eq!(swept[0].1.scan(1, None, 1_000, now).await.unwrap().len(), 50);
}

/// Fails for as long as the server is away, and works again when it is back.
async fn outlives_its_server(store: impl Store, server: &mut Server) {
    let now = SystemClock.now();
    let key = key(1, 1);
    store.put(key, &row(Timestamp::MAX), Expected::Absent, now).await.unwrap();
    server.stop();
    is_unavailable(is_there(&store, key).await);
    is_unavailable(store.lease(key, 1, Timestamp::MAX, now).await);
    server.start();
    // Some requests may meet a connection that is dead.
    let mut tries = 0;
    while is_there(&store, key).await.is_err() {
        tries += 1;
        assert!(tries < 12, "the store does not come back");
    }
    assert!(store.lease(key, 1, Timestamp::MAX, now).await.unwrap());
}

/// What is sealed on one node opens on every other, and on one that comes later.
async fn serves_many_nodes(store: impl Store + Clone) {
    let mut fleet = Fleet::start(2, store).await;
    // The server has a clock of its own.
    fleet.clock.advance(SystemClock.now().since(fleet.clock.now()));
    let mut browser = Browser::new();
    let ada = "ada@example.com";
    let callback = browser.return_address(fleet.url(0, "/notes"), ada, &["drive.file"]).await;
    assert_eq!(browser.go(fleet.moved(1, &callback)).await.status, 303);
    fleet.add().await;
    for _ in 0..3 {
        fleet.clock.advance(Duration::from_secs(3_600));
        for node in 0..3 {
            let page = browser.go(fleet.url(node, "/notes")).await;
            assert_eq!(page.status, 200, "node {node}: {}", page.body);
        }
    }
    let renewals = fleet.fake.requests(Endpoint::Token).into_iter();
    let renewals = renewals.filter(|it| it.field("grant_type") == Some("refresh_token")).count();
    assert_eq!(renewals, 3, "one for each hour");
    let page = browser.post(fleet.url(2, "/oauth/sign-out"), &[], "same-origin", &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    fleet.clock.advance(Duration::from_secs(2));
    for node in 0..3 {
        assert_ne!(browser.go(fleet.url(node, "/notes")).await.status, 200, "signed out");
    }
}
