//! The callback under attack: what is not ours, twice, late or wrong changes nothing.

use oauth_runtime::fake::{Endpoint, Fault, Gate, Quirk};
use url::Url;

use crate::support::{App, Browser, Page};

const ADA: &str = "ada@example.com";

/// A browser that has consented, and the callback that it is about to load.
async fn about_to_return(app: &App, path: &str) -> (Browser, Url) {
    let mut browser = Browser::new();
    let url = browser.return_address(app.url(path), ADA, &["drive.file"]).await;
    (browser, url)
}

fn with(url: &Url, name: &str, value: Option<&str>) -> Url {
    let mut changed = url.clone();
    let pairs: Vec<_> = url.query_pairs().into_owned().filter(|pair| pair.0 != name).collect();
    changed.query_pairs_mut().clear().extend_pairs(pairs);
    if let Some(value) = value {
        changed.query_pairs_mut().append_pair(name, value);
    }
    changed
}

/// SAFE-FAIL: headers, no session, and no byte of what came in goes out.
fn assert_safe_failure(page: &Page, url: &Url) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(page.header(name), value, "{name} of {url}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    let cookies = page.set_cookies();
    assert!(!cookies.iter().any(|line| line.starts_with("oauth=") && !line.contains("Max-Age=0")));
    for (name, value) in url.query_pairs() {
        let secret = matches!(&*name, "code" | "state") && value.len() > 8;
        assert!(!secret || !page.body.contains(&*value), "{name} is shown");
    }
    assert!(!page.body.contains("http://") && !page.body.contains("https://"), "no link out");
}

/// A1: somebody else's callback in a browser that began nothing.
#[tokio::test]
async fn a_callback_of_another_browser_is_refused() {
    let app = App::start().await;
    let (_attacker, url) = about_to_return(&app, "/notes").await;
    let mut victim = Browser::new();
    let page = victim.go(&url).await;
    assert_eq!(page.status, 400);
    assert_safe_failure(&page, &url);
    assert_eq!(app.fake.calls(Endpoint::Token), 0);
}

/// A2: the same against somebody who is signed in, and who has a flow of their own pending.
#[tokio::test]
async fn a_foreign_callback_does_not_touch_whoever_is_signed_in() {
    let app = App::start().await;
    let mut victim = Browser::new();
    victim.authorize(app.url("/notes"), "bob@example.com", &["drive.file"]).await;
    let consent = victim.consent_page(app.url("/week"), "bob@example.com").await;
    let (_attacker, url) = about_to_return(&app, "/notes").await;
    let calls = app.fake.calls(Endpoint::Token);
    let page = victim.go(&url).await;
    assert_eq!(page.status, 400);
    assert_safe_failure(&page, &url);
    assert_eq!(app.fake.calls(Endpoint::Token), calls);
    // A12: what really is pending stays usable.
    let granted = victim.grant(&consent, &["calendar.events.readonly"]).await;
    assert_eq!(victim.arrive(granted).await.status, 200);
    assert_eq!(victim.go(app.url("/hello")).await.body, "bob@example.com");
}

/// A3, A11, A12, B5: malformed, doubled and contradictory callbacks.
#[tokio::test]
async fn a_malformed_callback_is_refused_before_anything_is_sent() {
    let app = App::start().await;
    let (mut browser, url) = about_to_return(&app, "/notes").await;
    let base = url.query().unwrap().to_owned();
    let long = "s".repeat(5000);
    let queries = [
        String::new(),
        "code=x".to_owned(),
        "code=x&state=".to_owned(),
        "code=x&state=a".to_owned(),
        format!("code=x&state={long}"),
        "code=x&state=%00".to_owned(),
        "code=x&state=%C3%A9".to_owned(),
        "error=access_denied&state=forged".to_owned(),
        format!("{base}&state=again"),
        format!("{base}&code=again"),
        format!("{base}&iss=again"),
        format!("{base}&error=access_denied"),
        with(&url, "iss", Some("https://evil.example")).query().unwrap().to_owned(),
        with(&url, "code", None).query().unwrap().to_owned(),
        with(&url, "state", None).query().unwrap().to_owned(),
    ];
    for query in queries {
        let url: Url = app.callback(&query).parse().unwrap();
        let page = browser.go(&url).await;
        assert_eq!(page.status, 400, "{query:.60}");
        assert_safe_failure(&page, &url);
        assert!(!browser.cookies.contains_key("oauth"));
    }
    assert_eq!(app.fake.calls(Endpoint::Token), 0);
}

