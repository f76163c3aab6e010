//! A sharded map of versioned rows: found without waiting, changed by compare-and-swap.
//!
//! It holds the rows themselves, or remembers for a moment those of a store.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use super::backend::Expected;
use super::key_map::KeyMap;
use super::turns::{Look, Turns};
use crate::clock::Timestamp;

const SHARDS: usize = 64;
/// A shard below this size is never swept, unless its rows are few and large.
const SWEEP_FROM: usize = 64;
/// Rows that are looked at, at most, to find one that gives way to another.
const LOOKS: usize = 64;
/// Rows that are looked at with each new one while there is room, so that those that have ended
/// do not pile up.
const SWEPT: usize = 2;

/// A row with its version and its end. Shared, never changed in place.
pub(crate) struct Entry<V> {
    pub(crate) value: V,
    pub(crate) version: u64,
    pub(crate) ends_at: Timestamp,
    /// When it was last known to be what the store has, in Unix milliseconds.
    known_at: AtomicU64,
}

impl<V> Entry<V> {
    pub(crate) fn new(value: V, version: u64, ends_at: Timestamp, known_at: Timestamp) -> Self {
        Self { value, version, ends_at, known_at: AtomicU64::new(known_at.unix_millis()) }
    }

    /// Whether it was known well before this time: a read that began then ended long ago.
    pub(super) fn is_known_before(&self, now: Timestamp) -> bool {
        let known_at = Timestamp::from_unix_millis(self.known_at.load(Ordering::Relaxed));
        now.since(known_at) >= SETTLED
    }

    #[inline]
    fn is_good(&self, window: u64, now: Timestamp) -> bool {
        // What was learned after `now`, before the clock was set back, is not known any longer.
        let age = now.unix_millis().wrapping_sub(self.known_at.load(Ordering::Relaxed));
        self.ends_at > now && (age < window || window == u64::MAX)
    }
}

/// Longer than any read takes before it counts as failed.
const SETTLED: Duration = Duration::from_secs(5);

/// Another writer was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changed;

/// What the rows of a map are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    /// All there are: none is ever given up before its end.
    Only,
    /// The same, few and large: what has ended is given up with the next write.
    OnlyFew,
    /// Copies of what a store has: at most so many a shard, and the unused give way.
    Copies(usize),
}

struct Shard<const N: usize, V> {
    rows: KeyMap<N, Arc<Entry<V>>>,
    /// The size at which ended rows are swept, so that sweeping costs O(1) a write.
    sweep_at: usize,
    /// Grows with every write, so that what was read before one is not remembered after it.
    writes: u64,
    /// Of copies alone.
    turns: Turns<N>,
}

/// Rows by keys of `N` bytes, which must be random or a hash: they are their own hash.
pub(crate) struct Entries<const N: usize, V> {
    shards: Box<[RwLock<Shard<N, V>>]>,
    kept: Rows,
    /// For how many milliseconds a row is believed; for ever where the rows live here.
    window: u64,
}

impl<const N: usize, V> Entries<N, V> {
    /// The rows themselves. The writer sees to it that they are not too many.
    pub(crate) fn holding() -> Self {
        Self::new(Rows::Only, u64::MAX)
    }

    /// The same for rows that are few and large.
    pub(crate) fn holding_few() -> Self {
        Self::new(Rows::OnlyFew, u64::MAX)
    }

