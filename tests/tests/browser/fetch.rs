//! `client.js` in a real Chromium: a script that is refused, asks in a window, and goes on.

use axum::Router;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{OAuth, requires_scopes};
use oauth_tests::browser::Chromium;
use oauth_tests::browser::thirtyfour::WindowHandle;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const ADA: &str = "button[value='ada@example.com']";
const CONTINUE: &str = "button[value='continue']";
const PROBLEM: (HeaderName, &str) = (header::CONTENT_TYPE, "application/problem+json");
/// What the library would never answer.
const FOREIGN: &str =
    r#"{"code":"consent_required","missing_scopes":[],"authorize_url":"http://127.0.0.1:1/x"}"#;
/// So many questions to the driver take several seconds.
const ATTEMPTS: usize = 3_000;
const CANCEL: &str = "button[value='cancel']";
/// As strict as an app's policy can be that still runs a script of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'";
const PAGE: &str = "<!doctype html><title>app</title><script type=module src=/app.js></script>\
                    <button id=notes>notes</button><p id=notes-out></p>\
                    <button id=week>week</button><p id=week-out></p>\
                    <button id=twice>twice</button><p id=twice-out></p><button id=go>go</button>\
                    <button id=foreign>foreign</button><p id=foreign-out></p>";
const SCRIPT: &str = r#"
import { fetch, ConsentCancelled, ConsentRequired } from "/oauth/client.js";

window.violations = [];
addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
addEventListener("oauth:consent", (event) => {
  if (location.search !== "?listening") return;
  event.preventDefault();
  const go = document.getElementById("go");
  go.textContent = event.detail.why;
  go.onclick = () => event.detail.open();
  go.dataset.state = "asked";
});

const call = (name) => fetch(`/${name}`, { method: "POST", body: `body of ${name}` });
const calls = {
  notes: () => call("notes").then(said),
  week: () => call("week").then(said),
  foreign: () => call("foreign").then(said),
  twice: async () => String(await Promise.all([call("notes").then(said), call("notes").then(said)])),
};
const said = async (response) => `${response.status} ${await response.text()}`;

async function run(name) {
  const out = document.getElementById(`${name}-out`);
  delete out.dataset.state;
  out.textContent = "asking";
  try {
    out.textContent = await calls[name]();
  } catch (error) {
    const cancelled = error instanceof ConsentCancelled;
    const required = error instanceof ConsentRequired;
    out.textContent = cancelled ? `cancelled: ${error.name}`
      : required ? `required: ${error.code}, ${error.why}, ${error.missingScopes}`
      : `failed: ${error}`;
  }
  out.dataset.state = "over";
}

for (const name of Object.keys(calls)) document.getElementById(name).onclick = () => run(name);
if (location.search === "?at-once") run("notes");
"#;

/// An app of scripts, served until it is dropped.
struct Served {
    origin: String,
    server: JoinHandle<()>,
    _fake: FakeGoogle,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[requires_scopes("drive.file", why = "save your note")]
async fn notes(body: String) -> String {
    body
}

#[requires_scopes("calendar.events.readonly", why = "show your week")]
async fn week(body: String) -> String {
    body
}

fn page(more: Option<(&'static str, &'static str)>) -> impl IntoResponse {
    let policy = (header::CONTENT_SECURITY_POLICY.as_str(), POLICY);
    let headers = [Some((header::CONTENT_TYPE.as_str(), "text/html")), Some(policy), more];
    let headers = headers.into_iter().flatten().map(|(name, value)| {
        (HeaderName::from_static(name), axum::http::HeaderValue::from_static(value))
    });
    (headers.collect::<axum::http::HeaderMap>(), PAGE)
}

fn router(oauth: &OAuth) -> Router {
    let isolated = Some(("cross-origin-opener-policy", "same-origin"));
    let script = || async { ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT) };
    Router::new()
        .route("/", get(|| async { page(None) }))
        .route("/isolated", get(move || async move { page(isolated) }))
        .route("/app.js", get(script))
        .route("/notes", post(notes))
        .route("/week", post(week))
        .route("/foreign", post(|| async { (StatusCode::FORBIDDEN, [PROBLEM], FOREIGN) }))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

async fn app() -> Served {
    let fake = FakeGoogle::start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let oauth = fake.builder_for(&format!("{origin}/oauth/callback")).unwrap().build().unwrap();
    let app = router(&oauth);
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Served { origin, server, _fake: fake }
}

/// A browser on the app's page, and the handle of that window.
struct Opened {
    app: Served,
    chromium: Chromium,
    main: WindowHandle,
}

async fn open(path: &str) -> Opened {
    let (app, chromium) = (app().await, Chromium::start().await);
    chromium.goto(format!("{}{path}", app.origin)).await;
    chromium.wait_for("#notes").await;
    let main = chromium.driver().window().await.unwrap();
    Opened { app, chromium, main }
}

impl Opened {
    async fn windows(&self) -> Vec<WindowHandle> {
        self.chromium.driver().windows().await.unwrap()
    }

