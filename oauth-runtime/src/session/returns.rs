//! Which authorizations came back a moment ago.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// For how long a return is remembered.
pub(super) const QUIET: Duration = Duration::from_secs(600);
/// So many at most.
const KEPT: usize = 8;

/// The fingerprints of scope sets that came back, and when.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Returns(Box<[(u64, Timestamp)]>);

impl Returns {
    /// The same, with an authorization for these scopes that came back now.
    pub(super) fn noting(&self, scopes: u64, now: Timestamp) -> Self {
        let lately = |(known, at): &&(u64, Timestamp)| *known != scopes && now.since(*at) < QUIET;
        let mut returns: Vec<_> = self.0.iter().filter(lately).copied().collect();
        if returns.len() == KEPT {
            returns.remove(0);
        }
        returns.push((scopes, now));
        Self(returns.into())
    }

    /// Whether one for these scopes came back a moment ago.
    pub(super) fn lately(&self, scopes: u64, now: Timestamp) -> bool {
        self.0.iter().any(|(known, at)| *known == scopes && now.since(*at) < QUIET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_is_remembered_for_ten_minutes_and_no_more_than_eight_are() {
        let start = Timestamp::from_unix_seconds(1_000_000);
        let after = |minutes: u64| start + Duration::from_secs(minutes * 60);
        let returns = Returns::default().noting(7, start);
        assert!(returns.lately(7, after(9)) && !returns.lately(8, after(9)));
        assert!(!returns.lately(7, after(10)));
        assert!(returns.noting(7, after(5)).lately(7, after(14)), "counted anew");
        let many = (0..20).fold(returns, |returns, scopes| returns.noting(scopes, after(1)));
        assert!(many.lately(19, after(2)) && many.lately(12, after(2)));
        assert!(!many.lately(11, after(2)));
    }
}