    /// What a store has, believed for `window`; about `capacity` rows are remembered.
    pub(crate) fn remembering(capacity: usize, window: Duration) -> Self {
        let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX - 1);
        Self::new(Rows::Copies(capacity.div_ceil(SHARDS)), window)
    }

    fn new(kept: Rows, window: u64) -> Self {
        let shard = || Shard {
            rows: KeyMap::default(),
            sweep_at: if kept == Rows::OnlyFew { 0 } else { SWEEP_FROM },
            writes: 0,
            turns: Turns::new(),
        };
        let shards = std::iter::repeat_with(|| RwLock::new(shard())).take(SHARDS).collect();
        Self { shards, kept, window }
    }

    /// The row, unless it has ended or may have changed.
    #[inline]
    pub(crate) fn peek(&self, key: &[u8; N], now: Timestamp) -> Option<Arc<Entry<V>>> {
        let entry = self.read(key).rows.get(key).cloned()?;
        entry.is_good(self.window, now).then_some(entry)
    }

    /// The row that was seen last, even if it may have changed since.
    pub(crate) fn last_seen(&self, key: &[u8; N]) -> Option<Arc<Entry<V>>> {
        self.read(key).rows.get(key).cloned()
    }

    /// Writes if what is there is what the writer believes; returns what is there now.
    pub(crate) fn put(
        &self,
        key: [u8; N],
        value: V,
        expected: Expected,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<Arc<Entry<V>>, Changed> {
        let mut shard = self.write(&key);
        let present = shard.rows.get(&key).filter(|entry| entry.ends_at > now);
        let version = match (present, expected) {
            (None, Expected::Absent) => first_version(now),
            (Some(entry), Expected::Version(version)) if entry.version == version => version + 1,
            _ => return Err(Changed),
        };
        if expected == Expected::Absent {
            shard.sweep_if_due(now, self.kept);
        }
        let entry = Arc::new(Entry::new(value, version, ends_at, now));
        shard.rows.insert(key, entry.clone());
        Ok(entry)
    }

    /// Removes the row whatever its version; whether it was there.
    pub(crate) fn delete(&self, key: &[u8; N]) -> bool {
        let mut shard = self.write(key);
        shard.writes += 1;
        shard.turns.leave(key);
        shard.rows.remove(key).is_some()
    }

    /// Every row that has not ended, for rows that are few.
    pub(crate) fn all(&self, now: Timestamp) -> Vec<([u8; N], Arc<Entry<V>>)> {
        let shards = self.shards.iter();
        let shards = shards.map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner));
        let rows = shards.flat_map(|shard| {
            let rows = shard.rows.iter().filter(|(_, entry)| entry.ends_at > now);
            rows.map(|(key, entry)| (*key, entry.clone())).collect::<Vec<_>>()
        });
        rows.collect()
    }

    /// Taken before a store is read, and given back with what was read.
    pub(crate) fn ticket(&self, key: &[u8; N]) -> u64 {
        self.read(key).writes
    }

    /// Remembers what a store had at `entry.known_at`. If something was written here meanwhile,
    /// it may be old already, and serves this once.
    pub(crate) fn learn(&self, key: [u8; N], entry: Entry<V>, ticket: u64) -> Arc<Entry<V>> {
        let now = Timestamp::from_unix_millis(entry.known_at.load(Ordering::Relaxed));
        let mut shard = self.write(&key);
        if shard.writes != ticket {
            return Arc::new(entry);
        }
        if let Some(held) = shard.rows.get(&key).filter(|held| held.version == entry.version) {
            held.known_at.store(now.unix_millis(), Ordering::Relaxed);
            return held.clone();
        }
        let entry = Arc::new(entry);
        shard.remember(key, entry.clone(), now, self.kept);
        entry
    }

    /// Remembers what was just written to a store.
    pub(crate) fn wrote(&self, key: [u8; N], entry: Entry<V>, now: Timestamp) -> Arc<Entry<V>> {
        let entry = Arc::new(entry);
        let mut shard = self.write(&key);
        shard.writes += 1;
        let newer = shard.rows.get(&key).is_some_and(|held| held.version > entry.version);
        if !newer {
            shard.remember(key, entry.clone(), now, self.kept);
        }
        entry
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

/// The version of a row that was not there. It grows with time, so that a writer who knew an
/// earlier row at the same key does not take this one for it.
pub(super) fn first_version(now: Timestamp) -> u64 {
    now.unix_millis().max(1)
}

impl<const N: usize, V> Shard<N, V> {
    fn sweep_if_due(&mut self, now: Timestamp, kept: Rows) {
        if self.rows.len() >= self.sweep_at {
            self.rows.retain(|_, entry| entry.ends_at > now);
            if kept != Rows::OnlyFew {
                self.sweep_at = SWEEP_FROM.max(self.rows.len() * 2);
            }
        }
    }

    /// In the place of one that is not used, if need be: the store has them all.
    fn remember(&mut self, key: [u8; N], entry: Arc<Entry<V>>, now: Timestamp, kept: Rows) {
        let known = entry.known_at.load(Ordering::Relaxed);
        if self.rows.insert(key, entry).is_some() {
            // A newer one of the same key keeps its turn.
            return;
        }
        let Rows::Copies(capacity) = kept else { return };
        let Self { rows, turns, .. } = self;
        let look = |key: &[u8; N]| match rows.get(key) {
            Some(entry) if entry.ends_at > now => {
                Look::Known(entry.known_at.load(Ordering::Relaxed))
            }
            _ => Look::Ended,
        };
        let mut over = [None; SWEPT];
        if rows.len() > capacity {
            over[0] = turns.replace((key, known), LOOKS, look);
        } else {
            over = std::array::from_fn(|_| turns.end_next(look));
            turns.join(key, known);
        }
        for key in over.iter().flatten() {
            rows.remove(key);
        }
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

    use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000);
    const LATER: Timestamp = Timestamp::from_unix_seconds(2_000);
    const KEY: [u8; 16] = [7; 16];

    #[test]
    fn only_the_writer_who_knows_the_version_wins() {
        let entries = Entries::holding();
        let first = entries.put(KEY, "a", Expected::Absent, LATER, NOW).unwrap();
        let again = entries.put(KEY, "b", Expected::Absent, LATER, NOW);
        assert_eq!(again.err(), Some(Changed));
        let expected = Expected::Version(first.version);
        let second = entries.put(KEY, "b", expected, LATER, NOW).unwrap();
        let stale = entries.put(KEY, "c", expected, LATER, NOW);
        assert_eq!(stale.err(), Some(Changed));
        assert_eq!(entries.peek(&KEY, NOW).unwrap().value, "b");
        assert_eq!(second.version, first.version + 1);
        assert_eq!(first.value, "a", "who holds the old row keeps it");
    }

    #[test]
    fn an_ended_row_is_never_served_and_counts_as_absent() {
        let entries = Entries::holding();
        let row = entries.put(KEY, "a", Expected::Absent, LATER, NOW).unwrap();
        assert!(entries.peek(&KEY, LATER).is_none());
        let late = entries.put(KEY, "b", Expected::Version(row.version), LATER, LATER);
        assert_eq!(late.err(), Some(Changed));
        let end = LATER + Duration::from_secs(1);
        assert!(entries.put(KEY, "b", Expected::Absent, end, LATER).is_ok());
    }

    #[test]
    fn a_deleted_row_stays_deleted_for_a_stale_writer() {
        let entries = Entries::holding();
        let row = entries.put(KEY, "a", Expected::Absent, LATER, NOW).unwrap();
        assert!(entries.delete(&KEY));
        assert!(!entries.delete(&KEY));
        let stale = entries.put(KEY, "b", Expected::Version(row.version), LATER, NOW);
        assert!(stale.is_err());
        assert!(entries.peek(&KEY, NOW).is_none());
    }

    /// The rows themselves are the only copy: there is no number of them at which one goes.
    #[test]
    fn a_row_that_lives_here_stays_until_its_end() {
        for entries in [Entries::holding(), Entries::holding_few()] {
            let key = |number: u64| in_one_shard(number);
            for number in 0..5_000 {
                entries.put(key(number), (), Expected::Absent, LATER, NOW).unwrap();
            }
            assert!((0..5_000).all(|number| entries.peek(&key(number), NOW).is_some()));
        }
    }

    /// Keys of one shard.
    fn in_one_shard(number: u64) -> [u8; 16] {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&number.to_le_bytes());
        key
    }

    #[test]
    fn few_large_rows_go_with_the_next_write_after_their_end() {
        let entries = Entries::holding_few();
        for number in 0..20 {
            entries.put(in_one_shard(number), (), Expected::Absent, LATER, NOW).unwrap();
        }
        let end = LATER + Duration::from_secs(1);
        entries.put(in_one_shard(20), (), Expected::Absent, end, LATER).unwrap();
        assert_eq!(entries.read(&in_one_shard(0)).rows.len(), 1);
    }

    #[test]
    fn ended_rows_do_not_pile_up() {
        let entries: Entries<16, ()> = Entries::holding();
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

    const WINDOW: Duration = Duration::from_secs(1);

    fn known(value: &'static str, version: u64, at: Timestamp) -> Entry<&'static str> {
        Entry::new(value, version, LATER, at)
    }

    #[test]
    fn what_a_store_had_is_believed_for_a_moment() {
        let entries = Entries::remembering(100, WINDOW);
        entries.learn(KEY, known("a", 1, NOW), entries.ticket(&KEY));
        let after = |millis| NOW + Duration::from_millis(millis);
        assert!(entries.peek(&KEY, after(999)).is_some());
        assert!(entries.peek(&KEY, after(1000)).is_none());
        assert!(entries.peek(&KEY, NOW - WINDOW).is_none(), "the clock was set back");
        let again = entries.learn(KEY, known("a", 1, after(1500)), entries.ticket(&KEY));
        assert_eq!(again.version, 1);
        assert!(entries.peek(&KEY, after(2000)).is_some(), "it was seen again");
        entries.learn(KEY, known("old", 0, after(3000)), entries.ticket(&KEY));
        assert_eq!(entries.peek(&KEY, after(3000)).unwrap().value, "old", "what was read last");
    }

    /// A row that was read before it was changed or deleted here must not come back.
    #[test]
    fn what_was_read_before_a_write_is_not_remembered_after_it() {
        let entries = Entries::remembering(100, WINDOW);
        let ticket = entries.ticket(&KEY);
        entries.wrote(KEY, known("b", 2, NOW), NOW);
        assert_eq!(entries.learn(KEY, known("a", 1, NOW), ticket).value, "a", "serves once");
        assert_eq!(entries.peek(&KEY, NOW).unwrap().value, "b");
        let ticket = entries.ticket(&KEY);
        entries.delete(&KEY);
        entries.learn(KEY, known("b", 2, NOW), ticket);
        assert!(entries.peek(&KEY, NOW).is_none());
        entries.wrote(KEY, known("d", 4, NOW), NOW);
        entries.wrote(KEY, known("c", 3, NOW), NOW);
        assert_eq!(entries.peek(&KEY, NOW).unwrap().value, "d", "a slower writer");
    }

    /// Reads a row of one shard from a store at this time.
    fn read_at(entries: &Entries<16, ()>, number: u64, at: Timestamp, ends_at: Timestamp) {
        let key = in_one_shard(number);
        entries.learn(key, Entry::new((), 1, ends_at, at), entries.ticket(&key));
    }

    fn is_held(entries: &Entries<16, ()>, number: u64) -> bool {
        entries.last_seen(&in_one_shard(number)).is_some()
    }

    #[test]
    fn a_full_memory_forgets_something() {
        let entries: Entries<16, ()> = Entries::remembering(SHARDS * 2, WINDOW);
        for number in 0..10 {
            read_at(&entries, number, NOW, LATER);
            assert!(is_held(&entries, number));
        }
        assert_eq!((0..10).filter(|number| is_held(&entries, *number)).count(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 48,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// Some users stay and many pass by: those who stay are remembered, however many pass,
        /// the size is bounded, and no row costs more than a number of looks.
        #[test]
        fn what_is_used_stays_in_a_full_memory(
            stay in 1..LOOKS,
            more in 2_usize..100,
            pace in 1_usize..100,
            deletes in any::<bool>(),
        ) {
            let (capacity, pace) = (stay + more, u64::try_from(pace.min(more / 2)).unwrap());
            let entries: Entries<16, ()> = Entries::remembering(SHARDS * capacity, WINDOW);
            let at = |millis: u64| NOW + Duration::from_millis(millis);
            let stay = u64::try_from(stay).unwrap();
            (0..stay).for_each(|number| read_at(&entries, number, NOW, LATER));
            for passing in 0..2_000 {
                let looks = entries.read(&in_one_shard(0)).turns.looks;
                read_at(&entries, stay + passing, at(passing), LATER);
                let shard = entries.read(&in_one_shard(0));
                prop_assert!(shard.turns.looks - looks <= LOOKS, "a row costs too much");
                prop_assert!(shard.rows.len() <= capacity, "{} rows", shard.rows.len());
                prop_assert_eq!(shard.rows.len(), shard.turns.len());
                drop(shard);
                for number in 0..stay {
                    prop_assert!(is_held(&entries, number), "{number} is forgotten at {passing}");
                }
                if deletes && passing % 7 == 0 {
                    entries.delete(&in_one_shard(stay + passing));
                }
                if passing % pace == 0 {
                    (0..stay).for_each(|number| read_at(&entries, number, at(passing + 1), LATER));
                }
            }
        }
    }

    #[test]
    fn copies_of_rows_that_have_ended_do_not_pile_up() {
        let entries: Entries<16, ()> = Entries::remembering(SHARDS * 10_000, WINDOW);
        for number in 0..10_000 {
            let now = NOW + Duration::from_secs(number);
            read_at(&entries, number, now, now + Duration::from_secs(10));
        }
        let held = entries.read(&in_one_shard(0)).rows.len();
        assert!(held <= 30, "{held} rows are held");
    }

    #[test]
    fn a_row_made_anew_is_not_taken_for_the_one_before() {
        let entries = Entries::holding();
        let first = entries.put(KEY, "a", Expected::Absent, LATER, NOW).unwrap();
        entries.delete(&KEY);
        let later = NOW + Duration::from_millis(1);
        entries.put(KEY, "b", Expected::Absent, LATER, later).unwrap();
        let stale = entries.put(KEY, "c", Expected::Version(first.version), LATER, later);
        assert_eq!(stale.err(), Some(Changed));
    }
}
