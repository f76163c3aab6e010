//! Codes that come twice, to the wrong browser, or with the wrong words.

use oauth_tests::browser::WebBrowser;
use url::Url;

use super::App;
use super::app::READ;
use super::server::BOTH;
use crate::support::Browser;

/// A parameter of the address, replaced or, without a value, taken away.
fn with(url: &Url, name: &str, value: Option<&str>) -> Url {
    let mut changed = url.clone();
    let others: Vec<_> = url.query_pairs().into_owned().filter(|pair| pair.0 != name).collect();
    changed.query_pairs_mut().clear().extend_pairs(others);
    if let Some(value) = value {
        changed.query_pairs_mut().append_pair(name, value);
    }
    changed
}

fn parameter(url: &Url, name: &str) -> String {
    crate::support::query(url, name).unwrap()
}

/// Somebody who has consented, and the callback that the app has not seen.
async fn about_to_return(app: &App, name: &str) -> (WebBrowser, Url) {
    app.keep_callbacks(true);
    let chromium = app.open_as(name, "/read").await;
    app.agree(&chromium).await;
    chromium.wait_for("#kept").await;
    app.keep_callbacks(false);
    (chromium, app.last_callback().0)
}

async fn who(app: &App, chromium: &WebBrowser) -> String {
    chromium.goto(app.url("/")).await;
    chromium.text("#user").await
}

#[tokio::test]
async fn a_used_callback_is_worth_nothing_and_its_session_goes_on() {
    for kind in BOTH {
        let app = App::at(kind, 60).await;
        let chromium = app.granted("ada", "/read").await;
        let (url, cookies) = app.last_callback();

        // Elsewhere, without and with the cookies that the browser sent along.
        let mut stranger = Browser::new();
        assert_eq!(stranger.go(&url).await.status, 400);
        let pairs = cookies.split("; ").map(|pair| pair.split_once('=').unwrap());
        stranger.cookies.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(stranger.cookies.keys().any(|name| name.starts_with("oauth-f-")));
        assert_eq!(stranger.go(&url).await.status, 400);
        assert!(!stranger.cookies.contains_key("oauth"));

        // The same browser again: back at the page, and nothing is exchanged.
        chromium.goto(&url).await;
        assert_eq!(chromium.text("#did").await, READ);
        assert_eq!(app.server.token_calls().await, 1);
        app.server.assert_refused_nothing().await;
    }
}

#[tokio::test]
async fn a_stolen_code_is_refused_at_the_token_endpoint() {
    for kind in BOTH {
        let app = App::at(kind, 60).await;
        let chromium = app.granted("ada", "/read").await;
        let code = parameter(&app.last_callback().0, "code");
        let redirect_uri = app.url("/oauth/callback");
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri.as_str()),
        ];
        let verifier = "a".repeat(43);
        for verifier in [None, Some(("code_verifier", verifier.as_str()))] {
            let fields: Vec<_> = fields.into_iter().chain(verifier).collect();
            let (status, answer) = app.server.ask_for_tokens(&fields).await;
            assert_eq!((status, &answer["error"]), (400, &"invalid_grant".into()), "{answer}");
        }
        chromium.goto(app.url("/read")).await;
        assert_eq!(chromium.text("#did").await, READ);
    }
}

/// Eve's own fresh code in Ada's browser would sign Ada in as Eve.
#[tokio::test]
async fn a_callback_of_another_browser_signs_nobody_in() {
    for kind in BOTH {
        let app = App::at(kind, 60).await;
        let (_eve, url) = about_to_return(&app, "eve").await;
        let ada = app.open_as("ada", "/read").await;
        let consent = ada.url().await;
        ada.goto(&url).await;
        assert!(ada.text("main h1").await.len() > 1);
        assert_eq!(who(&app, &ada).await, "nobody");
        assert_eq!(app.server.token_calls().await, 0);

        // What Ada had begun goes on.
        ada.goto(consent).await;
        app.agree(&ada).await;
        assert_eq!(ada.text("#who").await, "ada");
    }
}

#[tokio::test]
async fn a_state_that_is_not_the_browsers_own_is_refused() {
    for kind in BOTH {
        let app = App::at(kind, 60).await;
        let (chromium, url) = about_to_return(&app, "ada").await;
        let state = parameter(&url, "state");
        let flipped = if state.starts_with('A') { "B" } else { "A" };
        let other = format!("{flipped}{}", &state[1..]);
        for forged in [Some("forged"), Some(&*other), Some(""), None] {
            chromium.goto(with(&url, "state", forged)).await;
            assert!(chromium.text("main h1").await.len() > 1);
            assert_eq!(who(&app, &chromium).await, "nobody");
        }
        assert_eq!(app.server.token_calls().await, 0);

        // The code is still good, for this browser with its own state.
        chromium.goto(&url).await;
        assert_eq!(chromium.text("#did").await, READ);
    }
}

/// RFC 9207: the server says who it is, so that an answer of another one is not taken for its.
#[tokio::test]
async fn an_answer_that_names_another_issuer_or_none_is_refused() {
    let app = App::start(60).await;
    let (chromium, _) = about_to_return(&app, "ada").await;
    for forged in [Some("https://issuer.example"), Some(""), None] {
        app.keep_callbacks(true);
        chromium.goto(app.url("/read")).await;
        app.agree(&chromium).await;
        chromium.wait_for("#kept").await;
        app.keep_callbacks(false);
        let url = app.last_callback().0;
        assert_eq!(parameter(&url, "iss"), app.server.issuer);
        chromium.goto(with(&url, "iss", forged)).await;
        assert!(chromium.text("main h1").await.len() > 1);
        assert_eq!(who(&app, &chromium).await, "nobody");
    }
    assert_eq!(app.server.token_calls().await, 0);
}

/// Eve's code behind Ada's own state: the server compares the verifier, and it is not Eve's.
#[tokio::test]
async fn a_code_of_another_browser_is_refused_by_the_server() {
    for kind in BOTH {
        let app = App::at(kind, 60).await;
        let (_eve, of_eve) = about_to_return(&app, "eve").await;
        let (ada, of_ada) = about_to_return(&app, "ada").await;
        ada.goto(with(&of_ada, "code", Some(&parameter(&of_eve, "code")))).await;
        assert!(ada.text("main h1").await.len() > 1);
        assert_eq!(who(&app, &ada).await, "nobody");
        assert_eq!(app.server.token_calls().await, 1);
        assert_eq!(app.server.granted("authorization_code").await, 0);
    }
}
