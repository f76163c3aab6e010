//! An app whose people sign in with Google and link GitHub.

use axum::http::request::Parts;
use axum::routing::get;
use axum::{Json, Router};
use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{
    Error, ManualClock, OAuth, OAuthBuilder, Owner, Timestamp, Token, User, requires_scopes, scope,
    scope_set,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::github::GitHub;

pub const ADA: &str = "ada@example.com";
pub const BOB: &str = "bob@example.com";

scope!(pub Gist(provider = "github") = "gist");
scope_set!(pub Gists(provider = "github") = Gist);

/// The app stops when it is dropped.
pub struct World {
    pub google: FakeGoogle,
    pub github: GitHub,
    pub clock: ManualClock,
    pub oauth: OAuth,
    pub origin: String,
    server: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    pub async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    pub async fn with(configure: impl FnOnce(OAuthBuilder) -> OAuthBuilder) -> Self {
        let clock = ManualClock::at(Timestamp::from_unix_seconds(1_790_000_000));
        let google = FakeGoogle::builder().with_clock(clock.clone()).start().await.unwrap();
        let github = GitHub::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let builder = google.builder_for(&format!("{origin}/oauth/callback")).unwrap();
        let oauth = configure(builder.with_provider(github.provider())).build().unwrap();
        let app = router(&oauth);
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { google, github, clock, oauth, origin, server }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

/// The app's own login, where it has one: the cookie `user` says who is logged in.
async fn naming_owner(mut request: axum::extract::Request) -> axum::extract::Request {
    let line = request.headers().get("cookie").and_then(|line| line.to_str().ok());
    let user = line.and_then(|line| line.split("; ").find_map(|pair| pair.strip_prefix("user=")));
    if let Some(user) = user.map(Owner::new) {
        request.extensions_mut().insert(user);
    }
    request
}

fn router(oauth: &OAuth) -> Router {
    Router::new()
        .route("/", get(|| async { "home" }))
        .route("/login", get(|| async { "login" }))
        .route("/me", get(me))
        .route("/notes", get(notes))
        .route("/gists", get(gists))
        .route("/profile", get(profile))
        .route("/follow", get(follow))
        .route("/linked", get(linked))
        .route("/maybe", get(maybe))
        .merge(oauth.routes())
        .with_state(oauth.clone())
        .layer(axum::middleware::map_request(naming_owner))
}

async fn me(user: User) -> Json<Value> {
    Json(json!({ "issuer": user.issuer(), "name": user.email() }))
}

#[requires_scopes("drive.file", why = "keep your notes")]
async fn notes(token: Token) -> String {
    token.access_token().to_owned()
}

#[requires_scopes("gist", provider = "github", why = "list your gists")]
async fn gists(token: Token) -> Result<Json<Value>, Error> {
    let client = token.client();
    let list: Value = client.get(&client.url("gists", "/api/v3/gists")).await?;
    Ok(Json(json!({ "list": list, "token": token.access_token() })))
}

#[requires_scopes(provider = "github", "read:user")]
async fn profile(token: Token) -> String {
    token.account().to_string()
}

#[requires_scopes("user", provider = "github")]
async fn follow() -> &'static str {
    "followed"
}

/// An account there, and no scope.
#[requires_scopes(provider = "github")]
async fn linked(token: Token) -> String {
    token.account().subject().to_owned()
}

async fn maybe(token: Option<Token<Gists>>, parts: Parts) -> &'static str {
    drop(parts);
    if token.is_some() { "linked" } else { "not linked" }
}
