//! Rows in a `PostgreSQL` database, for an app on several machines.

mod connection;
mod parameters;

use std::fmt;
use std::str::FromStr as _;

use sqlx::Row as _;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgRow, Postgres};
use sqlx::query::Query;

use super::backend::{Expected, RowKey, Store, StoreFuture, StoredRow};
use super::remote::{check_url, malformed};
use crate::clock::Timestamp;
use crate::error::Error;
use connection::{failed, has_no_table, name_of, pool_at, rows_of, starting, unusable};
use parameters::without_unknown_parameters;

const PRODUCT: &str = "PostgreSQL";
/// The schema that this version writes and reads.
const SCHEMA_NUMBER: i64 = 1;
/// So many ended rows are deleted at once, so that no statement takes long.
const SWEPT_AT_ONCE: i64 = 5_000;

/// Rows in a `PostgreSQL` database.
///
/// For an app on several machines. What is kept there is sealed, so that the database alone
/// gives nobody access. Every operation is one statement and one round trip; it fails after some
/// seconds without an answer, and when the database is back, so is the store.
///
/// ```no_run
/// # async fn open() -> Result<(), oauth_runtime::Error> {
/// use oauth_runtime::{ClientCredentials, Keys, OAuth, PostgresStore};
/// let oauth = OAuth::google(ClientCredentials::from_file("client_secret.json")?)
///     .with_store(PostgresStore::connect("postgres://app@db.example/app").await?)
///     .with_keys(Keys::from_file("oauth.key")?)
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    name: String,
}

impl PostgresStore {
    /// What [`connect`](Self::connect) and [`with_pool`](Self::with_pool) run where there are no
    /// tables yet, for those whose migrations are run by somebody else.
    pub const SCHEMA: &'static str = include_str!("postgres.sql");

    /// Connects to the database, and makes the tables where there are none.
    ///
    /// What the URL leaves out comes from the variables that `psql` reads, such as `PGPASSWORD`.
    /// Any number of nodes may start at once.
    ///
    /// # Errors
    /// If the URL is malformed, the database does not answer or lets this user not in, the
    /// tables can neither be found nor made, or they have a schema of a later version.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        check_url(PRODUCT, url)?;
        let options = PgConnectOptions::from_str(&without_unknown_parameters(url)?);
        let options = options.map_err(|_| malformed(PRODUCT))?;
        let name = name_of(&options);
        let pool = starting(pool_at(options)).await.map_err(|error| unusable(&name, error))?;
        Self { pool, name }.migrated().await
    }

    /// Keeps the rows in a database that the app is connected to already.
    ///
    /// # Errors
    /// If the tables can neither be found nor made, or have a schema of a later version.
    pub async fn with_pool(pool: PgPool) -> Result<Self, Error> {
        let name = name_of(&pool.connect_options());
        Self { pool, name }.migrated().await
    }

    /// The same, where the tables of [`SCHEMA`](Self::SCHEMA) were made by somebody else.
    ///
    /// # Errors
    /// If they are not there, or of another version.
    pub async fn without_migrations(pool: PgPool) -> Result<Self, Error> {
        let store = Self { name: name_of(&pool.connect_options()), pool };
        let number = starting(store.schema_number()).await;
        store.check(number)?;
        Ok(store)
    }

    /// Looks first: a user who may not make tables can well use those that are there.
    async fn migrated(self) -> Result<Self, Error> {
        let mut number = starting(self.schema_number()).await;
        if number.as_ref().is_err_and(has_no_table) {
            let made = starting(sqlx::raw_sql(Self::SCHEMA).execute(&self.pool)).await;
            made.map_err(|error| unusable(&self.name, error))?;
            number = starting(self.schema_number()).await;
        }
        self.check(number)?;
        Ok(self)
    }

    async fn schema_number(&self) -> sqlx::Result<i64> {
        sqlx::query_scalar("SELECT number FROM oauth_schema").fetch_one(&self.pool).await
    }

    fn check(&self, number: sqlx::Result<i64>) -> Result<(), Error> {
        let number = number.map_err(|error| unusable(&self.name, error))?;
        if number == SCHEMA_NUMBER {
            return Ok(());
        }
        let text = format!("the store ({}) has schema {number}", self.name);
        let help = format!("this version of the library knows schema {SCHEMA_NUMBER}: update it");
        Err(Error::store_unusable(text, help))
    }

    async fn rows(&self, query: Query<'_, Postgres, PgArguments>) -> Result<Vec<PgRow>, Error> {
        rows_of(&self.pool, query).await.map_err(|error| failed(&self.name, error))
    }
}