/// A4: every changed byte of the cookie or the state closes the flow, with one message.
#[tokio::test]
async fn a_changed_cookie_or_state_is_refused() {
    let app = App::start().await;
    let (mut browser, url) = about_to_return(&app, "/notes").await;
    let (name, value) = browser.cookies.iter().next().map(|(n, v)| (n.clone(), v.clone())).unwrap();
    let mut messages = std::collections::BTreeSet::new();
    for index in (0..value.len()).step_by(7) {
        let mut changed = value.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        browser.cookies.insert(name.clone(), String::from_utf8(changed).unwrap());
        let page = browser.go(&url).await;
        assert_eq!(page.status, 400, "byte {index}");
        messages.insert(page.body);
    }
    browser.cookies.insert(name, value);
    let state = url.query_pairs().find(|pair| pair.0 == "state").unwrap().1.into_owned();
    for index in 0..state.len() {
        let mut changed = state.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = with(&url, "state", Some(std::str::from_utf8(&changed).unwrap()));
        let page = browser.go(&changed).await;
        assert_eq!(page.status, 400, "character {index}");
        messages.insert(page.body);
    }
    assert_eq!(messages.len(), 1, "one message for all of them");
    assert_eq!(app.fake.calls(Endpoint::Token), 0);
    assert_eq!(browser.follow(&url).await.status, 200, "the whole one still works");
}

/// A5, G10: a reload of a used callback goes to the same page, for that session alone.
#[tokio::test]
async fn a_used_callback_leads_its_session_back_and_nobody_else() {
    let app = App::start().await;
    let (mut browser, url) = about_to_return(&app, "/notes?x=1").await;
    let flows = browser.cookies.clone();
    assert_eq!(browser.follow(&url).await.status, 200);
    let again = browser.go(&url).await;
    assert_eq!((again.status, again.header("location")), (303, "/notes?x=1"));
    browser.cookies.extend(flows.clone());
    assert_eq!(browser.go(&url).await.header("location"), "/notes?x=1", "with the flow's cookie");
    let mut stranger = Browser::new();
    stranger.cookies = flows;
    let page = stranger.go(&url).await;
    assert_eq!(page.status, 400);
    assert_safe_failure(&page, &url);
    assert_eq!(app.fake.calls(Endpoint::Token), 1);
}

/// A6: twenty at once make one exchange, and every one of them ends well.
#[tokio::test]
async fn a_callback_sent_many_times_at_once_is_exchanged_once() {
    let app = App::start().await;
    let (browser, url) = about_to_return(&app, "/notes").await;
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let requests = (0..20).map(|_| {
        let (mut tab, url) = (browser.tab(), url.clone());
        tokio::spawn(async move { (tab.go(&url).await, tab) })
    });
    let before = app.arrived();
    let requests: Vec<_> = requests.collect();
    app.until_arrived(before + 20).await;
    gate.waiting(1).await;
    gate.open();
    for request in requests {
        let (page, mut tab) = request.await.unwrap();
        assert_eq!((page.status, page.header("location")), (303, "/notes"));
        assert_eq!(tab.go(app.url("/hello")).await.body, ADA);
    }
    assert_eq!(app.fake.calls(Endpoint::Token), 1);
}

/// I5 for the callback: the browser goes away in mid-exchange and comes back.
#[tokio::test]
async fn an_exchange_outlives_the_request_that_began_it() {
    let app = App::start().await;
    let (browser, url) = about_to_return(&app, "/notes").await;
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let (mut first, address) = (browser.tab(), url.clone());
    let request = tokio::spawn(async move { first.go(&address).await.status });
    gate.waiting(1).await;
    request.abort();
    assert!(request.await.is_err());
    let (mut second, address) = (browser.tab(), url.clone());
    let before = app.arrived();
    let retry = tokio::spawn(async move { (second.go(&address).await, second) });
    app.until_arrived(before + 1).await;
    gate.open();
    let (page, mut second) = retry.await.unwrap();
    assert_eq!(page.status, 303);
    assert_eq!(second.go(app.url("/hello")).await.body, ADA);
    assert_eq!(app.fake.calls(Endpoint::Token), 1);
}

/// B3: an attacker's code in the victim's own flow fails, even where the server ignores PKCE.
#[tokio::test]
async fn an_injected_code_is_refused_with_and_without_pkce_at_the_server() {
    for quirk in [None, Some(Quirk::IgnorePkce)] {
        let app = App::start().await;
        if let Some(quirk) = quirk {
            app.fake.set(quirk);
        }
        let (_, attack) = about_to_return(&app, "/notes").await;
        let code = attack.query_pairs().find(|pair| pair.0 == "code").unwrap().1.into_owned();
        let (mut victim, own) = about_to_return(&app, "/notes").await;
        let url = with(&own, "code", Some(&code));
        let page = victim.go(&url).await;
        assert_eq!(page.status, 502, "{quirk:?}");
        assert_safe_failure(&page, &url);
        assert_eq!(victim.go(app.url("/hello")).await.body, "nobody");
    }
}

