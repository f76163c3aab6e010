//! The demo: notes in Drive and the week from Calendar, each asked for when it is used.

mod app;
mod calendar;
mod declared;
mod draft;
pub(crate) mod drive;
mod files;
mod frame;
mod pages;
mod wire;
mod words;

use std::error::Error;
use std::future::Future;
use std::io;
use std::path::Path;

use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{Brand, ClientCredentials, Keys, OAuth, SqliteStore};
use tokio::net::TcpListener;

use frame::Site;

/// Who can sign in at the fake Google from the start.
pub const ACCOUNTS: [&str; 2] = ["ada@example.com", "bob@example.com"];

/// The path of the redirect URI.
pub const CALLBACK: &str = "/oauth/callback";

/// What every sign-in asks for: who it is, with name and picture.
const IDENTITY: [&str; 3] = ["openid", "email", "profile"];

/// Why the demo does not start, in words for whoever started it.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The demo, listening but not serving yet.
#[derive(Debug)]
pub struct Demo {
    listener: TcpListener,
    origin: String,
    oauth: OAuth,
    fake: Option<FakeGoogle>,
}

impl Demo {
    /// Takes the port and connects the app: with Google if the file of its credentials is
    /// given, else with a fake Google of its own. Port 0 lets the system choose.
    ///
    /// What people granted is kept in the folder `data`, which is made if there is none: whoever
    /// was signed in before a restart still is.
    ///
    /// # Errors
    /// If the port is taken, or the credentials or the folder cannot be used.
    pub async fn start(
        port: u16,
        credentials: Option<&Path>,
        data: &Path,
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(data)
            .map_err(|error| format!("the folder {} cannot be made: {error}", data.display()))?;
        let listener = listen(port).await?;
        let origin = format!("http://localhost:{}", listener.local_addr()?.port());
        let redirect_uri = format!("{origin}{CALLBACK}");
        let (builder, fake) = if let Some(file) = credentials {
            let credentials = ClientCredentials::from_file(file)?;
            (OAuth::google(credentials).with_redirect_uri(redirect_uri), None)
        } else {
            let fake = FakeGoogle::builder().kept_in(data.join("google.json")).start().await?;
            (OAuth::builder(fake.provider(&redirect_uri)?), Some(fake))
        };
        let oauth = builder
            .with_base_scopes(IDENTITY)
            .with_brand(brand())
            .with_store(SqliteStore::open(data.join("tokens.db")).await?)
            .with_keys(Keys::from_file(data.join("oauth.key"))?)
            .build()?;
        Ok(Self { listener, origin, oauth, fake })
    }

    /// Where to open it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The fake Google behind it, unless it talks to the real one.
    pub fn fake(&self) -> Option<&FakeGoogle> {
        self.fake.as_ref()
    }

    /// Serves until `end`, and finishes what is under way.
    ///
    /// # Errors
    /// If the listener fails.
    pub async fn serve(self, end: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let site = if self.fake.is_some() { Site::Fake } else { Site::Google };
        let app = app::router(&self.oauth, site);
        axum::serve(self.listener, app).with_graceful_shutdown(end).await?;
        self.oauth.shutdown().await;
        Ok(())
    }
}

/// How the library's own pages look like the demo's.
fn brand() -> Brand {
    Brand::new("Daybook").with_logo(files::LOGO).with_accent("#0c6150")
}

pub(crate) async fn listen(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {port} is in use by another program: end that one, or choose another port \
             with `PORT=8081 cargo run`"
        )
        .into(),
        _ => format!("cannot listen on port {port}: {error}").into(),
    })
}
