//! What each kind of request is answered when something is missing.

use http::Method;
use oauth_runtime::fake::Endpoint;

use crate::support::{App, Browser, ELSEWHERE};

const ADA: &str = "ada@example.com";
const DRIVE_FILE: &str = "https://www.googleapis.com/auth/drive.file";
const NAVIGATE: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

/// G4: a script gets a challenge that it can read, and a link that works.
#[tokio::test]
async fn a_fetch_is_told_what_is_missing_and_where_to_get_it() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = app.url("/hello?tab=1");
    let refused = browser.fetch(app.url("/notes"), &[("referer", &page)]).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert!(refused.header("vary").contains("Sec-Fetch-Mode"));
    assert_eq!(refused.header("cache-control"), "no-store");
    assert!(refused.set_cookies().is_empty(), "nothing begins before the link is followed");
    let problem = refused.json();
    assert_eq!(problem["code"], "sign_in_required");
    assert_eq!(problem["status"], 401);
    assert_eq!(problem["provider"], "google");
    assert_eq!(problem["missing_scopes"], serde_json::json!([DRIVE_FILE]));
    assert_eq!(problem["why"], "keep your notes in your Drive");
    let link = app.url(problem["authorize_url"].as_str().unwrap());
    let arrived = browser.authorize(link, ADA, &["drive.file"]).await;
    assert_eq!(arrived.url.as_str(), page, "a fetch resumes its page, not its data");

    let refused = browser.fetch(app.url("/week"), &[]).await;
    assert_eq!(refused.status, 403);
    let scope = "https://www.googleapis.com/auth/calendar.events.readonly";
    let expected = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
    assert_eq!(refused.header("www-authenticate"), expected);
    assert_eq!(refused.json()["code"], "consent_required");
    assert_eq!(browser.fetch(app.url("/notes"), &[]).await.status, 200);
}

/// RFC 9110 §11.6.1: a 401 says how to authenticate, whatever it is an answer to.
#[tokio::test]
async fn every_401_has_a_challenge_and_none_of_them_a_scope() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let mut seen = 0;
    for (method, headers) in [
        (Method::GET, &[][..]),
        (Method::GET, &[("hx-request", "true")]),
        (Method::GET, &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")]),
        (Method::GET, &[("sec-purpose", "prefetch"), ("sec-fetch-mode", "navigate")]),
        (Method::GET, &[("sec-fetch-mode", "cors"), ("authorization", "Bearer mine")]),
        (Method::HEAD, &NAVIGATE),
        (Method::OPTIONS, &[]),
        (Method::POST, &[("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin")]),
    ] {
        let refused = browser.send(method.clone(), &app.url("/upload"), headers, None).await;
        if refused.status == 401 {
            assert_eq!(refused.header("www-authenticate"), "Bearer", "{method} {headers:?}");
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen}");
}

/// A page of another origin is no page to come back to.
#[tokio::test]
async fn a_foreign_referer_is_not_resumed() {
    let (app, mut browser) = (App::start().await, Browser::new());
    for (name, value) in [
        ("referer", "https://evil.example/x"),
        ("referer", "http://localhost.evil.example/x"),
        ("hx-current-url", "//evil.example"),
    ] {
        let refused = browser.fetch(app.url("/notes"), &[(name, value)]).await;
        let link = app.url(refused.json()["authorize_url"].as_str().unwrap());
        let mut person = Browser::new();
        let arrived = person.authorize(link, ADA, &["drive.file"]).await;
        assert_eq!(arrived.url.as_str(), app.url("/"), "{value}");
    }
}

#[tokio::test]
async fn htmx_is_sent_to_our_own_link() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = app.url("/hello");
    let headers = [("hx-request", "true"), ("hx-current-url", page.as_str())];
    let refused = browser.fetch(app.url("/notes"), &headers).await;
    assert_eq!(refused.status, 401);
    assert!(refused.header("hx-redirect").starts_with("/oauth/start?intent="));
    let link = app.url(refused.header("hx-redirect"));
    assert_eq!(browser.authorize(link, ADA, &["drive.file"]).await.url.path(), "/hello");
}

