//! Tokens that are deleted here and still to be revoked at the provider.
//!
//! Each is a row of its own until the provider has confirmed it. So a provider that is down, or a
//! node that dies, delays a revocation and does not lose it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, info, warn};
use zeroize::Zeroizing;

use super::Accounts;
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::keys::random;
use crate::secret::Secret;
use crate::session::AccountKey;
use crate::store::{Expected, Kind, Row, Table, Vault, from_bytes, to_bytes};
use crate::telemetry::{Act, Action};

/// For how long a revocation is tried.
const KEEP: Duration = Duration::from_secs(30 * 86_400);
/// The pause after the first failure, which doubles, and the last.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LAST_PAUSE: Duration = Duration::from_secs(6 * 3600);
/// No pause is shorter, whatever the clock says.
const SHORTEST: Duration = Duration::from_secs(1);
/// For how long a node may work on one revocation.
const LEASE: Duration = Duration::from_secs(15);
/// How often a node looks for what others left.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// Where a row of the outbox lies.
pub(super) type Ticket = [u8; 16];

/// A token to be revoked.
pub(crate) struct Revocation {
    token: Secret,
    /// Whom the token is of: nobody else ever gets to see it.
    issuer: Box<str>,
    account: AccountKey,
    /// How often the provider did not confirm it.
    failures: u32,
    next_at: Timestamp,
    ends_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    token: &'a str,
    issuer: &'a str,
    account: AccountKey,
    failures: u32,
    next_at: Timestamp,
    ends_at: Timestamp,
}

impl Row for Revocation {
    const KIND: Kind = Kind::Revocation;

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let Self { token, issuer, account, failures, next_at, ends_at } = self;
        let (account, failures, next_at, ends_at) = (*account, *failures, *next_at, *ends_at);
        to_bytes(&Record { token: token.expose(), issuer, account, failures, next_at, ends_at })
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let Record { token, issuer, account, failures, next_at, ends_at } = from_bytes(bytes)?;
        let (token, issuer) = (Secret::new(token), issuer.into());
        Some(Self { token, issuer, account, failures, next_at, ends_at })
    }
}

impl Revocation {
    fn failed(&self, retry_after: Option<Duration>, now: Timestamp) -> Self {
        let doublings = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let pause = FIRST_PAUSE.saturating_mul(doublings).min(LAST_PAUSE);
        Self {
            token: self.token.clone(),
            issuer: self.issuer.clone(),
            failures: self.failures.saturating_add(1),
            next_at: now + retry_after.map_or(pause, |wait| wait.max(pause)),
            ..*self
        }
    }
}

/// All that is to be revoked.
pub(crate) struct Outbox {
    table: Table<16, Revocation>,
    /// When this node last looked for what others left, in Unix milliseconds.
    looked_at: AtomicU64,
    /// What waits for its next try ends with the node; another node goes on.
    pub(crate) stopped: CancellationToken,
}

impl Outbox {
    pub(super) fn new(vault: Option<&Arc<Vault>>) -> Self {
        let (looked_at, stopped) = (AtomicU64::new(0), CancellationToken::new());
        Self { table: Table::new(vault), looked_at, stopped }
    }

    fn is_due_to_look(&self, now: Timestamp) -> bool {
        let looked_at = self.looked_at.load(Ordering::Relaxed);
        let due = now.since(Timestamp::from_unix_millis(looked_at)) >= LOOK_EVERY;
        let (order, now) = (Ordering::Relaxed, now.unix_millis());
        due && self.looked_at.compare_exchange(looked_at, now, order, order).is_ok()
    }
}

/// When to try again; `None` once it is settled.
type Next = Option<Timestamp>;

impl Accounts {
    /// Writes down that a token of this account is to be revoked.
    pub(super) async fn will_revoke(
        &self,
        account: AccountKey,
        issuer: &str,
        token: Secret,
    ) -> Result<Ticket, Error> {
        let (ticket, now) = (random()?, self.clock().now());
        let ends_at = now + KEEP;
        let (issuer, failures, next_at) = (issuer.into(), 0, now);
        let revocation = Revocation { token, issuer, account, failures, next_at, ends_at };
        self.outbox.table.put(ticket, revocation, Expected::Absent, ends_at, now).await?;
        Ok(ticket)
    }

    /// Revokes what was written down, if that is due.
    pub(super) async fn revoke(&self, ticket: &Ticket) -> Result<Next, Error> {
        let (holder, now) = (u64::from_le_bytes(random()?), self.clock().now());
        let table = &self.outbox.table;
        if !table.lease(ticket, holder, now + LEASE, now).await? {
            return Ok(Some(now + LEASE));
        }
        let next = self.revoke_alone(ticket, now).await;
        table.release(ticket, holder).await;
        next
    }

