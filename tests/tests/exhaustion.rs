//! Visitors who never come back, answers that nobody asked for, and requests that are too long or
//! too slow. `cargo measure flood` sends a million of the first two and counts the bytes that stay.

use std::collections::HashSet;

use axum::Router;
use axum::body::{Body, to_bytes};
use futures_util::{StreamExt as _, stream};
use http::{Method, Request};
use oauth_runtime::fake::{Endpoint, navigate};
use oauth_runtime::{MemoryStore, OAuthBuilder};
use tower::ServiceExt as _;
use url::Url;

use crate::support::{App, Fleet, query, router};

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
