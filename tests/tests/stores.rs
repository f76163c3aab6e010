//! Every store keeps the same contract, and says what is wrong where it cannot.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use oauth_runtime::fake::check_store;
use oauth_runtime::{
    Clock as _, Error, Expected, MemoryStore, RowKey, SqliteStore, Store, StoredRow, SystemClock,
    Timestamp,
};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

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
    let (folder, now) = (Folder::new(), SystemClock.now());
    let key = RowKey::new(1, [7; 16]);
    let row = StoredRow { version: 1, ends_at: Timestamp::MAX, bytes: vec![1, 2] };
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

fn a_row() -> StoredRow {
    StoredRow { version: 1, ends_at: Timestamp::MAX, bytes: vec![7; 2_000] }
}

async fn is_written(store: &SqliteStore, number: u8) -> Result<bool, Error> {
    let key = RowKey::new(1, [number; 16]);
    store.put(key, &a_row(), Expected::Absent, SystemClock.now()).await
}

async fn is_there(store: &SqliteStore, number: u8) -> Result<bool, Error> {
    let key = RowKey::new(1, [number; 16]);
    Ok(store.get_many(&[key], SystemClock.now()).await?[0].is_some())
}

#[track_caller]
fn says(error: &Error, code: &str, help: &str) {
    assert_eq!(error.code(), code, "{error:?}");
    assert!(error.to_string().contains("SQLite"), "{error}");
    assert!(error.help().is_some_and(|text| text.contains(help)), "{help}: {error:?}");
}

/// What was kept can still be read, and when there is room again, writing goes on.
#[tokio::test]
async fn a_full_disk_is_named_and_loses_nothing() {
    let folder = Folder::new();
    let one = SqlitePoolOptions::new().max_connections(1);
    let options = SqliteConnectOptions::new().filename(folder.path("app.db"));
    let pool = one.connect_with(options.create_if_missing(true)).await.unwrap();
    let store = SqliteStore::with_pool(pool.clone()).await.unwrap();
    assert!(is_written(&store, 0).await.unwrap());
    sqlx::raw_sql("PRAGMA max_page_count = 12").execute(&pool).await.unwrap();
    let mut number = 1;
    let error = loop {
        match is_written(&store, number).await {
            Ok(written) => assert!(written && number < 100),
            Err(error) => break error,
        }
        number += 1;
    };
    says(&error, "store_unavailable", "make room");
    for kept in 0..number {
        assert!(is_there(&store, kept).await.unwrap(), "row {kept}");
    }
    sqlx::raw_sql("PRAGMA max_page_count = 1000").execute(&pool).await.unwrap();
    assert!(is_written(&store, number).await.unwrap());
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_is_named_at_the_start() {
    let folder = Folder::new();
    drop(SqliteStore::open(folder.path("app.db")).await.unwrap());
    let options = SqliteConnectOptions::new().filename(folder.path("app.db")).read_only(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let error = SqliteStore::with_pool(pool).await.unwrap_err();
    says(&error, "config_store", "cannot be written");
}

/// At the start where that can be seen, and else as soon as it is met; the file is left alone.
#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone() {
    let folder = Folder::new();
    let path = folder.path("tokens.db");
    let store = SqliteStore::open(&path).await.unwrap();
    for number in 0..50 {
        assert!(is_written(&store, number).await.unwrap());
    }
    let options = SqliteConnectOptions::new().filename(&path);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await.unwrap();
    pool.close().await;
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    let error = match SqliteStore::open(&path).await {
        Ok(store) => is_there(&store, 7).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(["config_store", "store_unavailable"].contains(&error.code()), "{error:?}");
    says(&error, error.code(), "damaged");
    assert_eq!(fs::read(&path).unwrap()[4096..], bytes[4096..]);
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
