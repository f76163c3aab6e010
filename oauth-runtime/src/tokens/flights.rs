//! Which refreshes are under way in this process, and which failed a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::AccountRow;
use super::refresh::Renewal;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::session::AccountKey;
use crate::store::Entry;

/// The first pause after a refresh that failed for the moment; it doubles up to the last.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
pub(super) const LAST_PAUSE: Duration = Duration::from_secs(30);

/// Below this many flights nothing is swept.
pub(super) const SWEEP_FROM: usize = 64;

pub(super) type Row = Arc<Entry<AccountRow>>;
pub(super) type Outcome = Result<Row, Arc<Error>>;

/// What is under way, and what failed a moment ago.
pub(crate) struct Flights {
    board: Mutex<Board>,
    /// Shutdown waits for these.
    pub(crate) tasks: TaskTracker,
}

#[derive(Default)]
pub(super) struct Board {
    pub(super) by_account: HashMap<AccountKey, Flight>,
    /// What the provider answered, and no store could keep.
    unkept: HashMap<AccountKey, Renewal>,
    /// The size at which pauses that are over are swept, so that sweeping costs O(1) a failure.
    sweep_at: usize,
}

pub(super) enum Flight {
    UnderWay { outcome: watch::Receiver<Option<Outcome>>, after: Option<Pause> },
    Failed { error: Arc<Error>, pause: Pause },
}

/// While it lasts, the error stands for the answer that the provider would give.
#[derive(Clone, Copy)]
pub(super) struct Pause {
    from: Timestamp,
    until: Timestamp,
    length: Duration,
    /// Of the row whose tokens were tried: others may be tried at once.
    pub(super) version: Option<u64>,
}

impl Pause {
    pub(super) fn after(
        previous: Option<Self>,
        retry_after: Option<Duration>,
        version: Option<u64>,
        now: Timestamp,
    ) -> Self {
        let doubled = previous.map_or(FIRST_PAUSE, |pause| (pause.length * 2).min(LAST_PAUSE));
        let wait = retry_after.map_or(doubled, |wait| wait.max(doubled));
        Self { from: now, until: now + wait, length: doubled, version }
    }

    pub(super) fn lasts(&self, now: Timestamp) -> bool {
        self.is_of_this_clock(now) && now < self.until
    }

    /// One that begins far ahead is of before the clock was set back, and means nothing. One
    /// just ahead is another task's, which looked at the clock a little later.
    fn is_of_this_clock(&self, now: Timestamp) -> bool {
        self.from <= now + LAST_PAUSE
    }
}

impl Flights {
    pub(super) fn new(tasks: TaskTracker) -> Self {
        Self { board: Mutex::default(), tasks }
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
    pub(super) fn fail(&mut self, key: AccountKey, error: Arc<Error>, pause: Pause) {
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
        self.by_account.insert(key, Flight::Failed { error, pause });
    }
}
