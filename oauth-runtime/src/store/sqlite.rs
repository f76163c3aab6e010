//! Rows in a file of `SQLite`, for an app on one machine.

mod failures;

use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
};
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::backend::{Expected, RowKey, Store, StoreFuture, StoredRow};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::shown;
use failures::{failed, make_private, unusable};

/// The schema that this version writes and reads.
const SCHEMA_NUMBER: i64 = 1;
/// So many ended rows are deleted at once, so that nobody waits for the lock long.
const SWEPT_AT_ONCE: i64 = 5_000;
/// How long a writer waits for another one.
const BUSY: Duration = Duration::from_millis(1_800);

/// Rows in a file of `SQLite`.
///
/// For an app on one machine, in one process or several. What is kept there is sealed, so that
/// the file alone gives nobody access; it is made readable for its owner only.
///
/// ```no_run
/// # async fn open() -> Result<(), oauth_runtime::Error> {
/// use oauth_runtime::{ClientCredentials, Keys, OAuth, SqliteStore};
/// let oauth = OAuth::google(ClientCredentials::from_file("client_secret.json")?)
///     .with_store(SqliteStore::open("tokens.db").await?)
///     .with_keys(Keys::from_file("oauth.key")?)
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
    name: String,
}

impl SqliteStore {
    /// What [`open`](Self::open) and [`with_pool`](Self::with_pool) run, for those whose
    /// migrations are run by somebody else.
    pub const SCHEMA: &'static str = include_str!("sqlite/schema.sql");

    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    /// If the file cannot be opened or made, is no database, can be read by others, or has a
    /// schema of a later version. Or if `path` is no path but a secret or a URL: then no file is
    /// made, and nothing of it is shown.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = format!("SQLite, {}", shown::path(path));
        make_private(path, &name)?;
        let options = SqliteConnectOptions::from_str("sqlite:")
            .map_err(|error| unusable(&name, error))?
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(BUSY);
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await;
        let store = Self { pool: pool.map_err(|error| unusable(&name, error))?, name };
        store.migrate().await?;
        Ok(store)
    }

    /// Keeps the rows in a database that the app has open already.
    ///
    /// # Errors
    /// If the tables can neither be found nor made, or have a schema of a later version.
    pub async fn with_pool(pool: SqlitePool) -> Result<Self, Error> {
        let store = Self { pool, name: "SQLite".to_owned() };
        store.migrate().await?;
        Ok(store)
    }

    /// The same, where the tables of [`SCHEMA`](Self::SCHEMA) were made by somebody else.
    ///
    /// # Errors
    /// If they are not there, or of another version.
    pub async fn without_migrations(pool: SqlitePool) -> Result<Self, Error> {
        let store = Self { pool, name: "SQLite".to_owned() };
        store.check_schema().await?;
        Ok(store)
    }

    async fn migrate(&self) -> Result<(), Error> {
        let made = sqlx::raw_sql(Self::SCHEMA).execute(&self.pool).await;
        made.map_err(|error| unusable(&self.name, error))?;
        self.check_schema().await
    }

    async fn check_schema(&self) -> Result<(), Error> {
        let number = sqlx::query_scalar("SELECT number FROM oauth_schema").fetch_one(&self.pool);
        let number: i64 = number.await.map_err(|error| unusable(&self.name, error))?;
        if number == SCHEMA_NUMBER {
            return Ok(());
        }
        let text = format!("the store ({}) has schema {number}", self.name);
        let help = format!("this version of the library knows schema {SCHEMA_NUMBER}: update it");
        Err(Error::store_unusable(text, help))
    }

    async fn row_at(&self, keys: &[RowKey], now: Timestamp) -> sqlx::Result<Vec<SqliteRow>> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT key, version, ends_at, bytes FROM oauth_rows WHERE ends_at > ",
        );
        query.push_bind(millis(now)).push(" AND key IN (");
        let mut list = query.separated(", ");
        for key in keys {
            list.push_bind(key.as_bytes().to_vec());
        }
        query.push(")").build().fetch_all(&self.pool).await
    }

    async fn write(
        &self,
        key: RowKey,
        row: &StoredRow,
        expected: Expected,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        let query = match expected {
            Expected::Absent => sqlx::query(
                "INSERT INTO oauth_rows (key, version, ends_at, bytes) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (key) DO UPDATE SET version = ?2, ends_at = ?3, bytes = ?4 \
                 WHERE oauth_rows.ends_at <= ?5",
            ),
            Expected::Version(_) => sqlx::query(
                "UPDATE oauth_rows SET version = ?2, ends_at = ?3, bytes = ?4 \
                 WHERE key = ?1 AND ends_at > ?5 AND version = ?6",
            ),
        };
        let query = query
            .bind(key.as_bytes().to_vec())
            .bind(signed(row.version))
            .bind(millis(row.ends_at))
            .bind(&row.bytes)
            .bind(millis(now));
        let query = match expected {
            Expected::Absent => query,
            Expected::Version(version) => query.bind(signed(version)),
        };
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    async fn swept(&self, now: Timestamp) -> sqlx::Result<u64> {
        let rows = sqlx::query(
            "DELETE FROM oauth_rows WHERE key IN \
             (SELECT key FROM oauth_rows WHERE ends_at <= ?1 LIMIT ?2)",
        );
        let rows = rows.bind(millis(now)).bind(SWEPT_AT_ONCE).execute(&self.pool).await?;
        let leases = sqlx::query("DELETE FROM oauth_leases WHERE ends_at <= ?1");
        let leases = leases.bind(millis(now)).execute(&self.pool).await?;
        Ok(rows.rows_affected() + leases.rows_affected())
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        failed(&self.name, error)
    }
}

