//! Visitors who never come back, and answers that nobody asked for. `cargo measure flood` sends a
//! million of each and counts the bytes that stay.

use std::collections::HashSet;

use axum::Router;
use axum::body::Body;
use http::Request;
use oauth_runtime::MemoryStore;
use oauth_runtime::fake::{Endpoint, navigate};
use tower::ServiceExt as _;
use url::Url;

use crate::support::{Fleet, query, router};

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
