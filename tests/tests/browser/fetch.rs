//! `client.js` in real browsers: a script that is refused, asks in a window, and goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use oauth_runtime::fake::{FakeAccount, FakeGoogle};
use oauth_runtime::{OAuth, requires_scopes};
use oauth_tests::browser::thirtyfour::WindowHandle;
use oauth_tests::browser::{Engine, WebBrowser};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use super::elsewhere::{Elsewhere, problem};
use super::{ADA, GRACE};

in_every_engine![
    a_refused_call_asks_in_a_window_and_is_sent_again,
    whoever_closes_the_window_has_cancelled,
    whoever_says_no_and_then_yes_gets_the_answer,
    without_a_window_the_app_is_told_what_is_missing,
    two_consents_at_once_go_to_their_own_calls,
    a_call_made_while_the_window_opens_shares_it,
    a_window_cut_off_from_its_opener_still_tells_it,
    a_call_is_not_sent_again_for_another_account,
    nothing_but_links_of_the_app_is_opened,
];

const CONTINUE: &str = "button[value='continue']";
const CANCEL: &str = "button[value='cancel']";
/// So many questions to the driver take several seconds.
const ATTEMPTS: usize = 3_000;
/// As strict as an app's policy can be that still runs a script of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'";
const PAGE: &str = "<!doctype html><title>app</title><link rel=icon href=data:,>\
                    <script type=module src=/app.js></script>\
                    <button id=notes>notes</button><p id=notes-out></p>\
                    <button id=week>week</button><p id=week-out></p>\
                    <button id=read>read</button><p id=read-out></p>\
                    <button id=twice>twice</button><p id=twice-out></p><button id=go>go</button>\
                    <button id=foreign>foreign</button><p id=foreign-out></p>";
const SCRIPT: &str = r#"
import { fetch, AccountChanged, ConsentCancelled, ConsentRequired } from "/oauth/client.js";

window.violations = [];
addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
addEventListener("oauth:consent", (event) => {
  if (location.search !== "?listening") return;
  event.preventDefault();
  (window.asked ??= []).push(event.detail);
  const go = document.getElementById("go");
  go.textContent = event.detail.why;
  go.onclick = () => event.detail.open();
  go.dataset.state = "asked";
});

const call = (name) => fetch(`/${name}`, { method: "POST", body: `body of ${name}` });
const calls = {
  notes: () => call("notes").then(said),
  week: () => call("week").then(said),
  read: () => fetch("/read").then(said),
  foreign: () => fetch(window.target).then(said),
  twice: async () => String(await Promise.all([call("notes").then(said), call("notes").then(said)])),
};
const said = async (response) => `${response.status} ${await response.text()}`;
const kinds = {
  cancelled: [ConsentCancelled, ({ name }) => name],
  changed: [AccountChanged, ({ name }) => name],
  required: [ConsentRequired, ({ code, why, missingScopes }) => `${code}, ${why}, ${missingScopes}`],
  failed: [Error, String],
};

