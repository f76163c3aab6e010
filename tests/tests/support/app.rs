//! An app with a handler of each sort, on a port of its own, with a fake Google behind it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Form, OriginalUri, Request};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use oauth_runtime::fake::{FakeGoogle, FakeGoogleBuilder};
use oauth_runtime::{
    Covers, Error, Key, Keys, ManualClock, MemoryStore, OAuth, OAuthBuilder, Owner, SqliteStore,
    Timestamp, Token, User, requires_scopes, scope,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Folder;

/// The variable that names a store for all apps of the tests.
const STORE: &str = "OAUTH_TESTS_STORE";

/// An app that stops when it is dropped.
pub struct App {
    pub fake: FakeGoogle,
    pub clock: ManualClock,
    pub oauth: OAuth,
    pub origin: String,
    arrived: Arc<AtomicUsize>,
    server: JoinHandle<()>,
    _folder: Folder,
}

impl Drop for App {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl App {
    pub async fn start() -> Self {
        Self::with(|fake| fake, |builder| builder).await
    }

    pub async fn with(
        fake: impl FnOnce(FakeGoogleBuilder) -> FakeGoogleBuilder,
        configure: impl FnOnce(OAuthBuilder) -> OAuthBuilder,
    ) -> Self {
        let clock = ManualClock::at(Timestamp::from_unix_seconds(1_790_000_000));
        let fake = fake(FakeGoogle::builder().with_clock(clock.clone())).start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let redirect_uri = format!("{origin}/oauth/callback");
        let folder = Folder::new();
        let builder = over_a_store(fake.builder_for(&redirect_uri).unwrap(), &folder).await;
        let oauth = configure(builder).build().unwrap();
        let arrived = Arc::new(AtomicUsize::new(0));
        let counter = arrived.clone();
        let app = router(&oauth).layer(axum::middleware::map_request(move |request: Request| {
            counter.fetch_add(1, Ordering::SeqCst);
            std::future::ready(naming_owner(request))
        }));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { fake, clock, oauth, origin, arrived, server, _folder: folder }
    }

    /// How many requests have reached the app.
    pub fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    /// Waits until so many requests have reached the app. The tests run on one thread, so each
    /// of them has then gone as far as it gets without an answer from elsewhere.
    pub async fn until_arrived(&self, requests: usize) {
        while self.arrived() < requests {
            tokio::task::yield_now().await;
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub fn callback(&self, query: &str) -> String {
        self.url(&format!("/oauth/callback?{query}"))
    }
}

/// With rows in a store where the environment names one, so that every test that passes over
/// rows in memory passes over it too.
async fn over_a_store(builder: OAuthBuilder, folder: &Folder) -> OAuthBuilder {
    let builder = match std::env::var(STORE).as_deref() {
        Err(_) => return builder,
        Ok("memory") => builder.with_store(MemoryStore::new()),
        Ok("sqlite") => {
            builder.with_store(SqliteStore::open(folder.path("tokens.db")).await.unwrap())
        }
        Ok(other) => panic!("{STORE} names no store: {other:?}"),
    };
    builder.with_keys(Keys::new(Key::generate().unwrap()))
}

/// The app's own login, for tests of it: the cookie `user` says who is logged in.
fn naming_owner(mut request: Request) -> Request {
    let lines = request.headers().get("cookie").and_then(|line| line.to_str().ok());
    let user = lines.and_then(|line| line.split("; ").find_map(|pair| pair.strip_prefix("user=")));
    if let Some(user) = user.map(Owner::new) {
        request.extensions_mut().insert(user);
    }
    request
}

pub fn router(oauth: &OAuth) -> Router {
    Router::new()
        .route("/", get(|| async { "home" }))
        .route("/login", get(|| async { "login" }))
        .route("/me", get(me))
        .route("/hello", get(hello))
        .route("/consents", get(consents))
        .route("/notes", get(notes).post(save))
        .route("/week", get(week))
        .route("/both", get(both))
        .route("/echo", get(|| async { "form" }).post(echo))
        .route("/echo-once", post(echo_once))
        .route("/upload", get(upload).post(upload))
        .route("/upload-once", post(upload_once))
        .route("/guarded", get(guarded))
        .route("/maybe", get(maybe))
        .route("/either", get(either))
        .route("/share", get(share))
        .route("/bills", get(bills))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

async fn me(user: User) -> Json<Value> {
    Json(json!({
        "issuer": user.issuer(), "subject": user.subject(), "email": user.email(),
        "verified": user.email_verified(), "scopes": user.scopes(),
    }))
}

async fn consents(user: User) -> String {
    format!("{:?}", user.consents().collect::<BTreeMap<_, _>>())
}

async fn hello(user: Option<User>) -> String {
    user.map_or("nobody".to_owned(), |user| user.email().unwrap_or("somebody").to_owned())
}

/// Says where it ran and with whose token, so that a test sees both.
#[requires_scopes("drive.file", why = "keep your notes in your Drive")]
async fn notes(token: Token, OriginalUri(uri): OriginalUri) -> String {
    format!("notes at {uri} with {}", token.access_token())
}

#[requires_scopes("drive.file", why = "save your note")]
async fn save(token: Token, Form(fields): Form<Value>) -> Result<Json<Value>, Error> {
    let client = token.client();
    client.post(&client.url("drive", "/drive/v3/files"), &fields).await.map(Json)
}

#[requires_scopes("calendar.events.readonly")]
async fn week(token: Token) -> Result<Json<Value>, Error> {
    let client = token.client();
    client.get(&client.url("calendar", "/calendar/v3/calendars/primary/events")).await.map(Json)
}

/// What arrived, to be compared with what was sent.
#[requires_scopes("drive.file", why = "look at what arrives")]
async fn echo(OriginalUri(uri): OriginalUri, headers: HeaderMap, body: String) -> String {
    let origin = headers.get("origin").map_or("none", |origin| origin.to_str().unwrap());
    format!("{uri} from {origin}: {body}")
}

#[requires_scopes("drive.file", resume = "never")]
async fn echo_once(body: String) -> String {
    body
}

/// Asks the API before it answers what arrived, so that it can be refused half-way.
#[requires_scopes("drive.file", why = "put what you wrote into your Drive")]
async fn upload(token: Token, body: String) -> Result<String, Error> {
    list_files(&token).await?;
    Ok(format!("uploaded {body}"))
}

#[requires_scopes("drive.file", resume = "never")]
async fn upload_once(token: Token) -> Result<(), Error> {
    list_files(&token).await.map(drop)
}

async fn list_files(token: &Token<impl Covers<scope::DriveFile>>) -> Result<Value, Error> {
    let client = token.client();
    client.get(&client.url("drive", "/drive/v3/files")).await
}

#[requires_scopes("drive.file", "calendar.events.readonly")]
async fn both() -> &'static str {
    "both"
}

#[requires_scopes("drive.file", any("calendar.events", "calendar.readonly"))]
async fn either(token: Token) -> String {
    let writes = token.optional::<scope::CalendarEvents>().is_some();
    format!("writes: {writes}, reads: {}", reads(&token))
}

/// What both of its scopes cover.
fn reads(token: &Token<impl Covers<scope::CalendarEventsReadonly>>) -> bool {
    let narrowed: Token<scope::CalendarEventsReadonly> = token.narrow();
    narrowed.access_token() == token.access_token()
}

#[requires_scopes(
    scope::DriveFile,
    optional("contacts.readonly"),
    why = "find whom to share your notes with"
)]
async fn share(token: Token) -> Result<String, Error> {
    let Some(contacts) = token.optional::<scope::ContactsReadonly>() else {
        return Ok("an address to type".to_owned());
    };
    let contacts: Token<scope::ContactsReadonly> = contacts.fresh().await?;
    Ok(format!("the contacts of {}", contacts.user().email().unwrap_or_default()))
}

scope!(pub Bills = "https://api.example.com/auth/bills");

#[requires_scopes(Bills)]
async fn bills(token: Token) -> &'static str {
    pay(&token)
}

fn pay(_: &Token<impl Covers<Bills>>) -> &'static str {
    "paid"
}

#[requires_scopes("drive.file")]
async fn guarded() -> &'static str {
    "guarded"
}

async fn maybe(token: Option<Token<scope::DriveFile>>) -> &'static str {
    if token.is_some() { "granted" } else { "not granted" }
}
