//! The page about the person's account: what he granted, and the ways to end it.

use std::time::Duration;

use crate::support::{App, Browser};

const ADA: &str = "ada@example.com";
const PAGE: &str = "/oauth/account";

/// Somebody who granted one scope and left another one out.
async fn ada(app: &App) -> Browser {
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.clock.advance(Duration::from_secs(86_400));
    let declined = browser.authorize(app.url("/week"), ADA, &[]).await;
    assert_eq!(declined.status, 403, "{}", declined.body);
    browser
}

#[tokio::test]
async fn it_says_what_was_granted_when_and_why_and_what_was_not() {
    let app = App::start().await;
    let mut browser = ada(&app).await;
    let page = browser.go(app.url(PAGE)).await;
    assert_eq!(page.status, 200);
    let (granted, left_out) = page.body.split_once("You left out").expect(&page.body);
    for text in [ADA, "Google", "drive.file", "2026-09-21", "keep your notes in your Drive"] {
        assert!(granted.contains(text), "{text}: {granted}");
    }
    assert!(left_out.contains("calendar.events.readonly") && !left_out.contains("drive.file"));
    // What every sign-in asks for goes without saying.
    assert!(!page.body.contains("openid") && !page.body.contains("userinfo"), "{}", page.body);
    browser.languages = "de";
    let german = browser.go(app.url(PAGE)).await.body;
    assert!(german.contains("Ihr Konto") && german.contains("Zweck:"), "{german}");
}

/// Nobody sees it but its owner, and whoever signs in arrives there.
#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_first_and_arrives() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let script = browser.fetch(app.url(PAGE), &[]).await;
    assert_eq!((script.status, script.json()["code"].as_str()), (401, Some("sign_in_required")));
    let page = browser.authorize(app.url(PAGE), ADA, &[]).await;
    assert_eq!((page.status, page.url.path()), (200, PAGE), "{}", page.body);
    assert!(page.body.contains("You granted nothing beyond who you are."), "{}", page.body);
}

#[tokio::test]
async fn from_there_all_is_taken_back_after_a_question() {
    let app = App::start().await;
    let mut browser = ada(&app).await;
    let page = browser.go(app.url(PAGE)).await;
    let asked = browser.go(page.link("Disconnect")).await;
    assert_eq!((asked.status, asked.url.path()), (200, "/oauth/disconnect"));
    assert!(asked.body.contains("takes back everything"), "{}", asked.body);
    let sent = browser.send_form(&asked).await;
    let after = browser.arrive(sent).await;
    assert_eq!((after.status, after.url.path()), (200, PAGE), "{}", after.body);
    assert!(!after.body.contains("drive.file</code> <small>since"), "{}", after.body);
    assert!(!after.body.contains("Disconnect"), "nothing is left to take back: {}", after.body);
    assert_eq!(app.fake.granted(ADA), "");
}

/// J8: every browser is signed out, at once, and what was granted stays granted.
#[tokio::test]
async fn signing_out_everywhere_ends_every_session() {
    let app = App::start().await;
    let (mut browser, mut other) = (ada(&app).await, Browser::new());
    other.authorize(app.url("/me"), ADA, &[]).await;
    assert_eq!(other.go(app.url("/hello")).await.body, ADA);
    let page = browser.go(app.url(PAGE)).await;
    assert!(page.body.contains("/oauth/sign-out-everywhere"), "{}", page.body);
    let everywhere = app.url("/oauth/sign-out-everywhere");

    let foreign = browser.post(&everywhere, &[], "cross-site", &[]).await;
    assert_eq!((foreign.status, other.go(app.url("/hello")).await.body.as_str()), (403, ADA));
    let done = browser.post(&everywhere, &[], "same-origin", &[("origin", &app.origin)]).await;
    assert_eq!(done.status, 200);
    assert!(done.body.contains("Signed out everywhere"), "{}", done.body);
    for browser in [&mut browser, &mut other] {
        assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
    }
    assert!(app.fake.granted(ADA).contains("drive.file"));
    // Whoever is nobody ends nothing, and is told the same.
    let stranger = Browser::new().post(&everywhere, &[], "same-origin", &[]).await;
    assert_eq!(stranger.status, 200);
}

/// An app with a login of its own has its own way out; the page shows what is linked.
#[tokio::test]
async fn with_a_login_of_the_apps_own_it_shows_what_is_linked() {
    let app = App::with(|fake| fake, |builder| builder.with_login("/login")).await;
    let mut nobody = Browser::new();
    let sent = nobody.go(app.url(PAGE)).await;
    assert_eq!((sent.status, sent.location().path()), (303, "/login"));
    assert!(sent.location().query().unwrap_or_default().contains("account"));
    let mut user = Browser::new();
    user.cookies.insert("user".to_owned(), "7".to_owned());
    let empty = user.go(app.url(PAGE)).await;
    assert_eq!(empty.status, 200);
    assert!(!empty.body.contains("<section>"), "{}", empty.body);
    user.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    let page = user.go(app.url(PAGE)).await;
    assert!(page.body.contains(ADA) && page.body.contains("drive.file"), "{}", page.body);
    assert!(!page.body.contains("sign-out"), "{}", page.body);
}
