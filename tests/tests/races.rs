//! What happens when a person, a refresh and a callback act at the same time, and what a
//! provider or a setup does that nobody hopes for.

use std::time::Duration;

use oauth_runtime::fake::{Endpoint, Fault, Gate, Quirk};

use crate::support::{App, Browser};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const EVENTS: &[&str] = &["calendar.events.readonly"];

async fn signed_in(app: &App) -> Browser {
    let mut browser = Browser::new();
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    browser
}

async fn sign_out(app: &App, browser: &mut Browser) {
    let out = browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    assert_eq!(out.status, 200);
}

/// E10, E12, invariant 14: a sign-out during a callback is not undone by it.
#[tokio::test]
async fn a_sign_out_during_a_callback_stands() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let url = browser.return_address(app.url("/week"), ADA, EVENTS).await;
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let mut tab = browser.tab();
    let callback = tokio::spawn(async move { (tab.go(&url).await, tab) });
    gate.waiting(1).await;
    sign_out(&app, &mut browser).await;
    gate.open();
    let (page, mut tab) = callback.await.unwrap();
    assert_eq!(page.status, 400);
    assert_eq!(tab.go(app.url("/hello")).await.body, "nobody");
}

/// E2, E10: neither the id before a rotation nor that of a second tab outlives a sign-out.
#[tokio::test]
async fn a_sign_out_ends_every_id_of_the_session() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let mut before = browser.tab();
    browser.authorize(app.url("/week"), ADA, EVENTS).await;
    assert_eq!(before.go(app.url("/hello")).await.body, ADA, "within the grace");
    sign_out(&app, &mut browser).await;
    assert_eq!(before.go(app.url("/hello")).await.body, "nobody");

    let (app, mut browser) = (App::start().await, Browser::new());
    browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
    let first = browser.return_address(app.url("/notes"), ADA, &["drive.file"]).await;
    let second = browser.return_address(app.url("/week"), ADA, EVENTS).await;
    let (mut left, mut right) = (browser.tab(), browser.tab());
    let (left_page, right_page) = tokio::join!(left.go(&first), right.go(&second));
    assert_eq!((left_page.status, right_page.status), (303, 303));
    assert_eq!(left.go(app.url("/hello")).await.body, ADA);
    sign_out(&app, &mut right).await;
    assert_eq!(left.go(app.url("/hello")).await.body, "nobody");
}

/// Invariant 14: an answer to an older refresh does not replace a newer consent.
#[tokio::test]
async fn a_refresh_that_a_consent_overtook_changes_nothing() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    app.fake.set(Quirk::RefreshTokensKeepTheirScopes);
    app.clock.advance(Duration::from_secs(3400));
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    browser.go(app.url("/notes")).await;
    gate.waiting(1).await;
    assert_eq!(browser.authorize(app.url("/week"), ADA, EVENTS).await.status, 200);
    gate.open();
    app.oauth.settled().await;
    assert_eq!(browser.go(app.url("/week")).await.status, 200);
}

/// I4, behaviour §10: a rotated refresh token is kept though the keys cannot be fetched.
#[tokio::test]
async fn a_rotated_refresh_token_survives_missing_keys() {
    let app = App::start().await;
    app.fake.set(Quirk::RotateRefreshTokens);
    let mut browser = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(25 * 3600));
    for _ in 0..3 {
        app.fake.fault(Endpoint::Keys, Fault::Status(500));
    }
    assert_eq!(browser.go(app.url("/notes")).await.status, 200);
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go(app.url("/notes")).await.status, 200);
}

/// Invariant 12: only a definitive answer deletes a refresh token.
#[tokio::test]
async fn an_odd_refusal_deletes_nothing() {
    for status in [403, 404] {
        let app = App::start().await;
        let mut browser = signed_in(&app).await;
        app.clock.advance(Duration::from_secs(3400));
        app.fake.fault(Endpoint::Token, Fault::Status(status));
        assert_eq!(browser.go(app.url("/notes")).await.status, 200);
        app.oauth.settled().await;
        assert_eq!(browser.go(app.url("/notes")).await.status, 200, "the token still lives");
        app.clock.advance(Duration::from_secs(300));
        assert_eq!(browser.go(app.url("/notes")).await.status, 200, "and is renewed: {status}");
    }
}

/// I10, I11: every failure is followed by a pause, also one that time alone will not mend.
#[tokio::test]
async fn ten_requests_into_a_failure_make_one_call() {
    for fault in ["invalid_client", "admin_policy_enforced"] {
        let app = App::start().await;
        let mut browser = signed_in(&app).await;
        app.clock.advance(Duration::from_secs(3600));
        let before = app.fake.calls(Endpoint::Token);
        (0..20).for_each(|_| app.fake.fault(Endpoint::Token, Fault::OAuthError(fault)));
        for _ in 0..10 {
            let status = browser.go(app.url("/guarded")).await.status;
            assert_eq!(status, 303, "{fault}: the user may connect again");
        }
        assert_eq!(app.fake.calls(Endpoint::Token) - before, 1, "{fault}");
    }
}

/// Invariant 23, C14: keys that cannot be had are not asked for by every callback.
#[tokio::test]
async fn callbacks_do_not_storm_a_failing_key_endpoint() {
    let app = App::start().await;
    (0..20).for_each(|_| app.fake.fault(Endpoint::Keys, Fault::Status(500)));
    for _ in 0..6 {
        let mut browser = Browser::new();
        let url = browser.return_address(app.url("/notes"), ADA, &["drive.file"]).await;
        assert_eq!(browser.go(&url).await.status, 503);
    }
    assert!(app.fake.calls(Endpoint::Keys) <= 2, "{}", app.fake.calls(Endpoint::Keys));
}

/// D6, invariant 19: two servers never send a browser round and round.
#[tokio::test]
async fn a_consent_that_does_not_help_is_explained_not_repeated() {
    let app = App::start().await;
    app.fake.set(Quirk::NoRefreshToken);
    app.fake.set_access_token_lifetime(Duration::ZERO);
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 403, "{}", page.url);
    assert!(page.body.contains("Sign in at Google again"), "{}", page.body);
    assert!(browser.hops.len() < 12, "{:?}", browser.hops);
}

/// D1: the way on after a switch works also when a box is left empty on it.
#[tokio::test]
async fn a_switch_with_an_empty_box_can_still_be_granted() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let asked = browser.go(app.url("/both")).await.location();
    let hinted = asked.as_str().replace("login_hint=ada%40", "login_hint=bob%40");
    let mixed_up = browser.authorize(hinted, BOB, EVENTS).await;
    assert_eq!(mixed_up.status, 409);
    app.fake.revoke_access_of(BOB);
    let switched = browser.authorize(mixed_up.link("Switch"), BOB, &[]).await;
    assert_eq!(switched.status, 403);
    let link = switched.link("Grant access");
    // What the first account had, the second one is asked for as the page needs it.
    let asked = browser.authorize(link, BOB, EVENTS).await;
    let granted = browser.grant(&asked, &["drive.file"]).await;
    assert_eq!(browser.arrive(granted).await.url.path(), "/both");
    assert_eq!(browser.go(app.url("/hello")).await.body, BOB);
}

/// Behaviour §3: a base scope that is left out does not keep anybody from a page.
#[tokio::test]
async fn an_empty_box_that_the_page_does_not_need_is_no_obstacle() {
    let base = ["openid", "email", "drive.appdata"];
    let app = App::with(|fake| fake, |builder| builder.with_base_scopes(base)).await;
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
}
