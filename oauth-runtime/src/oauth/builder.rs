//! The builder: every configuration mistake surfaces in [`OAuthBuilder::build`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::admission::Rules;
use super::audit::receiving;
use super::claim::Claims;
use super::handle::{Inner, OAuth};
use super::held_form::HeldForms;
use super::listed::{base_scopes, others, providers, urls};
use super::login_page::login_page;
use super::room::Room;
use super::storage::{MAX_STALENESS, keep, keys, vault};
use super::trusted_origins::TrustedOrigins;
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::keys::{Keys, Sealer};
use crate::pages::{Appearance, Brand, Pages};
use crate::provider::Provider;
use crate::session::{CookieNames, Lifetimes, Owners, Sessions};
use crate::shown;
use crate::store::{Index, Store};
use crate::telemetry::Audit;
use crate::tokens::Accounts;

/// Collects the configuration of an app; made by [`OAuth::google`] or [`OAuth::builder`].
///
/// ```
/// use oauth_runtime::{ClientCredentials, OAuth};
/// let credentials = ClientCredentials::new("client-id", "fake-secret");
/// let oauth = OAuth::google(credentials)
///     .with_redirect_uri("http://localhost:8080/oauth/callback")
///     .build()?;
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "nothing happens before `build`"]
pub struct OAuthBuilder {
    provider: Provider,
    others: Vec<Provider>,
    /// Whether every handler's provider has to be there.
    checks_handlers: bool,
    public_url: Option<String>,
    redirect_uri: Option<String>,
    prefix: String,
    /// Those of the provider, unless the app says otherwise.
    base_scopes: Option<Vec<String>>,
    pub(super) keys: Option<Keys>,
    clock: Arc<dyn Clock>,
    lifetimes: Lifetimes,
    pub(super) login: Option<String>,
    appearance: Appearance,
    rationale_page: bool,
    pub(super) room: Room,
    pub(super) rules: Rules,
    pub(super) trusted_origins: Vec<String>,
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) max_staleness: Duration,
    pub(super) audit: Audit,
    pub(super) security_events: bool,
}

impl OAuthBuilder {
    pub(super) fn new(provider: Provider) -> Self {
        Self {
            provider,
            others: Vec::new(),
            checks_handlers: true,
            public_url: None,
            redirect_uri: None,
            prefix: "/oauth".to_owned(),
            base_scopes: None,
            keys: None,
            clock: Arc::new(SystemClock),
            lifetimes: Lifetimes::default(),
            login: None,
            appearance: Appearance::default(),
            rationale_page: false,
            room: Room::default(),
            rules: Rules::default(),
            trusted_origins: Vec::new(),
            store: None,
            max_staleness: MAX_STALENESS,
            audit: Audit::default(),
            security_events: false,
        }
    }

    /// Where people reach the app: origin and mount path, such as `https://example.com/app`.
    ///
    /// Without it, the origin of the redirect URI is taken, with no mount path. Request headers
    /// are never asked, so that nobody can move the app by sending one.
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// # let credentials = ClientCredentials::new("client-id", "fake-secret");
    /// let oauth = OAuth::google(credentials)
    ///     .with_public_url("https://example.com/app")
    ///     .with_redirect_uri("https://example.com/app/oauth/callback")
    ///     .with_keys(oauth_runtime::Keys::new(oauth_runtime::Key::generate()?))
    ///     .build()?;
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn with_public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// The redirect URI, exactly as it is registered at the provider.
    ///
    /// Needed only where the credentials list none or several.
    pub fn with_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// The path of the library's own routes; `/oauth` unless set.
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The scopes of every sign-in, by short or full name. Unless set, they are those that are
    /// usual at the provider: `openid email` at Google.
    ///
    /// Short names are Google's; for another provider each name is taken as it is, such as
    /// `offline_access`.
    ///
    /// Where identity comes from an ID token, `openid` is always among them.
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// # let credentials = ClientCredentials::new("client-id", "fake-secret");
    /// let oauth = OAuth::google(credentials)
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .with_base_scopes(["openid", "profile"])
    ///     .build()?;
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn with_base_scopes<I: IntoIterator<Item: Into<String>>>(mut self, scopes: I) -> Self {
        self.base_scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Another provider, at which people who are signed in can have an account too: for handlers
    /// that name it, `#[requires_scopes("repo", provider = "github")]`.
    ///
    /// Such an account is linked to the one that somebody signed in with (or to the app's own
    /// user, [`with_login`](Self::with_login)), and to no other. It signs nobody in. Its callback
    /// is `/oauth/callback/{key}` unless its credentials know one redirect URI alone.
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, OAuth, Provider};
    /// # let google = ClientCredentials::new("client-id", "fake-secret");
    /// # let github = ClientCredentials::new("client-id", "fake-secret");
    /// let oauth = OAuth::google(google)
    ///     .with_provider(Provider::github(github)?)
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .build()?;
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn with_provider(mut self, provider: Provider) -> Self {
        self.others.push(provider);
        self
    }

