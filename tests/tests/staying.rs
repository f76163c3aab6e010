//! Staying authorized: refresh in its windows, one at a time, and what a dead grant means.

use std::time::Duration;

use oauth_runtime::fake::{Endpoint, FakeAccount, Fault, Gate, Quirk};

use crate::support::{App, Browser};

const ADA: &str = "ada@example.com";

async fn signed_in(app: &App) -> Browser {
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser
}

fn refreshes(app: &App) -> usize {
    let requests = app.fake.requests(Endpoint::Token);
    requests.iter().filter(|it| it.field("grant_type") == Some("refresh_token")).count()
}

/// Behaviour §5: fresh as is, stale as is with a refresh behind it, expired only after one.
#[tokio::test]
async fn a_token_is_refreshed_before_it_ends_and_waited_for_after() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let first = browser.go(app.url("/notes")).await.body;
    app.clock.advance(Duration::from_secs(3200));
    assert_eq!(browser.go(app.url("/notes")).await.body, first, "fresh");
    assert_eq!(refreshes(&app), 0);

    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    app.clock.advance(Duration::from_secs(200));
    assert_eq!(browser.go(app.url("/notes")).await.body, first, "stale, and nobody waits");
    gate.waiting(1).await;
    gate.open();
    app.oauth.settled().await;
    assert_eq!(refreshes(&app), 1);
    let second = browser.go(app.url("/notes")).await.body;
    assert_ne!(second, first, "renewed behind the scenes");

    app.clock.advance(Duration::from_secs(3595));
    let third = browser.go(app.url("/notes")).await;
    assert_eq!(third.status, 200);
    assert_ne!(third.body, second, "expired: waited for");
    assert_eq!(refreshes(&app), 2);
}

/// Behaviour §10: tokens may live seconds, so what an answer takes to arrive is not given to them.
#[tokio::test]
async fn a_lifetime_counts_from_the_moment_the_code_was_sent() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let url = browser.return_address(app.url("/notes"), ADA, &["drive.file"]).await;
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let callback = tokio::spawn(async move { (browser.go(&url).await, browser) });
    gate.waiting(1).await;
    app.clock.advance(Duration::from_secs(500));
    gate.open();
    let (page, mut browser) = callback.await.unwrap();
    assert_eq!(browser.arrive(page).await.status, 200);
    app.clock.advance(Duration::from_secs(3095));
    assert_eq!(refreshes(&app), 0);
    assert_eq!(browser.go(app.url("/notes")).await.status, 200);
    assert_eq!(refreshes(&app), 1);
}

/// I1: many requests at the end of a token make one call.
#[tokio::test]
async fn many_requests_with_an_expired_token_make_one_refresh() {
    let app = App::start().await;
    let browser = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(3600));
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let before = app.arrived();
    let requests: Vec<_> = (0..200)
        .map(|_| {
            let (mut tab, url) = (browser.tab(), app.url("/guarded"));
            tokio::spawn(async move { tab.go(url).await.status })
        })
        .collect();
    app.until_arrived(before + 200).await;
    gate.waiting(1).await;
    gate.open();
    for request in requests {
        assert_eq!(request.await.unwrap(), 200);
    }
    assert_eq!(refreshes(&app), 1);
}

/// I5: the request that began a refresh goes away; its result is kept.
#[tokio::test]
async fn a_refresh_outlives_its_request() {
    let app = App::start().await;
    app.fake.set(Quirk::RotateRefreshTokens);
    let browser = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(3600));
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let (mut tab, url) = (browser.tab(), app.url("/guarded"));
    let request = tokio::spawn(async move { tab.go(url).await.status });
    gate.waiting(1).await;
    request.abort();
    assert!(request.await.is_err());
    gate.open();
    app.oauth.settled().await;
    assert_eq!(browser.tab().go(app.url("/guarded")).await.status, 200);
    assert_eq!(refreshes(&app), 1, "the rotated refresh token was stored");
}

/// Behaviour §5: a refresh token that never gains the scopes that are granted later is replaced
/// by a consent that is forced, once.
#[tokio::test]
async fn a_refresh_token_that_renews_too_little_is_replaced_once() {
    let app = App::start().await;
    app.fake.set(Quirk::RefreshTokensKeepTheirScopes);
    let mut browser = signed_in(&app).await;
    let calendar = ["calendar.events.readonly"];
    let page = browser.authorize(app.url("/both"), ADA, &calendar).await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.clock.advance(Duration::from_secs(3600));
    let asked = browser.go(app.url("/both")).await;
    assert_eq!((asked.status, asked.query("prompt").as_deref()), (303, Some("consent")));
    let page = browser.authorize(asked.location(), ADA, &["drive.file", calendar[0]]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go(app.url("/both")).await.status, 200, "the new one renews all of it");
    // Should it ever fall short again, the person is asked, but no consent is forced.
    app.fake.set(Quirk::NarrowRefresh);
    app.clock.advance(Duration::from_secs(3600));
    let asked = browser.go(app.url("/both")).await;
    assert_eq!((asked.status, asked.query("prompt")), (303, None));
}

