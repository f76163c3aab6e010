//! The end of what an account granted: deleted here, revoked at the provider.

use std::sync::Arc;

use tracing::{debug, error};

use super::merge::Authorized;
use super::outbox::Ticket;
use super::{AccountRow, Accounts, TokenSet};
use crate::error::{Code, Error};
use crate::protocol::TokenResponse;
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
    /// thing that could revoke it. `None` for one that the provider could not be asked to revoke.
    ///
    /// A row is marked even where it has no tokens: an authorization that is under way brings none.
    async fn delete_tokens(
        self: &Arc<Self>,
        key: &AccountKey,
    ) -> Result<Vec<Option<Ticket>>, Error> {
        let mut tickets = Vec::new();
        tickets.extend(self.write_down_unkept(key).await?);
        let mut count = None;
        for _ in 0..ATTEMPTS {
            let now = self.clock().now();
            let Some(row) = self.table.get_anew(key, now).await?.entry else { return Ok(tickets) };
            let count = match count {
                Some(count) => count,
                None => *count.insert(self.disconnects.count(now).await?),
            };
            let held = row.value.tokens.clone();
            if let Some(tokens) = &held {
                let token = tokens.longest_lived().clone();
                tickets.push(self.write_down(key, row.value.id().issuer(), token).await?);
            }
            let deleted = self.change(key, |row| {
                let row = row.filter(|row| has_no_others(row, held.as_deref()));
                Ok::<_, Error>(row.map(|row| row.disconnected(count, now)))
            });
            if deleted.await?.is_none_or(|row| row.value.tokens.is_none()) {
                if held.is_some() {
                    debug!(outcome = "disconnected", "the tokens of an account were deleted");
                    self.tell(AuditKind::Disconnected, &row.value, ScopeSet::default);
                }
                return Ok(tickets);
            }
        }
        Err(Error::new(Code::Internal, "an account is authorized again and again"))
    }

    /// A token that no store had: it is the only copy of one that lives.
    async fn write_down_unkept(&self, key: &AccountKey) -> Result<Option<Option<Ticket>>, Error> {
        let Some(renewal) = self.flights.take_unkept(key) else { return Ok(None) };
        let Some(token) = renewal.response.refresh_token.clone() else { return Ok(None) };
        let written = self.write_down(key, renewal.before.value.id().issuer(), token).await;
        if written.is_err() {
            self.flights.put_unkept(*key, renewal);
        }
        written.map(Some)
    }

    /// `None` where the provider could not be asked to revoke it anyway.
    pub(super) async fn write_down(
        &self,
        key: &AccountKey,
        issuer: &str,
        token: Secret,
    ) -> Result<Option<Ticket>, Error> {
        if self.providers.vouching(issuer)?.provider().revocation_endpoint().is_none() {
            return Ok(None);
        }
        self.will_revoke(*key, issuer, token).await.map(Some)
    }

    /// A token that came for an account that was disconnected meanwhile is of no use to the app.
    pub(super) async fn revoke_late(
        self: &Arc<Self>,
        key: &AccountKey,
        issuer: &str,
        token: &Secret,
    ) {
        let error = match self.write_down(key, issuer, token.clone()).await {
            Ok(Some(ticket)) => {
                self.revoke_now_or_later(ticket).await;
                return;
            }
            Ok(None) => return,
            Err(error) => error,
        };
        // Nothing would try again: what cannot be written down is revoked now or never; and never
        // where the account was connected again, whose access might end with it.
        let in_use = match self.table.get_anew(key, self.clock().now()).await {
            Ok(found) => found.entry,
            Err(_) => self.table.last_seen(key),
        };
        let in_use = in_use.is_some_and(|row| row.value.tokens.is_some());
        let revoked = match self.providers.vouching(issuer) {
            Ok(client) if !in_use => client.revoke(token).await,
            _ => None,
        };
        if !matches!(revoked, Some(Ok(()))) {
            error!(code = error.code(), "a token that came after a disconnect was not revoked");
        }
    }

    /// Gives back what an authorization brought that began before the account was disconnected.
    /// The count that it did not know of is made up for.
    pub(crate) async fn give_back(self: &Arc<Self>, key: &AccountKey, authorized: &Authorized) {
        if let Some(row) = self.table.last_seen(key) {
            self.disconnects.make_up(row.value.disconnected, self.clock().now()).await;
        }
        let TokenResponse { access_token, refresh_token, .. } = &authorized.response;
        let token = refresh_token.as_ref().unwrap_or(access_token);
        self.revoke_late(key, authorized.identity.issuer(), token).await;
    }
}

/// Whether a row has no other tokens than these, which were written down.
fn has_no_others(row: &AccountRow, held: Option<&TokenSet>) -> bool {
    match (&row.tokens, held) {
        (None, _) => true,
        (Some(present), Some(held)) => present.is_same(held),
        (Some(_), None) => false,
    }
}
