//! Staying authorized, while access tokens live seconds and every refresh token serves once.

use super::App;
use super::app::{READ, WRITE};
use super::server::{BOTH, CANAILLE};

/// What has to happen while a token is fresh fits in here on a busy machine too.
const SECONDS: u32 = 8;

/// The second round works only with the refresh token that the first one brought.
#[tokio::test]
async fn a_dead_token_is_replaced_before_it_reaches_the_api() {
    let app = App::start(SECONDS).await;
    let chromium = app.granted("ada", "/read").await;
    for round in 1..=2 {
        let token = chromium.text("#token").await;
        app.server.until_dead(&token).await;
        chromium.goto(app.url("/read")).await;
        assert_eq!(chromium.text("#did").await, READ, "round {round}");
        assert_ne!(chromium.text("#token").await, token, "round {round}");
        assert_eq!(app.server.granted("refresh_token").await, round);
    }
    assert_eq!(app.server.granted("authorization_code").await, 1);
    app.server.assert_refused_nothing().await;
}

#[tokio::test]
async fn a_refresh_keeps_every_scope_that_was_granted() {
    let app = App::start(SECONDS).await;
    let chromium = app.granted("ada", "/read").await;
    chromium.goto(app.url("/write")).await;
    app.agree(&chromium).await;
    app.server.until_dead(&chromium.text("#token").await).await;
    for (path, did) in [("/both", WRITE), ("/read", READ)] {
        chromium.goto(app.url(path)).await;
        assert_eq!(chromium.text("#did").await, did);
    }
    assert!(app.server.granted("refresh_token").await > 0);
    assert_eq!(app.server.granted("authorization_code").await, 2);
    app.server.assert_refused_nothing().await;
}

/// Nobody is asked to try again: the new key is fetched when the first token names it.
#[tokio::test]
async fn a_key_that_is_replaced_disturbs_nobody() {
    let app = App::start(SECONDS).await;
    let ada = app.granted("ada", "/read").await;
    app.server.rotate_its_key().await;
    // Eve signs in with the new key; Ada's next ID token, of a refresh, is signed with it too.
    let eve = app.granted("eve", "/read").await;
    assert_eq!(eve.text("#who").await, "eve");
    app.server.until_dead(&ada.text("#token").await).await;
    ada.goto(app.url("/read")).await;
    assert_eq!(ada.text("#who").await, "ada");
    assert_eq!(app.server.granted("authorization_code").await, 2);
    assert!(app.server.granted("refresh_token").await >= 1);
    app.server.assert_refused_nothing().await;
}

/// Whatever the reason, the API is asked once more with a new token, whose ID token is signed with
/// the new key.
#[tokio::test]
async fn a_token_that_the_api_refuses_is_replaced_at_another_server_too() {
    let app = App::at(&CANAILLE, 600).await;
    let chromium = app.granted("ada", "/read").await;
    app.server.rotate_its_key().await;
    let token = chromium.text("#token").await;
    app.server.spend(&token).await;
    chromium.goto(app.url("/read")).await;
    assert_eq!(chromium.text("#who").await, "ada");
    // The handler that met the refusal had been given the old one.
    chromium.goto(app.url("/read")).await;
    let other = chromium.text("#token").await;
    assert_ne!(other, token);
    assert_eq!(app.server.granted("refresh_token").await, 1);
    // One that came in its place has life left: that the API refuses it too has another reason.
    app.server.spend(&other).await;
    chromium.goto(app.url("/read")).await;
    chromium.wait_for_text("h1", "Something went wrong").await;
    assert_eq!(app.server.granted("refresh_token").await, 1);
    let eve = app.granted("eve", "/read").await;
    assert_eq!(eve.text("#who").await, "eve");
    assert_eq!(app.server.granted("authorization_code").await, 2);
}

/// The server refuses the refresh: that is a question to the person, and no failure.
#[tokio::test]
async fn whoever_withdrew_the_access_stays_signed_in_and_is_asked_again() {
    for kind in BOTH {
        let app = App::at(kind, SECONDS).await;
        let chromium = app.granted("ada", "/read").await;
        app.server.withdraw().await;
        app.server.until_dead(&chromium.text("#token").await).await;
        chromium.goto(app.url("/")).await;
        assert_eq!(chromium.text("#user").await, "ada@example.test");
        // The same scope was granted a moment ago, so that the second time takes a click.
        chromium.goto(app.url("/read")).await;
        let page = chromium.text("main").await;
        assert!(page.contains(READ), "{page}");
        chromium.click("main nav a.main").await;
        app.agree(&chromium).await;
        assert_eq!(chromium.text("#did").await, READ);
        assert_eq!(app.server.granted("refresh_token").await, 0);
        assert_eq!(app.server.token_calls().await, 3);
    }
}

/// Two refreshes with the same token would kill them all: this server takes the second for theft.
#[tokio::test]
async fn twelve_requests_at_expiry_make_one_refresh_and_are_all_served() {
    let app = App::start(SECONDS).await;
    let chromium = app.granted("ada", "/read").await;
    let browser = app.copy_of(&chromium).await;
    let token = chromium.text("#token").await;
    app.server.until_dead(&token).await;
    app.server.hold().await;
    let before = app.arrived();
    let requests: Vec<_> = (0..12)
        .map(|_| {
            let (mut tab, url) = (browser.tab(), app.url("/read"));
            tokio::spawn(async move { tab.go(url).await })
        })
        .collect();
    app.until_arrived(before + 12).await;
    app.server.release().await;
    let mut pages = Vec::new();
    for request in requests {
        let page = request.await.unwrap();
        assert_eq!(page.status, 200, "{}", page.body);
        pages.push(page.body);
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "one new token for all: {pages:?}");
    assert_eq!(app.server.granted("refresh_token").await, 1);
    assert_eq!(app.server.token_calls().await, 2);

    let new = pages[0].split("<p id=token>").nth(1).unwrap().trim_end_matches("</p>");
    assert_ne!(new, token);
    app.server.until_dead(new).await;
    chromium.goto(app.url("/read")).await;
    assert_eq!(chromium.text("#did").await, READ);
    assert_eq!(app.server.granted("refresh_token").await, 2);
    app.server.assert_refused_nothing().await;
}

/// The server says in its metadata that it revokes tokens, and then it does.
#[tokio::test]
async fn whoever_disconnects_is_disconnected_at_the_server_too() {
    for kind in BOTH {
        let app = App::at(kind, 60).await;
        let chromium = app.granted("ada", "/read").await;
        let token = chromium.text("#token").await;
        chromium.goto(app.url("/oauth/disconnect")).await;
        chromium.click("main form button").await;
        chromium.wait_for("h1").await;
        app.server.until_dead(&token).await;
        // The person is still signed in here, and asked again for what the page needs.
        chromium.goto(app.url("/")).await;
        assert_eq!(chromium.text("#user").await, "ada@example.test");
        chromium.goto(app.url("/read")).await;
        chromium.click("main nav a.main").await;
        app.agree(&chromium).await;
        assert_eq!(chromium.text("#did").await, READ);
        app.server.assert_refused_nothing().await;
    }
}