/// D17, I9: access withdrawn at the provider: still signed in, and asked again.
#[tokio::test]
async fn a_withdrawn_grant_is_asked_for_again() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    app.fake.revoke_access_of(ADA);
    app.clock.advance(Duration::from_secs(3600));
    let asked = browser.go(app.url("/notes")).await;
    assert_eq!(asked.status, 303);
    assert!(asked.query("scope").unwrap().contains("drive.file"));
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA, "the session is kept");
    let consents = browser.go(app.url("/consents")).await.body;
    assert!(consents.contains("drive.file\": Ended"), "{consents}");
    let fetched = browser.fetch(app.url("/notes"), &[]).await;
    assert_eq!((fetched.status, &fetched.json()["code"]), (403, &"consent_required".into()));
    assert_eq!(refreshes(&app), 1, "a dead token is not tried twice");
    let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
}

/// I11, I23: a failing provider is left alone for a while, valid tokens serve on, and an
/// expired one gets 503, not a lost session.
#[tokio::test]
async fn a_failing_refresh_costs_nobody_a_session() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(3400));
    (0..9).for_each(|_| app.fake.fault(Endpoint::Token, Fault::Status(500)));
    for _ in 0..5 {
        assert_eq!(browser.go(app.url("/notes")).await.status, 200, "stale serves on");
        app.oauth.settled().await;
    }
    assert_eq!(refreshes(&app), 1, "one try, then a pause");
    app.clock.advance(Duration::from_secs(200));
    let page = browser.go(app.url("/notes")).await;
    assert_eq!(page.status, 503);
    assert!(page.headers.contains_key("retry-after"));
    assert!(page.header("content-type").starts_with("text/html"));
    let data = browser.fetch(app.url("/notes"), &[]).await;
    assert_eq!((data.status, &data.json()["code"]), (503, &"provider_unavailable".into()));
    assert_eq!(browser.go(app.url("/maybe")).await.status, 503, "not the same as not granted");
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
    app.fake.clear_faults();
    app.clock.advance(Duration::from_secs(60));
    assert_eq!(browser.go(app.url("/notes")).await.status, 200);
}

/// I11: where the provider fails for many, it is asked for one of them at a time; whoever has a
/// token that lives notices nothing, and when it is back, so is everybody.
#[tokio::test]
async fn a_provider_that_fails_for_many_is_left_alone() {
    let app = App::start().await;
    let mut people = Vec::new();
    for number in 0..20 {
        let email = format!("{number}@example.com");
        app.fake.add_account(FakeAccount::new(&email, "Somebody"));
        let cookie =
            app.fake.sign_in(&email).granting(["drive.file"]).at(&app.oauth).await.unwrap();
        let mut browser = Browser::new();
        let (name, value) = cookie.to_str().unwrap().split_once('=').unwrap();
        browser.cookies.insert(name.to_owned(), value.to_owned());
        people.push(browser);
    }
    app.clock.advance(Duration::from_secs(3600));
    let mut ada = signed_in(&app).await;
    let before = refreshes(&app);
    (0..200).for_each(|_| app.fake.fault(Endpoint::Token, Fault::Drop));
    for minute in 0..5 {
        for browser in &mut people {
            assert_eq!(browser.go(app.url("/guarded")).await.status, 503);
        }
        assert_eq!(ada.go(app.url("/guarded")).await.status, 200);
        assert_eq!(refreshes(&app) - before, 20 + minute, "each once, then one a minute");
        app.clock.advance(Duration::from_secs(60));
    }
    app.fake.clear_faults();
    for browser in &mut people {
        assert_eq!(browser.go(app.url("/guarded")).await.status, 200);
    }
}

/// I10: the operator's mistake deletes nothing.
#[tokio::test]
async fn a_refused_client_is_503_and_deletes_nothing() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(3600));
    let mut bob = Browser::new();
    bob.authorize(app.url("/notes"), "bob@example.com", &["drive.file"]).await;
    app.clock.advance(Duration::from_secs(3600));
    let refused = || app.fake.fault(Endpoint::Token, Fault::OAuthError("invalid_client"));
    refused();
    assert_eq!(browser.go(app.url("/notes")).await.status, 303, "it may be this account's");
    refused();
    let page = bob.go(app.url("/notes")).await;
    assert_eq!(page.status, 503, "two hear the same: {}", page.body);
    app.clock.advance(Duration::from_secs(2));
    for browser in [&mut browser, &mut bob] {
        let page = browser.go(app.url("/notes")).await;
        assert_eq!(page.status, 200, "the refresh token is still there");
    }
}

