//! What is right and what is wrong with an app, told to its operator.

use std::collections::BTreeMap;
use std::time::Duration;

use oauth_runtime::fake::{Endpoint, Fault, Quirk};
use oauth_runtime::{
    Check, Clock, Diagnosis, Key, Keys, MemoryStore, Severity, Sleep, SystemClock, Timestamp,
};
use serde_json::Value;

use crate::support::{App, Browser};

/// The severity of each check, by its code.
fn found(diagnosis: &Diagnosis) -> BTreeMap<&str, Severity> {
    diagnosis.checks().iter().map(|check| (check.code(), check.severity())).collect()
}

fn check<'a>(diagnosis: &'a Diagnosis, code: &str) -> &'a Check {
    diagnosis.checks().iter().find(|check| check.code() == code).expect(code)
}

/// A clock that runs as the system's, some seconds ahead.
#[derive(Debug)]
struct Ahead(u64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now() + Duration::from_secs(self.0)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        SystemClock.sleep(duration)
    }
}

/// An app whose clock is so many seconds ahead of the provider's.
async fn ahead(seconds: u64) -> App {
    App::with(|fake| fake, |builder| builder.with_clock(Ahead(seconds))).await
}

#[tokio::test]
async fn an_app_that_is_set_up_right_hears_no_more_than_notes() {
    let diagnosis = ahead(0).await.oauth.diagnose().await;
    assert!(diagnosis.worst() < Severity::Warning, "{diagnosis}");
    let found = found(&diagnosis);
    let codes = ["clock", "cookies", "jwks", "provider", "redirect_uri", "refresh_tokens"];
    let codes: Vec<_> = codes.into_iter().chain(["routes", "scopes", "store"]).collect();
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), codes);
    assert_eq!((found["jwks"], found["clock"]), (Severity::Good, Severity::Good));
    assert_eq!(found["scopes"], Severity::Note, "of some nobody knows how sensitive they are");
    let json: Value = serde_json::from_str(&diagnosis.to_json()).unwrap();
    assert_eq!(json["checks"].as_array().unwrap().len(), diagnosis.checks().len());
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_before_anybody_is_refused() {
    for (seconds, severity) in [(30, Severity::Warning), (90, Severity::Failure)] {
        let diagnosis = ahead(seconds).await.oauth.diagnose().await;
        let clock = check(&diagnosis, "clock");
        assert_eq!(clock.severity(), severity, "{diagnosis}");
        assert!(clock.help().unwrap().contains("clock"), "{diagnosis}");
    }
}

#[tokio::test]
async fn a_provider_that_fails_or_has_odd_keys_is_named() {
    let app = ahead(0).await;
    app.fake.fault(Endpoint::Keys, Fault::Status(500));
    app.fake.fault(Endpoint::Token, Fault::Drop);
    let diagnosis = app.oauth.diagnose().await;
    let found = found(&diagnosis);
    assert_eq!((found["jwks"], found["provider"]), (Severity::Failure, Severity::Failure));
    assert_eq!(check(&diagnosis, "provider").provider(), Some("google"));
    assert!(!found.contains_key("clock"), "nobody knows: {diagnosis}");
    assert!(diagnosis.to_string().contains("failure  provider (google): "), "{diagnosis}");
}

#[tokio::test]
async fn an_app_without_our_routes_hears_it() {
    let app = ahead(0).await;
    let bare = app.fake.builder_for("http://localhost:9/oauth/callback").unwrap().build().unwrap();
    let diagnosis = bare.diagnose().await;
    let routes = check(&diagnosis, "routes");
    assert_eq!(routes.severity(), Severity::Failure);
    assert!(routes.help().unwrap().contains(".merge(oauth.routes())"));
}

#[tokio::test]
async fn a_store_is_tried() {
    let app = App::with(
        |fake| fake,
        |builder| {
            let keys = Keys::new(Key::generate().unwrap());
            builder.with_store(MemoryStore::new()).with_keys(keys)
        },
    )
    .await;
    let diagnosis = app.oauth.diagnose().await;
    assert_eq!(found(&diagnosis)["store"], Severity::Good, "{diagnosis}");
}

/// A node with keys of its own reads its own rows, and nobody else's.
#[tokio::test]
async fn keys_that_are_not_those_of_the_store_are_named() {
    let store = MemoryStore::new();
    let mut worst = Vec::new();
    for _ in 0..2 {
        let keys = Keys::new(Key::generate().unwrap());
        let store = store.clone();
        let app = App::with(|fake| fake, |builder| builder.with_store(store).with_keys(keys)).await;
        let diagnosis = app.oauth.diagnose().await;
        let store = check(&diagnosis, "store");
        worst.push((store.severity(), store.help().is_some()));
    }
    assert_eq!(worst, [(Severity::Good, false), (Severity::Failure, true)]);
}

/// Many sign-ins, none of which can be renewed: access ends after an hour for all of them.
#[tokio::test]
async fn refresh_tokens_that_never_come_are_noticed() {
    let app = App::start().await;
    app.fake.set(Quirk::NoRefreshToken);
    for round in 0..5 {
        let mut browser = Browser::new();
        browser.authorize(app.url("/me"), "ada@example.com", &[]).await;
        let expected = if round < 4 { Severity::Good } else { Severity::Warning };
        let diagnosis = app.oauth.diagnose().await;
        assert_eq!(found(&diagnosis)["refresh_tokens"], expected, "{diagnosis}");
    }
}

/// The page says what the way to the app is, and is for nobody but this machine.
#[tokio::test]
async fn the_page_is_for_whoever_develops_the_app() {
    let app = ahead(0).await;
    let mut browser = Browser::new();
    let page = browser.go(app.url("/oauth/doctor")).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.body.contains("All is well."), "{}", page.body);
    assert!(page.body.contains("this request came to localhost:"), "{}", page.body);
    // The usual mistake: the cookies of one name are not those of the other.
    let other = app.url("/oauth/doctor").replace("localhost", "127.0.0.1");
    let page = browser.go(&other).await;
    assert!(page.body.contains("works, but not for everybody"), "{}", page.body);
    assert!(page.body.contains("under another name its cookies are not found"), "{}", page.body);
    let json = browser.go(format!("{other}?format=json")).await.json();
    let host = json["checks"].as_array().unwrap().iter().find(|check| check["code"] == "host");
    assert_eq!(host.unwrap()["severity"], "warning");
    // A page of another site that calls itself by a name of loopback reads nothing.
    for path in ["doctor", "manifest"] {
        let url = app.url(&format!("/oauth/{path}"));
        let host = [("host", "evil.example")];
        let page = browser.send(http::Method::GET, &url, &host, None).await;
        assert_eq!((page.status, page.body.as_str()), (421, ""), "{path}");
    }
}

#[tokio::test]
async fn it_is_there_in_development_only() {
    let keys = oauth_runtime::Keys::new(oauth_runtime::Key::generate().unwrap());
    let credentials = oauth_runtime::ClientCredentials::new("client-id", "fake-secret");
    let oauth = oauth_runtime::OAuth::google(credentials)
        .with_redirect_uri("https://app.example.com/oauth/callback")
        .with_keys(keys)
        .build()
        .unwrap();
    let app: axum::Router = oauth.routes().with_state(());
    for path in ["doctor", "manifest"] {
        let request = axum::http::Request::get(format!("/oauth/{path}"))
            .header("host", "localhost")
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}