impl Store for PostgresStore {
    fn name(&self) -> &str {
        &self.name
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [RowKey],
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<Option<StoredRow>>> {
        Box::pin(async move {
            let query = sqlx::query(
                "SELECT key, version, ends_at, bytes FROM oauth_rows \
                 WHERE key = ANY($1) AND ends_at > $2",
            );
            let wanted: Vec<_> = keys.iter().map(|key| key.as_bytes().as_slice()).collect();
            let rows = self.rows(query.bind(wanted).bind(millis(now))).await?;
            let found: Vec<_> = rows.iter().filter_map(decode).collect();
            let row_at = |key: &RowKey| {
                let (_, row) = found.iter().find(|(at, _)| at == key)?;
                Some(row.clone())
            };
            Ok(keys.iter().map(row_at).collect())
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
            let query = match expected {
                Expected::Absent => sqlx::query(
                    "INSERT INTO oauth_rows (key, version, ends_at, bytes) \
                     VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (key) DO UPDATE SET version = $2, ends_at = $3, bytes = $4 \
                     WHERE oauth_rows.ends_at <= $5 RETURNING 1",
                ),
                Expected::Version(_) => sqlx::query(
                    "UPDATE oauth_rows SET version = $2, ends_at = $3, bytes = $4 \
                     WHERE key = $1 AND ends_at > $5 AND version = $6 RETURNING 1",
                ),
            };
            let query = query.bind(key.as_bytes()).bind(row.version.cast_signed());
            let query = query.bind(millis(row.ends_at)).bind(&row.bytes).bind(millis(now));
            let query = match expected {
                Expected::Absent => query,
                Expected::Version(version) => query.bind(version.cast_signed()),
            };
            Ok(!self.rows(query).await?.is_empty())
        })
    }

    fn delete(&self, key: RowKey, now: Timestamp) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let query = sqlx::query("DELETE FROM oauth_rows WHERE key = $1 RETURNING ends_at > $2");
            let rows = self.rows(query.bind(key.as_bytes()).bind(millis(now))).await?;
            Ok(rows.first().is_some_and(|row| row.try_get(0).unwrap_or_default()))
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
                "INSERT INTO oauth_leases (key, holder, ends_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (key) DO UPDATE SET holder = $2, ends_at = $3 \
                 WHERE oauth_leases.ends_at <= $4 OR oauth_leases.holder = $2 RETURNING 1",
            );
            let query = query.bind(key.as_bytes()).bind(holder.cast_signed());
            let query = query.bind(millis(ends_at)).bind(millis(now));
            Ok(!self.rows(query).await?.is_empty())
        })
    }

    fn release(&self, key: RowKey, holder: u64) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let query = sqlx::query("DELETE FROM oauth_leases WHERE key = $1 AND holder = $2");
            let query = query.bind(key.as_bytes()).bind(holder.cast_signed());
            self.rows(query).await.map(drop)
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
                 WHERE key > $1 AND key <= $2 AND ends_at > $3 ORDER BY key LIMIT $4",
            );
            let query = query.bind(first).bind(last.as_bytes());
            let rows = self.rows(query.bind(millis(now)).bind(i64::from(limit))).await?;
            Ok(rows.iter().filter_map(decode).collect())
        })
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<'_, u64> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("postgres/sweep.sql"));
            let rows = self.rows(query.bind(millis(now)).bind(SWEPT_AT_ONCE)).await?;
            let swept: i64 = rows.first().and_then(|row| row.try_get(0).ok()).unwrap_or_default();
            Ok(swept.cast_unsigned())
        })
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("name", &self.name).finish_non_exhaustive()
    }
}

/// `None` for a row that this library did not write.
fn decode(row: &PgRow) -> Option<(RowKey, StoredRow)> {
    let key = RowKey::from_bytes(row.try_get(0).ok()?)?;
    let version = row.try_get::<i64, _>(1).ok()?.cast_unsigned();
    let ends_at = match row.try_get(2).ok()? {
        i64::MAX => Timestamp::MAX,
        ends_at => Timestamp::from_unix_millis(u64::try_from(ends_at).ok()?),
    };
    Some((key, StoredRow { version, ends_at, bytes: row.try_get(3).ok()? }))
}

/// The end of time is that of the database.
fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.unix_millis()).unwrap_or(i64::MAX)
}
