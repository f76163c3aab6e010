//! Settings of a fake Google, and its start.

use std::future::IntoFuture as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand;
use axum::serve::Listener as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::account::FakeAccount;
use super::google::FakeGoogle;
use super::kept::Memory;
use super::line::{Door, Hangup};
use super::quirk::Quirk;
use super::rim::Rim;
use super::routes::router;
use super::world::World;
use crate::clock::{Clock, SystemClock};
use crate::error::{Code, Error};

/// Settings of a [`FakeGoogle`] before it starts.
///
/// ```
/// use oauth_runtime::ManualClock;
/// use oauth_runtime::fake::{FakeAccount, FakeGoogle, Quirk};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
/// # let clock = ManualClock::at(oauth_runtime::Timestamp::from_unix_seconds(1_790_000_000));
/// let google = FakeGoogle::builder()
///     .with_clock(clock.clone())
///     .with_account(FakeAccount::new("eve@example.com", "Eve Example"))
///     .with_quirk(Quirk::RotateRefreshTokens)
///     .start()
///     .await?;
/// assert!(google.origin().starts_with("http://"));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct FakeGoogleBuilder {
    port: u16,
    clock: Arc<dyn Clock>,
    accounts: Vec<FakeAccount>,
    quirks: Vec<Quirk>,
    kept_in: Option<PathBuf>,
}

impl Default for FakeGoogleBuilder {
    fn default() -> Self {
        let (accounts, quirks) = (Vec::new(), Vec::new());
        Self { port: 0, clock: Arc::new(SystemClock), accounts, quirks, kept_in: None }
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

    /// Keeps accounts, clients, what was granted, tokens and files in this file, and begins with
    /// what is in it: who was signed in before a restart has tokens that still work.
    pub fn kept_in(mut self, path: impl Into<PathBuf>) -> Self {
        self.kept_in = Some(path.into());
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
        let memory = self.kept_in.map(|path| Memory::open(path, &mut world)).transpose()?;
        let memory = memory.map(|memory| Arc::new(Mutex::new(memory)));
        for account in self.accounts {
            world.add_account(account);
        }
        for quirk in self.quirks {
            world.set(quirk, true);
        }
        let (sender, stop) = watch::channel(());
        let (world, clock) = (Arc::new(Mutex::new(world)), self.clock);
        let rim = Rim { world: Arc::clone(&world), clock: Arc::clone(&clock), memory, stop };
        Ok((FakeGoogle::new(world, clock, origin, sender), rim))
    }
}

fn cannot_listen(port: u16, error: std::io::Error) -> Error {
    Error::new(Code::ConfigOption, format!("the fake Google cannot listen on 127.0.0.1:{port}"))
        .with_help("choose a free port, or 0 to have one chosen")
        .with_source(error)
}
