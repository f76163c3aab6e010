//! The tokens of a service account: asked for once, whoever asks, and kept until they end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as Turn;
use tracing::Instrument as _;

use super::consents::Consents;
use super::{AccountRow, Accounts, Freshness, ProviderClient, ProviderId, Shortfall, TokenSet};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::protocol::{AccountId, Assertion, Identity, JWT_BEARER, TokenResponse};
use crate::provider::ServiceAccountKey;
use crate::scope::ScopeSet;
use crate::session::DisconnectCount;
use crate::store::Entry;
use crate::telemetry::{Act, Action};

/// After a failure nobody is asked again for so long.
const PAUSE: Duration = Duration::from_secs(5);

type Row = Arc<Entry<AccountRow>>;

/// The tokens of one key, by whom it acts for and what for.
pub(crate) struct ServiceTokens {
    key: ServiceAccountKey,
    /// Each is as short-lived as its token: those that ended are dropped as others come.
    slots: Mutex<HashMap<Purpose, Arc<Turn<Slot>>>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Purpose {
    subject: Option<Arc<str>>,
    scopes: ScopeSet,
}

/// Whoever holds it may ask; the others wait for what he learns.
#[derive(Default)]
struct Slot {
    row: Option<Row>,
    failure: Option<(Timestamp, Arc<Error>)>,
}

/// A service account that acts for somebody or for itself, with some scopes.
#[derive(Clone)]
pub(crate) struct ServiceLogin {
    tokens: Arc<ServiceTokens>,
    accounts: Arc<Accounts>,
    provider: ProviderId,
    purpose: Purpose,
}

impl ServiceTokens {
    pub(crate) fn new(key: ServiceAccountKey) -> Self {
        Self { key, slots: Mutex::default() }
    }

    pub(crate) fn key(&self) -> &ServiceAccountKey {
        &self.key
    }

    fn slot(&self, purpose: &Purpose, now: Timestamp) -> Arc<Turn<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(purpose) {
            return slot.clone();
        }
        // Whoever has just been given one is about to fill it.
        slots.retain(|_, slot| {
            Arc::strong_count(slot) > 1 || slot.try_lock().is_ok_and(|slot| slot.is_of_use(now))
        });
        slots.entry(purpose.clone()).or_default().clone()
    }
}

impl Slot {
    fn is_of_use(&self, now: Timestamp) -> bool {
        let fails = self.failure.as_ref().is_some_and(|(until, _)| now < *until);
        fails || self.usable(now).is_some()
    }

    /// What can be used now, if need be to its end.
    fn usable(&self, now: Timestamp) -> Option<&Row> {
        self.row.as_ref().filter(|row| row.value.freshness(now) != Freshness::Expired)
    }
}

impl ServiceLogin {
    pub(crate) fn new(
        tokens: Arc<ServiceTokens>,
        (accounts, provider): (Arc<Accounts>, ProviderId),
        subject: Option<Arc<str>>,
        scopes: ScopeSet,
    ) -> Self {
        Self { tokens, accounts, provider, purpose: Purpose { subject, scopes } }
    }

    fn client(&self) -> &ProviderClient {
        self.accounts.providers.get(self.provider)
    }

    /// The account with a live token: one that is kept, or a new one. Of all who need one at the
    /// same time, one asks. If he goes away, the next one does.
    ///
    /// # Errors
    /// `service_account` if the operator has to act, or that the provider cannot be asked.
    pub(crate) async fn account(&self) -> Result<Row, Error> {
        let now = self.client().clock().now();
        let slot = self.tokens.slot(&self.purpose, now);
        let mut slot = slot.lock().await;
        let now = self.client().clock().now();
        if let Some(row) = slot.usable(now)
            && row.value.freshness(now) == Freshness::Fresh
        {
            return Ok(row.clone());
        }
        let failed = match &slot.failure {
            Some((until, error)) if now < *until => Err(error.share()),
            _ => self.ask(now).await,
        };
        match failed {
            Ok(row) => {
                *slot = Slot { row: Some(row.clone()), failure: None };
                Ok(row)
            }
            Err(error) => {
                let wait = error.retry_after().unwrap_or(PAUSE).clamp(PAUSE, 10 * PAUSE);
                // Asking may have taken longer than the pause: whoever waited is told as well.
                let now = self.client().clock().now();
                let until = slot.failure.as_ref().map(|(until, _)| *until);
                let until = until.filter(|until| now < *until).unwrap_or(now + wait);
                slot.failure = Some((until, Arc::new(error.share())));
                slot.usable(now).cloned().ok_or(error)
            }
        }
    }

