//! An app that has users and a login of its own, and to whose users a Google account is linked.

mod app;
mod pages;
mod users;

use std::future::Future;
use std::io;

pub use app::router;
use oauth_runtime::OAuth;
use oauth_runtime::fake::FakeGoogle;
use tokio::net::TcpListener;

use crate::demo::{Failure, listen};

/// The app, listening but not serving yet.
#[derive(Debug)]
pub struct OwnLogin {
    listener: TcpListener,
    origin: String,
    oauth: OAuth,
    fake: FakeGoogle,
}

impl OwnLogin {
    /// Takes the port and connects the app with a fake Google of its own. Port 0 lets the
    /// system choose.
    ///
    /// # Errors
    /// If the port is taken.
    pub async fn start(port: u16) -> Result<Self, Failure> {
        let listener = listen(port).await?;
        let origin = format!("http://localhost:{}", listener.local_addr()?.port());
        let fake = FakeGoogle::start().await?;
        let provider = fake.provider(&format!("{origin}/oauth/callback"))?;
        let oauth = OAuth::builder(provider).with_login("/login").build()?;
        Ok(Self { listener, origin, oauth, fake })
    }

    /// Where to open it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The fake Google behind it.
    pub fn fake(&self) -> &FakeGoogle {
        &self.fake
    }

    /// Serves until `end`, and finishes what is under way.
    ///
    /// # Errors
    /// If the listener fails.
    pub async fn serve(self, end: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let app = router(&self.oauth);
        axum::serve(self.listener, app).with_graceful_shutdown(end).await?;
        self.oauth.shutdown().await;
        Ok(())
    }
}
