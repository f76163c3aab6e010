//! One refresh at a time for each account in this process, whoever asks, however many.
//!
//! The call runs in a task of its own: when the request that began it is dropped, the answer
//! is still stored, since a provider that rotates refresh tokens has then replaced the old one.

use std::sync::Arc;

use tokio::sync::watch;

use super::circuit::Heard;
use super::flights::{Flight, Outcome, Row};
use super::providers::ProviderId;
use super::refresh::Failure;
use super::trouble::{LAST_PAUSE, Pause};
use super::{AccountRow, Accounts, TokenSet};
use crate::error::{Code, Error};
use crate::keys::random;
use crate::session::AccountKey;

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

    fn provider_of(&self, row: &AccountRow) -> Option<ProviderId> {
        self.providers.of_issuer(row.identity.issuer())
    }

    fn join(
        self: &Arc<Self>,
        key: AccountKey,
    ) -> Result<watch::Receiver<Option<Outcome>>, Arc<Error>> {
        let now = self.clock().now();
        let row = self.table.last_seen(&key);
        let provider = row.as_ref().and_then(|row| self.provider_of(&row.value));
        let provider = provider.unwrap_or_default();
        let served_at = row.as_ref().and_then(|row| self.served_at(&row.value));
        let tried = row.and_then(|row| row.value.tokens.clone());
        // What was refused is the client, which is served by now.
        let is_over = tried.as_ref().is_some_and(|tokens| tokens.refusal_is_over(served_at, now));
        let mut board = self.flights.lock();
        let after = match board.by_account.get(&key) {
            Some(Flight::UnderWay { outcome, .. }) => return Ok(outcome.clone()),
            Some(Flight::Failed { tried: others, .. })
                if !are_same(others.as_ref(), tried.as_ref()) =>
            {
                None
            }
            Some(Flight::Failed { error, pause, .. }) if pause.lasts(now) && !is_over => {
                return Err(error.clone());
            }
            Some(Flight::Failed { pause, .. }) => Some(*pause),
            None => None,
        };
        let circuit = board.circuit(provider);
        if let Some(error) = circuit.refusal(key, now) {
            return Err(error);
        }
        // What passes an open circuit is asked for all.
        let probes = circuit.is_probed_by(&key);
        let (sender, outcome) = watch::channel(None);
        let (accounts, sender) = (self.clone(), Some(sender));
        let landing = Landing { accounts, key, provider, tried, sender };
        board.by_account.insert(key, Flight::UnderWay { outcome: outcome.clone(), after });
        drop(board);
        self.flights.tasks.spawn(self.clone().fly(key, after, probes, landing));
        Ok(outcome)
    }

    async fn fly(
        self: Arc<Self>,
        key: AccountKey,
        after: Option<Pause>,
        probes: bool,
        landing: Landing,
    ) {
        self.look_into_outbox();
        if probes {
            return landing.land(self.refresh(&key, after).await);
        }
        // Before the lease, which is not to run out while this waits.
        let place = self.flights.place(landing.provider).await;
        // While a crowd waited, the provider may have turned out not to answer.
        let opened = self.flights.lock().circuit(landing.provider).opened();
        let result = match opened {
            Some(error) => Err(Failure { heard: Heard::NotAsked, ..error.share().into() }),
            None => self.refresh(&key, after).await,
        };
        drop(place);
        landing.land(result);
    }
}

fn are_same(one: Option<&Arc<TokenSet>>, other: Option<&Arc<TokenSet>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_same(other),
        (None, None) => true,
        _ => false,
    }
}

/// Ends a flight, also when its task is cancelled, so that nobody waits for ever.
pub(super) struct Landing {
    pub(super) accounts: Arc<Accounts>,
    pub(super) key: AccountKey,
    pub(super) provider: ProviderId,
    pub(super) tried: Option<Arc<TokenSet>>,
    pub(super) sender: Option<watch::Sender<Option<Outcome>>>,
}

impl Landing {
    fn land(mut self, result: Result<Row, Failure>) {
        let (outcome, pause, heard) = match result {
            Ok(row) => (Ok(row), None, Heard::Answer),
            Err(Failure { error, pause, heard }) => (Err(Arc::new(error)), pause, heard),
        };
        self.clear(&outcome, pause, heard);
        if let Some(sender) = self.sender.take() {
            sender.send_replace(Some(outcome));
        }
    }

    /// Every failure is followed by a pause, also one that time alone will not mend.
    fn clear(&self, outcome: &Outcome, pause: Option<Pause>, heard: Heard) {
        let (now, [jitter]) = (self.accounts.clock().now(), random().unwrap_or_default());
        // Without a refresh token nothing is sent, so that there is nothing to pause.
        let row = self.accounts.table.last_seen(&self.key);
        let tokens = row.as_ref().and_then(|row| row.value.tokens.as_ref());
        let can_refresh = tokens.is_some_and(|tokens| tokens.refresh_token(now).is_some());
        let mut board = self.accounts.flights.lock();
        board.circuit(self.provider).note(self.key, heard, outcome.as_ref().err(), jitter, now);
        let after = match board.by_account.remove(&self.key) {
            Some(Flight::UnderWay { after, .. }) => after,
            Some(Flight::Failed { .. }) | None => None,
        };
        if let Err(error) = outcome
            && can_refresh
        {
            let own = || Pause::after(after, (error.retry_after(), LAST_PAUSE), jitter, now);
            let pause = pause.unwrap_or_else(own);
            board.fail(self.key, error.clone(), pause, self.tried.clone());
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if self.sender.is_some() {
            let now = self.accounts.clock().now();
            let mut board = self.accounts.flights.lock();
            board.circuit(self.provider).note(self.key, Heard::Nothing, None, 0, now);
            board.by_account.remove(&self.key);
        }
    }
}
