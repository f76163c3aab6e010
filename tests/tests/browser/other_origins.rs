//! What a page of another port can make the browser send to the app, with the user's cookies: no
//! handler runs for it. Requests of the app's own pages run.

use std::sync::{Arc, Mutex};

use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::response::{Html, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{OAuth, Token, User, requires_scopes};
use oauth_tests::browser::{Engine, WebBrowser};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::ADA;
use super::elsewhere::Elsewhere;

in_every_engine![
    a_form_of_another_port_runs_no_handler,
    a_fetch_of_another_port_runs_no_handler,
    a_socket_of_another_port_runs_no_handler,
];

/// The handlers that ran, the first one first.
type Runs = Extension<Arc<Mutex<Vec<&'static str>>>>;

#[requires_scopes("drive.file")]
async fn save(_token: Token, Extension(runs): Runs) {
    runs.lock().unwrap().push("/save");
}

async fn user(_user: User, Extension(runs): Runs) {
    runs.lock().unwrap().push("/user");
}

/// Guarded by nothing of ours: what is sent from elsewhere does arrive.
async fn open(Extension(runs): Runs) {
    runs.lock().unwrap().push("/open");
}

#[requires_scopes("drive.file")]
async fn live(_token: Token, Extension(runs): Runs, upgrade: WebSocketUpgrade) -> Response {
    runs.lock().unwrap().push("/live");
    upgrade.on_upgrade(until_closed)
}

async fn open_live(Extension(runs): Runs, upgrade: WebSocketUpgrade) -> Response {
    runs.lock().unwrap().push("/open-live");
    upgrade.on_upgrade(until_closed)
}

/// Firefox calls a socket open only while it is.
async fn until_closed(mut socket: WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
}

#[requires_scopes("drive.file")]
async fn page() -> Html<&'static str> {
    Html("<!doctype html><title>app</title><h1>App</h1>")
}

fn router(oauth: &OAuth, runs: Runs) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/save", post(save))
        .route("/user", post(user))
        .route("/open", post(open))
        .route("/live", get(live))
        .route("/open-live", get(open_live))
        .merge(oauth.routes())
        .layer(runs)
        .with_state(oauth.clone())
}

/// The app, and a browser of a user who has granted all that it asks for.
struct Granted {
    origin: String,
    browser: WebBrowser,
    runs: Runs,
    server: JoinHandle<()>,
    _fake: FakeGoogle,
}

impl Drop for Granted {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Granted {
    async fn start(engine: Engine) -> Self {
        let fake = FakeGoogle::start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let oauth = fake.builder_for(&format!("{origin}/oauth/callback")).unwrap();
        let runs = Runs::default();
        let app = router(&oauth.build().unwrap(), runs.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let browser = WebBrowser::of(engine).await;
        let granted = Self { origin, browser, runs, server, _fake: fake };
        granted.browser.goto(&granted.origin).await;
        granted.browser.click(&format!("button[value='{ADA}']")).await;
        granted.browser.click("button[value='continue']").await;
        granted.browser.wait_for_text("h1", "App").await;
        granted
    }

    /// What ran since this was last asked.
    fn ran(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.runs.lock().unwrap())
    }

    /// Runs a script of a page of this origin, in which `TARGET` is this path of the app. It ends
    /// by `over("…")`, which gives the text.
    async fn tries(&self, from: &str, path: &str, script: &str) -> String {
        self.browser.goto(from).await;
        self.browser.wait_for("h1").await;
        let target = format!("{}{path}", self.origin);
        let over = "const over = (text) => document.body.append(Object.assign(
            document.createElement('p'), { id: 'over', textContent: text }));";
        let script = serde_json::json!(format!("{over} {}", script.replace("TARGET", &target)));
        // As an element of the page: what the driver itself runs is not of any origin everywhere.
        let element = "Object.assign(document.createElement('script'), { textContent: SCRIPT })";
        let element = element.replace("SCRIPT", &script.to_string());
        self.browser.script(&format!("document.body.append({element}); return ''")).await;
        self.browser.text("#over").await
    }

    /// Sends a form by a script, and waits until the browser is where it leads.
    async fn sends_form(&self, from: &str, path: &str) {
        self.browser.goto(from).await;
        self.browser.wait_for("h1").await;
        let target = format!("{}{path}", self.origin);
        let form = "const form = document.createElement('form');
            Object.assign(form, { method: 'post', action: 'TARGET' });
            document.body.append(form); form.submit(); return ''";
        self.browser.script(&form.replace("TARGET", &target)).await;
        self.browser.arrive("the form's target", move |at| at == target).await;
    }
}

const FETCH: &str = "fetch('TARGET', { method: 'POST', mode: 'no-cors', credentials: 'include' })
    .then(() => over('sent'), () => over('failed'))";
const SOCKET: &str = "const socket = new WebSocket('TARGET'.replace('http', 'ws'));
    socket.onopen = () => over('open'); socket.onerror = () => over('failed')";

async fn a_form_of_another_port_runs_no_handler(engine: Engine) {
    let (app, elsewhere) = (Granted::start(engine).await, Elsewhere::start().await);
    for path in ["/save", "/user", "/open"] {
        app.sends_form(&app.origin, path).await;
        assert_eq!(app.ran(), [path], "from the app's own page");
    }
    for (path, runs) in [("/open", &["/open"][..]), ("/save", &[]), ("/user", &[])] {
        app.sends_form(&elsewhere.origin, path).await;
        assert_eq!(app.ran(), runs, "from another port");
    }
}

async fn a_fetch_of_another_port_runs_no_handler(engine: Engine) {
    let (app, elsewhere) = (Granted::start(engine).await, Elsewhere::start().await);
    for path in ["/save", "/user", "/open"] {
        assert_eq!(app.tries(&app.origin, path, FETCH).await, "sent");
        assert_eq!(app.ran(), [path], "from the app's own page");
    }
    for (path, runs) in [("/open", &["/open"][..]), ("/save", &[]), ("/user", &[])] {
        assert_eq!(app.tries(&elsewhere.origin, path, FETCH).await, "sent");
        assert_eq!(app.ran(), runs, "from another port");
    }
}

/// A handshake is a GET that every page may send, and the page that sends it reads the socket.
async fn a_socket_of_another_port_runs_no_handler(engine: Engine) {
    let (app, elsewhere) = (Granted::start(engine).await, Elsewhere::start().await);
    for path in ["/live", "/open-live"] {
        assert_eq!(app.tries(&app.origin, path, SOCKET).await, "open");
        assert_eq!(app.ran(), [path], "from the app's own page");
    }
    assert_eq!(app.tries(&elsewhere.origin, "/open-live", SOCKET).await, "open");
    assert_eq!(app.ran(), ["/open-live"], "unguarded, from another port");
    let from_elsewhere = app.tries(&elsewhere.origin, "/live", SOCKET).await;
    assert_eq!((app.ran(), &*from_elsewhere), (vec![], "failed"), "from another port");
}
