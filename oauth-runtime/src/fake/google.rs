//! The handle of a running fake Google.

use std::fmt;
use std::future::IntoFuture as _;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use aws_lc_rs::rand;
use axum::serve::Listener as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::account::FakeAccount;
use super::drive::{DriveFile, NewFile, View};
use super::fault::{Endpoint, Fault};
use super::line::{Door, Hangup};
use super::quirk::Quirk;
use super::record::RecordedRequest;
use super::rim::{Rim, lock};
use super::routes::router;
use super::scopes::join;
use super::world::World;
use crate::clock::{Clock, SystemClock};
use crate::error::{Code, Error};
use crate::oauth::OAuth;

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

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.0.world)
    }
}

impl fmt::Debug for FakeGoogle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeGoogle").field("origin", &self.origin()).finish_non_exhaustive()
    }
}

/// Settings of a [`FakeGoogle`] before it starts.
#[derive(Debug)]
pub struct FakeGoogleBuilder {
    port: u16,
    clock: Arc<dyn Clock>,
    accounts: Vec<FakeAccount>,
    quirks: Vec<Quirk>,
}

impl Default for FakeGoogleBuilder {
    fn default() -> Self {
        Self { port: 0, clock: Arc::new(SystemClock), accounts: Vec::new(), quirks: Vec::new() }
    }
}

impl FakeGoogleBuilder {
    /// Listens on this port instead of one that the system chooses.
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Takes the time from this clock.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Adds an account to the built-in ones, Ada's and Bob's at example.com.
    pub fn with_account(mut self, account: FakeAccount) -> Self {
        self.accounts.push(account);
        self
    }

    /// Switches an oddity on from the start.
    pub fn with_quirk(mut self, quirk: Quirk) -> Self {
        self.quirks.push(quirk);
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    /// When the port cannot be opened on 127.0.0.1, or the system has no randomness.
    pub async fn start(self) -> Result<FakeGoogle, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await;
        let door = Door(listener.map_err(|error| cannot_listen(self.port, error))?);
        let address = door.local_addr().map_err(|error| cannot_listen(self.port, error))?;
        let (google, rim) = self.build(format!("http://localhost:{}", address.port()))?;
        let app = router(rim.clone()).into_make_service_with_connect_info::<Hangup>();
        tokio::spawn(axum::serve(door, app).with_graceful_shutdown(rim.stopped()).into_future());
        Ok(google)
    }

    /// The handle and the state of the routes, without a network.
    pub(crate) fn build(self, origin: String) -> Result<(FakeGoogle, Rim), Error> {
        let mut seed = [0; 32];
        let no_random = |_| Error::new(Code::Internal, "the system has no randomness");
        rand::fill(&mut seed).map_err(no_random)?;
        let mut world = World::new(origin.clone(), seed)?;
        for account in self.accounts {
            world.add_account(account);
        }
        for quirk in self.quirks {
            world.set(quirk, true);
        }
        let (sender, stop) = watch::channel(());
        let (world, clock) = (Arc::new(Mutex::new(world)), self.clock);
        let rim = Rim { world: Arc::clone(&world), clock: Arc::clone(&clock), stop };
        Ok((
            FakeGoogle(Arc::new(Handle {
                world,
                clock,
                origin,
                oauth: OnceLock::new(),
                _stop: sender,
            })),
            rim,
        ))
    }
}

fn cannot_listen(port: u16, error: std::io::Error) -> Error {
    Error::new(Code::ConfigOption, format!("the fake Google cannot listen on 127.0.0.1:{port}"))
        .with_help("choose a free port, or 0 to have one chosen")
        .with_source(error)
}

/// The files of a [`FakeGoogle`], past all scopes.
#[derive(Clone, Debug)]
pub struct FakeDrive(FakeGoogle);

impl FakeDrive {
    /// The files of an account, the oldest first.
    pub fn files_of(&self, email: &str) -> Vec<DriveFile> {
        let world = self.0.world();
        let owner = world.accounts.find(email).map_or("", |account| account.subject());
        let view = View { owner, only_by: None };
        world.drive.visible(&view).cloned().collect()
    }

    /// Puts a text there as the owner's own file, so that `drive.file` does not see it.
    pub fn add(&self, email: &str, name: &str, content: &str) -> DriveFile {
        let (now, mut world) = (self.0.0.clock.now(), self.0.world());
        let world = &mut *world;
        let owner = world.accounts.ensure(email).subject().to_owned();
        let (name, content) = (name.to_owned(), content.as_bytes().to_vec());
        let new = NewFile { name, mime_type: "text/plain".to_owned(), content, made_by: None };
        world.drive.add(&mut world.mint, now, &owner, new)
    }

    /// Removes the file with this id.
    pub fn remove(&self, id: &str) {
        self.0.world().drive.remove(id);
    }
}