/// G1, G2, invariant 16: what nobody looks at begins nothing.
#[tokio::test]
async fn prefetch_and_head_get_a_status_and_nothing_else() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let speculative = [("sec-purpose", "prefetch"), ("x-moz", "prefetch"), ("purpose", "prefetch")];
    for path in ["/notes", "/oauth/sign-in"] {
        for extra in speculative {
            let headers: Vec<_> = NAVIGATE.into_iter().chain([extra]).collect();
            let page = browser.send(Method::GET, &app.url(path), &headers, None).await;
            assert!(matches!(page.status, 401 | 403), "{path} {extra:?}: {}", page.status);
            assert!(page.set_cookies().is_empty() && page.body.is_empty());
            assert_eq!(page.header("cache-control"), "no-store");
        }
    }
    let page = browser.send(Method::HEAD, &app.url("/notes"), &NAVIGATE, None).await;
    assert_eq!(page.status, 401);
    assert!(page.set_cookies().is_empty());
    assert!(page.header("vary").contains("Sec-Purpose"));
    assert_eq!(
        browser.send(Method::HEAD, &app.url("/oauth/sign-in"), &NAVIGATE, None).await.status,
        405
    );
    assert_eq!(app.fake.calls(Endpoint::Authorization), 0);
}

/// G5: a frame is led out of, not redirected.
#[tokio::test]
async fn a_frame_gets_a_link_out() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let framed =
        [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
    for path in ["/notes?x=1", "/oauth/sign-in?return_to=/notes?x=1"] {
        let page = browser.send(Method::GET, &app.url(path), &framed, None).await;
        assert!(matches!(page.status, 401 | 403), "{path}");
        assert!(page.body.contains("target=\"_top\""), "{}", page.body);
        // It would not be seen otherwise; no other site may show it.
        assert_eq!(page.header("x-frame-options"), "SAMEORIGIN");
        assert!(page.header("content-security-policy").contains("frame-ancestors 'self'"));
        assert!(page.set_cookies().is_empty());
        let mut person = Browser::new();
        let arrived = person.authorize(page.link("Continue"), ADA, &["drive.file"]).await;
        let arrived = person.authorize(arrived.url, ADA, &["drive.file"]).await;
        assert_eq!((arrived.status, arrived.url.query()), (200, Some("x=1")), "{path}");
    }
}

/// H1, H6.
#[tokio::test]
async fn a_form_from_elsewhere_is_refused_and_other_methods_are_challenged() {
    let (app, mut browser) = (App::start().await, Browser::new());
    for site in ["cross-site", "same-site"] {
        let page = browser.post(app.url("/notes"), &[("name", "x")], site, &[]).await;
        assert_eq!(page.status, 403);
        assert!(!page.body.contains("intent="), "nothing to go on with");
        assert!(page.set_cookies().is_empty());
    }
    let page = browser.send(Method::PUT, &app.url("/notes"), &NAVIGATE, None).await;
    assert_eq!(page.status, 405, "the app has no such route");
}

/// A14: nothing in the query of a link of ours is believed.
#[tokio::test]
async fn a_link_cannot_choose_scopes_or_parameters() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let evil = "scope=https://mail.google.com/&prompt=none&redirect_uri=https://evil.example&\
                login_hint=victim@example.com&state=x";
    let asked = browser.go(app.url(&format!("/oauth/sign-in?{evil}"))).await;
    assert_eq!(asked.query("scope").unwrap(), "email openid");
    assert_eq!(asked.query("redirect_uri").unwrap(), app.url("/oauth/callback"));
    assert_eq!(asked.query("prompt"), None);
    assert_eq!(asked.query("login_hint"), None);
    for query in ["", evil, "intent=", "intent=AAAA", "intent=a&intent=b"] {
        let page = browser.go(app.url(&format!("/oauth/start?{query}"))).await;
        assert_eq!(page.status, 400, "{query}");
    }
}

/// F1: wherever a link wants to go on, the person stays on our origin.
#[tokio::test]
async fn no_return_path_leaves_the_origin() {
    let (app, mut browser) = (App::start().await, Browser::new());
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    for path in ELSEWHERE {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("return_to", path)
            .finish();
        let page = browser.go(app.url(&format!("/oauth/sign-in?{query}"))).await;
        assert_eq!(page.status, 303, "{path:?}");
        assert_eq!(page.location().as_str(), app.url("/"), "{path:?}");
        assert!(!page.headers.contains_key("x"));
    }
    let page = browser.go(app.url("/oauth/sign-in?return_to=/hello%3Fa%3D1")).await;
    assert_eq!(page.location().as_str(), app.url("/hello?a=1"));
}

/// F4, F5: the app is where its configuration says.
#[tokio::test]
async fn no_header_moves_the_app() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let headers: Vec<_> = NAVIGATE
        .into_iter()
        .chain([
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "host=evil.example;proto=https"),
        ])
        .collect();
    let page = browser.send(Method::GET, &app.url("/notes"), &headers, None).await;
    assert_eq!(page.query("redirect_uri").unwrap(), app.url("/oauth/callback"));
    assert!(!page.header("location").contains("evil"));
    assert!(
        page.set_cookies().iter().all(|line| !line.contains("evil") && !line.contains("Secure"))
    );
}
