//! Visitors who never come back, answers that nobody asked for, and requests that are too long or
//! too slow. `cargo measure flood` sends a million of the first two and counts the bytes that stay.

use std::collections::HashSet;

use axum::Router;
use axum::body::{Body, to_bytes};
use futures_util::{StreamExt as _, stream};
use http::{Method, Request};
use oauth_runtime::fake::{Endpoint, navigate};
use oauth_runtime::{Clock as _, Keys, MemoryStore, OAuthBuilder};
use tower::ServiceExt as _;
use url::Url;

use crate::support::{App, Browser, Fleet, Log, Page, query, router};

const CROWD: usize = 5_000;

fn callback(number: usize, cookie: Option<&str>) -> Request<Body> {
    let mut request = navigate(&format!("/oauth/callback?code=x&state={number:043}"));
    if let Some(cookie) = cookie {
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
    }
    request
}

async fn flow_cookie(app: &Router) -> String {
    let answer = app.clone().oneshot(navigate("/notes")).await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// J16, J17: nothing is kept of somebody who has not come back, and no session begins before a
/// sign-in: not one row, however many come. B4: no two have a state, a nonce or a challenge of PKCE
/// in common.
#[tokio::test]
async fn visitors_who_never_come_back_leave_nothing() {
    let fleet = Fleet::start(1, MemoryStore::new()).await;
    let app = router(fleet.oauth(0));
    let (before, mut seen) = (fleet.store.counts(), HashSet::new());
    for number in 0..CROWD {
        let path = ["/notes", "/week", "/me", "/oauth/sign-in"][number % 4];
        let answer = app.clone().oneshot(navigate(path)).await.unwrap();
        assert_eq!(answer.status(), 303, "{path}");
        let location = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        for name in ["state", "nonce", "code_challenge"] {
            let value = query(&location, name).unwrap();
            assert_eq!(value.len(), 43, "{name}");
            assert!(seen.insert(value), "{name} was there before");
        }
    }
    assert_eq!(fleet.store.counts(), before, "neither read nor written");
}

/// The same where the app has a login of its own, and the way leads to that first.
#[tokio::test]
async fn visitors_of_an_app_with_its_own_login_leave_nothing_either() {
    let mut fleet = Fleet::start(1, MemoryStore::new()).await;
    let keys = Keys::new(fleet.key.clone());
    fleet.add_with(|builder| builder.with_keys(keys).with_login("/login")).await;
    let app = router(fleet.oauth(1));
    let before = fleet.store.counts();
    for path in ["/notes", "/week", "/me", "/oauth/sign-in"] {
        let answer = app.clone().oneshot(navigate(path)).await.unwrap();
        assert_eq!(answer.status(), 303, "{path}");
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("/login"), "{path}");
    }
    assert_eq!(fleet.store.counts(), before, "neither read nor written");
}

/// J16, J18: an answer to nothing is refused before anything is looked up or claimed, with a
/// cookie of no authority, with that of another authorization, and without any.
#[tokio::test]
async fn answers_that_nobody_asked_for_claim_nothing() {
    let fleet = Fleet::start(1, MemoryStore::new()).await;
    let app = router(fleet.oauth(0));
    let flow = flow_cookie(&app).await;
    let before = fleet.store.counts();
    for number in 0..CROWD {
        let cookie = [None, Some("oauth-f-00000000=AAAA"), Some(&*flow)][number % 3];
        let answer = app.clone().oneshot(callback(number, cookie)).await.unwrap();
        assert_eq!(answer.status(), 400, "{number}");
    }
    assert_eq!(fleet.store.counts(), before, "neither read nor written");
    assert_eq!(fleet.fake.calls(Endpoint::Token), 0);
}

/// A body that is under way for ever.
fn endless() -> Body {
    let first = stream::iter([Ok::<_, std::io::Error>("title=")]);
    Body::from_stream(first.chain(stream::pending()))
}

