//! A store whose rows are sealed: it can neither read nor make nor exchange them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::task::TaskTracker;
use tracing::warn;
use zeroize::Zeroizing;

use super::backend::{Expected, RowKey, Store, StoredRow};
use super::kind::Kind;
use crate::clock::{Clock, Timestamp};
use crate::error::{Code, Error};
use crate::keys::{Keys, Sealer};

/// The schema of what is sealed; the first byte of every plain row.
const SCHEMA: u8 = 1;
/// How long a store may take for one answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a node deletes what has ended, and in how many steps at most.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
const SWEEPS: usize = 100;

/// What a store has at a key.
pub(crate) enum Read {
    Absent,
    Row {
        plain: Zeroizing<Vec<u8>>,
        version: u64,
        ends_at: Timestamp,
    },
    /// A row that does not open: of other keys, moved, cut, or changed. It counts as absent, and
    /// whoever writes there replaces it.
    Closed {
        version: u64,
    },
}

/// A store, the keys of its rows, and patience.
pub(crate) struct Vault {
    store: Arc<dyn Store>,
    sealers: [(Kind, Sealer); Kind::ALL.len()],
    /// For how long what it said is believed. A change made on another node is seen after that.
    max_staleness: Duration,
    clock: Arc<dyn Clock>,
    /// When ended rows were last deleted, in Unix milliseconds.
    swept_at: AtomicU64,
    tasks: TaskTracker,
}