    /// Waits until there are so many windows.
    async fn until_windows(&self, count: usize) -> Vec<WindowHandle> {
        for _ in 0..ATTEMPTS {
            let windows = self.windows().await;
            if windows.len() == count {
                return windows;
            }
        }
        panic!("there are not {count} windows, but {}", self.windows().await.len())
    }

    async fn switch_to(&self, window: &WindowHandle) {
        self.chromium.driver().switch_to_window(window.clone()).await.unwrap();
    }

    /// Clicks on the app's page and goes to the window that this opens.
    async fn click_and_enter(&self, css: &str) -> WindowHandle {
        self.switch_to(&self.main).await;
        let before = self.windows().await;
        self.chromium.click(css).await;
        let after = self.until_windows(before.len() + 1).await;
        let new = after.into_iter().find(|window| !before.contains(window)).unwrap();
        self.switch_to(&new).await;
        new
    }

    /// Closes the present window. Windows of a headless browser are told of no focus, so the
    /// person clicks on the app's page, where it says that it waits.
    async fn close_and_come_back(&self, css: &str) {
        self.chromium.driver().close_window().await.unwrap();
        self.switch_to(&self.main).await;
        self.chromium.click(css).await;
    }

    /// What the script said in the end.
    async fn said(&self, name: &str) -> String {
        self.switch_to(&self.main).await;
        self.chromium.text(&format!("#{name}-out[data-state=over]")).await
    }

    /// What the script says now.
    async fn says(&self, name: &str) -> String {
        self.switch_to(&self.main).await;
        self.chromium.text(&format!("#{name}-out")).await
    }

    /// Nothing of it broke the app's policy, and the page is where it was.
    async fn is_untouched(&self, path: &str) {
        self.switch_to(&self.main).await;
        assert_eq!(self.chromium.script("return window.violations").await, "[]");
        assert_eq!(self.chromium.url().await, format!("{}{path}", self.app.origin));
    }
}

/// The person grants in the window: it closes, and the same request goes through.
#[tokio::test]
async fn a_refused_call_asks_in_a_window_and_is_sent_again() {
    let page = open("/").await;
    page.click_and_enter("#notes").await;
    page.chromium.click(ADA).await;
    page.chromium.screenshot("fetch-consent").await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "200 body of notes");
    page.is_untouched("/").await;
    page.chromium.click("#notes").await;
    assert_eq!(page.said("notes").await, "200 body of notes");
}

/// Closed, or left by the way back: the script hears of it, and a second click asks anew.
#[tokio::test]
async fn whoever_closes_the_window_has_cancelled() {
    let page = open("/").await;
    page.click_and_enter("#notes").await;
    page.chromium.wait_for(ADA).await;
    page.close_and_come_back("#notes-out").await;
    assert_eq!(page.said("notes").await, "cancelled: AbortError");
    page.click_and_enter("#notes").await;
    page.chromium.click(ADA).await;
    page.chromium.click(CANCEL).await;
    page.chromium.wait_for("nav a.main").await;
    assert!(page.chromium.text("main").await.contains("Nothing has changed"));
    page.chromium.screenshot("fetch-cancelled").await;
    page.chromium.click("nav a:last-child").await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "cancelled: AbortError");
    page.is_untouched("/").await;
}

