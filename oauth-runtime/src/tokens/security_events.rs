//! What the provider says by itself of an account: sessions and tokens end here when they end
//! there.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::{info, warn};
use zeroize::Zeroizing;

use super::{AccountRow, Accounts, ProviderId};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::protocol::{
    AccountId, EventSubject, OLDEST, SecurityEvent, SecurityEventKind, SecurityEvents, TokenName,
};
use crate::secret::Secret;
use crate::session::AccountKey;
use crate::store::{Expected, Kind, Row, Table, Unwritten, Vault, from_bytes, to_bytes};
use crate::telemetry::{AuditEvent, AuditKind};

/// For how long a token is found by its names. Each authorization counts anew.
const NAMED: Duration = Duration::from_secs(400 * 86_400);
/// Accounts whose tokens begin alike, at most.
const ALIKE: usize = 8;

/// What is kept for events, in an app that receives them.
pub(crate) struct EventRows {
    seen: Table<16, Seen>,
    named: Table<16, Named>,
}

/// An event that was acted on.
struct Seen;

/// Accounts that have a token of one name.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Named(Vec<AccountKey>);

impl Row for Seen {
    const KIND: Kind = Kind::SecurityEvent;

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        to_bytes(&())
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        from_bytes::<()>(bytes).map(|()| Self)
    }
}

impl Row for Named {
    const KIND: Kind = Kind::TokenName;

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        from_bytes(bytes)
    }
}

impl EventRows {
    pub(crate) fn new(vault: Option<&Arc<Vault>>) -> Self {
        Self { seen: Table::new(vault), named: Table::new(vault) }
    }
}

fn refresh_token(row: &AccountRow) -> Option<&Secret> {
    row.tokens.as_ref().and_then(|tokens| tokens.refresh.as_ref())
}

/// What ends with an event.
#[derive(Clone, Copy)]
struct Ends {
    sessions: bool,
    tokens: bool,
}

impl SecurityEventKind {
    /// What it ends here, and what the app is told; nothing for what concerns no account.
    fn meaning(self) -> Option<(Ends, AuditKind)> {
        let ends = |sessions, tokens| Ends { sessions, tokens };
        Some(match self {
            Self::SessionsRevoked => (ends(true, false), AuditKind::SessionsRevoked),
            Self::TokensRevoked => (ends(true, true), AuditKind::TokensRevoked),
            Self::TokenRevoked => (ends(false, true), AuditKind::TokenRevoked),
            Self::AccountDisabled => (ends(true, false), AuditKind::AccountDisabled),
            Self::AccountPurged => (ends(true, true), AuditKind::AccountPurged),
            Self::AccountEnabled => (ends(false, false), AuditKind::AccountEnabled),
            Self::CredentialChangeRequired => {
                (ends(false, false), AuditKind::CredentialChangeRequired)
            }
            Self::Verification | Self::Other => return None,
        })
    }
}

impl Accounts {
    /// Remembers whose a refresh token is, by the names that an event may call it. Without it
    /// only promptness is lost, so that a store which fails loses no authorization.
    pub(super) async fn name_tokens(&self, key: &AccountKey, row: &AccountRow) {
        let (Some(rows), Some(token)) = (&self.events, refresh_token(row)) else { return };
        // Nobody else sends events: for other providers, who rotate, it would be rows in vain.
        let google = self.providers.google().map(|id| self.providers.get(id).provider().issuer());
        if google != Some(row.id().issuer()) {
            return;
        }
        for name in TokenName::of(token) {
            if let Err(error) = self.name_token(rows, key, &name).await {
                warn!(code = error.code(), "a token will not be found by an event about it");
            }
        }
    }

    async fn name_token(
        &self,
        rows: &EventRows,
        key: &AccountKey,
        name: &TokenName,
    ) -> Result<(), Error> {
        let (place, now) = (self.index.place(name.parts()).await?, self.clock().now());
        let added = |row: Option<&Named>| {
            let mut keys: Vec<_> = row.map(|row| row.0.clone()).unwrap_or_default();
            keys.retain(|known| known != key);
            keys.push(*key);
            let excess = keys.len().saturating_sub(ALIKE);
            Ok::<_, Error>(Some((Named(keys.split_off(excess)), now + NAMED)))
        };
        rows.named.change(&place, now, added).await.map(drop)
    }

