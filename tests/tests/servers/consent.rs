//! Signing in, one scope, and one more.

use super::App;
use super::app::{READ, WRITE};
use super::server::BOTH;

#[tokio::test]
async fn a_person_signs_in_and_grants_exactly_what_the_page_needs() {
    for kind in BOTH {
        let app = App::at(kind, 60).await;
        let chromium = app.open_as("ada", "/read").await;
        let asked = app.asked(&chromium).await;
        assert!(asked.contains(READ) && !asked.contains(WRITE), "{asked}");
        app.agree(&chromium).await;
        assert_eq!(chromium.text("#did").await, READ);
        assert_eq!(chromium.text("#who").await, "ada");
        assert_eq!(chromium.url().await, app.url("/read"));
        chromium.goto(app.url("/")).await;
        assert_eq!(chromium.text("#user").await, "ada@example.test");
        chromium.goto(app.url("/openid")).await;
        assert_eq!(chromium.text("#did").await, "openid");
        assert_eq!(app.server.token_calls().await, 1);
        app.server.assert_refused_nothing().await;
    }
}

/// The server replaces what was granted by what this request asks for: so all is asked again.
#[tokio::test]
async fn a_second_scope_comes_to_the_first_and_both_work() {
    for kind in BOTH {
        let app = App::at(kind, 60).await;
        let chromium = app.granted("ada", "/read").await;
        chromium.goto(app.url("/write")).await;
        let asked = app.asked(&chromium).await;
        assert!(asked.contains(READ) && asked.contains(WRITE), "{asked}");
        app.agree(&chromium).await;
        assert_eq!(chromium.text("#did").await, WRITE);
        for (path, did) in [("/read", READ), ("/both", WRITE)] {
            chromium.goto(app.url(path)).await;
            assert_eq!(chromium.text("#did").await, did);
            assert_eq!(chromium.url().await, app.url(path));
        }
        assert_eq!(app.server.granted("authorization_code").await, 2);
        app.server.assert_refused_nothing().await;
    }
}