impl Store for SqliteStore {
    fn name(&self) -> &str {
        &self.name
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [RowKey],
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<Option<StoredRow>>> {
        Box::pin(async move {
            let rows = self.row_at(keys, now).await.map_err(|error| self.failed(error))?;
            let found: Vec<_> = rows.iter().filter_map(decode).collect();
            let take = |key: &RowKey| {
                let (_, row) = found.iter().find(|(other, _)| other == key)?;
                Some(row.clone())
            };
            Ok(keys.iter().map(take).collect())
        })
    }

    fn put<'a>(
        &'a self,
        key: RowKey,
        row: &'a StoredRow,
        expected: Expected,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.write(key, row, expected, now).await.map_err(|error| self.failed(error))
        })
    }

    fn delete(&self, key: RowKey, now: Timestamp) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let query = sqlx::query("DELETE FROM oauth_rows WHERE key = ?1 RETURNING ends_at > ?2");
            let query = query.bind(key.as_bytes().to_vec()).bind(millis(now));
            let row = query.fetch_optional(&self.pool).await;
            let row = row.map_err(|error| self.failed(error))?;
            Ok(row.is_some_and(|row| row.get::<i64, _>(0) == 1))
        })
    }

    fn lease(
        &self,
        key: RowKey,
        holder: u64,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let query = sqlx::query(
                "INSERT INTO oauth_leases (key, holder, ends_at) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (key) DO UPDATE SET holder = ?2, ends_at = ?3 \
                 WHERE oauth_leases.ends_at <= ?4 OR oauth_leases.holder = ?2",
            );
            let query = query.bind(key.as_bytes().to_vec()).bind(holder.cast_signed());
            let query = query.bind(millis(ends_at)).bind(millis(now));
            let done = query.execute(&self.pool).await.map_err(|error| self.failed(error))?;
            Ok(done.rows_affected() == 1)
        })
    }

    fn release(&self, key: RowKey, holder: u64) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let query = sqlx::query("DELETE FROM oauth_leases WHERE key = ?1 AND holder = ?2");
            let query = query.bind(key.as_bytes().to_vec()).bind(holder.cast_signed());
            query.execute(&self.pool).await.map(drop).map_err(|error| self.failed(error))
        })
    }

    fn scan(
        &self,
        kind: u8,
        after: Option<RowKey>,
        limit: u32,
        now: Timestamp,
    ) -> StoreFuture<'_, Vec<(RowKey, StoredRow)>> {
        Box::pin(async move {
            let first = after.map_or(vec![kind], |after| after.as_bytes().to_vec());
            let last = RowKey::new(kind, [u8::MAX; 16]);
            let query = sqlx::query(
                "SELECT key, version, ends_at, bytes FROM oauth_rows \
                 WHERE key > ?1 AND key <= ?2 AND ends_at > ?3 ORDER BY key LIMIT ?4",
            );
            let query = query.bind(first).bind(last.as_bytes().to_vec());
            let query = query.bind(millis(now)).bind(i64::from(limit));
            let rows = query.fetch_all(&self.pool).await.map_err(|error| self.failed(error))?;
            Ok(rows.iter().filter_map(decode).collect())
        })
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<'_, u64> {
        Box::pin(async move { self.swept(now).await.map_err(|error| self.failed(error)) })
    }
}

/// `None` for a row that this library did not write.
fn decode(row: &SqliteRow) -> Option<(RowKey, StoredRow)> {
    let key = RowKey::from_bytes(row.try_get(0).ok()?)?;
    let version = row.try_get::<i64, _>(1).ok()?.cast_unsigned();
    let ends_at = row.try_get::<i64, _>(2).ok()?;
    let ends_at = Timestamp::from_unix_millis(u64::try_from(ends_at).ok()?);
    Some((key, StoredRow { version, ends_at, bytes: row.try_get(3).ok()? }))
}

fn signed(version: u64) -> i64 {
    version.cast_signed()
}

/// The end of time is that of the database.
fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.unix_millis()).unwrap_or(i64::MAX)
}
