//! One refresh at a time for each account, whoever asks and however many.
//!
//! The call runs in a task of its own: when the request that began it is dropped, the answer
//! is still stored, since a provider that rotates refresh tokens has then replaced the old one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::merge::{merge_overtaken, merge_refresh};
use super::{AccountRow, Accounts, Freshness};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::keys::random;
use crate::protocol::{TokenError, TokenResponse};
use crate::secret::Secret;
use crate::session::AccountKey;
use crate::store::Entry;

/// The first pause after a refresh that failed for the moment; it doubles up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(30);

type Row = Arc<Entry<AccountRow>>;
type Outcome = Result<Row, Arc<Error>>;

/// What is under way, and what failed a moment ago.
#[derive(Default)]
pub(crate) struct Flights {
    by_account: Mutex<HashMap<AccountKey, Flight>>,
    /// Shutdown waits for these.
    pub(crate) tasks: TaskTracker,
}

enum Flight {
    UnderWay { outcome: watch::Receiver<Option<Outcome>>, after: Option<Pause> },
    Failed { error: Arc<Error>, pause: Pause },
}

#[derive(Clone, Copy)]
struct Pause {
    until: Timestamp,
    length: Duration,
}

impl Pause {
    fn after(previous: Option<Self>, retry_after: Option<Duration>, now: Timestamp) -> Self {
        let doubled = previous.map_or(FIRST_PAUSE, |pause| (pause.length * 2).min(LAST_PAUSE));
        let length = retry_after.map_or(doubled, |wait| wait.max(doubled));
        Self { until: now + length, length: doubled }
    }
}

impl Accounts {
    /// The account with a token that lives, refreshed if need be.
    ///
    /// # Errors
    /// `invalid_grant` if the user has to authorize again; a transient error if the provider
    /// cannot be asked now.
    pub(crate) async fn refreshed(self: &Arc<Self>, key: AccountKey) -> Result<Row, Error> {
        let mut outcome = match self.join(key) {
            Ok(outcome) => outcome,
            Err(error) => return Err(error.share()),
        };
        let done = outcome.wait_for(Option::is_some).await;
        match done.as_deref() {
            Ok(Some(Ok(row))) => Ok(row.clone()),
            Ok(Some(Err(error))) => Err(error.share()),
            Ok(None) | Err(_) => {
                Err(Error::new(Code::Internal, "a refresh ended without a result"))
            }
        }
    }

    /// Begins a refresh unless one is under way or failed a moment ago; nobody waits for it.
    pub(crate) fn refresh_in_background(self: &Arc<Self>, key: AccountKey) {
        drop(self.join(key));
    }

    fn join(
        self: &Arc<Self>,
        key: AccountKey,
    ) -> Result<watch::Receiver<Option<Outcome>>, Arc<Error>> {
        let now = self.clock().now();
        let mut flights = self.flights.lock();
        let after = match flights.get(&key) {
            Some(Flight::UnderWay { outcome, .. }) => return Ok(outcome.clone()),
            Some(Flight::Failed { error, pause }) if now < pause.until => return Err(error.clone()),
            Some(Flight::Failed { pause, .. }) => Some(*pause),
            None => None,
        };
        let (sender, outcome) = watch::channel(None);
        flights.insert(key, Flight::UnderWay { outcome: outcome.clone(), after });
        drop(flights);
        let guard = Landing { accounts: self.clone(), key, sender: Some(sender) };
        let accounts = self.clone();
        self.flights.tasks.spawn(async move {
            let result = accounts.refresh(&key).await.map_err(Arc::new);
            guard.land(result);
        });
        Ok(outcome)
    }

    /// One refresh, from the row as it is now to the row as it is then.
    async fn refresh(&self, key: &AccountKey) -> Result<Row, Error> {
        let now = self.clock().now();
        let row = self.find(key, now).ok_or_else(gone)?;
        if row.value.freshness(now) == Freshness::Fresh {
            return Ok(row);
        }
        let tokens = row.value.tokens.as_ref();
        let token = tokens.and_then(|tokens| tokens.refresh_token(now)).ok_or_else(gone)?;
        match self.client.refresh(token).await {
            Ok(response) => self.accept(key, &row.value, token, &response).await,
            // The organization wants a fresh sign-in; the grant itself stands.
            Err(error @ TokenError::InvalidGrant { rapt: true }) => Err(error.into()),
            Err(error @ TokenError::InvalidGrant { .. }) => self.refused(key, token, error),
            Err(error) => Err(error.into()),
        }
    }