/// A no is not the end while its page is open: "try again" there goes on with the same call.
#[tokio::test]
async fn whoever_says_no_and_then_yes_gets_the_answer() {
    let page = open("/").await;
    let window = page.click_and_enter("#notes").await;
    page.chromium.click(ADA).await;
    page.chromium.click(CANCEL).await;
    page.chromium.wait_for("a.main").await;
    assert_eq!(page.says("notes").await, "asking");
    page.switch_to(&window).await;
    page.chromium.click("a.main").await;
    page.chromium.click(ADA).await;
    page.chromium.click("input[type='checkbox']").await;
    page.chromium.click(CONTINUE).await;
    page.chromium.wait_for("nav a.main").await;
    assert!(page.chromium.text("ul").await.contains("drive.file"), "left out");
    assert_eq!(page.says("notes").await, "asking");
    page.switch_to(&window).await;
    page.chromium.click("a.main").await;
    page.chromium.wait_for("input[type='checkbox']").await;
    page.chromium.script("document.querySelector('input[type=checkbox]').checked = true").await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "200 body of notes");
}

/// Where no window may be opened the app is told, and goes on with a click of its own.
#[tokio::test]
async fn without_a_window_the_app_is_told_what_is_missing() {
    let scope = "https://www.googleapis.com/auth/drive.file";
    let required = format!("required: sign_in_required, save your note, {scope}");
    let page = open("/?at-once").await;
    assert_eq!(page.said("notes").await, required, "nobody clicked");
    page.chromium.script("window.kept = window.open; window.open = () => null").await;
    page.chromium.click("#notes").await;
    assert_eq!(page.said("notes").await, required, "blocked");

    page.chromium.goto(format!("{}/?listening", page.app.origin)).await;
    page.chromium.script("window.kept = window.open; window.open = () => null").await;
    page.chromium.click("#notes").await;
    assert_eq!(page.chromium.text("#go[data-state=asked]").await, "save your note");
    assert_eq!(page.says("notes").await, "asking");
    page.chromium.script("window.open = window.kept").await;
    page.click_and_enter("#go").await;
    page.chromium.click(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "200 body of notes");
    page.is_untouched("/?listening").await;
}

/// Two windows are not mixed up, and two calls for the same share one.
#[tokio::test]
async fn two_consents_at_once_go_to_their_own_calls() {
    let page = open("/").await;
    let first = page.click_and_enter("#notes").await;
    page.chromium.click(ADA).await;
    page.chromium.wait_for(CONTINUE).await;
    page.click_and_enter("#week").await;
    page.chromium.click(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(2).await;
    assert_eq!(page.said("week").await, "200 body of week");
    assert_eq!(page.says("notes").await, "asking");
    page.switch_to(&first).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "200 body of notes");

    let page = open("/").await;
    page.click_and_enter("#twice").await;
    page.chromium.click(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("twice").await, "200 body of notes,200 body of notes");
}

/// A window that is cut off from its opener looks closed from the start, and tells all the same.
#[tokio::test]
async fn a_window_cut_off_from_its_opener_still_tells_it() {
    let page = open("/isolated").await;
    page.click_and_enter("#notes").await;
    page.chromium.click(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "200 body of notes");
    page.click_and_enter("#week").await;
    page.chromium.wait_for(CONTINUE).await;
    page.close_and_come_back("#week-out").await;
    assert_eq!(page.said("week").await, "cancelled: AbortError");
}

/// The link of the problem document is a link: followed in the same window it comes back.
#[tokio::test]
async fn a_link_that_is_simply_followed_ends_on_the_page() {
    let page = open("/isolated?tab=1&x=2").await;
    let follow = "fetch('/notes', { method: 'POST' }).then((answer) => answer.json())
        .then((problem) => { location.href = problem.authorize_url })";
    page.chromium.script(follow).await;
    page.chromium.click(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.chromium.wait_for("#notes").await;
    page.is_untouched("/isolated?tab=1&x=2").await;
    page.chromium.click("#notes").await;
    assert_eq!(page.said("notes").await, "200 body of notes");
}

/// A link to elsewhere is not followed: the answer is the app's, as it is.
#[tokio::test]
async fn no_foreign_address_is_opened() {
    let page = open("/").await;
    page.chromium.click("#foreign").await;
    assert_eq!(page.said("foreign").await, format!("403 {FOREIGN}"));
    assert_eq!(page.windows().await.len(), 1);
}
