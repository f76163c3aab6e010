//! A sharded map of versioned rows: found without waiting, changed by compare-and-swap.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::backend::Expected;
use crate::clock::Timestamp;

const SHARDS: usize = 64;
/// A shard below this size is never swept.
const SWEEP_FROM: usize = 64;

/// A row with its version and its end. Shared, never changed in place.
pub(crate) struct Entry<V> {
    pub(crate) value: V,
    pub(crate) version: u64,
    pub(crate) ends_at: Timestamp,
}

/// Somebody else wrote first, or the map is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    Changed,
    Full,
}

type Rows<const N: usize, V> = HashMap<[u8; N], Arc<Entry<V>>, BuildHasherDefault<KeyHash>>;

struct Shard<const N: usize, V> {
    rows: Rows<N, V>,
    /// The size at which ended rows are swept, so that sweeping costs O(1) a write.
    sweep_at: usize,
}

/// Rows by keys of `N` bytes, which must be random or a hash: they are their own hash.
pub(crate) struct Entries<const N: usize, V> {
    shards: Box<[RwLock<Shard<N, V>>]>,
    shard_capacity: usize,
}

/// The first eight bytes of a key that is uniform already, or the text of one: letters leave
/// some of their bits unused, so that they are spread over all.
#[derive(Default)]
struct KeyHash(u64);

impl Hasher for KeyHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            let spread = u64::from_le_bytes(*first).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = spread ^ (spread >> 32);
        }
    }

    /// Arrays announce their length; it says nothing.
    fn write_usize(&mut self, _: usize) {}
}

impl<const N: usize, V> Entries<N, V> {
    /// A map without a bound.
    pub(crate) fn new() -> Self {
        Self::with_capacity(usize::MAX)
    }

    /// A map that refuses new rows when about `capacity` live ones are there.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let shard = || RwLock::new(Shard { rows: Rows::default(), sweep_at: SWEEP_FROM });
        let shards = std::iter::repeat_with(shard).take(SHARDS).collect();
        Self { shards, shard_capacity: capacity.div_ceil(SHARDS) }
    }

    /// The row, unless it has ended.
    #[inline]
    pub(crate) fn peek(&self, key: &[u8; N], now: Timestamp) -> Option<Arc<Entry<V>>> {
        let entry = self.read(key).rows.get(key).cloned()?;
        (entry.ends_at > now).then_some(entry)
    }

    /// Writes if what is there is what the writer believes; returns what is there now.
    pub(crate) fn put(
        &self,
        key: [u8; N],
        value: V,
        expected: Expected,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<Arc<Entry<V>>, Conflict> {
        let mut shard = self.write(&key);
        let present = shard.rows.get(&key).filter(|entry| entry.ends_at > now);
        let version = match (present, expected) {
            (None, Expected::Absent) => 1,
            (Some(entry), Expected::Version(version)) if entry.version == version => version + 1,
            _ => return Err(Conflict::Changed),
        };
        if version == 1 {
            shard.make_room(now, self.shard_capacity)?;
        }
        let entry = Arc::new(Entry { value, version, ends_at });
        shard.rows.insert(key, entry.clone());
        Ok(entry)
    }

    /// Removes the row whatever its version; whether it was there.
    pub(crate) fn delete(&self, key: &[u8; N]) -> bool {
        self.write(key).rows.remove(key).is_some()
    }

    fn shard(&self, key: &[u8; N]) -> &RwLock<Shard<N, V>> {
        // The last byte, since the map inside uses the first ones.
        &self.shards[usize::from(key[N - 1]) % SHARDS]
    }

    // No code of ours panics while it holds a lock, so a poisoned one is still whole.
    fn read(&self, key: &[u8; N]) -> RwLockReadGuard<'_, Shard<N, V>> {
        self.shard(key).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, key: &[u8; N]) -> RwLockWriteGuard<'_, Shard<N, V>> {
        self.shard(key).write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<const N: usize, V> Shard<N, V> {
    fn make_room(&mut self, now: Timestamp, capacity: usize) -> Result<(), Conflict> {
        if self.rows.len() >= self.sweep_at.min(capacity) {
            self.rows.retain(|_, entry| entry.ends_at > now);
            self.sweep_at = SWEEP_FROM.max(self.rows.len() * 2);
        }
        if self.rows.len() >= capacity { Err(Conflict::Full) } else { Ok(()) }
    }
}

