//! How a provider's token endpoint takes this client, whichever account it is asked for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;
use crate::session::AccountKey;

/// What was heard last, on this node.
#[derive(Debug, Default)]
pub(super) struct ClientStanding(Mutex<Heard>);

#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    served_at: Option<Timestamp>,
    /// The account at whose refresh the client was refused, since it was served last.
    refused_for: Option<AccountKey>,
    is_refused: bool,
}

impl ClientStanding {
    /// The client got tokens.
    pub(super) fn served(&self, now: Timestamp) {
        *self.lock() = Heard { served_at: Some(now), ..Heard::default() };
    }

    /// When the client got tokens last.
    pub(super) fn served_at(&self) -> Option<Timestamp> {
        self.lock().served_at
    }

    /// The client was refused where no account is in question: at the exchange of a code.
    pub(super) fn refused(&self) {
        self.lock().is_refused = true;
    }

    /// The client was refused at the refresh of this account. Says whether that is about the client:
    /// of one account alone, it may be how the server calls a spent token.
    pub(super) fn refused_for(&self, account: AccountKey) -> bool {
        let mut heard = self.lock();
        let before = *heard.refused_for.get_or_insert(account);
        heard.is_refused |= before != account;
        heard.is_refused
    }

    // No code of ours panics while it holds the lock, so a poisoned one is still whole.
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);
    const ADA: AccountKey = [1; 16];
    const BOB: AccountKey = [2; 16];

    #[test]
    fn the_client_is_refused_where_two_accounts_hear_so_or_a_code() {
        let standing = ClientStanding::default();
        assert_eq!([ADA, ADA].map(|key| standing.refused_for(key)), [false, false]);
        assert!(standing.refused_for(BOB), "two accounts");
        assert!(standing.refused_for(ADA));
        standing.served(NOW);
        assert_eq!(standing.served_at(), Some(NOW));
        assert!(!standing.refused_for(ADA), "it is served");
        standing.refused();
        assert!(standing.refused_for(ADA), "a code");
    }
}