/// Invariant 29: whoever sends a byte now and then holds nothing for long.
#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let app = App::with(|fake| fake, OAuthBuilder::with_security_events).await;
    let router = router(&app.oauth);
    let form = |path: &str| {
        let mut request = navigate(path);
        *request.method_mut() = Method::POST;
        request.headers_mut().insert("sec-fetch-site", "same-origin".parse().unwrap());
        let kind = "application/x-www-form-urlencoded".parse().unwrap();
        request.headers_mut().insert("content-type", kind);
        request.headers_mut().insert("content-length", "9".parse().unwrap());
        *request.body_mut() = endless();
        request
    };
    // The guard answers before it reads, and sends the browser to where the form is read.
    let answer = router.clone().oneshot(form("/echo")).await.unwrap();
    assert_eq!(answer.status(), 307);
    let hold = answer.headers()["location"].to_str().unwrap().to_owned();
    for (path, status, words) in [
        (&*hold, 408, "send it again"),
        ("/oauth/security-events", 400, "too long, or did not arrive"),
    ] {
        let answer = tokio::spawn(router.clone().oneshot(form(path)));
        let mut end = None;
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
            end = end.or_else(|| app.clock.next_end());
        }
        app.clock.set(end.expect("it is waited for, for a while"));
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let page = to_bytes(answer.into_body(), 100_000).await.unwrap();
        assert!(String::from_utf8_lossy(&page).contains(words), "{path}");
    }
}

/// Invariant 29: however long a header or the address is, it is answered, and nothing of it is
/// kept or sent on.
#[tokio::test]
async fn what_is_too_long_is_answered_and_not_kept() {
    let fleet = Fleet::start(1, MemoryStore::new()).await;
    let app = router(fleet.oauth(0));
    let before = fleet.store.counts();
    let long = "x".repeat(60_000);
    let many = "oauth-f-00000000=AAAA; ".repeat(2_600);
    let session = format!("oauth={long}");
    let mixed = format!("{many}oauth={}", &long[..1_000]);
    let headers = [
        ("cookie", &*long),
        ("cookie", &many),
        ("cookie", &session),
        ("cookie", &mixed),
        ("accept", &long),
        ("accept-language", &long),
        ("authorization", &long),
        ("host", &long),
        ("origin", &long),
        ("referer", &long),
        ("sec-fetch-site", &long),
        ("user-agent", &long),
        ("x-forwarded-host", &long),
    ];
    let query = format!("/oauth/callback?code={long}&state={long}");
    let paths = ["/notes", "/me", "/oauth/sign-in", "/oauth/callback?code=x&state=y", &query];
    let (target, account) = (format!("/notes?q={long}"), format!("/oauth/account?{long}"));
    for path in paths.into_iter().chain([&*target, &*account]) {
        for (name, value) in headers {
            let mut request = navigate(path);
            request.headers_mut().insert(name, value.parse().unwrap());
            let answer = app.clone().oneshot(request).await.unwrap();
            assert!(answer.status().as_u16() < 500, "{name} at {path:.40}");
            for (name, value) in answer.headers() {
                assert!(value.len() < 8_192, "{name} of {} bytes at {path:.40}", value.len());
            }
        }
    }
    assert_eq!(fleet.store.counts(), before, "neither read nor written");
}

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const CALENDAR: [&str; 1] = ["calendar.events.readonly"];

/// A browser that begins an authorization, and its state.
async fn begun(app: &App, browser: &mut Browser, path: &str) -> String {
    let sent = browser.go(app.url(path)).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.query("state").unwrap()
}

/// The answer of a provider that no provider gave: with a code of nobody, or a denial.
async fn answered(app: &App, browser: &mut Browser, state: &str, answer: &str) -> Page {
    browser.go(app.callback(&format!("{answer}&state={state}"))).await
}

async fn junk(app: &App, browser: &mut Browser) -> Page {
    browser.cookies.clear();
    let state = begun(app, browser, "/notes").await;
    answered(app, browser, &state, "code=junk").await
}

async fn form(app: &App, browser: &mut Browser) -> Page {
    let origin = [("origin", app.origin.as_str())];
    browser.post(app.url("/echo"), &[("title", "x")], "same-origin", &origin).await
}

async fn signed_in(app: &App, email: &str) -> Browser {
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/oauth/sign-in"), email, &[]).await;
    assert!(page.status < 500, "{}", page.body);
    browser
}

async fn little_room() -> App {
    App::with(|fake| fake, OAuthBuilder::with_little_room).await
}

