//! The demo: notes in Drive and the week from Calendar, each asked for when it is used.
//!
//! `cargo run` starts it together with an embedded fake Google: no account, no network. With
//! `GOOGLE_CLIENT_SECRET_FILE=client_secret.json` the same app talks to Google.

mod app;
mod calendar;
mod drive;
mod pages;

use std::env;
use std::error::Error;
use std::io;

use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{ClientCredentials, OAuth};
use tokio::net::TcpListener;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let port = port()?;
    let listener = listen(port).await?;
    let port = listener.local_addr()?.port();
    let redirect_uri = format!("http://localhost:{port}/oauth/callback");
    let (oauth, fake) = connect(&redirect_uri).await?;
    match &fake {
        Some(fake) => println!("A fake Google listens at {}.", fake.origin()),
        None => println!("Talking to Google; the redirect URI is {redirect_uri}"),
    }
    println!("Open http://localhost:{port} in a browser. Ctrl-C ends the demo.");
    axum::serve(listener, app::router(&oauth)).with_graceful_shutdown(interrupted()).await?;
    oauth.shutdown().await;
    Ok(())
}

fn port() -> Result<u16, Failure> {
    match env::var("PORT") {
        Err(_) => Ok(8080),
        Ok(text) => text.parse().map_err(|_| format!("PORT is {text:?}, not a port number").into()),
    }
}

/// On both loopback addresses a browser may try for `localhost`, IPv4 is enough: browsers
/// fall back to it.
async fn listen(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {port} is in use by another program: end that one, or choose another port \
             with `PORT=8081 cargo run`"
        )
        .into(),
        _ => format!("cannot listen on port {port}: {error}").into(),
    })
}

/// Google if its credentials are named, else the fake one, which lives as long as its handle.
async fn connect(redirect_uri: &str) -> Result<(OAuth, Option<FakeGoogle>), Failure> {
    if let Some(file) = env::var_os("GOOGLE_CLIENT_SECRET_FILE") {
        let credentials = ClientCredentials::from_file(file)?;
        return Ok((OAuth::google(credentials).with_redirect_uri(redirect_uri).build()?, None));
    }
    let fake = FakeGoogle::start().await?;
    let oauth = OAuth::builder(fake.provider(redirect_uri)?).build()?;
    Ok((oauth, Some(fake)))
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal, the demo ends when its terminal does.
        std::future::pending::<()>().await;
    }
}
