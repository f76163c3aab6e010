//! What was used, and must not be used again: states that came back to us, and hold links.
//!
//! A row is the only copy, and is there until the end of its authorization: without it a second
//! token request could be made. Of callers who are not signed in only a code makes one: a denial
//! can be answered again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::ending::Ending;
use super::resume::KeptResume;
use crate::clock::{Clock, Timestamp};
use crate::error::{Code, Error};
use crate::keys::random;
use crate::session::Binding;
use crate::store::{
    Caps, Entry, Expected, Kind, Row, Shares, Table, Unwritten, UserKey, Vault, from_bytes,
    to_bytes,
};

/// How often a node looks whether another has finished, and for how long.
const LOOK: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a row stays that only shows whether rows stay.
const PROBE: Duration = Duration::from_secs(60);

/// What is known of a state, on every node.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Claim {
    /// Somebody is exchanging its code.
    Taken,
    /// It was used, and there is nothing to go back to.
    Used,
    /// It was used by `holder`, who goes on at `resume` when he comes again.
    Done { holder: Binding, resume: KeptResume },
}

impl Row for Claim {
    const KIND: Kind = Kind::Claim;

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        from_bytes(bytes)
    }
}

type StateHash = [u8; 16];
pub(crate) type Endings = watch::Receiver<Option<Result<Ending, Arc<Error>>>>;

/// Whose a state is, after somebody tried to claim it.
pub(crate) enum Claimed {
    /// His who tried: he exchanges the code, once.
    Ours(Arc<Entry<Claim>>),
    /// Another node was faster.
    Elsewhere,
}

/// The states that came back, each of them claimed once in all of the fleet.
pub(crate) struct Claims {
    table: Table<16, Claim>,
    states: Shares,
    links: Shares,
    /// Those whose code this process is exchanging.
    under_way: Mutex<HashMap<StateHash, Endings>>,
}

impl Claims {
    pub(crate) fn new(vault: Option<&Arc<Vault>>, states: Caps, links: Caps) -> Self {
        Self {
            table: Table::new(vault),
            states: Shares::new("used_states", states),
            links: Shares::new("hold_links", links),
            under_way: Mutex::default(),
        }
    }

    pub(crate) async fn get(
        &self,
        key: &StateHash,
        now: Timestamp,
    ) -> Result<Option<Arc<Entry<Claim>>>, Error> {
        Ok(self.table.get(key, now).await?.entry)
    }

    /// Whether a row that is written is there. It takes no room from any share.
    pub(crate) async fn probe(&self, now: Timestamp) -> Result<(), Error> {
        let key = random()?;
        self.table.put(key, Claim::Taken, Expected::Absent, now + PROBE, now).await?;
        let found = self.table.get_anew(&key, now).await?.entry;
        let lost = || Error::new(Code::StoreUnavailable, "the store lost a row that it had taken");
        found.map(drop).ok_or_else(lost)?;
        self.table.delete(&key, now).await.map(drop)
    }

    /// Claims a state until `ends_at`, for a user, or for a caller who is not signed in.
    ///
    /// # Errors
    /// If the store cannot be asked, or there is no room: then nothing is claimed.
    pub(crate) async fn claim(
        &self,
        key: StateHash,
        user: Option<&UserKey>,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<Claimed, Error> {
        let made = self.make(&self.states, (key, Claim::Taken), user, ends_at, now).await?;
        Ok(made.map_or(Claimed::Elsewhere, Claimed::Ours))
    }

    /// Uses a hold link, which works until `ends_at`. Says whether that is the first time.
    ///
    /// # Errors
    /// If the store cannot be asked, or there is no room.
    pub(crate) async fn use_link(
        &self,
        key: [u8; 16],
        user: Option<&UserKey>,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let made = self.make(&self.links, (key, Claim::Used), user, ends_at, now).await?;
        Ok(made.is_some())
    }

    /// The link kept nothing, and can be used again.
    pub(crate) async fn give_link_back(
        &self,
        key: [u8; 16],
        user: Option<&UserKey>,
        ends_at: Timestamp,
        now: Timestamp,
    ) {
        match self.table.delete(&key, now).await {
            Ok(_) => self.links.release(user, ends_at),
            Err(error) => tracing::debug!(code = error.code(), "a hold link stays used"),
        }
    }

    /// Remembers where a user goes on who loads a denial again. Where that is not noted, for want
    /// of room or because the store fails, the reload says that the answer was used.
    pub(crate) async fn note_denial(
        &self,
        key: StateHash,
        user: &UserKey,
        claim: Claim,
        ends_at: Timestamp,
        now: Timestamp,
    ) {
        let made = self.make(&self.states, (key, claim), Some(user), ends_at, now).await;
        if let Err(error) = made {
            tracing::debug!(code = error.code(), "a denial was not noted");
        }
    }

    /// A new row, unless there is one already.
    async fn make(
        &self,
        shares: &Shares,
        (key, claim): ([u8; 16], Claim),
        user: Option<&UserKey>,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Arc<Entry<Claim>>>, Error> {
        shares.admit(user, ends_at, now)?;
        match self.table.put(key, claim, Expected::Absent, ends_at, now).await {
            Ok(entry) => Ok(Some(entry)),
            Err(Unwritten::Changed) => {
                shares.release(user, ends_at);
                Ok(None)
            }
            // Whether it is there is not known, so that it stays counted.
            Err(Unwritten::Failed(error)) => Err(error),
        }
    }

    /// Remembers what became of a claimed state. If the flow has ended meanwhile, a reload is
    /// told that the answer was used.
    pub(crate) async fn settle(
        &self,
        key: StateHash,
        claim: Claim,
        expected: Expected,
        ends_at: Timestamp,
        now: Timestamp,
    ) {
        if let Err(Unwritten::Failed(error)) =
            self.table.put(key, claim, expected, ends_at, now).await
        {
            tracing::warn!(code = error.code(), "the end of an authorization was not noted");
        }
    }

    /// Waits until the node that claimed the state has finished; says what is known then, and
    /// whether there was anything to wait for.
    pub(crate) async fn finished_elsewhere(
        &self,
        key: &StateHash,
        clock: &Arc<dyn Clock>,
    ) -> Result<(bool, Option<Claim>), Error> {
        let (begun, mut waited) = (clock.now(), false);
        loop {
            let now = clock.now();
            let claim = self.table.get_anew(key, now).await?.entry;
            match claim.map(|entry| entry.value.clone()) {
                Some(Claim::Taken) if now.since(begun) < PATIENCE => {
                    waited = true;
                    clock.sleep(LOOK).await;
                }
                claim => return Ok((waited, claim)),
            }
        }
    }

    /// Says where the ending of a state will be told, before it is claimed, so that whoever finds
    /// the claim taken finds the ending too. Returns that of whoever announced one before, which
    /// stands.
    pub(crate) fn announce(&self, key: StateHash, ending: &Endings) -> Option<Endings> {
        let mut under_way = self.lock();
        let before = under_way.get(&key).cloned();
        if before.is_none() {
            under_way.insert(key, ending.clone());
        }
        before
    }

    /// Nothing more will be told; also if a task that was to tell it has panicked.
    pub(crate) fn withdraw(&self, key: &StateHash) {
        self.lock().remove(key);
    }

    // No code of ours panics while it holds the lock, so a poisoned one is still whole.
    fn lock(&self) -> MutexGuard<'_, HashMap<StateHash, Endings>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
