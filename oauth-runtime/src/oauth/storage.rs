//! The part of the configuration that says where rows are kept, and how they are sealed.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;
use tracing::info;

use super::builder::OAuthBuilder;
use crate::clock::Clock;
use crate::error::{Code, Error};
use crate::keys::{Key, Keys};
use crate::session::Lifetimes;
use crate::store::{Store, Vault};

/// For how long what a store said is believed, unless the app says otherwise.
pub(super) const MAX_STALENESS: Duration = Duration::from_secs(1);
const LONGEST_STALENESS: Duration = Duration::from_secs(60);

impl OAuthBuilder {
    /// Keeps sessions, accounts and tokens in a database, sealed with the
    /// [keys](Self::with_keys): they outlive the process, and several nodes share them.
    ///
    /// Without it all of it is kept in memory and ends with the process.
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, Key, Keys, MemoryStore, OAuth};
    /// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .with_store(MemoryStore::new()) // in an app: `SqliteStore::open("tokens.db").await?`
    ///     .with_keys(Keys::new(Key::generate()?)) // and `Keys::from_file("oauth.key")?`
    ///     .build()?;
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn with_store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// The keys that seal what a store and a browser keep for the app.
    ///
    /// Without them, and without a store, a key is made at start: authorizations that are
    /// pending when the process ends have to be begun again.
    pub fn with_keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// For how long a node believes what the store said: one second unless set, a minute at most.
    ///
    /// So late is a sign-out seen that another node made; what grants more is looked up anew
    /// before anybody is refused. With zero, every request asks the store, once.
    pub fn with_max_staleness(mut self, max_staleness: Duration) -> Self {
        self.max_staleness = max_staleness;
        self
    }
}

pub(super) fn vault(
    store: Option<Arc<dyn Store>>,
    keys: &Keys,
    max_staleness: Duration,
    clock: &Arc<dyn Clock>,
    tasks: &TaskTracker,
) -> Result<Option<Arc<Vault>>, Error> {
    if max_staleness > LONGEST_STALENESS {
        let text = "what a store said may be believed for a minute at most";
        return Err(Error::new(Code::ConfigOption, text)
            .with_help("give `with_max_staleness` less: a sign-out elsewhere is seen so late"));
    }
    let vault = |store| Vault::new(store, keys, max_staleness, clock.clone(), tasks.clone());
    store.map(|store| vault(store).map(Arc::new)).transpose()
}

pub(super) fn keys(
    given: Option<Keys>,
    store: Option<&Arc<dyn Store>>,
    on_loopback: bool,
) -> Result<Keys, Error> {
    match (given, store) {
        (Some(keys), _) => {
            keys.save_if_new(on_loopback)?;
            Ok(keys)
        }
        (None, Some(store)) => {
            let text = format!("the rows of the store ({}) need keys to seal them", store.name());
            Err(Error::new(Code::ConfigKeys, text).with_help(
                "give `with_keys(Keys::from_file(\"oauth.key\")?)`, the same on every node",
            ))
        }
        (None, None) => {
            info!("no keys are configured: pending authorizations end with this process");
            Ok(Keys::new(Key::generate()?))
        }
    }
}

/// How long rows are kept. A linked account stays until it is unlinked: no session of ours ends
/// with it.
pub(super) fn keep(is_linked: bool, lifetimes: Lifetimes) -> Result<Duration, Error> {
    check_lifetimes(lifetimes)?;
    Ok(if is_linked { Duration::MAX } else { lifetimes.absolute })
}

fn check_lifetimes(lifetimes: Lifetimes) -> Result<(), Error> {
    if lifetimes.idle < Duration::from_secs(60) || lifetimes.absolute < lifetimes.idle {
        let text = "a session must live a minute unused, and at all no shorter than unused";
        return Err(Error::new(Code::ConfigOption, text)
            .with_help("give `with_session_lifetime(idle, absolute)` with idle ≤ absolute"));
    }
    Ok(())
}
