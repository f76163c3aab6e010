//! The order of disconnects and authorizations, on all nodes.
//!
//! One number counts the disconnects of all accounts. An authorization notes it when it begins,
//! and a disconnect leaves the next one in the row that it ends. So a callback knows whether what
//! it brings was asked for before that row was ended: whatever the clocks say, whichever node was
//! asked, and although the beginning does not say which account will come back.
//!
//! For strangers no store is asked, so that a crowd of them costs nothing. They note what their
//! node knows; the number follows the time in milliseconds, and what other nodes counted is
//! taken for earlier once it is ten seconds old.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::store::{Kind, Row, Table, Vault, from_bytes, to_bytes};

/// Where the row lies: there is one.
const PLACE: [u8; 16] = [0; 16];

/// How much the clocks of two nodes may differ. In this time after a disconnect on another node,
/// a stranger who signs in with that account may be asked to begin once more.
const SKEW: Duration = Duration::from_secs(10);

/// How many disconnects there were. A count that got lost goes on at the time in milliseconds,
/// so that it never falls behind one that lies in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct DisconnectCount(u64);

impl DisconnectCount {
    /// Before the first one.
    #[cfg(test)]
    pub(crate) const ZERO: Self = Self(0);

    fn next(self, now: Timestamp) -> Self {
        Self(self.0.saturating_add(1).max(now.unix_millis()))
    }
}

impl Row for DisconnectCount {
    const KIND: Kind = Kind::Disconnects;

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        from_bytes(bytes)
    }
}

/// The count of all nodes.
pub(crate) struct Disconnects {
    table: Table<16, DisconnectCount>,
}

impl Disconnects {
    pub(crate) fn new(vault: Option<&Arc<Vault>>) -> Self {
        Self { table: Table::new(vault) }
    }

    /// Asks the store, before an authorization begins.
    pub(crate) async fn look(&self, now: Timestamp) {
        if let Err(error) = self.table.get_anew(&PLACE, now).await {
            // An older count is good too: at worst a user is asked to begin once more.
            tracing::debug!(code = error.code(), "the last disconnect is not known");
        }
    }

    /// The count as this node saw it last.
    pub(crate) fn seen(&self) -> DisconnectCount {
        self.table.last_seen(&PLACE).map(|entry| entry.value).unwrap_or_default()
    }

    /// The same for a stranger.
    pub(crate) fn seen_by_stranger(&self, now: Timestamp) -> DisconnectCount {
        self.seen().max(DisconnectCount((now - SKEW).unix_millis()))
    }

    /// Counts one more. Whatever begins from here on comes after it.
    pub(crate) async fn count(&self, now: Timestamp) -> Result<DisconnectCount, Error> {
        let next = |row: Option<&DisconnectCount>| {
            let count = row.copied().unwrap_or_default();
            Ok::<_, Error>(Some((count.next(now), Timestamp::MAX)))
        };
        let row = self.table.change(&PLACE, now, next).await?;
        Ok(row.map(|row| row.value).unwrap_or_default())
    }

    /// Makes up for a count that the store lost, by one that it left in another row: what begins
    /// once more must not be refused again.
    pub(crate) async fn make_up(&self, found: DisconnectCount, now: Timestamp) {
        let raised = |row: Option<&DisconnectCount>| {
            let behind = row.copied().unwrap_or_default() < found;
            Ok::<_, Error>(behind.then_some((found, Timestamp::MAX)))
        };
        if let Err(error) = self.table.change(&PLACE, now, raised).await {
            tracing::debug!(code = error.code(), "the count of disconnects was not made up for");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    #[tokio::test]
    async fn the_count_grows_whatever_the_clock_says() {
        let disconnects = Disconnects::new(None);
        assert_eq!(disconnects.seen(), DisconnectCount::default());
        let first = disconnects.count(NOW).await.unwrap();
        let back = NOW - Duration::from_secs(3600);
        let second = disconnects.count(back).await.unwrap();
        let third = disconnects.count(NOW + Duration::from_secs(1)).await.unwrap();
        assert!(DisconnectCount::default() < first && first < second && second < third);
        assert_eq!(disconnects.seen(), third);
    }

    #[tokio::test]
    async fn a_stranger_is_before_what_comes_and_after_what_is_long_past() {
        let (here, elsewhere) = (Disconnects::new(None), Disconnects::new(None));
        let before = here.seen_by_stranger(NOW);
        let own = here.count(NOW).await.unwrap();
        assert!(before < own && here.seen_by_stranger(NOW) == own);
        let other = elsewhere.count(NOW).await.unwrap();
        assert!(Disconnects::new(None).seen_by_stranger(NOW) < other, "it is not known here");
        assert!(Disconnects::new(None).seen_by_stranger(NOW + SKEW) == other, "but long past");
    }

    #[tokio::test]
    async fn a_lost_count_is_made_up_for_and_never_lowered() {
        let old = Disconnects::new(None).count(NOW).await.unwrap();
        let disconnects = Disconnects::new(None);
        disconnects.make_up(old, NOW).await;
        assert_eq!(disconnects.seen(), old);
        let next = disconnects.count(NOW).await.unwrap();
        assert!(next > old);
        disconnects.make_up(old, NOW).await;
        assert_eq!(disconnects.seen(), next);
    }
}
