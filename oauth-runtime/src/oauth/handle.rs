//! The handle itself.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(feature = "manifest")]
use std::sync::{Mutex, PoisonError};

use tracing::{info, warn};

use super::admission::Rules;
use super::builder::OAuthBuilder;
use super::claim::Claims;
use super::held_form::HeldForms;
use super::trusted_origins::TrustedOrigins;
use super::urls::Urls;
use crate::clock::Clock;
use crate::error::{Code, Error};
use crate::http::HttpClient;
use crate::keys::Sealer;
#[cfg(feature = "manifest")]
use crate::manifest::Manifest;
use crate::pages::Appearance;
use crate::protocol::AccountId;
use crate::provider::{ClientCredentials, Provider};
#[cfg(feature = "manifest")]
use crate::scope::Routed;
use crate::scope::ScopeSet;
use crate::scope::requirement::Declaration;
use crate::session::{AccountKey, CookieNames, Owner, OwnerKey, Owners, Sessions};
use crate::store::Vault;
use crate::tokens::{Accounts, ProviderId};

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
    pub(crate) flow_sealer: Sealer,
    pub(crate) intent_sealer: Sealer,
    /// The store, where there is one.
    pub(crate) vault: Option<Arc<Vault>>,
    pub(crate) sessions: Sessions,
    /// The path of the app's own login page as a browser asks for it, if it has one.
    pub(crate) login: Option<String>,
    pub(crate) owners: Owners,
    pub(crate) accounts: Arc<Accounts>,
    /// Used states, so that a code is exchanged at most once.
    pub(crate) claims: Claims,
    /// Forms whose senders are at the provider.
    pub(crate) held: HeldForms,
    pub(crate) appearance: Appearance,
    /// Whether people read what they will be asked for before they are sent to the provider.
    pub(crate) rationale_page: bool,
    /// Who may use the app.
    pub(crate) rules: Rules,
    pub(crate) trusted_origins: TrustedOrigins,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether the library's own routes were asked for.
    pub(crate) routed: AtomicBool,
    /// The routes of typed routers.
    #[cfg(feature = "manifest")]
    pub(crate) routes: Mutex<Vec<Routed>>,
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

    /// What the app asks people for: every annotated handler and every set of the program, and
    /// every scope with its reasons.
    ///
    /// With a [typed router](crate::routing) it knows their routes too, and which handlers have
    /// none.
    #[cfg(feature = "manifest")]
    pub fn manifest(&self) -> Manifest {
        let base_scopes = self.base_scopes(ProviderId::FIRST);
        Manifest::collect(self.first_provider().key(), base_scopes, &self.known_routes())
    }

    /// The routes that typed routers made so far.
    #[cfg(feature = "manifest")]
    pub(crate) fn known_routes(&self) -> Vec<Routed> {
        self.0.routes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[cfg(feature = "manifest")]
    pub(crate) fn add_routes(&self, routes: Vec<Routed>) {
        let mut known = self.0.routes.lock().unwrap_or_else(PoisonError::into_inner);
        for route in routes {
            // A test may make the router more than once of one handle.
            if !known.iter().any(|other| other.is_same(&route)) {
                known.push(route);
            }
        }
    }

    /// Waits until every refresh and callback that is under way has been stored.
    ///
    /// From here on, callbacks are answered 503. Call it after the server has stopped.
    pub async fn shutdown(&self) {
        let tasks = &self.0.accounts.flights.tasks;
        tasks.close();
        self.0.accounts.outbox.stopped.cancel();
        tasks.wait().await;
    }

    /// Seals every row of the store anew that an older key sealed; returns how many there were.
    ///
    /// For giving a key up: add the new one behind it on every node, then put it in front on
    /// every node, then call this once. Rows that are written meanwhile get the new key anyway.
    /// The old key opens links in e-mails and authorizations that are pending, too: keep it for
    /// seven days. Without a store there is nothing to do.
    ///
    /// # Errors
    /// If the store cannot be asked. It can be called again, and does what is left to do.
    pub async fn reseal(&self) -> Result<u64, Error> {
        match &self.0.vault {
            Some(vault) => vault.reseal().await,
            None => Ok(0),
        }
    }

    /// Takes from a user of the app every account that they linked, with its tokens; returns them.
    ///
    /// For an app with a [login of its own](OAuthBuilder::with_login): behind a button in the
    /// settings, and when a user is deleted. From then on the account can be linked again, by
    /// them or by another user, though not by an authorization of theirs that was under way. What
    /// they granted at the provider stays granted there until they withdraw it, or
    /// [`Account::disconnect`](crate::Account::disconnect) does before.
    ///
    /// ```
    /// use axum::Extension;
    /// use axum::extract::State;
    /// use axum::response::Redirect;
    /// use oauth_runtime::{Error, OAuth, Owner};
    ///
    /// async fn unlink(
    ///     State(oauth): State<OAuth>,
    ///     Extension(owner): Extension<Owner>,
    /// ) -> Result<Redirect, Error> {
    ///     oauth.unlink(&owner).await?;
    ///     Ok(Redirect::to("/settings"))
    /// }
    /// ```
    ///
    /// # Errors
    /// If the store cannot be asked. It can be called again, and does what is left to do.
    pub async fn unlink(&self, owner: &Owner) -> Result<Vec<AccountId>, Error> {
        self.take_accounts(self.0.owners.key_of(owner).await?).await
    }

    /// Takes one account from its owner.
    pub(crate) async fn take_account(
        &self,
        owner: OwnerKey,
        account: AccountKey,
    ) -> Result<(), Error> {
        self.0.accounts.forget(&account, &owner).await?;
        self.0.owners.unlink(&owner, &[account], None, self.0.clock.now()).await.map(drop)
    }

    /// The same for an owner by his key.
    pub(crate) async fn take_accounts(&self, owner: OwnerKey) -> Result<Vec<AccountId>, Error> {
        let now = self.0.clock.now();
        let mut forgotten = Vec::new();
        // From here on, nothing that is under way links an account.
        let count = Some(self.0.accounts.disconnects.count(now).await?);
        loop {
            let linked = self.0.owners.accounts(&owner, now).await?;
            for account in &linked {
                forgotten.extend(self.0.accounts.forget(account, &owner).await?);
            }
            if !self.0.owners.unlink(&owner, &linked, count, now).await? {
                return Ok(forgotten);
            }
        }
    }

    pub(super) fn from_inner(inner: Inner) -> Self {
        info!(
            origin = inner.urls.origin_text(),
            redirect_uri = inner.urls.redirect_uri(0),
            "people reach the app at this origin, and come back to this address"
        );
        Self(Arc::new(inner))
    }

    pub(crate) fn provider(&self, id: ProviderId) -> &Provider {
        self.0.accounts.providers.get(id).provider()
    }

    /// The one that signs people in.
    pub(crate) fn first_provider(&self) -> &Provider {
        self.0.accounts.providers.first().provider()
    }

    /// The provider that a handler names.
    ///
    /// # Errors
    /// If the app has no such provider.
    #[inline]
    pub(crate) fn declared(&self, declaration: &Declaration) -> Result<ProviderId, Error> {
        match declaration.provider {
            None => Ok(ProviderId::FIRST),
            Some(key) => {
                let found = self.0.accounts.providers.find(key);
                found.ok_or_else(|| unknown_provider(declaration, key))
            }
        }
    }

    /// What every authorization at this provider asks for.
    pub(crate) fn base_scopes(&self, id: ProviderId) -> &ScopeSet {
        self.0.accounts.providers.get(id).base_scopes()
    }

    pub(crate) fn http(&self) -> &HttpClient {
        self.0.accounts.providers.first().http()
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
        let provider = self.first_provider().key();
        f.debug_struct("OAuth").field("provider", &provider).finish_non_exhaustive()
    }
}

#[cold]
pub(super) fn unknown_provider(declaration: &Declaration, key: &str) -> Error {
    let Declaration { name, file, line, .. } = declaration;
    let text = format!("`{name}` ({file}:{line}) wants the provider {key:?}, which the app lacks");
    Error::new(Code::ConfigOption, text)
        .with_help("add it: `.with_provider(…)` on the builder, with that key")
}
