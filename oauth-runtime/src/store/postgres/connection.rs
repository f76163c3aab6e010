//! Connections: how they are made, how long anybody waits for them, what is said when they fail.

use std::io;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{
    PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow, Postgres,
};
use sqlx::query::Query;

use super::super::remote::within;
use super::PRODUCT;
use crate::error::Error;
use crate::shown;

/// How long a step of the start may take, such as the wait for a node that makes the tables.
const START: Duration = Duration::from_secs(10);
/// How long a request waits for a connection, and then for the answer.
const OPERATION: Duration = Duration::from_millis(1_800);
/// A connection that was idle for longer is tried before it is used.
const TRUSTED: Duration = Duration::from_secs(5);
/// SQLSTATE "undefined table".
const NO_TABLE: &str = "42P01";

pub(super) async fn starting<T>(work: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    within(START, work).await.unwrap_or_else(|| Err(timed_out()))
}

/// Connects once by itself: the pool would wait for a server that is away, and hide why.
pub(super) async fn pool_at(options: PgConnectOptions) -> sqlx::Result<PgPool> {
    drop(PgConnection::connect_with(&options).await?.close().await);
    let pool = PgPoolOptions::new().acquire_timeout(OPERATION).test_before_acquire(false);
    let pool = pool.before_acquire(|connection, meta| {
        let is_trusted = meta.idle_for <= TRUSTED;
        Box::pin(async move { Ok(is_trusted || connection.ping().await.is_ok()) })
    });
    Ok(pool.connect_lazy_with(options))
}

/// One statement, one round trip.
pub(super) async fn rows_of(
    pool: &PgPool,
    query: Query<'_, Postgres, PgArguments>,
) -> sqlx::Result<Vec<PgRow>> {
    let connection = within(OPERATION, pool.acquire()).await.ok_or_else(timed_out)??;
    let mut lent = Lent(Some(connection));
    let connection = lent.0.as_deref_mut().ok_or(sqlx::Error::PoolClosed)?;
    let rows = within(OPERATION, query.fetch_all(connection)).await.ok_or_else(timed_out)?;
    drop(lent.0.take());
    rows
}

/// A connection that is closed unless its answer came: the pool would wait for it without end.
struct Lent(Option<PoolConnection<Postgres>>);

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.0 {
            connection.close_on_drop();
        }
    }
}

/// Neither the user nor the password: where it lies, and what is called there.
pub(super) fn name_of(options: &PgConnectOptions) -> String {
    let database = shown::part(options.get_database().unwrap_or(options.get_username()));
    if let Some(socket) = options.get_socket() {
        return format!("{PRODUCT}, {}/{database}", shown::path(socket));
    }
    let (host, port) = (shown::part(options.get_host()), options.get_port());
    format!("{PRODUCT}, {host}:{port}/{database}")
}

fn timed_out() -> sqlx::Error {
    sqlx::Error::Io(io::ErrorKind::TimedOut.into())
}

pub(super) fn has_no_table(error: &sqlx::Error) -> bool {
    state(error).as_deref() == Some(NO_TABLE)
}

/// The five letters of SQLSTATE.
fn state(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// What fails while the app runs.
pub(super) fn failed(name: &str, error: sqlx::Error) -> Error {
    let help = match state(&error).as_deref() {
        Some("53100") => {
            "the disk of the server is full: make room; nothing that was there is lost"
        }
        Some("25006") => "the server takes no writes: is it a replica?",
        Some("53300") => "the server has no connection left: give it more, or the app fewer",
        Some("42501") => "give the user the right to read and write the tables",
        Some(NO_TABLE) => "the tables are gone: run `PostgresStore::SCHEMA`",
        _ => "the next try may succeed",
    };
    Error::store(name, error).with_help(help)
}

pub(super) fn unusable(name: &str, error: sqlx::Error) -> Error {
    let state = state(&error);
    let help = match state.as_deref() {
        Some("28P01" | "28000") => "check the user and the password in the URL",
        Some("3D000") => "make the database first: `createdb`",
        Some("42501") => {
            "give the user the right to make tables, or let another user run \
             `PostgresStore::SCHEMA` and give this one the right to read and write them"
        }
        Some(NO_TABLE) => "run `PostgresStore::SCHEMA` first",
        Some(_) => "the server says why",
        None => "check that the server runs, and that host and port are right",
    };
    let unusable = Error::store_unusable(format!("the store ({name}) cannot be used"), help);
    match state {
        Some(state) if quotes_the_url(&state) => {
            unusable.with_source(format!("the server answers with SQLSTATE {state}"))
        }
        _ => unusable.with_source(error),
    }
}

/// Whether the server's words hold the user, the database or a parameter of the URL, in whose
/// place a password may stand.
fn quotes_the_url(state: &str) -> bool {
    state.starts_with("28") || matches!(state, "3D000" | "22023" | "42704")
}
