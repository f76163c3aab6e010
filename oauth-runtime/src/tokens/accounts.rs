//! All accounts of the app, changed by compare-and-swap only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::flights::{Flights, Row};
use super::merge::{Authorized, merge};
use super::outbox::Outbox;
use super::providers::Providers;
use super::{AccountRow, EventRows, TokenSet};
use crate::clock::{Clock, Timestamp};
use crate::error::{Code, Error};
use crate::keys::random;
use crate::protocol::{AccountId, Identity};
use crate::scope::ScopeSet;
use crate::session::{AccountKey, Disconnects, OwnerKey};
use crate::store::{Index, Table, Vault};
use crate::telemetry::{Audit, AuditEvent, AuditKind};

/// For how long the row of an account stays that is no longer anybody's: longer than an
/// authorization takes, so that each one that began before a disconnect meets it.
const FORGOTTEN: Duration = Duration::from_secs(900);

/// Why an authorization was not written.
#[derive(Debug)]
pub(crate) enum Unsaved {
    /// The account is another owner's.
    Taken,
    /// The account was disconnected since the authorization began.
    Disconnected,
    /// All that the owner had linked was taken away since then.
    Unlinked,
    Failed(Error),
}

impl From<Error> for Unsaved {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

pub(crate) struct Accounts {
    pub(crate) table: Table<16, AccountRow>,
    pub(crate) index: Arc<Index>,
    pub(crate) providers: Providers,
    pub(crate) flights: Flights,
    pub(crate) outbox: Outbox,
    pub(crate) disconnects: Disconnects,
    pub(crate) audit: Audit,
    pub(crate) authorized: Authorizations,
    /// What is kept for security events, where the app receives them.
    pub(super) events: Option<EventRows>,
    /// A row is kept until the last session that names it could have ended.
    keep: Duration,
}

/// How many authorizations there were since the start, and how many of them brought access that
/// ends with the access token.
#[derive(Default)]
pub(crate) struct Authorizations {
    all: AtomicU64,
    without_refresh: AtomicU64,
}

impl Authorizations {
    fn count(&self, lasts: bool) {
        self.all.fetch_add(1, Ordering::Relaxed);
        self.without_refresh.fetch_add(u64::from(!lasts), Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.all.load(Ordering::Relaxed), self.without_refresh.load(Ordering::Relaxed))
    }
}

impl Accounts {
    pub(crate) fn new(
        providers: Providers,
        keep: Duration,
        vault: Option<&Arc<Vault>>,
        index: Arc<Index>,
        tasks: TaskTracker,
    ) -> Self {
        let (table, outbox) = (Table::new(vault), Outbox::new(vault));
        let disconnects = Disconnects::new(vault);
        let flights = Flights::new(tasks, providers.ids().count());
        let audit = Audit::default();
        let (authorized, events) = (Authorizations::default(), None);
        Self {
            table,
            index,
            providers,
            flights,
            outbox,
            disconnects,
            audit,
            authorized,
            events,
            keep,
        }
    }

    pub(crate) fn with_audit(self, audit: Audit) -> Self {
        Self { audit, ..self }
    }

    pub(crate) fn with_events(self, events: EventRows) -> Self {
        Self { events: Some(events), ..self }
    }

    /// Whether the app receives security events.
    pub(crate) fn receives_events(&self) -> bool {
        self.events.is_some()
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        self.providers.first().clock()
    }

    /// The row, if it is known without asking a store.
    #[inline]
    pub(crate) fn peek(&self, key: &AccountKey, now: Timestamp) -> Option<Row> {
        self.table.peek(key, now)
    }

    /// # Errors
    /// If the store cannot be asked.
    pub(crate) async fn get(&self, key: &AccountKey, now: Timestamp) -> Result<Option<Row>, Error> {
        Ok(self.table.get(key, now).await?.entry)
    }

    /// Where the row of an account lies.
    pub(crate) async fn key_of(&self, identity: &Identity) -> Result<AccountKey, Error> {
        self.key_named(identity.issuer(), identity.subject()).await
    }

    /// The same for an account that is known by its id.
    pub(crate) async fn key_named(&self, issuer: &str, subject: &str) -> Result<AccountKey, Error> {
        let client_id = self.providers.vouching(issuer)?.provider().client_id();
        self.index.place([issuer, client_id, subject].map(str::as_bytes)).await
    }

    /// Ends every session that began before now.
    pub(crate) async fn end_sessions(&self, key: &AccountKey) -> Result<(), Error> {
        let ended = |row: Option<&AccountRow>| {
            Ok::<_, Error>(
                row.map(|row| AccountRow { epoch: row.epoch.wrapping_add(1), ..row.clone() }),
            )
        };
        if let Some(row) = self.change(key, ended).await? {
            self.tell(AuditKind::SignedOutEverywhere, &row.value, ScopeSet::default);
        }
        Ok(())
    }