    async fn accept(
        &self,
        key: &AccountKey,
        asked_for: &AccountRow,
        token: &Secret,
        response: &TokenResponse,
    ) -> Result<Row, Error> {
        match self.client.check_refreshed_identity(response, &asked_for.identity).await {
            Err(error) if error.kind() == Code::IdTokenInvalid => return Err(error),
            // The provider answered by https and may have replaced the refresh token: an answer
            // is not thrown away because the keys cannot be had just now.
            Err(error) => warn!(code = error.code(), "a refreshed ID token was not verified"),
            Ok(()) => {}
        }
        let [jitter] = random()?;
        let now = self.clock().now();
        let saved = self.change(key, |row| {
            Ok(row.and_then(|row| match (&row.tokens, &asked_for.tokens) {
                (Some(held), Some(asked)) if Arc::ptr_eq(held, asked) => {
                    Some(merge_refresh(row, response, jitter, now))
                }
                // A newer authorization stands; it may still live on this refresh token.
                _ if holds(row, token) => merge_overtaken(row, response),
                _ => None,
            }))
        })?;
        debug!(outcome = "refreshed", "access token refreshed");
        saved.ok_or_else(gone)
    }

    /// Blanks exactly the tokens that were refused. Newer ones stand and are used.
    fn refused(&self, key: &AccountKey, token: &Secret, error: TokenError) -> Result<Row, Error> {
        let now = self.clock().now();
        let row = self
            .change(key, |row| Ok(row.filter(|row| holds(row, token)).map(AccountRow::blanked)))?;
        match row {
            Some(row) if row.value.freshness(now) != Freshness::Expired => Ok(row),
            _ => {
                warn!(outcome = "invalid_grant", "the provider refused the refresh token");
                Err(error.into())
            }
        }
    }
}

fn holds(row: &AccountRow, token: &Secret) -> bool {
    let held = row.tokens.as_ref().and_then(|tokens| tokens.refresh.as_ref());
    held.is_some_and(|held| held.is(token.expose().as_bytes()))
}

fn gone() -> Error {
    Error::new(Code::InvalidGrant, "there is no refresh token: the user has to authorize again")
}

impl Flights {
    /// A new authorization makes an earlier failure of its account meaningless.
    pub(super) fn forget_failure(&self, key: &AccountKey) {
        let mut flights = self.lock();
        if matches!(flights.get(key), Some(Flight::Failed { .. })) {
            flights.remove(key);
        }
    }

    // No code of ours panics while it holds the lock, so a poisoned one is still whole.
    fn lock(&self) -> MutexGuard<'_, HashMap<AccountKey, Flight>> {
        self.by_account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a flight, also when its task is cancelled, so that nobody waits for ever.
struct Landing {
    accounts: Arc<Accounts>,
    key: AccountKey,
    sender: Option<watch::Sender<Option<Outcome>>>,
}

impl Landing {
    fn land(mut self, outcome: Outcome) {
        self.clear(&outcome);
        if let Some(sender) = self.sender.take() {
            sender.send_replace(Some(outcome));
        }
    }

    fn clear(&self, outcome: &Outcome) {
        let mut flights = self.accounts.flights.lock();
        let flight = flights.remove(&self.key);
        let Err(error) = outcome else { return };
        let now = self.accounts.clock().now();
        // Without a refresh token nothing is sent, so there is nothing to pause.
        let row = self.accounts.find(&self.key, now);
        if !row.is_some_and(|row| row.value.can_refresh(now)) {
            return;
        }
        let after = flight.and_then(|flight| match flight {
            Flight::UnderWay { after, .. } => after,
            Flight::Failed { .. } => None,
        });
        let pause = Pause::after(after, error.retry_after(), now);
        flights.retain(|_, flight| !matches!(flight, Flight::Failed { pause, .. } if pause.until + LAST_PAUSE < now));
        flights.insert(self.key, Flight::Failed { error: error.clone(), pause });
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if self.sender.is_some() {
            self.accounts.flights.lock().remove(&self.key);
        }
    }
}
