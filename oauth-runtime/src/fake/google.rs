//! The handle of a running fake Google.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::account::FakeAccount;
use super::builder::FakeGoogleBuilder;
use super::fake_drive::FakeDrive;
use super::fault::{Endpoint, Fault};
use super::quirk::Quirk;
use super::record::RecordedRequest;
use super::rim::lock;
use super::scopes::join;
use super::world::World;
use crate::clock::Clock;
use crate::error::Error;
use crate::oauth::OAuth;
use crate::protocol::AccountId;

/// A running authorization server that behaves as Google does, on loopback, for one process.
///
/// Clones are handles of the same server; it stops when the last of them is dropped.
///
/// ```
/// use oauth_runtime::fake::{Endpoint, FakeGoogle};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
/// let google = FakeGoogle::start().await?;
/// assert!(google.origin().starts_with("http://localhost:"));
/// assert_eq!(google.calls(Endpoint::Token), 0);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct FakeGoogle(Arc<Handle>);

struct Handle {
    world: Arc<Mutex<World>>,
    clock: Arc<dyn Clock>,
    origin: String,
    /// The app of [`FakeGoogle::oauth`].
    oauth: OnceLock<OAuth>,
    /// Never sent on: its end is the signal.
    _stop: watch::Sender<()>,
}

impl FakeGoogle {
    pub(super) fn new(
        world: Arc<Mutex<World>>,
        clock: Arc<dyn Clock>,
        origin: String,
        stop: watch::Sender<()>,
    ) -> Self {
        Self(Arc::new(Handle { world, clock, origin, oauth: OnceLock::new(), _stop: stop }))
    }

