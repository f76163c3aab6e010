//! The app that is measured: one handler with the library in front of it, one without.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Request};
use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{OAuth, OAuthBuilder, Token, requires_scopes};

pub const CALLBACK: &str = "http://localhost:8080/oauth/callback";

/// An app, and the cookie of somebody who granted `drive.file`.
pub struct App {
    _fake: FakeGoogle,
    pub oauth: OAuth,
    pub cookie: HeaderValue,
}

impl App {
    pub async fn new(configure: impl FnOnce(OAuthBuilder) -> OAuthBuilder) -> Self {
        let fake = FakeGoogle::start().await.unwrap();
        let oauth = configure(fake.builder_for(CALLBACK).unwrap()).build().unwrap();
        let who = fake.sign_in("ada@example.com").granting(["drive.file"]).at(&oauth);
        let cookie = who.await.unwrap();
        Self { _fake: fake, oauth, cookie }
    }

    pub fn router(&self) -> Router {
        router(&self.oauth)
    }
}

pub fn router(oauth: &OAuth) -> Router {
    Router::new()
        .route("/bare", get(bare))
        .route("/waits", get(waits))
        .route("/hit", get(hit))
        .route("/refused", get(refused))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

async fn bare() -> &'static str {
    "ok"
}

/// How long the token endpoint takes where that is measured.
pub const RENEWAL: Duration = Duration::from_millis(300);

async fn waits() -> &'static str {
    tokio::time::sleep(RENEWAL).await;
    "ok"
}

#[requires_scopes("drive.file")]
async fn hit(token: Token) -> &'static str {
    std::hint::black_box(&token);
    "ok"
}

#[requires_scopes("calendar.events.readonly")]
async fn refused() -> &'static str {
    "ok"
}

/// The headers that a browser sends with a page, seventeen with the cookie.
pub fn headers(cookie: Option<&HeaderValue>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "localhost:8080"),
        ("connection", "keep-alive"),
        ("cache-control", "max-age=0"),
        ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
        ("upgrade-insecure-requests", "1"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
        ("sec-fetch-site", "none"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-user", "?1"),
        ("referer", "http://localhost:8080/"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("accept-language", "en-GB,en;q=0.9"),
        ("sec-ch-ua", "\"Chromium\";v=\"156\""),
        ("sec-ch-ua-mobile", "?0"),
        ("sec-ch-ua-platform", "\"Linux\""),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(cookie) = cookie {
        headers.insert(header::COOKIE, cookie.clone());
    }
    headers
}

pub fn request(path: &str, headers: &HeaderMap) -> Request<axum::body::Body> {
    let mut request = Request::new(axum::body::Body::empty());
    *request.uri_mut() = path.parse().unwrap();
    request.headers_mut().clone_from(headers);
    request
}
