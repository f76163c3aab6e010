//! Rows in Redis, or in what speaks like it.

use std::sync::LazyLock;

use oauth_runtime::{Clock as _, Expected, RedisStore, Store as _, SystemClock, Timestamp};
use oauth_tests::databases::{self, Server};
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;

use super::{
    PASSWORD, is_there, is_unavailable, key, names_the_store, nobody, number, outlives_its_server,
    row, serves_many_nodes, sweeps_each_row_once,
};
use crate::stores::keeps_the_contract;

/// The one that the tests share; each has a prefix of its own.
static REDIS: LazyLock<Redis> = LazyLock::new(Redis::start);

struct Redis(Server);

impl Redis {
    fn start() -> Self {
        Self(databases::redis(PASSWORD))
    }

    fn url(&self, password: &str) -> String {
        databases::redis_url(&self.0, password)
    }

    async fn connection(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url(PASSWORD)).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }
}

fn prefix() -> String {
    format!("test-{}:", number())
}

pub fn a_prefix() -> (String, String) {
    (REDIS.url(PASSWORD), prefix())
}

async fn open(prefix: &str) -> RedisStore {
    RedisStore::connect_with_prefix(&REDIS.url(PASSWORD), prefix).await.unwrap()
}

/// What lies on the server, without the prefix.
async fn left(prefix: &str) -> Vec<String> {
    let keys: Vec<Vec<u8>> = REDIS.connection().await.keys(format!("{prefix}*")).await.unwrap();
    let name = |key: &Vec<u8>| String::from_utf8_lossy(&key[prefix.len()..]).into_owned();
    keys.iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_keeps_the_contract() {
    keeps_the_contract(open(&prefix()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_of_the_app_serves_too() {
    let client = redis::Client::open(REDIS.url(PASSWORD)).unwrap();
    let manager = client.get_connection_manager().await.unwrap();
    let store = RedisStore::with_connection_manager(manager, &prefix()).await.unwrap();
    keeps_the_contract(store).await;
}

#[tokio::test]
async fn nodes_sign_people_in_over_redis() {
    serves_many_nodes(open(&prefix()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_sweep_at_once_share_the_work() {
    let prefix = prefix();
    let mut nodes = Vec::new();
    for _ in 0..4 {
        nodes.push(open(&prefix).await);
    }
    sweeps_each_row_once(nodes).await;
}

#[tokio::test]
async fn apps_with_different_prefixes_do_not_meet() {
    let (one, other) = (open(&prefix()).await, open(&prefix()).await);
    let now = SystemClock.now();
    one.put(key(1, 1), &row(Timestamp::MAX), Expected::Absent, now).await.unwrap();
    assert!(is_there(&one, key(1, 1)).await.unwrap());
    assert!(!is_there(&other, key(1, 1)).await.unwrap());
    assert!(other.scan(1, None, 9, now).await.unwrap().is_empty());
}

/// Nothing stays that nobody would ever delete.
#[tokio::test]
async fn what_was_deleted_or_swept_leaves_nothing_behind() {
    let prefix = prefix();
    let (store, now) = (open(&prefix).await, SystemClock.now());
    for (number, ends_at) in [(1, now), (2, Timestamp::MAX), (3, now), (4, Timestamp::MAX)] {
        store.put(key(1, number), &row(ends_at), Expected::Absent, now).await.unwrap();
    }
    store.put(key(1, 3), &row(Timestamp::MAX), Expected::Absent, now).await.unwrap();
    assert!(store.lease(key(1, 5), 1, Timestamp::MAX, now).await.unwrap());
    store.release(key(1, 5), 1).await.unwrap();
    assert_eq!(store.sweep(now).await.unwrap(), 1, "the first has ended");
    for number in 2..=4 {
        assert!(store.delete(key(1, number), now).await.unwrap(), "row {number}");
    }
    assert_eq!(left(&prefix).await, ["schema:"]);
}

/// The server's memory is freed where nobody sweeps, but never of what lives.
#[tokio::test]
async fn the_server_is_told_when_a_row_and_a_lease_end() {
    let prefix = prefix();
    let (store, now) = (open(&prefix).await, SystemClock.now());
    let hour = now + std::time::Duration::from_secs(3_600);
    let mut connection = REDIS.connection().await;
    for (number, ends_at, at_least) in [(1, hour, 3_590_000), (2, Timestamp::MAX, -1)] {
        let key = key(1, number);
        store.put(key, &row(ends_at), Expected::Absent, now).await.unwrap();
        assert!(store.lease(key, 1, ends_at, now).await.unwrap());
        for group in ["row:", "lease:"] {
            let name = [prefix.as_bytes(), group.as_bytes(), key.as_bytes()].concat();
            let left: i64 = connection.pttl(name).await.unwrap();
            assert!(left >= at_least && left < 4_000_000, "{group} {number}: {left}");
            assert_eq!(left == -1, ends_at == Timestamp::MAX);
        }
    }
}

/// Rows that the server has dropped by itself are still in the list of their kind.
#[tokio::test]
async fn a_scan_goes_on_over_rows_that_the_server_dropped() {
    let prefix = prefix();
    let (store, now) = (open(&prefix).await, SystemClock.now());
    let mut connection = REDIS.connection().await;
    for number in 0..10 {
        store.put(key(7, number), &row(Timestamp::MAX), Expected::Absent, now).await.unwrap();
        if number % 3 != 0 {
            let name = [prefix.as_bytes(), b"row:", key(7, number).as_bytes()].concat();
            connection.del::<_, ()>(name).await.unwrap();
        }
    }
    for (after, limit, expected) in [
        (None, 2, &[0, 3][..]),
        (Some(key(7, 3)), 2, &[6, 9]),
        (None, 9, &[0, 3, 6, 9]),
        (Some(key(7, 9)), 9, &[]),
        (None, 0, &[]),
    ] {
        let found = store.scan(7, after, limit, now).await.unwrap();
        let keys: Vec<_> = found.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, expected.iter().map(|number| key(7, *number)).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why_and_no_password_is_shown() {
    let away = nobody();
    for (url, name, help) in [
        (REDIS.url("mistaken"), "redis.sock", "the password"),
        (format!("redis://:{PASSWORD}@{away}/3"), &*format!("{away}/3"), "runs"),
        (format!("rediss://:{PASSWORD}@{away}"), &*format!("{away}/0"), "runs"),
        (format!("redis://:12/{PASSWORD}@{away}"), "Redis", "percent-encode"),
        (format!("redis://:{PASSWORD}@127.0.0.1:port"), "Redis", "percent-encode"),
        (format!("app:{PASSWORD}"), "Redis", "percent-encode"),
    ] {
        let error = RedisStore::connect(&url).await.unwrap_err();
        names_the_store(&error, name, help);
    }
    let shown = format!("{:?}", open(&prefix()).await);
    assert!(shown.contains("redis.sock") && !shown.contains(PASSWORD), "{shown}");
}

#[tokio::test]
async fn a_user_who_may_not_run_scripts_is_told_so_at_the_start() {
    let user = format!("guest-{}", number());
    let mut rule = redis::cmd("ACL");
    rule.arg("SETUSER").arg(&user).arg(&["on", ">mistaken", "~*", "+@all", "-@scripting"]);
    rule.exec_async(&mut REDIS.connection().await).await.unwrap();
    let url = format!("{}&user={user}", REDIS.url("mistaken"));
    let error = RedisStore::connect(&url).await.unwrap_err();
    names_the_store(&error, "redis.sock", "the right to run scripts");
}

#[tokio::test]
async fn a_later_schema_is_refused_and_left_alone() {
    let prefix = prefix();
    drop(open(&prefix).await);
    let mut connection = REDIS.connection().await;
    connection.set::<_, _, ()>(format!("{prefix}schema:"), 99).await.unwrap();
    let error = RedisStore::connect_with_prefix(&REDIS.url(PASSWORD), &prefix).await.unwrap_err();
    names_the_store(&error, "redis.sock", "update it");
    assert!(error.to_string().contains("schema 99"), "{error}");
    let number: String = connection.get(format!("{prefix}schema:")).await.unwrap();
    assert_eq!(number, "99");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for() {
    let own = Redis::start();
    let store = RedisStore::connect(&own.url(PASSWORD)).await.unwrap();
    let mut pause = redis::cmd("CLIENT");
    pause.arg("PAUSE").arg(2_200).exec_async(&mut own.connection().await).await.unwrap();
    is_unavailable(is_there(&store, key(1, 1)).await);
    assert!(!is_there(&store, key(1, 1)).await.unwrap());
}

/// It comes back empty, without the scripts too.
#[tokio::test]
async fn a_server_that_ends_and_starts_again_is_used_again() {
    let mut own = Redis::start();
    let store = RedisStore::connect(&own.url(PASSWORD)).await.unwrap();
    outlives_its_server(store, &mut own.0).await;
}
