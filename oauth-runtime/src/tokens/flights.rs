//! Which refreshes are under way in this process, and which failed a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio_util::task::TaskTracker;

use super::circuit::Circuit;
use super::providers::ProviderId;
use super::renewal::Renewal;
use super::trouble::{LAST_PAUSE, Pause};
use super::{AccountRow, TokenSet};
use crate::error::Error;
use crate::session::AccountKey;
use crate::store::Entry;

/// Below this many flights nothing is swept.
pub(super) const SWEEP_FROM: usize = 64;

/// Refreshes of different accounts that are made at once.
pub(super) const AT_ONCE: usize = 64;

pub(super) type Row = Arc<Entry<AccountRow>>;
pub(super) type Outcome = Result<Row, Arc<Error>>;

/// What is under way, and what failed a moment ago.
pub(crate) struct Flights {
    board: Mutex<Board>,
    /// So many calls of each token endpoint are made at once. Others wait, so that a provider is
    /// not met by a crowd when a node comes back after hours.
    places: Vec<Semaphore>,
    /// Shutdown waits for these.
    pub(crate) tasks: TaskTracker,
}

#[derive(Default)]
pub(super) struct Board {
    pub(super) by_account: HashMap<AccountKey, Flight>,
    /// For each provider, as far as it was needed.
    circuits: Vec<Circuit>,
    /// What the provider answered, and no store could keep.
    unkept: HashMap<AccountKey, Renewal>,
    /// The size at which pauses that are over are swept, so that sweeping costs O(1) a failure.
    sweep_at: usize,
}

pub(super) enum Flight {
    UnderWay {
        outcome: watch::Receiver<Option<Outcome>>,
        after: Option<Pause>,
    },
    /// Of the tokens that were tried: others may be tried at once.
    Failed {
        error: Arc<Error>,
        pause: Pause,
        tried: Option<Arc<TokenSet>>,
    },
}

impl Flights {
    pub(super) fn new(tasks: TaskTracker, providers: usize) -> Self {
        let places = (0..providers).map(|_| Semaphore::new(AT_ONCE)).collect();
        Self { board: Mutex::default(), places, tasks }
    }

    /// A place for a call of this provider, once there is one.
    pub(super) async fn place(&self, provider: ProviderId) -> Option<SemaphorePermit<'_>> {
        self.places.get(provider.index())?.acquire().await.ok()
    }

    pub(super) fn put_unkept(&self, key: AccountKey, renewal: Renewal) {
        self.lock().unkept.insert(key, renewal);
    }

    pub(super) fn take_unkept(&self, key: &AccountKey) -> Option<Renewal> {
        self.lock().unkept.remove(key)
    }

    // No code of ours panics while it holds the lock, so a poisoned one is still whole.
    pub(super) fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    pub(super) fn circuit(&mut self, provider: ProviderId) -> &mut Circuit {
        let place = provider.index();
        if self.circuits.len() <= place {
            self.circuits.resize_with(place + 1, Circuit::default);
        }
        &mut self.circuits[place]
    }

    pub(super) fn fail(
        &mut self,
        key: AccountKey,
        error: Arc<Error>,
        pause: Pause,
        tried: Option<Arc<TokenSet>>,
    ) {
        if self.by_account.len() >= self.sweep_at.max(SWEEP_FROM) {
            // What ended a while ago still says how long the next pause is to be.
            let now = pause.from;
            self.by_account.retain(|_, flight| match flight {
                Flight::UnderWay { .. } => true,
                Flight::Failed { pause, .. } => {
                    pause.is_of_this_clock(now) && now < pause.until + LAST_PAUSE
                }
            });
            self.sweep_at = 2 * self.by_account.len();
        }
        self.by_account.insert(key, Flight::Failed { error, pause, tried });
    }
}