    /// Acts on the events of a token, once. What fails half-way is done again when it comes
    /// again: each event may be acted on twice, and none is lost.
    pub(crate) async fn receive(
        &self,
        provider: ProviderId,
        received: &SecurityEvents,
    ) -> Result<(), Error> {
        let Some(rows) = &self.events else { return Ok(()) };
        let now = self.clock().now();
        let issuer = self.providers.get(provider).provider().issuer().as_bytes();
        let place = self.index.place([issuer, received.jti.as_bytes()]).await?;
        if rows.seen.get_anew(&place, now).await?.entry.is_some() {
            info!(outcome = "repeated", "a security event came again, and is passed over");
            return Ok(());
        }
        for event in &received.events {
            self.act_on(rows, event, now).await?;
        }
        match rows.seen.put(place, Seen, Expected::Absent, now + 2 * OLDEST, now).await {
            Err(Unwritten::Failed(error)) => Err(error),
            _ => Ok(()),
        }
    }

    async fn act_on(
        &self,
        rows: &EventRows,
        event: &SecurityEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some((ends, kind)) = event.kind.meaning() else {
            let state = event.state.as_deref().unwrap_or_default();
            info!(kind = ?event.kind, state, "a security event that is about no account");
            return Ok(());
        };
        let tell = |id: &AccountId| {
            info!(outcome = kind.as_str(), "the provider told of an account");
            let reason = event.reason.as_deref();
            self.audit.tell(|| AuditEvent::new(kind, id, now).with_reason(reason));
        };
        match &event.subject {
            Some(EventSubject::Account(id)) => {
                let key = self.key_named(id.issuer(), id.subject()).await?;
                // Whoever gave everything back here himself, so that nothing is left to revoke, is
                // told the same by the provider a moment later: he stays signed in. Tokens that
                // the provider refused or took back before are no such case.
                let late = |row: &AccountRow| {
                    event.kind == SecurityEventKind::TokensRevoked
                        && row.tokens.is_none()
                        && row.refused.is_none()
                };
                self.end(&key, ends, now, |row| !late(row)).await?;
                tell(id);
            }
            Some(EventSubject::RefreshToken(name)) => {
                for id in self.end_named(rows, name, ends, now).await? {
                    tell(&id);
                }
            }
            None => warn!(outcome = kind.as_str(), "a security event names nobody we know"),
        }
        Ok(())
    }

    /// The same for the accounts that hold a token of this name; which they were.
    async fn end_named(
        &self,
        rows: &EventRows,
        name: &TokenName,
        ends: Ends,
        now: Timestamp,
    ) -> Result<Vec<AccountId>, Error> {
        let place = self.index.place(name.parts()).await?;
        let named = |row: &AccountRow| refresh_token(row).is_some_and(|token| name.is_of(token));
        let (found, mut ended) = (rows.named.get_anew(&place, now).await?.entry, Vec::new());
        for key in found.iter().flat_map(|row| &row.value.0) {
            ended.extend(self.end(key, ends, now, named).await?);
        }
        Ok(ended)
    }

    /// Ends what an event ends, where the tokens that are held are meant; whose they were.
    async fn end(
        &self,
        key: &AccountKey,
        ends: Ends,
        now: Timestamp,
        is_meant: impl Fn(&AccountRow) -> bool,
    ) -> Result<Option<AccountId>, Error> {
        let ended = |row: Option<&AccountRow>| {
            let row = row.filter(|row| is_meant(row));
            Ok::<_, Error>(row.filter(|_| ends.sessions || ends.tokens).map(|row| AccountRow {
                epoch: row.epoch.wrapping_add(u32::from(ends.sessions)),
                ..match refresh_token(row) {
                    Some(token) if ends.tokens => row.without_revoked(token, now),
                    _ if ends.tokens && row.refused.is_none() => row.blanked(now),
                    _ => row.clone(),
                }
            }))
        };
        let known = self.table.get_anew(key, now).await?.entry;
        if !known.is_some_and(|row| is_meant(&row.value)) {
            return Ok(None);
        }
        if ends.tokens {
            drop(self.flights.take_unkept(key));
        }
        let row = self.change(key, ended).await?;
        let gone = row.filter(|row| !ends.tokens || row.value.tokens.is_none());
        Ok(gone.map(|row| row.value.id().clone()))
    }
}
