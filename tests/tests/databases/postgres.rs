//! Rows in `PostgreSQL`.

use std::sync::LazyLock;

use oauth_runtime::{Clock as _, PostgresStore, Store as _, SystemClock};
use oauth_tests::databases::{self, Server};
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::task::JoinSet;

use super::{
    PASSWORD, is_there, is_unavailable, key, names_the_store, nobody, number, outlives_its_server,
    serves_many_nodes, sweeps_each_row_once,
};
use crate::stores::keeps_the_contract;

/// The one that the tests share; each has a database of its own.
static POSTGRES: LazyLock<Postgres> = LazyLock::new(Postgres::start);

struct Postgres(Server);

impl Postgres {
    fn start() -> Self {
        Self(databases::postgres(PASSWORD))
    }

    fn url(&self, user: &str, password: &str, database: &str) -> String {
        databases::postgres_url(&self.0, user, password, database)
    }

    /// Makes a database of this name and returns its URL.
    async fn database(&self) -> (String, String) {
        let name = format!("test_{}", number());
        run(&self.url("app", PASSWORD, "postgres"), &format!("CREATE DATABASE {name}")).await;
        (self.url("app", PASSWORD, &name), name)
    }
}

pub async fn a_database() -> String {
    POSTGRES.database().await.0
}

async fn run(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn open() -> PostgresStore {
    PostgresStore::connect(&POSTGRES.database().await.0).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_contract() {
    keeps_the_contract(open().await).await;
}

/// The app's own pool, with our tables made by us or by the app's own migrations.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pool_of_the_app_serves_too() {
    let (url, name) = POSTGRES.database().await;
    let pool = PgPool::connect(&url).await.unwrap();
    let error = PostgresStore::without_migrations(pool.clone()).await.unwrap_err();
    names_the_store(&error, &name, "SCHEMA");
    sqlx::raw_sql(PostgresStore::SCHEMA).execute(&pool).await.unwrap();
    PostgresStore::without_migrations(pool.clone()).await.unwrap();
    keeps_the_contract(PostgresStore::with_pool(pool).await.unwrap()).await;
}

#[tokio::test]
async fn nodes_sign_people_in_over_postgres() {
    serves_many_nodes(open().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_nodes_start_at_once() {
    let (url, _) = POSTGRES.database().await;
    let mut nodes = JoinSet::new();
    for _ in 0..16 {
        let url = url.clone();
        nodes.spawn(async move { PostgresStore::connect(&url).await.unwrap() });
    }
    assert_eq!(nodes.join_all().await.len(), 16);
    let pool = PgPool::connect(&url).await.unwrap();
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM oauth_schema").fetch_one(&pool).await.unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_sweep_at_once_share_the_work() {
    let (url, _) = POSTGRES.database().await;
    let mut nodes = Vec::new();
    for _ in 0..4 {
        nodes.push(PostgresStore::connect(&url).await.unwrap());
    }
    sweeps_each_row_once(nodes).await;
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why_and_no_password_is_shown() {
    let (url, name) = POSTGRES.database().await;
    let away = nobody();
    for (url, name, help) in [
        (POSTGRES.url("app", "mistaken", &name), &*name, "the password"),
        (POSTGRES.url("app", PASSWORD, "none"), "/none", "createdb"),
        (format!("postgres://app:{PASSWORD}@{away}/app"), &format!("{away}/app"), "runs"),
        (url.replace("fake-", "12/mistaken@"), "PostgreSQL", "percent-encode"),
        (format!("postgres://app:{PASSWORD}@127.0.0.1:port/app"), "PostgreSQL", "percent-encode"),
        (format!("app:{PASSWORD}"), "PostgreSQL", "percent-encode"),
    ] {
        let error = PostgresStore::connect(&url).await.unwrap_err();
        names_the_store(&error, name, help);
    }
    let shown = format!("{:?}", PostgresStore::connect(&url).await.unwrap());
    assert!(shown.contains(&name) && !shown.contains(PASSWORD), "{shown}");
}

/// Another user makes the tables, and gives this one the right to use them.
#[tokio::test]
async fn a_user_who_may_not_make_tables_may_use_them() {
    let (owner, name) = POSTGRES.database().await;
    let guest = format!("guest_{name}");
    let make = format!(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE {guest} LOGIN PASSWORD '{PASSWORD}'"
    );
    run(&owner, &make).await;
    let url = POSTGRES.url(&guest, PASSWORD, &name);
    let error = PostgresStore::connect(&url).await.unwrap_err();
    names_the_store(&error, &name, "the right to make tables");
    run(&owner, PostgresStore::SCHEMA).await;
    let tables = "oauth_rows, oauth_leases, oauth_schema";
    run(&owner, &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {guest}")).await;
    keeps_the_contract(PostgresStore::connect(&url).await.unwrap()).await;
}

#[tokio::test]
async fn a_later_schema_is_refused_and_left_alone() {
    let (url, name) = POSTGRES.database().await;
    let pool = PgPool::connect(&url).await.unwrap();
    drop(PostgresStore::with_pool(pool.clone()).await.unwrap());
    sqlx::raw_sql("UPDATE oauth_schema SET number = 99").execute(&pool).await.unwrap();
    for error in [
        PostgresStore::connect(&url).await.unwrap_err(),
        PostgresStore::with_pool(pool.clone()).await.unwrap_err(),
        PostgresStore::without_migrations(pool.clone()).await.unwrap_err(),
    ] {
        names_the_store(&error, &name, "update it");
        assert!(error.to_string().contains("schema 99"), "{error}");
    }
    sqlx::raw_sql(PostgresStore::SCHEMA).execute(&pool).await.unwrap();
    let number = sqlx::query_scalar("SELECT number FROM oauth_schema").fetch_all(&pool).await;
    let numbers: Vec<i64> = number.unwrap();
    assert_eq!(numbers, [99]);
}

/// A request does not wait for what somebody else holds, and its connection is not lost to it.
#[tokio::test]
async fn a_database_that_does_not_answer_is_not_waited_for() {
    let (url, _) = POSTGRES.database().await;
    let store = PostgresStore::connect(&url).await.unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    let mut held = other.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE oauth_rows").execute(&mut *held).await.unwrap();
    let mut waiting = JoinSet::new();
    for _ in 0..12 {
        let store = store.clone();
        waiting.spawn(async move { is_unavailable(is_there(&store, key(1, 1)).await) });
    }
    waiting.join_all().await;
    let now = SystemClock.now();
    assert!(store.lease(key(1, 1), 1, oauth_runtime::Timestamp::MAX, now).await.unwrap());
    held.rollback().await.unwrap();
    assert!(!is_there(&store, key(1, 1)).await.unwrap());
}

#[tokio::test]
async fn a_server_that_ends_and_starts_again_is_used_again() {
    let mut own = Postgres::start();
    let (url, _) = own.database().await;
    outlives_its_server(PostgresStore::connect(&url).await.unwrap(), &mut own.0).await;
}