    /// Starts a server on a port that the system chooses.
    ///
    /// # Errors
    /// When no port can be opened on 127.0.0.1, or the system has no randomness.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// A server with settings of its own.
    ///
    /// ```
    /// use oauth_runtime::fake::{FakeAccount, FakeGoogle, Quirk};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
    /// let google = FakeGoogle::builder()
    ///     .with_account(FakeAccount::new("grace@example.com", "Grace Example"))
    ///     .with_quirk(Quirk::OmitIss)
    ///     .start()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn builder() -> FakeGoogleBuilder {
        FakeGoogleBuilder::default()
    }

    /// Where it listens: `http://localhost:PORT`.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// Adds an account, in place of one with the same address and all that was granted for it.
    pub fn add_account(&self, account: FakeAccount) {
        self.world().add_account(account);
    }

    /// A new key signs; the old one stays published until the next rotation.
    ///
    /// Where the system cannot make another key, the present one goes on.
    pub fn rotate_keys(&self) {
        drop(self.world().keys.rotate());
    }

    /// Takes back all that the account granted, as its owner could in the account's settings.
    pub fn revoke_access_of(&self, email: &str) {
        self.world().revoke_access_of(email);
    }

    /// Ends every access token now; refresh tokens stay.
    ///
    /// The app replaces a token that an API refuses only once it is a minute old: let the clock go
    /// on before.
    pub fn expire_access_tokens(&self) {
        self.world().tokens.expire_access();
    }

    /// How long access tokens live from now on; 3599 seconds at first.
    pub fn set_access_token_lifetime(&self, lifetime: Duration) {
        self.world().token_lifetime = lifetime;
    }

    /// The scopes that the account has granted, by their long names, with spaces between.
    pub fn granted(&self, email: &str) -> String {
        join(&self.world().granted(email))
    }

    /// The id of an account, as the app would have written it down: for tests of jobs.
    ///
    /// ```
    /// # use oauth_runtime::{fake::FakeGoogle, scope};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
    /// let fake = FakeGoogle::start().await?;
    /// fake.sign_in("ada@example.com").granting(["drive.file"]).await?;
    /// let account = fake.oauth()?.account(&fake.account_id("ada@example.com"));
    /// let token = account.token::<scope::DriveFile>().await?;
    /// # drop(token); Ok(()) }
    /// ```
    pub fn account_id(&self, email: &str) -> AccountId {
        AccountId::new(super::ISSUER, self.account(email).subject())
    }

    /// How often the endpoint was called.
    pub fn calls(&self, endpoint: Endpoint) -> usize {
        self.requests(endpoint).len()
    }

    /// The calls to the endpoint, the oldest first, also those that a fault answered.
    pub fn requests(&self, endpoint: Endpoint) -> Vec<RecordedRequest> {
        self.world().log.of(endpoint)
    }

    /// Forgets all calls.
    pub fn forget_requests(&self) {
        self.world().log.clear();
    }

    /// Makes the next call to the endpoint go wrong; faults queue up, one for each call.
    ///
    /// ```
    /// # use oauth_runtime::fake::{Endpoint, FakeGoogle, Fault};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
    /// let google = FakeGoogle::start().await?;
    /// google.fault(Endpoint::Token, Fault::RetryAfter(2));
    /// google.fault(Endpoint::Token, Fault::Malformed);
    /// # Ok(()) }
    /// ```
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.world().script.push(endpoint, fault);
    }

    /// Drops the faults that have not happened yet.
    pub fn clear_faults(&self) {
        self.world().script.clear();
    }

    /// Switches an oddity on.
    pub fn set(&self, quirk: Quirk) {
        self.world().set(quirk, true);
    }

    /// Switches an oddity off.
    pub fn unset(&self, quirk: Quirk) {
        self.world().set(quirk, false);
    }

    /// Changes header and claims of every ID token from now on, before it is signed: for forgeries
    /// that no [`Quirk`] has. A member that is removed is absent.
    ///
    /// ```
    /// # use oauth_runtime::fake::FakeGoogle;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
    /// let google = FakeGoogle::start().await?;
    /// google.forge_id_tokens(|_header, claims| claims["aud"] = "somebody-else".into());
    /// # Ok(()) }
    /// ```
    pub fn forge_id_tokens(
        &self,
        forge: impl Fn(&mut serde_json::Value, &mut serde_json::Value) + Send + Sync + 'static,
    ) {
        self.world().forge = Some(Box::new(forge));
    }

    /// The files of its Drive.
    ///
    /// ```
    /// # use oauth_runtime::fake::FakeGoogle;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
    /// let google = FakeGoogle::start().await?;
    /// google.drive().add("ada@example.com", "notes.txt", "an engine");
    /// assert_eq!(google.drive().files_of("ada@example.com")[0].name, "notes.txt");
    /// # Ok(()) }
    /// ```
    pub fn drive(&self) -> FakeDrive {
        FakeDrive(self.clone())
    }

    /// Registers a client with this redirect URI: its id and its secret.
    pub(crate) fn register_redirect_uri(&self, redirect_uri: &str) -> (String, String) {
        self.world().register_redirect_uri(redirect_uri)
    }

    /// The token answer for a client, if `email` grants it `scopes` (long or short).
    pub(crate) fn mint(
        &self,
        client_id: &str,
        email: &str,
        scopes: &[&str],
        nonce: Option<&str>,
    ) -> Value {
        let now = self.0.clock.now();
        let answer = self.world().mint_tokens(now, client_id, email, scopes, nonce);
        answer.unwrap_or_else(|error| error.to_json())
    }

    /// The clock that the server goes by.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock.clone()
    }

    /// The account with this address, made if there is none.
    pub(crate) fn account(&self, email: &str) -> FakeAccount {
        self.world().accounts.ensure(email)
    }

    /// The one app of this server, made when it is first asked for.
    pub(crate) fn shared_oauth(
        &self,
        make: impl FnOnce() -> Result<OAuth, Error>,
    ) -> Result<OAuth, Error> {
        if let Some(oauth) = self.0.oauth.get() {
            return Ok(oauth.clone());
        }
        let oauth = make()?;
        Ok(self.0.oauth.get_or_init(|| oauth).clone())
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.0.world)
    }
}

impl fmt::Debug for FakeGoogle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeGoogle").field("origin", &self.origin()).finish_non_exhaustive()
    }
}
