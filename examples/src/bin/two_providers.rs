//! `cargo run --bin two_providers`: people sign in with Google and link GitHub when a page needs
//! it. It talks to both: `GOOGLE_CLIENT_ID`, `GOOGLE_CLIENT_SECRET`, `GITHUB_CLIENT_ID` and
//! `GITHUB_CLIENT_SECRET` are those of clients whose redirect URIs are
//! `http://localhost:8080/oauth/callback` and `http://localhost:8080/oauth/callback/github`.

use std::env;

use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use oauth_examples::demo::Failure;
use oauth_runtime::{ClientCredentials, Error, OAuth, Provider, Token, User, requires_scopes};
use serde_json::Value;

async fn home(user: Option<User>) -> Html<&'static str> {
    Html(match user {
        None => "<a href=/oauth/sign-in>Sign in with Google</a>",
        Some(_) => "<a href=/gists>Your gists</a> · <a href=/notes>Your notes</a>",
    })
}

/// At Google, with which they signed in.
#[requires_scopes("drive.file", why = "list the notes that you made here")]
async fn notes(token: Token) -> Result<Json<Value>, Error> {
    let client = token.client();
    Ok(Json(client.get(&client.url("drive", "/drive/v3/files")).await?))
}

/// At GitHub: whoever has no account linked is asked to, and comes back here.
#[requires_scopes("gist", provider = "github", why = "list your gists")]
async fn gists(token: Token) -> Result<Json<Value>, Error> {
    let client = token.client();
    Ok(Json(client.get(&client.url("api", "/gists")).await?))
}

/// The app.
pub fn app(oauth: &OAuth) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/notes", get(notes))
        .route("/gists", get(gists))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt::init();
    let github =
        ClientCredentials::new(env::var("GITHUB_CLIENT_ID")?, env::var("GITHUB_CLIENT_SECRET")?);
    let oauth = OAuth::google(ClientCredentials::from_env()?)
        .with_redirect_uri("http://localhost:8080/oauth/callback")
        .with_provider(Provider::github(github)?)
        .build()?;
    let listener = tokio::net::TcpListener::bind("localhost:8080").await?;
    println!("Open http://localhost:8080 in a browser.");
    Ok(axum::serve(listener, app(&oauth)).await?)
}
