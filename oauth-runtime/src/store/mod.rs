//! Where rows live.

mod backend;
mod entries;
mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use backend::{Expected, RowKey, Store, StoreFuture, StoredRow};
pub(crate) use entries::{Conflict, Entries, Entry};
pub use memory::MemoryStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
