//! Where rows live.

mod backend;
mod key_map;
mod turns;
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
mod kind;
mod codec;
mod vault;
mod reseal;
mod index;
mod table;
mod shares;

pub use backend::{Expected, RowKey, Store, StoreFuture, StoredRow};
pub(crate) use codec::{from_bytes, to_bytes};
pub(crate) use entries::Entry;
pub(crate) use index::Index;
pub(crate) use kind::Kind;
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub(crate) use shares::{Caps, Full, Shares, UserKey};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub(crate) use table::{Found, Row, Table, Unwritten, get_both};
pub(crate) use vault::Vault;
