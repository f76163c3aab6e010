//! Which authorizations came back a moment ago.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;

/// For how long a scope set that came back is not sent to the provider again by itself.
pub(super) const QUIET: Duration = Duration::from_secs(600);
/// Scope sets that are remembered; a page asks for few.
const KEPT: usize = 8;

/// Scope sets, by hash, whose authorization came back, with the time.
#[derive(Debug, Default)]
pub(super) struct Returns(Mutex<Vec<(u64, Timestamp)>>);

impl Returns {
    /// Remembers that an authorization for these scopes came back.
    pub(super) fn note(&self, scopes: u64, now: Timestamp) {
        let mut returns = self.lock();
        returns.retain(|(known, at)| *known != scopes && now.since(*at) < QUIET);
        if returns.len() == KEPT {
            returns.remove(0);
        }
        returns.push((scopes, now));
    }

    /// Whether one came back a moment ago, so that another round would hardly help.
    pub(super) fn lately(&self, scopes: u64, now: Timestamp) -> bool {
        self.lock().iter().any(|(known, at)| *known == scopes && now.since(*at) < QUIET)
    }

    // No code of ours panics while it holds the lock, so a poisoned one is still whole.
    fn lock(&self) -> MutexGuard<'_, Vec<(u64, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