/// B8, B9, B11, C1–C8 seen from outside: a response that proves nobody is not kept.
#[tokio::test]
async fn a_token_response_that_proves_nobody_is_not_kept() {
    for quirk in [
        Quirk::WrongNonce,
        Quirk::MissingNonce,
        Quirk::WrongAudience,
        Quirk::WrongAtHash,
        Quirk::AlgNone,
        Quirk::ExpiredIdToken,
        Quirk::ForeignKey,
        Quirk::MissingIdToken,
        Quirk::AbsentScope,
    ] {
        let app = App::start().await;
        app.fake.set(quirk);
        let (mut browser, url) = about_to_return(&app, "/notes").await;
        let page = browser.go(&url).await;
        assert_eq!(page.status, 502, "{quirk:?}");
        assert_safe_failure(&page, &url);
        assert_eq!(browser.go(app.url("/hello")).await.body, "nobody", "{quirk:?}");
    }
}

/// C5, D9, and facts of behaviour §3: what a provider may well do is taken.
#[tokio::test]
async fn the_oddities_of_the_provider_are_taken() {
    for quirk in [Quirk::BareIssuer, Quirk::OmitIss, Quirk::ExpiresInAsText, Quirk::NoRefreshToken]
    {
        let app = App::start().await;
        app.fake.set(quirk);
        let (mut browser, url) = about_to_return(&app, "/notes").await;
        assert_eq!(browser.follow(&url).await.status, 200, "{quirk:?}");
        let me = browser.go(app.url("/me")).await.json();
        assert_eq!(me["issuer"], "https://accounts.google.com", "{quirk:?}");
    }
    let app = App::start().await;
    app.fake.set(Quirk::EmptyScope);
    let (mut browser, url) = about_to_return(&app, "/notes").await;
    assert_eq!(browser.go(&url).await.status, 403, "nothing was granted, and that is said");
}

/// C13: the provider changes its keys between two sign-ins.
#[tokio::test]
async fn new_keys_of_the_provider_are_found() {
    let app = App::start().await;
    let (mut browser, url) = about_to_return(&app, "/notes").await;
    assert_eq!(browser.follow(&url).await.status, 200);
    app.clock.advance(std::time::Duration::from_secs(120));
    app.fake.rotate_keys();
    let (mut browser, url) = about_to_return(&app, "/notes").await;
    assert_eq!(browser.follow(&url).await.status, 200);
    assert_eq!(app.fake.calls(Endpoint::Keys), 2);
}

/// A provider in trouble: the right status, and nothing lost.
#[tokio::test]
async fn a_failing_provider_gets_its_status_and_a_way_to_start_again() {
    for (fault, status) in [
        (Fault::Status(500), 503),
        (Fault::RetryAfter(7), 503),
        (Fault::Malformed, 502),
        (Fault::Huge, 502),
        (Fault::Drop, 503),
        (Fault::OAuthError("invalid_client"), 503),
        (Fault::OAuthError("invalid_grant"), 502),
    ] {
        let app = App::start().await;
        let (mut browser, url) = about_to_return(&app, "/notes").await;
        let shown = format!("{fault:?}");
        app.fake.fault(Endpoint::Token, fault);
        let page = browser.go(&url).await;
        assert_eq!(page.status, status, "{shown}");
        assert_eq!(page.headers.contains_key("retry-after"), status == 503, "{shown}");
        assert_safe_failure(&page, &url);
        let again = browser.authorize(page.link("Start again"), ADA, &["drive.file"]).await;
        assert_eq!(again.status, 200, "{shown}: {}", again.body);
    }
}

/// A15, G2: the callback is a GET of a page, and nothing else.
#[tokio::test]
async fn only_a_get_is_a_callback() {
    let app = App::start().await;
    let (mut browser, url) = about_to_return(&app, "/notes").await;
    for method in [http::Method::HEAD, http::Method::POST, http::Method::PUT] {
        let page = browser.send(method.clone(), url.as_str(), &[], None).await;
        assert_eq!(page.status, 405, "{method}");
        assert_eq!(page.header("cache-control"), "no-store", "{method}");
    }
    assert_eq!(app.fake.calls(Endpoint::Token), 0);
    assert_eq!(browser.follow(&url).await.status, 200);
}