    /// For fixtures, which stand in for one provider of perhaps several.
    #[cfg(feature = "fake")]
    pub(crate) fn without_handler_check(self) -> Self {
        Self { checks_handlers: false, ..self }
    }

    /// The clock; a test gives a [`ManualClock`](crate::ManualClock).
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long a session lives: unused (14 days unless set), and at all (90 days).
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// # let credentials = ClientCredentials::new("client-id", "fake-secret");
    /// const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);
    /// let oauth = OAuth::google(credentials)
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .with_session_lifetime(HOUR, HOUR * 24)
    ///     .build()?;
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn with_session_lifetime(mut self, idle: Duration, absolute: Duration) -> Self {
        self.lifetimes = Lifetimes { idle, absolute };
        self
    }

    /// The app's name and looks on the library's own pages.
    pub fn with_brand(mut self, brand: Brand) -> Self {
        self.appearance = self.appearance.with_brand(brand);
        self
    }

    /// Shows a page with the handler's `why` before it sends a person to the provider, who then
    /// knows what will be asked and for what. Signing in alone has no such page, and scripts
    /// are answered as without it.
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// # let credentials = ClientCredentials::new("client-id", "fake-secret");
    /// let oauth = OAuth::google(credentials)
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .with_rationale_page()
    ///     .build()?;
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn with_rationale_page(mut self) -> Self {
        self.rationale_page = true;
        self
    }

    /// The app's own pages in the place of the library's, as many of them as it wants.
    pub fn with_pages(mut self, pages: impl Pages) -> Self {
        self.appearance = self.appearance.with_pages(pages);
        self
    }

    /// Checks everything and makes the handle. Nothing is sent anywhere.
    ///
    /// # Errors
    /// With a stable code and a remedy: a redirect URI that breaks a rule or is not registered,
    /// a public URL that does not fit it, an unknown base scope, a lifetime of zero, a key file
    /// that is missing or readable by others, a brand that no page can show, a login page that
    /// is not a plain path of the app's own.
    pub fn build(self) -> Result<OAuth, Error> {
        let (public, redirect) = (self.public_url.as_deref(), self.redirect_uri.as_deref());
        let mut urls = urls(public, redirect, &self.prefix, self.provider.credentials())?;
        let others = others(self.others, &mut urls)?;
        let base = base_scopes(self.base_scopes.as_deref(), &self.provider)?;
        let login = self.login.as_deref().map(|path| login_page(path, &urls)).transpose()?;
        self.appearance.check()?;
        self.rules.check(&self.provider, login.is_some())?;
        let keys = keys(self.keys, self.store.as_ref(), urls.is_loopback())?;
        let (tasks, life) = (TaskTracker::new(), keep(login.is_some(), self.lifetimes)?);
        let stored = vault(self.store, &keys, self.max_staleness, &self.clock, &tasks)?;
        let vault = stored.as_ref();
        let index = Arc::new(Index::new(vault)?);
        let providers =
            providers(((self.provider, base), others), &self.clock, self.checks_handlers)?;
        let accounts = Accounts::new(providers, life, vault, index.clone(), tasks.clone());
        let accounts = receiving(self.security_events, accounts.with_audit(self.audit), vault)?;
        Ok(OAuth::from_inner(Inner {
            cookies: CookieNames::new(urls.is_https()),
            urls,
            flow_sealer: Sealer::new(&keys, "flow")?,
            intent_sealer: Sealer::new(&keys, "intent")?,
            vault: vault.cloned(),
            accounts: Arc::new(accounts),
            sessions: Sessions::new(vault, self.lifetimes, tasks),
            login,
            owners: Owners::new(vault, index, life),
            claims: Claims::new(vault, self.room.states, self.room.links),
            held: HeldForms::new(vault, self.room.forms)?,
            appearance: self.appearance,
            rationale_page: self.rationale_page,
            rules: self.rules,
            trusted_origins: TrustedOrigins::check(self.trusted_origins)?,
            clock: self.clock,
            routed: AtomicBool::new(false),
            #[cfg(feature = "manifest")]
            routes: std::sync::Mutex::default(),
        }))
    }
}

/// What the app gave is not checked before [`OAuthBuilder::build`], and is not shown here.
impl fmt::Debug for OAuthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = shown::name(self.provider.key());
        f.debug_struct("OAuthBuilder").field("provider", &provider).finish_non_exhaustive()
    }
}
