//! What the person can answer other than yes.

use super::App;
use super::app::{READ, WRITE, sign_out_of_the_server};
use super::server::BOTH;

#[tokio::test]
async fn a_person_who_cancels_loses_nothing_and_can_try_again() {
    for kind in BOTH {
        let app = App::at(kind, 60).await;
        let chromium = app.granted("ada", "/read").await;
        chromium.goto(app.url("/write")).await;
        app.cancel(&chromium).await;
        assert!(chromium.text("main").await.contains("Nothing has changed"));
        assert!(chromium.url().await.contains("error=access_denied"));
        assert_eq!(app.server.token_calls().await, 1);
        chromium.goto(app.url("/read")).await;
        assert_eq!(chromium.text("#did").await, READ);

        // No second redirect of its own accord: the page explains, and its link asks again.
        chromium.goto(app.url("/write")).await;
        chromium.click("main nav a.main").await;
        app.agree(&chromium).await;
        assert_eq!(chromium.text("#did").await, WRITE);
        app.server.assert_refused_nothing().await;
    }
}

#[tokio::test]
async fn whoever_cancels_the_sign_in_is_nobody_and_can_try_again() {
    let app = App::start(60).await;
    let chromium = oauth_tests::browser::WebBrowser::start().await;
    chromium.goto(app.url("/read")).await;
    app.cancel(&chromium).await;
    assert!(chromium.text("main").await.contains("Nothing has changed"));
    assert_eq!(app.server.token_calls().await, 0);
    chromium.click("main nav a.main").await;
    app.sign_in(&chromium, "ada").await;
    app.agree(&chromium).await;
    assert_eq!(chromium.text("#did").await, READ);
}

/// The code comes, and what was left out is not in the answer of the token endpoint.
#[tokio::test]
async fn a_scope_left_unticked_is_explained_and_the_rest_works() {
    let app = App::start(60).await;
    let chromium = app.open_as("ada", "/both").await;
    chromium.click(&format!("input[value='{WRITE}']")).await;
    app.agree(&chromium).await;
    let page = chromium.text("main").await;
    assert!(page.contains(WRITE) && !page.contains(READ), "{page}");
    chromium.goto(app.url("/read")).await;
    assert_eq!(chromium.text("#did").await, READ);
    chromium.goto(app.url("/both")).await;
    chromium.click("main nav a.main").await;
    app.agree(&chromium).await;
    assert_eq!(chromium.text("#did").await, WRITE);
    app.server.assert_refused_nothing().await;
}

/// The server drops the scope without a word. The person is asked once, not round and round.
#[tokio::test]
async fn a_scope_that_the_server_does_not_know_ends_on_a_page() {
    let app = App::start(60).await;
    let chromium = app.granted("ada", "/read").await;
    chromium.goto(app.url("/erase")).await;
    app.agree(&chromium).await;
    let page = chromium.text("main").await;
    assert!(page.contains("notes.erase"), "{page}");
    chromium.goto(app.url("/erase")).await;
    assert!(chromium.text("main").await.contains("notes.erase"));
    assert_eq!(chromium.url().await, app.url("/erase"));
    chromium.goto(app.url("/read")).await;
    assert_eq!(chromium.text("#did").await, READ);
    assert_eq!(app.server.granted("authorization_code").await, 2);
    app.server.assert_refused_nothing().await;
}

/// Both ways out of the page that names both accounts.
#[tokio::test]
async fn another_account_is_named_and_kept_apart() {
    let app = App::start(60).await;
    for (way, name, did) in [("a.main", "ada", WRITE), ("a:not(.main)", "eve", WRITE)] {
        let chromium = app.granted("ada", "/read").await;
        sign_out_of_the_server(&app, &chromium).await;
        chromium.goto(app.url("/write")).await;
        app.sign_in(&chromium, "eve").await;
        app.agree(&chromium).await;
        let page = chromium.text("main").await;
        assert!(page.contains("ada@example.test") && page.contains("eve@example.test"), "{page}");
        chromium.click(&format!("main nav {way}")).await;
        // The person signs in anew, though the server still knows eve.
        app.sign_in(&chromium, name).await;
        app.agree(&chromium).await;
        assert_eq!(chromium.text("#did").await, did);
        assert_eq!(chromium.text("#who").await, name);
    }
    app.server.assert_refused_nothing().await;
}
