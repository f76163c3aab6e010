//! An app that uses the server, and a browser in front of it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use oauth_runtime::{Error, OAuth, Token, User, requires_scopes};
use oauth_tests::browser::WebBrowser;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use super::Server;
use super::server::{Kind, OIDC_PROVIDER};
use crate::support::Browser;

pub const READ: &str = "https://api.example.test/notes.read";
pub const WRITE: &str = "https://api.example.test/notes.write";

/// An app that stops when it is dropped, and the server behind it.
pub struct App {
    pub server: Server,
    pub origin: String,
    gate: Arc<Gate>,
    task: JoinHandle<()>,
}

/// What stands before the app's routes.
#[derive(Default)]
struct Gate {
    arrived: AtomicUsize,
    /// Callbacks are kept from the app.
    keeps: AtomicBool,
    /// Path and query of every callback, and the cookies that came with it.
    callbacks: Mutex<Vec<(String, String)>>,
}

impl Drop for App {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl App {
    /// An app at oidc-provider.
    pub async fn start(seconds: u32) -> Self {
        Self::at(&OIDC_PROVIDER, seconds).await
    }

    /// An app at a server whose access tokens live so many seconds.
    pub async fn at(kind: &'static Kind, seconds: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let redirect_uri = format!("{origin}/oauth/callback");
        let server = Server::start(kind, &redirect_uri, seconds);
        let builder = OAuth::builder(server.provider().await).with_redirect_uri(redirect_uri);
        let oauth = builder.with_base_scopes(kind.base_scopes.iter().copied());
        let gate = Arc::new(Gate::default());
        let app = router(&oauth.build().unwrap()).layer(from_fn_with_state(gate.clone(), pass));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { server, origin, gate, task }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// From here on the app does not see the callbacks that browsers load.
    pub fn keep_callbacks(&self, keeps: bool) {
        self.gate.keeps.store(keeps, Ordering::SeqCst);
    }

    /// The last callback that a browser loaded, and the cookies that it sent along.
    pub fn last_callback(&self) -> (Url, String) {
        let callbacks = self.gate.callbacks.lock().unwrap();
        let (target, cookies) = callbacks.last().expect("a browser came back").clone();
        (self.url(&target).parse().unwrap(), cookies)
    }

    /// Waits until so many requests have arrived since the start. The tests run on one thread,
    /// so each of them has then gone as far as it gets without an answer from elsewhere.
    pub async fn until_arrived(&self, requests: usize) {
        while self.arrived() < requests {
            tokio::task::yield_now().await;
        }
    }

    pub fn arrived(&self) -> usize {
        self.gate.arrived.load(Ordering::SeqCst)
    }

    /// Opens a page of the app and signs in as `name` where the server asks for it, up to its
    /// consent page.
    pub async fn open_as(&self, name: &str, path: &str) -> WebBrowser {
        let chromium = WebBrowser::start().await;
        chromium.goto(self.url(path)).await;
        self.sign_in(&chromium, name).await;
        chromium
    }

    /// Fills in the server's sign-in pages, up to its consent page.
    pub async fn sign_in(&self, chromium: &WebBrowser, name: &str) {
        let kind = self.server.kind;
        for (field, text) in kind.sign_in {
            chromium.type_into(field, text.unwrap_or(name)).await;
            chromium.click(kind.submit).await;
        }
        chromium.wait_for(kind.agree).await;
        let account = chromium.text(kind.account).await.to_lowercase();
        assert!(account.contains(name), "{account}");
    }

    /// What the consent page says is asked for.
    pub async fn asked(&self, chromium: &WebBrowser) -> String {
        chromium.text(self.server.kind.asked).await
    }

    pub async fn agree(&self, chromium: &WebBrowser) {
        chromium.click(self.server.kind.agree).await;
    }

    pub async fn cancel(&self, chromium: &WebBrowser) {
        chromium.click(self.server.kind.cancel).await;
    }

    /// Somebody who granted all that the page wants, and who sees it.
    pub async fn granted(&self, name: &str, path: &str) -> WebBrowser {
        let chromium = self.open_as(name, path).await;
        self.agree(&chromium).await;
        chromium.wait_for("#did").await;
        chromium
    }

    /// The same person's browser without a screen.
    pub async fn copy_of(&self, chromium: &WebBrowser) -> Browser {
        let mut browser = Browser::new();
        for cookie in chromium.driver().get_all_cookies().await.unwrap() {
            browser.cookies.insert(cookie.name, cookie.value);
        }
        browser
    }
}

/// Ends the session at the server, and leaves that at the app alone.
pub async fn sign_out_of_the_server(app: &App, chromium: &WebBrowser) {
    chromium.goto(app.server.url(".well-known/openid-configuration")).await;
    chromium.driver().delete_all_cookies().await.unwrap();
}

async fn pass(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    gate.arrived.fetch_add(1, Ordering::SeqCst);
    if request.uri().path() == "/oauth/callback" {
        let cookies = request.headers().get("cookie");
        let cookies = cookies.map_or("", |value| value.to_str().unwrap()).to_owned();
        gate.callbacks.lock().unwrap().push((request.uri().to_string(), cookies));
        if gate.keeps.load(Ordering::SeqCst) {
            return Html("<p id=kept>kept</p>").into_response();
        }
    }
    next.run(request).await
}

fn router(oauth: &OAuth) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/read", get(read))
        .route("/write", get(write))
        .route("/both", get(both))
        .route("/erase", get(erase))
        .route("/openid", get(openid))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

async fn home(user: Option<User>) -> Html<String> {
    let name = user.map_or("nobody".to_owned(), |user| user.email().unwrap_or("?").to_owned());
    Html(format!("<p id=user>{name}</p>"))
}

#[requires_scopes("https://api.example.test/notes.read", why = "show your notes")]
async fn read(token: Token) -> Result<Html<String>, Error> {
    let client = token.client();
    let answer = client.get(&client.url("notes", "/api/notes")).await?;
    Ok(shown(&answer, token.access_token()))
}

#[requires_scopes("https://api.example.test/notes.write", why = "save your note")]
async fn write(token: Token) -> Result<Html<String>, Error> {
    let client = token.client();
    let answer = client.post(&client.url("notes", "/api/notes"), &json!({})).await?;
    Ok(shown(&answer, token.access_token()))
}

#[requires_scopes("https://api.example.test/notes.read", "https://api.example.test/notes.write")]
async fn both(token: Token) -> Result<Html<String>, Error> {
    let client = token.client();
    let url = client.url("notes", "/api/notes");
    client.get::<Value>(&url).await?;
    let answer = client.post(&url, &json!({})).await?;
    Ok(shown(&answer, token.access_token()))
}

/// Wants what the server has never heard of.
#[requires_scopes("https://api.example.test/notes.erase", why = "forget your notes")]
async fn erase() -> &'static str {
    "erased"
}

/// Wants what the server grants and never lists.
#[requires_scopes("openid")]
async fn openid() -> Html<&'static str> {
    Html("<p id=did>openid</p>")
}

/// Whose notes they were, what was done to them, and with which token.
fn shown(answer: &Value, token: &str) -> Html<String> {
    let (who, did) = (answer["who"].as_str().unwrap(), answer["did"].as_str().unwrap());
    Html(format!("<p id=who>{who}</p><p id=did>{did}</p><p id=token>{token}</p>"))
}