/// Denials, forms and codes of nobody, from callers who are not signed in: a denial costs nothing,
/// a form costs no authorization, and a code costs those who come to sign in alone. A user who is
/// signed in notices none of it.
#[tokio::test]
async fn strangers_cost_users_nothing() {
    let (log, _kept) = Log::keep(tracing::Level::INFO);
    let app = little_room().await;
    let mut ada = signed_in(&app, ADA).await;
    let before = app.fake.calls(Endpoint::Token);
    let mut browser = Browser::new();
    for _ in 0..40 {
        browser.cookies.clear();
        let state = begun(&app, &mut browser, "/notes").await;
        let denied = answered(&app, &mut browser, &state, "error=access_denied").await;
        assert_eq!(denied.status, 403);
        let form = form(&app, &mut browser).await;
        assert!([200, 503].contains(&form.status), "{}", form.body);
    }
    assert_eq!(app.fake.calls(Endpoint::Token), before, "nothing was exchanged");
    let mut bob = signed_in(&app, BOB).await;
    assert_eq!(bob.go(app.url("/hello")).await.body, BOB, "one who signs in meanwhile");
    assert_eq!(form(&app, &mut ada).await.status, 200);
    assert!(!log.text().contains("rows=\"used_states\""), "{}", log.text());

    let (before, mut accepted) = (app.fake.calls(Endpoint::Token), 0);
    for _ in 0..30 {
        let page = junk(&app, &mut browser).await;
        if page.status == 503 {
            let wait: u64 = page.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
        } else {
            assert_eq!(page.status, 502, "{}", page.body);
            accepted += 1;
        }
    }
    assert_eq!(accepted, 6, "two had signed in");
    assert_eq!(app.fake.calls(Endpoint::Token) - before, accepted, "refused before the exchange");
    let page = ada.authorize(app.url("/week"), ADA, &CALENDAR).await;
    assert_eq!(page.status, 200, "an increment: {}", page.body);
    assert_eq!(form(&app, &mut ada).await.status, 200);
    let late = Browser::new().authorize(app.url("/oauth/sign-in"), BOB, &[]).await;
    assert_eq!(late.status, 503, "{}", late.body);
    let text = log.text();
    for rows in ["used_states", "kept_forms"] {
        let told = format!("code=\"too_many_pending\" rows=\"{rows}\" share=\"strangers\"");
        assert_eq!(text.matches(&told).count(), 1, "{rows} is told once: {text}");
    }
    assert!(!text.contains("provider_unavailable"), "{text}");
    app.clock.set(app.clock.now() + std::time::Duration::from_secs(610));
    signed_in(&app, BOB).await;
}

/// Whoever has an account fills no share for others with it, and answers that are loaded again
/// take no room at all.
#[tokio::test]
async fn one_user_costs_others_nothing() {
    let app = little_room().await;
    let mut eve = signed_in(&app, BOB).await;
    let mut ada = signed_in(&app, ADA).await;
    let before = app.fake.calls(Endpoint::Token);
    let (mut statuses, mut used) = (Vec::new(), None);
    for _ in 0..20 {
        let mut tab = eve.tab();
        let sent = tab.go(app.url("/notes")).await;
        let sent = if sent.status == 303 { sent } else { tab.go(sent.link("Grant access")).await };
        let state = sent.query("state").unwrap();
        let page = answered(&app, &mut tab, &state, "code=junk").await;
        statuses.push(page.status);
        used = used.or(Some((tab, state)));
    }
    assert_eq!(statuses.split_off(6), [503; 14]);
    assert_eq!(statuses, [502; 6]);
    let (mut tab, state) = used.unwrap();
    for _ in 0..20 {
        let page = answered(&app, &mut tab, &state, "code=junk").await;
        assert_eq!(page.status, 400, "it was used: {}", page.body);
    }
    assert_eq!(app.fake.calls(Endpoint::Token) - before, 6, "none of them twice");
    let page = ada.authorize(app.url("/week"), ADA, &CALENDAR).await;
    assert_eq!(page.status, 200, "another user: {}", page.body);
    eve.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    let mut again = signed_in(&app, BOB).await;
    let state = begun(&app, &mut again, "/notes").await;
    let page = answered(&app, &mut again, &state, "code=junk").await;
    assert_eq!(page.status, 503, "the same user in another session");
}
