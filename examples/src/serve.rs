//! What the small examples share: an address, a fake Google, and an end.

use std::env;

use axum::Router;
use oauth_runtime::OAuth;
use oauth_runtime::fake::FakeGoogle;

use crate::demo::{Failure, listen};

/// Serves an app in front of a fake Google of its own, until Ctrl-C. `PORT` chooses another port
/// than 8080.
///
/// # Errors
/// If the port is taken, or `app` fails.
pub async fn serve(
    app: impl FnOnce(&FakeGoogle, OAuth) -> Result<Router, Failure>,
) -> Result<(), Failure> {
    tracing_subscriber::fmt::init();
    let port = env::var("PORT").map_or(Ok(8080), |text| text.parse())?;
    let listener = listen(port).await?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port());
    let fake = FakeGoogle::start().await?;
    let oauth = fake.builder_for(&format!("{origin}/oauth/callback"))?.build()?;
    let app = app(&fake, oauth.clone())?;
    println!("Open {origin} in a browser. Ctrl-C ends the app.");
    axum::serve(listener, app).with_graceful_shutdown(interrupted()).await?;
    oauth.shutdown().await;
    Ok(())
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal, the app ends when its terminal does.
        std::future::pending::<()>().await;
    }
}