    /// These tokens are good no longer, whatever was said of their end.
    pub(crate) async fn distrust(&self, tokens: &TokenSet) {
        let slot = self.tokens.slot(&self.purpose, self.client().clock().now());
        let mut slot = slot.lock().await;
        let held = slot.row.as_ref().and_then(|row| row.value.tokens.as_ref());
        if held.is_some_and(|held| held.is_same(tokens)) {
            slot.row = None;
        }
    }

    async fn ask(&self, now: Timestamp) -> Result<Row, Error> {
        let provider = self.client().provider();
        let act = Act::begin(Action::Refresh, provider.key(), now);
        let asked = self.exchange(now).instrument(act.span()).await;
        let outcome = asked.as_ref().map_or_else(Error::code, |_| "refreshed");
        let now = self.client().clock().now();
        act.end(outcome, now);
        Ok(Arc::new(Entry::new(self.row(&asked?, now), 0, Timestamp::MAX, now)))
    }

    async fn exchange(&self, now: Timestamp) -> Result<TokenResponse, Error> {
        let (provider, scopes) = (self.client().provider(), self.purpose.scopes.to_string());
        let endpoint = provider.token_endpoint();
        let assertion = Assertion {
            key: &self.tokens.key,
            scopes: &scopes,
            audience: endpoint.as_str(),
            subject: self.purpose.subject.as_deref(),
            now,
        };
        let jwt = assertion.to_jwt()?;
        let fields = [("grant_type", JWT_BEARER), ("assertion", jwt.expose())];
        let answer = self.client().http().post_form(endpoint, &fields, None).await?;
        let (status, retry_after) = (answer.status, answer.retry_after);
        assertion.read(provider.unstated_lifetime(), status, retry_after, &answer.body)
    }

    /// The account as a row like any other, but one that no store has.
    fn row(&self, response: &TokenResponse, now: Timestamp) -> AccountRow {
        let (key, subject) = (&self.tokens.key, self.purpose.subject.as_deref());
        let named = subject.or(key.client_id()).unwrap_or(key.email());
        let identity = Identity {
            email: Some(subject.unwrap_or(key.email()).into()),
            ..Identity::bare(AccountId::new(self.client().provider().issuer(), named))
        };
        let stated = response.scope.as_deref().filter(|scope| !scope.trim().is_empty());
        let granted = stated.map_or_else(|| self.purpose.scopes.clone(), ScopeSet::parse);
        AccountRow {
            identity,
            epoch: 0,
            tokens: Some(Arc::new(TokenSet::new(response, None, 0, now))),
            covered: granted.closure().into(),
            granted: granted.into(),
            consents: Consents::default(),
            forced_consent: false,
            shortfall: Shortfall::None,
            refused: None,
            holder: None,
            disconnected: DisconnectCount::default(),
        }
    }

    /// What an error means where nobody can be asked: more scopes, delegation or a share are the
    /// operator's to give.
    pub(crate) fn refused(&self, error: Error) -> Error {
        let (email, scopes) = (self.tokens.key.email(), &self.purpose.scopes);
        let help = match (error.kind(), &self.purpose.subject) {
            (Code::ConsentRequired | Code::InvalidGrant, _) => {
                format!("declare the scope that the API wants: the token has {scopes}")
            }
            (Code::ApiForbidden, None) => {
                format!("share it with {email}, or act for somebody who may: `acting_as`")
            }
            (Code::ApiForbidden | Code::AdminPolicy, Some(person)) => {
                format!("{person}, for whom it acts, may not do this: ask the administrator")
            }
            (Code::AdminPolicy, None) => "the administrator can allow the account".to_owned(),
            _ => return error,
        };
        let text = format!("the service account {email} is refused: {}", error.text());
        let refused = Error::new(Code::ServiceAccount, text).with_help(help);
        match error.api_status() {
            Some(status) => refused.with_api_status(status),
            None => refused,
        }
    }
}
