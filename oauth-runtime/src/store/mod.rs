//! Where rows live.

mod backend;
mod entries;
mod memory;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod remote;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use backend::{Expected, RowKey, Store, StoreFuture, StoredRow};
pub(crate) use entries::{Conflict, Entries, Entry};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