impl Vault {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        keys: &Keys,
        max_staleness: Duration,
        clock: Arc<dyn Clock>,
        tasks: TaskTracker,
    ) -> Result<Self, Error> {
        let sealers = Kind::ALL.map(|kind| Ok((kind, Sealer::new(keys, kind.purpose())?)));
        let sealers: Result<Vec<_>, Error> = sealers.into_iter().collect();
        let sealers = sealers?.try_into();
        let sealers =
            sealers.map_err(|_| Error::new(Code::Internal, "a kind has no sealing key"))?;
        Ok(Self { store, sealers, max_staleness, clock, swept_at: AtomicU64::new(0), tasks })
    }

    /// Deletes, in the background and now and then, what has ended: whoever makes rows makes room.
    pub(super) fn sweep_if_due(self: &Arc<Self>, now: Timestamp) {
        let swept_at = self.swept_at.load(Ordering::Relaxed);
        if now.since(Timestamp::from_unix_millis(swept_at)) < SWEEP_EVERY {
            return;
        }
        let (ordering, now_millis) = (Ordering::Relaxed, now.unix_millis());
        if self.swept_at.compare_exchange(swept_at, now_millis, ordering, ordering).is_err() {
            return;
        }
        let vault = self.clone();
        self.tasks.spawn(async move {
            for _ in 0..SWEEPS {
                match vault.patiently(vault.store.sweep(now)).await {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => return,
                }
            }
        });
    }

    pub(crate) fn name(&self) -> &str {
        self.store.name()
    }

    pub(crate) fn max_staleness(&self) -> Duration {
        self.max_staleness
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// What is at these places, in one round trip.
    pub(crate) async fn read<const M: usize>(
        &self,
        places: [(Kind, [u8; 16]); M],
        now: Timestamp,
    ) -> Result<[Read; M], Error> {
        let keys = places.map(|(kind, id)| RowKey::new(kind.byte(), id));
        let rows = self.patiently(self.store.get_many(&keys, now)).await?;
        let mut rows = rows.into_iter();
        Ok(places.map(|(kind, id)| match rows.next().flatten() {
            // A store that serves what has ended is not believed.
            Some(row) if row.ends_at > now => self.open(kind, id, row),
            _ => Read::Absent,
        }))
    }

    /// Seals and writes, if what is there is what the writer expects; says whether it was.
    pub(crate) async fn write(
        &self,
        (kind, id): (Kind, [u8; 16]),
        plain: &[u8],
        (version, ends_at): (u64, Timestamp),
        expected: Expected,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let plain = Zeroizing::new([&[SCHEMA], plain].concat());
        let bytes = self.sealer(kind)?.seal(&bound_to(kind, id, version, ends_at), &plain)?;
        let (key, row) = (RowKey::new(kind.byte(), id), StoredRow { version, ends_at, bytes });
        self.patiently(self.store.put(key, &row, expected, now)).await
    }

    pub(crate) async fn delete(
        &self,
        (kind, id): (Kind, [u8; 16]),
        now: Timestamp,
    ) -> Result<bool, Error> {
        self.patiently(self.store.delete(RowKey::new(kind.byte(), id), now)).await
    }

    /// See [`Store::lease`].
    pub(crate) async fn lease(
        &self,
        (kind, id): (Kind, [u8; 16]),
        holder: u64,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let key = RowKey::new(kind.byte(), id);
        self.patiently(self.store.lease(key, holder, ends_at, now)).await
    }

    /// See [`Store::release`].
    pub(crate) async fn release(&self, (kind, id): (Kind, [u8; 16]), holder: u64) {
        let released = self.store.release(RowKey::new(kind.byte(), id), holder);
        if let Err(error) = self.patiently(released).await {
            warn!(code = error.code(), "a lease was not released; it ends by itself");
        }
    }

    pub(super) async fn page(
        &self,
        kind: Kind,
        after: Option<RowKey>,
        limit: u32,
    ) -> Result<Vec<(RowKey, StoredRow)>, Error> {
        self.patiently(self.store.scan(kind.byte(), after, limit, self.clock.now())).await
    }

    pub(super) fn is_of_newest(&self, kind: Kind, row: &StoredRow) -> bool {
        self.sealer(kind).is_ok_and(|sealer| sealer.is_of_newest(&row.bytes))
    }

    fn sealer(&self, kind: Kind) -> Result<&Sealer, Error> {
        let found = self.sealers.iter().find(|(of, _)| *of == kind);
        let (_, sealer) =
            found.ok_or_else(|| Error::new(Code::Internal, "a kind has no sealing key"))?;
        Ok(sealer)
    }

    pub(super) fn open(&self, kind: Kind, id: [u8; 16], row: StoredRow) -> Read {
        let StoredRow { version, ends_at, bytes } = row;
        let bound_to = bound_to(kind, id, version, ends_at);
        let opened = self.sealer(kind).ok().and_then(|sealer| sealer.open(&bound_to, &bytes));
        match opened {
            Some(mut plain) if plain.first() == Some(&SCHEMA) => {
                plain.remove(0);
                Read::Row { plain, version, ends_at }
            }
            _ => {
                warn!(
                    security = true,
                    store = self.store.name(),
                    ?kind,
                    "a row does not open and counts as absent: it was sealed with other keys, or \
                     somebody changed it"
                );
                Read::Closed { version }
            }
        }
    }

    /// A store that takes too long has failed; whether it did what it was asked for is not known.
    async fn patiently<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let answer = tokio::select! {
            biased;
            answer = answer => answer,
            () = self.clock.sleep(PATIENCE) => {
                let error = Error::store(self.store.name(), "no answer within two seconds");
                Err(error.with_help("see whether it runs, can be reached and is not overloaded"))
            }
        };
        answer.inspect_err(|error| {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            warn!(code = error.code(), store = self.store.name(), cause, "the store failed");
        })
    }
}

/// Purpose, place, version and end: a row opens only as what it was written as, where it was.
fn bound_to(kind: Kind, id: [u8; 16], version: u64, ends_at: Timestamp) -> Vec<u8> {
    // Databases count in signed numbers, so that the end of time is theirs.
    let ends_at = ends_at.unix_millis().min(i64::MAX.cast_unsigned());
    [&[SCHEMA, kind.byte()], &id[..], &version.to_le_bytes(), &ends_at.to_le_bytes()].concat()
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("store", &self.store).finish_non_exhaustive()
    }
}