impl<const N: usize, V> fmt::Debug for Entries<N, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000);
    const LATER: Timestamp = Timestamp::from_unix_seconds(2_000);
    const KEY: [u8; 16] = [7; 16];

    #[test]
    fn only_the_writer_who_knows_the_version_wins() {
        let entries = Entries::new();
        let first = entries.put(KEY, "a", Expected::Absent, LATER, NOW).unwrap();
        let again = entries.put(KEY, "b", Expected::Absent, LATER, NOW);
        assert_eq!(again.err(), Some(Conflict::Changed));
        let expected = Expected::Version(first.version);
        let second = entries.put(KEY, "b", expected, LATER, NOW).unwrap();
        let stale = entries.put(KEY, "c", expected, LATER, NOW);
        assert_eq!(stale.err(), Some(Conflict::Changed));
        assert_eq!(entries.peek(&KEY, NOW).unwrap().value, "b");
        assert_eq!(second.version, 2);
        assert_eq!(first.value, "a", "who holds the old row keeps it");
    }

    #[test]
    fn an_ended_row_is_never_served_and_counts_as_absent() {
        let entries = Entries::new();
        let row = entries.put(KEY, "a", Expected::Absent, LATER, NOW).unwrap();
        assert!(entries.peek(&KEY, LATER).is_none());
        let late = entries.put(KEY, "b", Expected::Version(row.version), LATER, LATER);
        assert_eq!(late.err(), Some(Conflict::Changed));
        let end = LATER + Duration::from_secs(1);
        assert!(entries.put(KEY, "b", Expected::Absent, end, LATER).is_ok());
    }

    #[test]
    fn a_deleted_row_stays_deleted_for_a_stale_writer() {
        let entries = Entries::new();
        let row = entries.put(KEY, "a", Expected::Absent, LATER, NOW).unwrap();
        assert!(entries.delete(&KEY));
        assert!(!entries.delete(&KEY));
        let stale = entries.put(KEY, "b", Expected::Version(row.version), LATER, NOW);
        assert!(stale.is_err());
        assert!(entries.peek(&KEY, NOW).is_none());
    }

    #[test]
    fn a_full_map_refuses_until_rows_end() {
        let entries: Entries<16, ()> = Entries::with_capacity(SHARDS * 2);
        let key = |first: u8| std::array::from_fn(|i| if i == 0 { first } else { 0 });
        let put = |first, now| entries.put(key(first), (), Expected::Absent, LATER, now);
        assert!(put(1, NOW).is_ok());
        assert!(put(2, NOW).is_ok());
        assert_eq!(put(3, NOW).err(), Some(Conflict::Full));
        let end = LATER + Duration::from_secs(1);
        assert!(entries.put(key(3), (), Expected::Absent, end, LATER).is_ok());
    }

    #[test]
    fn ended_rows_do_not_pile_up() {
        let entries: Entries<16, ()> = Entries::new();
        for round in 0_u64..10_000 {
            let mut key = [0; 16];
            key[..8].copy_from_slice(&round.to_le_bytes());
            let now = NOW + Duration::from_secs(round);
            let ends_at = now + Duration::from_secs(10);
            entries.put(key, (), Expected::Absent, ends_at, now).unwrap();
        }
        let held: usize = entries.shards.iter().map(|s| s.read().unwrap().rows.len()).sum();
        assert!(held <= 2 * SWEEP_FROM, "{held} rows are held");
    }
}