    /// Somebody who has connected the account again wants it. What he granted then would go too,
    /// so that the old token is only forgotten.
    async fn revoke_alone(&self, ticket: &Ticket, now: Timestamp) -> Result<Next, Error> {
        let table = &self.outbox.table;
        let Some(row) = table.get_anew(ticket, now).await?.entry else { return Ok(None) };
        if row.value.next_at > now {
            return Ok(Some(row.value.next_at));
        }
        let account = self.table.get_anew(&row.value.account, now).await?.entry;
        if account.is_some_and(|account| account.value.tokens.is_some()) {
            info!(outcome = "connected_again", "a token is not revoked: the account is in use");
            return table.delete(ticket, now).await.map(|_| None);
        }
        let client = self.providers.vouching(&row.value.issuer)?;
        let act = Act::begin(Action::Revoke, client.provider().key(), now);
        let revoked = client.revoke(&row.value.token).instrument(act.span()).await;
        act.end(outcome(revoked.as_ref()), self.clock().now());
        let error = match revoked {
            None | Some(Ok(())) => {
                info!(outcome = "revoked", "a token was revoked at the provider");
                return table.delete(ticket, now).await.map(|_| None);
            }
            Some(Err(error)) => error,
        };
        log_failure(&error, row.value.failures);
        let failed = |row: Option<&Revocation>| {
            let row = row.map(|row| row.failed(error.retry_after(), now));
            Ok::<_, Error>(row.map(|row| {
                let ends_at = row.ends_at;
                (row, ends_at)
            }))
        };
        let row = table.change(ticket, now, failed).await?;
        Ok(row.map(|row| row.value.next_at))
    }

    /// Revokes it, if that can be done now, and in the background if not; whether it is settled.
    pub(super) async fn revoke_now_or_later(self: &Arc<Self>, ticket: Ticket) -> bool {
        let pause = match self.revoke(&ticket).await {
            Ok(None) => return true,
            Ok(Some(next)) => next.since(self.clock().now()),
            Err(_) => FIRST_PAUSE,
        };
        self.keep_revoking(ticket, pause);
        false
    }

    /// Sees to what other nodes left, now and then.
    pub(super) fn look_into_outbox(self: &Arc<Self>) {
        let now = self.clock().now();
        if !self.outbox.table.is_stored() || !self.outbox.is_due_to_look(now) {
            return;
        }
        let accounts = self.clone();
        self.flights.tasks.spawn(async move {
            if let Err(error) = accounts.revoke_all(now).await {
                warn!(code = error.code(), "the tokens that are to be revoked are not known");
            }
        });
    }

    async fn revoke_all(self: &Arc<Self>, now: Timestamp) -> Result<(), Error> {
        for (ticket, row) in self.outbox.table.all(now).await? {
            // What a node that died has in hand still is free again after a while.
            if row.value.next_at <= now
                && let Some(next) = self.revoke(&ticket).await?
            {
                self.keep_revoking(ticket, next.since(now));
            }
        }
        Ok(())
    }

    /// Tries again, in the background, until it is settled.
    fn keep_revoking(self: &Arc<Self>, ticket: Ticket, mut pause: Duration) {
        let (accounts, clock) = (Arc::downgrade(self), self.clock().clone());
        let stopped = self.outbox.stopped.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = clock.sleep(pause) => {}
                    () = stopped.cancelled() => return,
                }
                let Some(accounts) = accounts.upgrade() else { return };
                let tried = accounts.flights.tasks.track_future(accounts.revoke(&ticket)).await;
                pause = match tried {
                    Ok(None) => return,
                    Ok(Some(next)) => next.since(clock.now()).max(SHORTEST),
                    Err(_) => FIRST_PAUSE,
                };
            }
        });
    }
}

fn outcome(revoked: Option<&Result<(), Error>>) -> &'static str {
    match revoked {
        None => "not_offered",
        Some(Ok(())) => "revoked",
        Some(Err(error)) => error.code(),
    }
}

fn log_failure(error: &Error, failures: u32) {
    let code = error.code();
    if error.kind() == Code::ProviderUnavailable {
        warn!(code, failures, "a token was not revoked; it is tried again");
    } else {
        let help = error.help().unwrap_or_default();
        tracing::error!(code, failures, help, "a token was not revoked; it is tried again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_last_and_a_longer_word_of_the_provider_counts() {
        let now = Timestamp::from_unix_seconds(1_000_000);
        let (token, account, ends_at) = (Secret::new("1//fake"), [0; 16], now + KEEP);
        let issuer = "https://id.example".into();
        let mut row = Revocation { token, issuer, account, failures: 0, next_at: now, ends_at };
        let mut pauses = Vec::new();
        for _ in 0..40 {
            row = row.failed(None, now);
            pauses.push(row.next_at.since(now).as_secs());
        }
        assert_eq!(pauses[..4], [30, 60, 120, 240]);
        assert_eq!(pauses[39], LAST_PAUSE.as_secs());
        assert!(pauses.is_sorted());
        let told = row.failed(Some(LAST_PAUSE * 2), now);
        assert_eq!(told.next_at, now + LAST_PAUSE * 2);
        assert_eq!(told.ends_at, ends_at);
    }

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let now = Timestamp::from_unix_seconds(1_000_000);
        let (token, account, ends_at) = (Secret::new("1//fake"), [7; 16], now + KEEP);
        let issuer = "https://id.example".into();
        let row = Revocation { token, issuer, account, failures: 3, next_at: now, ends_at };
        let read = Revocation::decode(&row.encode().unwrap()).unwrap();
        assert!(read.token.is(b"1//fake"));
        assert_eq!(&*read.issuer, "https://id.example");
        assert_eq!(
            (read.account, read.failures, read.next_at, read.ends_at),
            (account, 3, now, now + KEEP)
        );
    }
}
