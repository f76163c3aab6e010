//! Rows in a Redis or Valkey, for an app on several machines.

mod connection;
mod scripts;
mod value;

use std::fmt;
use std::sync::Arc;

use redis::aio::ConnectionManager;
use redis::{Cmd, FromRedisValue, IntoConnectionInfo as _, RedisResult, ScriptInvocation};

use super::backend::{Expected, RowKey, Store, StoreFuture, StoredRow};
use super::remote::{check_url, malformed};
use crate::clock::Timestamp;
use crate::error::Error;
use connection::{bounded, failed, managed, name_of, unusable};
use scripts::SCRIPTS;

const PRODUCT: &str = "Redis";
/// The schema that this version writes and reads.
const SCHEMA_NUMBER: &str = "1";
/// So many entries a script touches, since the server does nothing else meanwhile.
const AT_ONCE: u32 = 1_000;
const SWEEPS_AT_ONCE: u32 = 5;

/// Rows in a Redis or Valkey.
///
/// For an app on several machines. What is kept there is sealed, so that the database alone
/// gives nobody access. Changes are scripts that the server runs in one go; a lost connection is
/// made again by itself, and a request waits some seconds for it before it fails.
///
/// All sign-ins are lost with the server's memory: let it persist (`appendonly yes`), and evict
/// nothing (`maxmemory-policy noeviction`). One server, with replicas or without; no cluster.
/// `rediss://` trusts the certificates that the system trusts. An app in which rustls has two
/// providers of cryptography has to install one of them first, or rustls panics.
///
/// ```no_run
/// # async fn open() -> Result<(), oauth_runtime::Error> {
/// use oauth_runtime::{ClientCredentials, Keys, OAuth, RedisStore};
/// let oauth = OAuth::google(ClientCredentials::from_file("client_secret.json")?)
///     .with_store(RedisStore::connect("rediss://cache.example").await?)
///     .with_keys(Keys::from_file("oauth.key")?)
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    manager: ConnectionManager,
    prefix: Arc<str>,
    name: Arc<str>,
}

impl RedisStore {
    /// What all keys begin with, unless another prefix is given.
    pub const PREFIX: &'static str = "oauth:";

    /// Connects to the server.
    ///
    /// # Errors
    /// If the URL is malformed, the server does not answer, does not let this user in or run
    /// scripts, or holds rows of a later version.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Self::connect_with_prefix(url, Self::PREFIX).await
    }

    /// The same, where several apps share a server: all keys begin with this prefix.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_with_prefix(url: &str, prefix: &str) -> Result<Self, Error> {
        check_url(PRODUCT, url)?;
        let info = url.into_connection_info();
        let info = info.map_err(|_| malformed(PRODUCT))?;
        let name = name_of(&info);
        let manager = managed(info).await.map_err(|error| unusable(&name, error))?;
        Self::checked(manager, prefix, &name).await
    }

    /// Keeps the rows in a server that the app is connected to already, at keys that begin with
    /// this prefix.
    ///
    /// # Errors
    /// If the server does not answer, does not run scripts for this user, or holds rows of a
    /// later version.
    pub async fn with_connection_manager(
        manager: ConnectionManager,
        prefix: &str,
    ) -> Result<Self, Error> {
        Self::checked(manager, prefix, PRODUCT).await
    }

    async fn checked(manager: ConnectionManager, prefix: &str, name: &str) -> Result<Self, Error> {
        let store = Self { manager, prefix: prefix.into(), name: name.into() };
        let mut schema = SCRIPTS.schema.key(store.key("schema", &[]));
        let number = store.answer(schema.arg(SCHEMA_NUMBER)).await;
        let number: String = number.map_err(|error| unusable(name, error))?;
        if number == SCHEMA_NUMBER {
            return Ok(store);
        }
        let text = format!("the store ({name}) has schema {number}");
        let help = format!("this version of the library knows schema {SCHEMA_NUMBER}: update it");
        Err(Error::store_unusable(text, help))
    }

    fn key(&self, group: &str, id: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), group.as_bytes(), b":", id].concat()
    }

    fn row_key(&self, key: RowKey) -> Vec<u8> {
        self.key("row", key.as_bytes())
    }

    fn lease_key(&self, key: RowKey) -> Vec<u8> {
        self.key("lease", key.as_bytes())
    }

    /// The sorted set of the keys of a kind, all with the same score and so in their own order.
    fn kind_key(&self, kind: u8) -> Vec<u8> {
        self.key("kind", &[kind])
    }

    /// The sorted set of the keys by their end.
    fn ends_key(&self) -> Vec<u8> {
        self.key("ends", &[])
    }

    async fn answer<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> RedisResult<T> {
        bounded(script.invoke_async(&mut self.manager.clone())).await
    }

    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Error> {
        self.answer(script).await.map_err(|error| failed(&self.name, error))
    }

    async fn ask<T: FromRedisValue>(&self, query: &Cmd) -> Result<T, Error> {
        let answer = bounded(query.query_async(&mut self.manager.clone())).await;
        answer.map_err(|error| failed(&self.name, error))
    }

    async fn rows(&self, keys: &[RowKey], now: Timestamp) -> Result<Vec<Option<StoredRow>>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = redis::cmd("MGET");
        query.arg(keys.iter().map(|key| self.row_key(*key)).collect::<Vec<_>>());
        let values: Vec<Option<Vec<u8>>> = self.ask(&query).await?;
        let row = |value: Option<Vec<u8>>| value::decode(&value?).filter(|row| row.ends_at > now);
        Ok(values.into_iter().map(row).collect())
    }

    /// Keys of this kind, those of rows that the server has dropped among them.
    async fn keys_after(
        &self,
        kind: u8,
        after: Option<RowKey>,
        limit: u32,
    ) -> Result<Vec<RowKey>, Error> {
        let first = after.map_or(b"-".to_vec(), |after| [b"(", &after.as_bytes()[..]].concat());
        let mut query = redis::cmd("ZRANGEBYLEX");
        query.arg(self.kind_key(kind)).arg(first).arg("+").arg("LIMIT").arg(0).arg(limit);
        let keys: Vec<Vec<u8>> = self.ask(&query).await?;
        Ok(keys.iter().filter_map(|key| RowKey::from_bytes(key)).collect())
    }

    async fn scanned(
        &self,
        kind: u8,
        mut after: Option<RowKey>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<(RowKey, StoredRow)>, Error> {
        let mut found = Vec::new();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        while found.len() < limit {
            let missing = u32::try_from(limit - found.len()).unwrap_or(AT_ONCE).min(AT_ONCE);
            let keys = self.keys_after(kind, after, missing).await?;
            let rows = self.rows(&keys, now).await?;
            after = keys.last().copied();
            if after.is_none() {
                break;
            }
            found.extend(keys.into_iter().zip(rows).filter_map(|(key, row)| Some((key, row?))));
        }
        Ok(found)
    }

    async fn swept(&self, now: Timestamp) -> Result<u64, Error> {
        let mut swept = 0;
        for _ in 0..SWEEPS_AT_ONCE {
            let mut sweep = SCRIPTS.sweep.key(self.ends_key());
            sweep.arg(now.unix_millis()).arg(AT_ONCE);
            sweep.arg(self.key("row", &[])).arg(self.key("kind", &[]));
            let count: u32 = self.run(&sweep).await?;
            swept += u64::from(count);
            if count < AT_ONCE {
                break;
            }
        }
        Ok(swept)
    }
}

