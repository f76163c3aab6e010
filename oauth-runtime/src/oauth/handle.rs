//! The handle itself.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::HeaderMap;
use tracing::warn;

use super::builder::OAuthBuilder;
use super::claim::Claim;
use super::held_form::HeldForm;
use super::urls::Urls;
use crate::clock::{Clock, Timestamp};
use crate::http::HttpClient;
use crate::keys::Sealer;
use crate::pages::Appearance;
use crate::provider::{ClientCredentials, Provider};
use crate::scope::ScopeSet;
use crate::session::{CookieNames, Lineage, Session, SessionRow, Sessions, cookie};
use crate::store::{Entries, Entry};
use crate::tokens::{AccountRow, Accounts};

/// The library's handle: cheap to clone, put into the router's state.
///
/// ```
/// use axum::Router;
/// use oauth_runtime::{ClientCredentials, OAuth};
/// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
///     .with_redirect_uri("http://localhost:8080/oauth/callback")
///     .build()?;
/// let app: Router = Router::new().merge(oauth.routes()).with_state(oauth);
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct OAuth(pub(crate) Arc<Inner>);

/// Everything behind the handle.
pub(crate) struct Inner {
    pub(crate) urls: Urls,
    pub(crate) cookies: CookieNames,
    pub(crate) base_scopes: ScopeSet,
    pub(crate) flow_sealer: Sealer,
    pub(crate) intent_sealer: Sealer,
    pub(crate) sessions: Sessions,
    pub(crate) accounts: Arc<Accounts>,
    /// Used states, so that a code is exchanged at most once.
    pub(crate) claims: Entries<16, Claim>,
    /// Forms whose senders are at the provider.
    pub(crate) held: Entries<16, HeldForm>,
    pub(crate) appearance: Appearance,
    /// Whether people read what they will be asked for before they are sent to the provider.
    pub(crate) rationale_page: bool,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether the library's own routes were asked for.
    pub(crate) routed: AtomicBool,
}

/// A request's session together with the account behind it.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) account: Arc<Entry<AccountRow>>,
}

impl SignedIn {
    #[inline]
    pub(crate) fn row(&self) -> &AccountRow {
        &self.account.value
    }

    /// What a flow or link that this person begins is bound to.
    pub(crate) fn lineage(&self) -> Lineage {
        self.session.row().lineage
    }

    pub(crate) fn session_row(&self) -> &SessionRow {
        self.session.row()
    }
}

impl OAuth {
    /// Begins the configuration of an app that uses Google.
    pub fn google(credentials: ClientCredentials) -> OAuthBuilder {
        Self::builder(Provider::google(credentials))
    }

    /// Begins the configuration of an app that uses `provider`.
    pub fn builder(provider: Provider) -> OAuthBuilder {
        OAuthBuilder::new(provider)
    }

    /// Waits until every refresh and callback that is under way has been stored.
    ///
    /// From here on, callbacks are answered 503. Call it after the server has stopped.
    pub async fn shutdown(&self) {
        let tasks = &self.0.accounts.flights.tasks;
        tasks.close();
        tasks.wait().await;
    }

    pub(super) fn from_inner(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Whose request this is: two lookups, nothing verified, nothing written.
    #[inline]
    pub(crate) fn signed_in(&self, headers: &HeaderMap, now: Timestamp) -> Option<SignedIn> {
        let cookie = cookie::find(headers, &self.0.cookies.session)?;
        let session = self.0.sessions.find(cookie, now)?;
        let account = self.0.accounts.find(&session.row().account, now)?;
        let current = session.row().epoch == account.value.epoch;
        current.then_some(SignedIn { session, account })
    }

    pub(crate) fn provider(&self) -> &Provider {
        self.0.accounts.client.provider()
    }

    pub(crate) fn http(&self) -> &HttpClient {
        self.0.accounts.client.http()
    }

    /// Says once that nobody can come back, where the app forgot the library's own routes.
    pub(crate) fn warn_of_missing_routes(&self) {
        if !self.0.routed.swap(true, Ordering::Relaxed) {
            warn!(
                "a person is sent to the provider, but the app has no callback: add \
                 `.merge(oauth.routes())` to its router"
            );
        }
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        self.0.accounts.flights.tasks.is_closed()
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = self.provider().key();
        f.debug_struct("OAuth").field("provider", &provider).finish_non_exhaustive()
    }
}
