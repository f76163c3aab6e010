//! The end of what an account granted: deleted here, revoked at the provider.

use std::sync::Arc;

use tracing::{debug, error};

use super::flights::Row;
use super::outbox::Ticket;
use super::{AccountRow, Accounts, Shortfall};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::session::AccountKey;
use crate::telemetry::AuditKind;

/// How often somebody else may write new tokens while they are to be deleted.
const ATTEMPTS: usize = 8;

/// What became of what an account had granted.
///
/// ```
/// use oauth_runtime::{AccountId, Disconnection, Error, OAuth};
///
/// async fn forget(oauth: &OAuth, id: &AccountId) -> Result<&'static str, Error> {
///     Ok(match oauth.account(id).disconnect().await? {
///         Disconnection::Revoked | Disconnection::NotConnected => "done",
///         Disconnection::Pending => "deleted here; the provider will be told",
///         _ => "deleted here; withdraw it at the provider too",
///     })
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disconnection {
    /// The provider has withdrawn it.
    Revoked,
    /// It is deleted here. The provider did not confirm that it has withdrawn it, and is asked
    /// again until it does, for thirty days, also after a restart if there is a store.
    Pending,
    /// It is deleted here. The provider offers no way to withdraw it, so that only the person can
    /// do that, at the provider.
    Deleted,
    /// There was nothing.
    NotConnected,
}

impl Accounts {
    /// Deletes the tokens of an account and revokes them. The row stays, with what was said of
    /// each scope; so do sessions.
    ///
    /// It goes on when whoever asked for it is gone.
    pub(crate) async fn disconnect(
        self: &Arc<Self>,
        key: AccountKey,
    ) -> Result<Disconnection, Error> {
        let accounts = self.clone();
        let work = async move { accounts.disconnect_now(&key).await };
        self.flights.tasks.spawn(work).await.unwrap_or_else(|error| {
            let text = "a disconnection did not come to its end";
            Err(Error::new(Code::Internal, text).with_source(error))
        })
    }

    async fn disconnect_now(self: &Arc<Self>, key: &AccountKey) -> Result<Disconnection, Error> {
        let tickets = self.delete_tokens(key).await?;
        if tickets.is_empty() {
            return Ok(Disconnection::NotConnected);
        }
        let mut outcome = Disconnection::Revoked;
        for ticket in tickets {
            let Some(ticket) = ticket else { return Ok(Disconnection::Deleted) };
            if !self.revoke_now_or_later(ticket).await {
                outcome = Disconnection::Pending;
            }
        }
        Ok(outcome)
    }

    /// Each token is written down before it is deleted: nothing that could be lost is the only
    /// thing that could revoke it.
    async fn delete_tokens(
        self: &Arc<Self>,
        key: &AccountKey,
    ) -> Result<Vec<Option<Ticket>>, Error> {
        let mut tickets = Vec::new();
        tickets.extend(self.write_down_unkept(key).await?);
        for _ in 0..ATTEMPTS {
            let now = self.clock().now();
            self.table.get_anew(key, now).await?;
            let row = self.given_up(key, now).await?;
            let held = row.and_then(|row| Some((row.value.tokens.clone()?, row)));
            let Some((tokens, row)) = held else { return Ok(tickets) };
            tickets.push(self.write_down(key, &row.value, tokens.longest_lived().clone()).await?);
            let deleted = self.change(key, |row| {
                let held =
                    row.filter(|row| row.tokens.as_ref().is_some_and(|t| t.is_same(&tokens)));
                Ok::<_, Error>(held.map(|row| AccountRow {
                    forced_consent: false,
                    shortfall: Shortfall::None,
                    ..row.blanked(now)
                }))
            });
            if deleted.await?.is_none_or(|row| row.value.tokens.is_none()) {
                debug!(outcome = "disconnected", "the tokens of an account were deleted");
                self.tell(AuditKind::Disconnected, &row.value, ScopeSet::default);
                return Ok(tickets);
            }
        }
        Err(Error::new(Code::Internal, "an account is authorized again and again"))
    }

    /// A token that no store had: it is the only copy of one that lives.
    async fn write_down_unkept(&self, key: &AccountKey) -> Result<Option<Option<Ticket>>, Error> {
        let Some(renewal) = self.flights.take_unkept(key) else { return Ok(None) };
        let Some(token) = renewal.response.refresh_token.clone() else { return Ok(None) };
        let written = self.write_down(key, &renewal.before.value, token).await;
        if written.is_err() {
            self.flights.put_unkept(*key, renewal);
        }
        written.map(Some)
    }

    /// The row, for which no node that is late brings tokens any more if it has none.
    async fn given_up(&self, key: &AccountKey, now: Timestamp) -> Result<Option<Row>, Error> {
        let given_up = |row: Option<&AccountRow>| {
            let row = row.filter(|row| row.tokens.is_none() && row.refused.is_some());
            Ok(row.map(|row| row.blanked(now)))
        };
        self.change(key, given_up).await
    }

    /// `None` where the provider could not be asked to revoke it anyway.
    async fn write_down(
        &self,
        key: &AccountKey,
        row: &AccountRow,
        token: Secret,
    ) -> Result<Option<Ticket>, Error> {
        let issuer = row.identity.issuer();
        if self.providers.vouching(issuer)?.provider().revocation_endpoint().is_none() {
            return Ok(None);
        }
        self.will_revoke(*key, issuer, token).await.map(Some)
    }

    /// A refresh token that came for an account that was disconnected meanwhile is nobody's.
    pub(super) async fn revoke_late(
        self: &Arc<Self>,
        key: &AccountKey,
        row: &AccountRow,
        token: &Secret,
    ) {
        match self.write_down(key, row, token.clone()).await {
            Ok(Some(ticket)) => drop(self.revoke_now_or_later(ticket).await),
            Ok(None) => {}
            Err(error) => error!(code = error.code(), "a token that is nobody's was not revoked"),
        }
    }
}