async function run(name, work = calls[name]) {
  const out = document.getElementById(`${name}-out`);
  delete out.dataset.state;
  out.textContent = "asking";
  try {
    out.textContent = await work();
  } catch (error) {
    const [kind, [, words]] = Object.entries(kinds).find(([, [type]]) => error instanceof type);
    out.textContent = `${kind}: ${words(error)}`;
    if (kind === "changed")
      document.getElementById("go").onclick = () => run(name, () => error.retry().then(said));
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
    /// How often one of the handlers was called, in vain or not.
    calls: Arc<AtomicUsize>,
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

#[requires_scopes("drive.file", why = "show your notes")]
async fn read() -> &'static str {
    "notes"
}

/// One of the app's pages, which differ by their headers.
fn page(headers: &[(&'static str, &'static str)]) -> impl IntoResponse + use<> {
    let html = ("content-type", "text/html");
    let headers = headers
        .iter()
        .chain([&html])
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    (headers.collect::<HeaderMap>(), PAGE)
}

fn router(oauth: &OAuth, calls: &Arc<AtomicUsize>) -> Router {
    const STRICT: (&str, &str) = ("content-security-policy", POLICY);
    const ISOLATED: (&str, &str) = ("cross-origin-opener-policy", "same-origin");
    let script = || async { ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT) };
    let link = |uri: Uri| async move { problem(uri.query().unwrap_or_default()) };
    let away = |uri: Uri| async move { Redirect::temporary(uri.query().unwrap_or_default()) };
    let calls = calls.clone();
    let counted = move |request: Request, next: Next| {
        calls.fetch_add(1, Ordering::Relaxed);
        next.run(request)
    };
    Router::new()
        .route("/notes", post(notes))
        .route("/week", post(week))
        .route("/read", get(read))
        .layer(from_fn(counted))
        .route("/", get(|| async { page(&[STRICT]) }))
        .route("/isolated", get(|| async { page(&[STRICT, ISOLATED]) }))
        .route("/loose", get(|| async { page(&[]) }))
        .route("/app.js", get(script))
        .route("/problem", get(link))
        .route("/away", get(away))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

async fn app() -> Served {
    let fake = FakeGoogle::start().await.unwrap();
    fake.add_account(FakeAccount::new(GRACE, "Grace Example"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let oauth = fake.builder_for(&format!("{origin}/oauth/callback")).unwrap().build().unwrap();
    let calls = Arc::default();
    let app = router(&oauth, &calls);
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Served { origin, server, calls, _fake: fake }
}

/// A browser on the app's page, and the handle of that window.
struct Opened {
    app: Served,
    chromium: WebBrowser,
    main: WindowHandle,
}

async fn open(engine: Engine, path: &str) -> Opened {
    let (app, chromium) = (app().await, WebBrowser::of(engine).await);
    chromium.goto(format!("{}{path}", app.origin)).await;
    chromium.wait_for("#notes").await;
    let main = chromium.driver().window().await.unwrap();
    Opened { app, chromium, main }
}

impl Opened {
    async fn windows(&self) -> Vec<WindowHandle> {
        self.chromium.driver().windows().await.unwrap()
    }

    /// Chooses an account from the provider's list.
    async fn choose(&self, email: &str) {
        self.chromium.click(&format!("button[value='{email}']")).await;
    }

    /// How often the app's handlers were called since this was last asked.
    fn calls(&self) -> usize {
        self.app.calls.swap(0, Ordering::Relaxed)
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
async fn a_refused_call_asks_in_a_window_and_is_sent_again(engine: Engine) {
    let page = open(engine, "/").await;
    page.click_and_enter("#notes").await;
    page.choose(ADA).await;
    page.chromium.screenshot(format!("fetch-consent-{engine:?}")).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "200 body of notes");
    page.is_untouched("/").await;
    page.chromium.click("#notes").await;
    assert_eq!(page.said("notes").await, "200 body of notes");
    assert_eq!(page.windows().await.len(), 1, "nothing is left to ask");
}

/// Closed, or left by the way back: the script hears of it, and a second click asks anew.
async fn whoever_closes_the_window_has_cancelled(engine: Engine) {
    let page = open(engine, "/").await;
    page.click_and_enter("#notes").await;
    page.chromium.wait_for("button[value='ada@example.com']").await;
    page.close_and_come_back("#notes-out").await;
    assert_eq!(page.said("notes").await, "cancelled: AbortError");
    assert_eq!(page.calls(), 1, "what may change something is not tried again");
    page.click_and_enter("#read").await;
    page.chromium.wait_for("button[value='ada@example.com']").await;
    page.close_and_come_back("#read-out").await;
    assert_eq!(page.said("read").await, "cancelled: AbortError");
    assert_eq!(page.calls(), 2, "what reads is");
    page.click_and_enter("#notes").await;
    page.choose(ADA).await;
    page.chromium.click(CANCEL).await;
    page.chromium.wait_for("nav a.main").await;
    assert!(page.chromium.text("main").await.contains("Nothing has changed"));
    // After a window was closed from outside, WebKit's driver hangs where a picture is asked for.
    if engine != Engine::WebKit {
        page.chromium.screenshot(format!("fetch-cancelled-{engine:?}")).await;
    }
    page.chromium.click("nav a:last-child").await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "cancelled: AbortError");
    page.is_untouched("/").await;
}

/// A no is not the end while its page is open: "try again" there goes on with the same call.
async fn whoever_says_no_and_then_yes_gets_the_answer(engine: Engine) {
    let page = open(engine, "/").await;
    let window = page.click_and_enter("#notes").await;
    page.choose(ADA).await;
    page.chromium.click(CANCEL).await;
    page.chromium.wait_for("a.main").await;
    assert_eq!(page.says("notes").await, "asking");
    page.switch_to(&window).await;
    page.chromium.click("a.main").await;
    page.choose(ADA).await;
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
async fn without_a_window_the_app_is_told_what_is_missing(engine: Engine) {
    let scope = "https://www.googleapis.com/auth/drive.file";
    let required = format!("required: sign_in_required, save your note, {scope}");
    let page = open(engine, "/?at-once").await;
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
    page.choose(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "200 body of notes");
    page.is_untouched("/?listening").await;
}

/// Two windows are not mixed up, and two calls for the same share one.
async fn two_consents_at_once_go_to_their_own_calls(engine: Engine) {
    let page = open(engine, "/").await;
    let first = page.click_and_enter("#notes").await;
    page.choose(ADA).await;
    page.chromium.wait_for(CONTINUE).await;
    page.click_and_enter("#week").await;
    page.choose(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(2).await;
    assert_eq!(page.said("week").await, "200 body of week");
    assert_eq!(page.says("notes").await, "asking");
    page.switch_to(&first).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "200 body of notes");

    let page = open(engine, "/").await;
    page.click_and_enter("#twice").await;
    page.choose(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("twice").await, "200 body of notes,200 body of notes");
}

/// A browser may run other tasks while it opens a window: a call for the same waits for that one.
async fn a_call_made_while_the_window_opens_shares_it(engine: Engine) {
    let page = open(engine, "/?listening").await;
    page.chromium.script("window.kept = window.open; window.open = () => null").await;
    page.chromium.click("#twice").await;
    page.chromium.wait_for("#go[data-state=asked]").await;
    let meanwhile = "const [first, second] = window.asked;
        window.open = (...all) => { window.open = kept; second.open(); return kept(...all); };
        document.getElementById('go').onclick = () => first.open(); return ''";
    let asked = async || page.chromium.script("return window.asked.length").await;
    for _ in 0..ATTEMPTS {
        if asked().await == "2" {
            break;
        }
    }
    page.chromium.script(meanwhile).await;
    page.click_and_enter("#go").await;
    page.choose(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("twice").await, "200 body of notes,200 body of notes");
}

/// A window that is cut off from its opener looks closed from the start, and tells all the same.
async fn a_window_cut_off_from_its_opener_still_tells_it(engine: Engine) {
    let page = open(engine, "/isolated").await;
    page.click_and_enter("#notes").await;
    page.choose(ADA).await;
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
    let page = open(Engine::Chromium, "/isolated?tab=1&x=2").await;
    let follow = "fetch('/notes', { method: 'POST' }).then((answer) => answer.json())
        .then((problem) => { location.href = problem.authorize_url })";
    page.chromium.script(follow).await;
    page.choose(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.chromium.wait_for("#notes").await;
    page.is_untouched("/isolated?tab=1&x=2").await;
    page.chromium.click("#notes").await;
    assert_eq!(page.said("notes").await, "200 body of notes");
}

/// The account is another one when the window ends: the call was made for the first one, and is
/// sent for the second by a click alone.
async fn a_call_is_not_sent_again_for_another_account(engine: Engine) {
    let page = open(engine, "/").await;
    page.click_and_enter("#notes").await;
    page.choose(ADA).await;
    page.chromium.click(CONTINUE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("notes").await, "200 body of notes");
    page.calls();

    page.click_and_enter("#week").await;
    page.chromium.wait_for(CONTINUE).await;
    let mut other = Url::parse(&page.chromium.url().await).unwrap();
    let pairs: Vec<_> = other.query_pairs().into_owned().collect();
    other.query_pairs_mut().clear().extend_pairs(pairs.iter().filter(|p| p.0 != "login_hint"));
    page.chromium.goto(other).await;
    page.choose(GRACE).await;
    page.chromium.click(CONTINUE).await;
    page.chromium.click("nav a.main + a").await; // go on as Grace
    page.choose(GRACE).await;
    page.until_windows(1).await;
    assert_eq!(page.said("week").await, "changed: AccountChanged");
    assert_eq!(page.calls(), 1, "the call that was refused");
    page.chromium.click("#go").await;
    assert_eq!(page.said("week").await, "200 body of week");
    assert_eq!(page.calls(), 1);
    page.is_untouched("/").await;
}

/// No answer but the app's own opens a window, and none that leads elsewhere than to the start of
/// an authorization: the answer is handed on as it is.
async fn nothing_but_links_of_the_app_is_opened(engine: Engine) {
    let page = open(engine, "/loose").await;
    let (own, elsewhere) = (page.app.origin.clone(), Elsewhere::problems().await);
    let sign_in = format!("{own}/oauth/sign-in?return_to=/");
    let foreign = format!("{}/?{sign_in}", elsewhere.origin);
    let own_port = own.rsplit(':').next().unwrap();
    let same = [
        "http://127.0.0.1:1/oauth/start?intent=x",
        "//127.0.0.1:1/oauth/start?intent=x",
        &format!("http://127.0.0.1:{own_port}/oauth/start?intent=x"),
        &format!("{}/oauth/start?intent=x", elsewhere.origin),
        &format!("http://a@localhost:{own_port}/oauth/start?intent=x"),
        "javascript:alert(1)",
        "/notes",
        "/start?intent=x",
        "/oauth/",
        "/oauth/disconnect",
        "/oauth/callback?code=a&state=b",
        "/oauth/start/../disconnect",
        "/oauth/start/x?intent=x",
        "/app/oauth/start?intent=x",
    ];
    let same = same.map(|link| format!("/problem?{link}"));
    for target in same.into_iter().chain([foreign.clone(), format!("/away?{foreign}")]) {
        let set = format!("window.target = {}; return ''", serde_json::json!(target));
        page.chromium.script(&set).await;
        page.chromium.click("#foreign").await;
        let said = page.said("foreign").await;
        assert!(said.starts_with("403 {"), "{target}: {said}");
        assert_eq!(page.windows().await.len(), 1, "{target}");
    }
    // The same link in an answer of the app is followed.
    page.chromium.script(&format!("window.target = '/problem?{sign_in}'; return ''")).await;
    page.click_and_enter("#foreign").await;
    page.chromium.wait_for("button[value='ada@example.com']").await;
}
