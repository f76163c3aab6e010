//! Every store keeps the same contract, and says what is wrong where it cannot.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use oauth_runtime::fake::check_store;
use oauth_runtime::{Clock as _, MemoryStore, SqliteStore, Store, SystemClock};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use crate::support::Folder;

pub async fn keeps_the_contract(store: impl Store) {
    match check_store(Arc::new(store), SystemClock.now()).await {
        Ok(checks) => assert!(checks.len() >= 40, "only {} checks", checks.len()),
        Err(failures) => panic!("{failures}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_keeps_the_contract() {
    keeps_the_contract(MemoryStore::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_the_contract() {
    let folder = Folder::new();
    keeps_the_contract(SqliteStore::open(folder.path("tokens.db")).await.unwrap()).await;
}

/// What was written in one process is there in the next.
#[tokio::test]
async fn a_file_is_opened_again() {
    use oauth_runtime::{Expected, RowKey, StoredRow};
    let (folder, now) = (Folder::new(), SystemClock.now());
    let key = RowKey::new(1, [7; 16]);
    let row = StoredRow { version: 1, ends_at: oauth_runtime::Timestamp::MAX, bytes: vec![1, 2] };
    let first = SqliteStore::open(folder.path("tokens.db")).await.unwrap();
    assert!(first.put(key, &row, Expected::Absent, now).await.unwrap());
    let second = SqliteStore::open(folder.path("tokens.db")).await.unwrap();
    let found = second.get_many(&[key], now).await.unwrap().remove(0).unwrap();
    assert_eq!(found.bytes, [1, 2]);
}

/// J21: the file is made for its owner alone, and one that others can read is refused.
#[tokio::test]
async fn a_file_that_others_can_read_is_refused() {
    let folder = Folder::new();
    let path = folder.path("tokens.db");
    drop(SqliteStore::open(&path).await.unwrap());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    let journal = folder.path("tokens.db-wal");
    assert!(!journal.exists() || mode(&journal) == 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert_eq!(error.code(), "config_store");
    assert!(error.help().unwrap().starts_with("run `chmod 600 "), "{error:?}");
}

#[tokio::test]
async fn what_is_no_database_is_named_and_left_alone() {
    let folder = Folder::new();
    let path = folder.path("notes.txt");
    fs::write(&path, "my notes, a few lines of them, long enough to be read as a header".repeat(9))
        .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let before = fs::read(&path).unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert_eq!(error.code(), "config_store");
    assert!(error.to_string().contains("notes.txt"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
    let error = SqliteStore::open(folder.path("no/such/folder/tokens.db")).await.unwrap_err();
    assert_eq!(error.code(), "config_store");
}

async fn pool(folder: &Folder) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(folder.path("app.db"));
    SqlitePool::connect_with(options.create_if_missing(true)).await.unwrap()
}

/// The app's own pool, with our tables made by us or by the app's own migrations.
#[tokio::test]
async fn the_pool_of_the_app_serves_too() {
    let folder = Folder::new();
    let pool = pool(&folder).await;
    let error = SqliteStore::without_migrations(pool.clone()).await.unwrap_err();
    assert_eq!(error.code(), "config_store", "nobody made the tables");
    sqlx::raw_sql(SqliteStore::SCHEMA).execute(&pool).await.unwrap();
    SqliteStore::without_migrations(pool.clone()).await.unwrap();
    keeps_the_contract(SqliteStore::with_pool(pool).await.unwrap()).await;
}

#[tokio::test]
async fn a_later_schema_is_refused_and_left_alone() {
    let folder = Folder::new();
    let pool = pool(&folder).await;
    drop(SqliteStore::with_pool(pool.clone()).await.unwrap());
    sqlx::raw_sql("UPDATE oauth_schema SET number = 99").execute(&pool).await.unwrap();
    for error in [
        SqliteStore::with_pool(pool.clone()).await.unwrap_err(),
        SqliteStore::without_migrations(pool.clone()).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "config_store");
        assert!(error.to_string().contains("schema 99"), "{error}");
    }
}