    /// Writes what an authorization brought into the row of the account that it proves, and makes
    /// it that of `holder` where there is one.
    ///
    /// Lifetimes count from `asked_at`, since the provider counts them from before its answer
    /// came: a token that is dead there must not be taken for alive here.
    pub(crate) async fn save(
        self: &Arc<Self>,
        authorized: &Authorized,
        holder: Option<OwnerKey>,
        asked_at: Timestamp,
    ) -> Result<(AccountKey, Row), Unsaved> {
        let key = self.key_of(&authorized.identity).await?;
        self.look_into_outbox();
        let [jitter] = random()?;
        let provider = self.providers.vouching(authorized.identity.issuer())?.provider();
        let entry = self.change(&key, |previous| {
            if previous.is_some_and(|row| authorized.is_over(row)) {
                return Err(Unsaved::Disconnected);
            }
            let held_by = previous.and_then(|row| row.holder);
            if holder.is_some() && held_by.is_some_and(|other| Some(other) != holder) {
                return Err(Unsaved::Taken);
            }
            let merged = merge(previous, authorized, provider, jitter, asked_at)?;
            Ok(Some(AccountRow { holder: holder.or(held_by), ..merged }))
        });
        let lost = || Error::new(Code::Internal, "an account was not saved");
        let entry = entry.await?.ok_or_else(lost)?;
        let row = &entry.value;
        self.name_tokens(&key, row).await;
        let granted = || (*row.granted).clone();
        self.authorized
            .count(provider.has_lasting_tokens() || row.is_renewable(self.clock().now()));
        self.tell(AuditKind::Authorized, row, granted);
        let left_out = row.declined_of(&authorized.requested);
        if !left_out.is_empty() {
            self.tell(AuditKind::Declined, row, || left_out);
        }
        Ok((key, entry))
    }

    /// Remembers that the user was asked for `scopes` and said no.
    pub(crate) async fn decline(&self, key: &AccountKey, scopes: &ScopeSet) -> Result<(), Error> {
        let now = self.clock().now();
        let declined =
            self.change(key, |row| Ok::<_, Error>(row.map(|row| row.with_declined(scopes, now))));
        if let Some(row) = declined.await? {
            self.tell(AuditKind::Declined, &row.value, || scopes.clone());
        }
        Ok(())
    }

    /// Tells the app's own record what happened.
    pub(super) fn tell(
        &self,
        kind: AuditKind,
        row: &AccountRow,
        scopes: impl FnOnce() -> ScopeSet,
    ) {
        let now = self.clock().now();
        self.audit.tell(|| AuditEvent::new(kind, row.id(), now).with_scopes(scopes()));
    }

    /// An API refused the access token although it has life left: it is used no more.
    pub(crate) async fn distrust(&self, key: &AccountKey, tokens: &TokenSet) -> Result<(), Error> {
        let now = self.clock().now();
        let distrusted = |row: Option<&AccountRow>| {
            Ok(row.and_then(|row| match &row.tokens {
                Some(held) if held.is_same(tokens) => {
                    Some(AccountRow { tokens: Some(held.ended(now).into()), ..row.clone() })
                }
                // Others are there by now.
                _ => None,
            }))
        };
        self.change(key, distrusted).await.map(drop)
    }

    /// Deletes the tokens of an account that `holder` has no longer; says whose they were. The
    /// row itself ends when whoever is writing to it has seen that.
    pub(crate) async fn forget(
        &self,
        key: &AccountKey,
        holder: &OwnerKey,
    ) -> Result<Option<AccountId>, Error> {
        let now = self.clock().now();
        let blanked = |row: Option<&AccountRow>| {
            let row = row.filter(|row| row.holder.as_ref() == Some(holder));
            let blanked = row.map(|row| AccountRow { holder: None, ..row.blanked(now) });
            Ok::<_, Error>(blanked.map(|row| (row, now + FORGOTTEN)))
        };
        let entry = self.table.change(key, now, blanked).await?;
        let entry = entry.filter(|entry| entry.value.holder.is_none());
        if let Some(entry) = &entry {
            self.tell(AuditKind::Unlinked, &entry.value, ScopeSet::default);
        }
        Ok(entry.map(|entry| entry.value.id().clone()))
    }

    /// Replaces the row by what `change` makes of it, again if somebody else was faster.
    /// `None` from `change` leaves the row alone; the row that is there then is returned.
    pub(super) async fn change<E: From<Error>>(
        &self,
        key: &AccountKey,
        change: impl Fn(Option<&AccountRow>) -> Result<Option<AccountRow>, E>,
    ) -> Result<Option<Row>, E> {
        let now = self.clock().now();
        let kept = |row: Option<&AccountRow>| {
            Ok(change(row)?.map(|row| {
                let ends_at = now + self.keep_of(&row);
                (row, ends_at)
            }))
        };
        self.table.change(key, now, kept).await
    }

    /// A row that would stay until it is unlinked does not stay where it has no owner.
    fn keep_of(&self, row: &AccountRow) -> Duration {
        let is_left = row.holder.is_none() && row.tokens.is_none();
        if is_left && self.keep == Duration::MAX { FORGOTTEN } else { self.keep }
    }
}