impl Store for RedisStore {
    fn name(&self) -> &str {
        &self.name
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [RowKey],
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<Option<StoredRow>>> {
        Box::pin(self.rows(keys, now))
    }

    fn put<'a>(
        &'a self,
        key: RowKey,
        row: &'a StoredRow,
        expected: Expected,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        let expected = match expected {
            Expected::Absent => Vec::new(),
            Expected::Version(version) => version.to_be_bytes().to_vec(),
        };
        Box::pin(async move {
            let mut put = SCRIPTS.put.key(self.row_key(key));
            put.key(self.kind_key(key.kind())).key(self.ends_key());
            put.arg(key.as_bytes()).arg(now.unix_millis()).arg(expected);
            put.arg(value::encode(row.version, row.ends_at, &row.bytes));
            put.arg(value::end(row.ends_at)).arg(value::expiry(row.ends_at));
            self.run(&put).await
        })
    }

    fn delete(&self, key: RowKey, now: Timestamp) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let mut delete = SCRIPTS.delete.key(self.row_key(key));
            delete.key(self.kind_key(key.kind())).key(self.ends_key());
            self.run(delete.arg(key.as_bytes()).arg(now.unix_millis())).await
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
            let mut lease = SCRIPTS.lease.key(self.lease_key(key));
            lease.arg(&holder.to_be_bytes()).arg(now.unix_millis());
            lease.arg(value::encode(holder, ends_at, &[])).arg(value::expiry(ends_at));
            self.run(&lease).await
        })
    }

    fn release(&self, key: RowKey, holder: u64) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let mut release = SCRIPTS.release.key(self.lease_key(key));
            self.run::<u8>(release.arg(&holder.to_be_bytes())).await.map(drop)
        })
    }

    fn scan(
        &self,
        kind: u8,
        after: Option<RowKey>,
        limit: u32,
        now: Timestamp,
    ) -> StoreFuture<'_, Vec<(RowKey, StoredRow)>> {
        Box::pin(self.scanned(kind, after, limit, now))
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<'_, u64> {
        Box::pin(self.swept(now))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, prefix, manager: _ } = self;
        f.debug_struct("RedisStore")
            .field("name", name)
            .field("prefix", prefix)
            .finish_non_exhaustive()
    }
}