/// D16, I20: a refresh that grants less takes what it does not name.
#[tokio::test]
async fn a_narrower_refresh_is_asked_for_again() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    app.fake.set(Quirk::NarrowRefresh);
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go(app.url("/notes")).await.status, 303);
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
}

/// C19: a refresh that speaks of somebody else is discarded.
#[tokio::test]
async fn a_refresh_for_another_person_is_discarded() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    app.fake.set(Quirk::WrongSubject);
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go(app.url("/notes")).await.status, 502);
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
}

/// Without a refresh token the token serves to its end; then the consent is forced once.
#[tokio::test]
async fn a_missing_refresh_token_forces_the_consent_once() {
    let app = App::start().await;
    app.fake.set(Quirk::NoRefreshToken);
    let mut browser = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(3500));
    assert_eq!(browser.go(app.url("/notes")).await.status, 200, "it serves to its end");
    app.clock.advance(Duration::from_secs(100));
    let asked = browser.go(app.url("/notes")).await;
    assert_eq!(asked.query("prompt").as_deref(), Some("consent"));
    let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.clock.advance(Duration::from_secs(3600));
    for _ in 0..2 {
        assert_eq!(browser.go(app.url("/notes")).await.query("prompt"), None, "forced once only");
        browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
        app.clock.advance(Duration::from_secs(3600));
    }
    assert_eq!(refreshes(&app), 0);
}

/// Behaviour §5, `invalid_rapt`: sign in again; the grant stands.
#[tokio::test]
async fn a_wanted_proof_of_presence_leads_to_a_sign_in() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    app.fake.set(Quirk::InvalidRapt);
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go(app.url("/notes")).await.status, 303);
    app.fake.unset(Quirk::InvalidRapt);
    app.clock.advance(Duration::from_secs(2));
    assert_eq!(browser.go(app.url("/notes")).await.status, 200, "nothing was thrown away");
}

/// E13.
#[tokio::test]
async fn an_unused_session_ends() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(13 * 86_400));
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
    app.clock.advance(Duration::from_secs(14 * 86_400));
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
}

/// I25, and I6 for whoever is asked to stop: shutting down waits for what is under way, callbacks
/// and a refresh, and begins nothing new.
#[tokio::test]
async fn shutdown_finishes_what_is_under_way_and_refuses_the_rest() {
    const CALLBACKS: usize = 50;
    let app = App::start().await;
    let mut renewing = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(3600));
    let mut browsers = Vec::new();
    for _ in 0..=CALLBACKS {
        let mut browser = Browser::new();
        let url = browser.return_address(app.url("/notes"), ADA, &["drive.file"]).await;
        browsers.push((browser, url));
    }
    let (mut late, late_url) = browsers.pop().unwrap();
    let gate = Gate::new();
    for _ in 0..=CALLBACKS {
        app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    }
    let requests: Vec<_> = browsers
        .into_iter()
        .map(|(mut browser, url)| {
            tokio::spawn(async move {
                let status = browser.go(&url).await.status;
                (browser, status)
            })
        })
        .collect();
    let notes = app.url("/notes");
    let renewed = tokio::spawn(async move { renewing.go(notes).await.status });
    gate.waiting(CALLBACKS + 1).await;
    let oauth = app.oauth.clone();
    let shutdown = tokio::spawn(async move { oauth.shutdown().await });
    tokio::task::yield_now().await;
    assert!(!shutdown.is_finished());
    assert_eq!(late.go(&late_url).await.status, 503);
    gate.open();
    shutdown.await.unwrap();
    assert_eq!(renewed.await.unwrap(), 200);
    for request in requests {
        let (mut browser, status) = request.await.unwrap();
        assert_eq!(status, 303);
        assert_eq!(browser.go(app.url("/notes")).await.status, 200, "no session is half written");
    }
}

/// Invariant 19: the same where the access has ended and nothing renews it.
#[tokio::test]
async fn a_no_after_access_ended_is_remembered() {
    let app = App::start().await;
    app.fake.set(Quirk::NoRefreshToken);
    let mut browser = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(2 * 3600));
    let consent = browser.consent_page(app.url("/notes"), ADA).await;
    let denied = browser.cancel(&consent).await;
    assert_eq!(browser.arrive(denied).await.status, 403);
    let page = browser.go(app.url("/notes")).await;
    assert_eq!((page.status, page.url.path()), (403, "/notes"), "{}", page.body);
}
